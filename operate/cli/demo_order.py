"""What the demo orders, of what the gateway offers."""

from typing import Any

from operate.cli.command import Failure

PROMPTS = {"image": "a lighthouse on a cliff at dusk", "video": "clouds over a meadow at sunrise"}
WANTED = {"local/artist": {"width": 512, "height": 512}, "local/film": {}}


def choose(models: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A model of each kind that the demo knows a prompt for: the local one, or else the cheapest. Raises Failure."""
    chosen = []
    for kind in PROMPTS:
        fitting = [model for model in models if model["type"] == kind]
        fitting.sort(key=lambda model: (model["id"] not in WANTED, model["price_cents"]))
        chosen += fitting[:1]
    if not chosen:
        raise Failure("no_model", "The catalogue has no model of an image or a video: see `wokflow catalogue check`.")
    return chosen


def order_of(model: dict[str, Any]) -> dict[str, Any]:
    """The body of the request for one of a model."""
    wanted = WANTED.get(model["id"])
    return {"model": model["id"], "prompt": PROMPTS[model["type"]]} | ({"input": wanted} if wanted else {})
