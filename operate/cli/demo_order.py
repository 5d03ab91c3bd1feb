"""The models that the demo uses, and its requests."""

from typing import Any

from operate.cli.command import Failure

PROMPTS = {"image": "a lighthouse on a cliff at dusk", "video": "clouds over a meadow at sunrise"}
INPUTS = {"local/artist": {"width": 512, "height": 512}, "local/film": {}}


def choose_models(models: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Choose an image and a video model: the local one, or else the cheapest. Raises Failure."""
    chosen = []
    for kind in PROMPTS:
        candidates = [model for model in models if model["type"] == kind]
        candidates.sort(key=lambda model: (model["id"] not in INPUTS, model["price_cents"]))
        chosen += candidates[:1]
    if not chosen:
        raise Failure("no_model", "The catalogue has no image or video model: see `wokflow catalogue check`.")
    return chosen


def body_for(model: dict[str, Any]) -> dict[str, Any]:
    """Return the request body for one generation of a model."""
    parameters = INPUTS.get(model["id"])
    return {"model": model["id"], "prompt": PROMPTS[model["type"]]} | ({"input": parameters} if parameters else {})
