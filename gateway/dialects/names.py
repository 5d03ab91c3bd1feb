"""The models behind the names that clients of other services send."""

from msgspec import Struct

from gateway.context import GatewayContext
from shared.domain.catalogue import Model
from shared.domain.errors import Refused
from shared.domain.routing import usable

MAKER = "openai/"  # OpenAI's clients leave the maker of its own models out
SHOWN_CHARS_MAX = 100


class NamedModel(Struct, frozen=True):
    """A model, and whether it stands behind an alias of the catalogue: its limits are not those that a client knows."""

    model: Model
    aliased: bool = False


def find_model(context: GatewayContext, name: str, field: str = "model") -> NamedModel:
    """Return the model of a name: an id, an alias, or the id of an OpenAI model without its maker.

    Raises Refused("unknown_model") naming the field.
    """
    ids = [(name, False), *((one, True) for one in context.catalogue.aliases.get(name, ())), (MAKER + name, False)]
    for model_id, aliased in ids:
        model = context.catalogue.model(model_id)
        if model is not None and is_offered(context, model):
            return NamedModel(model, aliased)
    reason = f"{name[:SHOWN_CHARS_MAX]!r} is not the name of a model on offer here. See GET /v1/models."
    raise Refused("unknown_model", reason, field=field)


def find_of_kind(context: GatewayContext, name: str | None, kind: str) -> NamedModel:
    """Return the model of a name if it is of a kind. Raises Refused: missing_model, unknown_model, invalid_input."""
    if not name:
        raise Refused("missing_model", "is required: the name of a model from GET /v1/models.", field="model")
    named = find_model(context, name)
    if named.model.kind != kind:
        reason = f"must be a model of kind {kind}; {named.model.id} is of kind {named.model.kind}."
        raise Refused("invalid_input", reason, field="model")
    return named


def find_variant(context: GatewayContext, named: NamedModel, ending: str) -> NamedModel | None:
    """Return the model whose id has this ending after that of another one, if it is on offer."""
    model = context.catalogue.model(named.model.id + ending)
    return NamedModel(model, named.aliased) if model is not None and is_offered(context, model) else None


def is_offered(context: GatewayContext, model: Model) -> bool:
    """Return whether a route of a model can serve requests."""
    return bool(usable(model, context.configured, simulates=context.settings.simulates))
