"""GET /v1/models: the names that clients can send, which are the catalogue's ids and its aliases."""

from typing import Annotated, Literal

from aiohttp import web
from msgspec import UNSET, Struct, UnsetType

from gateway import auth
from gateway.context import CONTEXT
from gateway.dialects.names import find_model, is_offered
from gateway.responses import json_response
from shared.domain.catalogue import Model
from shared.domain.described import doc

RELEASED_S = 0  # the catalogue has no dates of release


class OpenaiModel(Struct, kw_only=True):
    """A model, or an alias of one."""

    id: Annotated[str, doc("The name to send as `model`.")]
    object: Annotated[Literal["model"], doc("Always `model`.")] = "model"
    created: Annotated[int, doc("Always 0: the release is not known.", minimum=0)] = RELEASED_S
    owned_by: Annotated[str, doc("The maker.")]
    name: Annotated[str, doc("The name for people.")]
    type: Annotated[str, doc("The kind of model, such as `image`.")]
    alias_of: Annotated[str | UnsetType, doc("The id of the model that serves this alias. Absent for a model.")] = UNSET


class OpenaiModels(Struct, kw_only=True):
    """The models on offer."""

    object: Annotated[Literal["list"], doc("Always `list`.")] = "list"
    data: Annotated[tuple[OpenaiModel, ...], doc("The models, and after them the aliases.")]


async def list_models(request: web.Request) -> web.Response:
    """Answer every model and alias on offer."""
    await auth.authenticate(request)
    context = request.app[CONTEXT]
    known, aliases = context.catalogue.models, context.catalogue.aliases
    offered = {name: model for name, model in known.items() if is_offered(context, model)}
    served = {name: next((one for one in ids if one in offered), "") for name, ids in aliases.items()}
    entries = [model_entry(name, model) for name, model in offered.items()]
    entries += [model_entry(name, offered[one]) for name, one in served.items() if one]
    return json_response(OpenaiModels(data=tuple(entries)))


async def read_model(request: web.Request) -> web.Response:
    """Answer one model by its id or an alias."""
    await auth.authenticate(request)
    name = request.match_info["model"]
    return json_response(model_entry(name, find_model(request.app[CONTEXT], name).model))


def model_entry(name: str, model: Model) -> OpenaiModel:
    """Return a model under a name in this dialect's shape."""
    return OpenaiModel(
        id=name,
        owned_by=model.id.partition("/")[0],
        name=model.name,
        type=model.kind,
        alias_of=UNSET if name == model.id else model.id,
    )
