"""The inputs of the models in kie's market: each has its own names for the same fields, which models.py lists.

A model may end in a grade, as in `nano-banana-pro:2K` or `kling-3.0/video:std`, if kie sells several and its route
decides on it. If the caller decides, the field `resolution`, `quality` or `sound` does.
"""

from workers.adapters.contract import Call, Rejected
from workers.adapters.inputs import aspect_ratio, drop_none, styled_prompt
from workers.providers.kie.models import MODELS, OTHERS, MarketModel


def row_of(name: str, kind: str = "") -> MarketModel:
    """Return the row of the longest prefix of a model's name, or that of most models of its kind."""
    prefix = max((prefix for prefix in MODELS if name.startswith(prefix)), key=len, default="")
    return MODELS.get(prefix) or OTHERS.get(kind) or MarketModel()


def build_task(call: Call, urls: list[str]) -> dict[str, object]:
    """Return the body of a task for a market model, with the URLs of its input images. Raises Rejected."""
    name, _, grade = call.model.partition(":")
    model = row_of(name, call.kind)
    if urls and model.with_image:
        name = name.replace(*model.with_image)
        model = row_of(name, call.kind)
    if urls and not (model.images or model.image):
        raise Rejected("invalid_input", "This model takes no input images.")
    fields: dict[str, object] = {theirs: call.input.get(ours) for ours, theirs in model.names.items()}
    fields |= {name: words.get(str(fields.get(name))) for name, words in model.words.items()}
    if fields.get("voice") == "default":
        fields["voice"] = None
    if model.prompt:
        fields[model.prompt] = styled_prompt(call, takes_negative="negative_prompt" in model.names) or None
    if model.ratio:
        ratio = aspect_ratio(call, tuple(model.ratios))
        fields[model.ratio] = model.ratios.get(ratio or "") if isinstance(model.ratios, dict) else ratio
    if model.images:
        fields[model.images] = urls or None
    if model.image and urls:
        fields[model.image] = urls[0]
    if grade:
        fields[model.grade] = grade
    sent = drop_none(**fields)
    return {"model": name, "input": model.always | sent | {n: str(sent[n]) for n in model.as_text if n in sent}}


def build_native_task(model: str, native: dict[str, object]) -> dict[str, object]:
    """Return the body of a task for a market model from its own fields. The route's grade replaces the caller's."""
    name, _, grade = model.partition(":")
    return {"model": name, "input": {**native, row_of(name).grade: grade} if grade else native}
