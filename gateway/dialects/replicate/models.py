"""Models in Replicate's shape, with a schema of their input and output that is made from the catalogue."""

import re
from functools import cache

import msgspec
from aiohttp import web

from gateway import auth
from gateway.context import CONTEXT, GatewayContext
from gateway.dialects.names import find_model, is_offered
from gateway.dialects.replicate.bodies import ModelVersion, ModelVersions, ReplicateModel, ReplicateModels
from gateway.openapi.schemas import Schema, components, input_schema
from gateway.responses import json_response
from shared.domain.catalogue import Model
from shared.domain.inputs import prompt_chars_max
from shared.domain.price_text import price_text
from shared.domain.times import rfc3339

COG = "0.16.0"  # the newest form of the schema that clients know
OPENAPI = "3.1.0"
REFERENCE = re.compile(r'"#/components/schemas/(\w+)"')
SEPARATOR = ":"  # between a model and its version


async def list_models(request: web.Request) -> web.Response:
    """Answer every model on offer, without its schema."""
    await auth.authenticate(request)
    context = request.app[CONTEXT]
    offered = [model for model in context.catalogue.models.values() if is_offered(context, model)]
    return json_response(ReplicateModels(results=tuple(model_entry(context, model) for model in offered)))


async def read_model(request: web.Request) -> web.Response:
    """Answer one model with its schema."""
    await auth.authenticate(request)
    context, model = request.app[CONTEXT], find_named(request)
    entry = model_entry(context, model)
    entry.latest_version = version_entry(model)
    return json_response(entry)


async def list_versions(request: web.Request) -> web.Response:
    """Answer the only version of a model."""
    await auth.authenticate(request)
    return json_response(ModelVersions(results=(version_entry(find_named(request)),)))


async def read_version(request: web.Request) -> web.Response:
    """Answer a version, which has the id of its model."""
    await auth.authenticate(request)
    return json_response(version_entry(find_version(request.app[CONTEXT], request.match_info["version"])))


def find_named(request: web.Request) -> Model:
    """Return the model that the path names. Raises Refused("unknown_model")."""
    name = f"{request.match_info['owner']}/{request.match_info['name']}"
    return find_model(request.app[CONTEXT], name).model


def find_version(context: GatewayContext, version: str) -> Model:
    """Return the model of a version: its id, an alias, or an id with its version. Raises Refused("unknown_model")."""
    return find_model(context, version.rpartition(SEPARATOR)[2], "version").model


def model_entry(context: GatewayContext, model: Model) -> ReplicateModel:
    """Return a model in this dialect's shape, without its schema."""
    owner, _, name = model.id.partition("/")
    return ReplicateModel(
        url=f"{context.base_url}/docs",
        owner=owner,
        name=name,
        description=f"{model.name}, {model.kind}: {price_text(*model.api_price)}",
    )


def version_entry(model: Model) -> ModelVersion:
    """Return the version of a model with the schema of its input and output."""
    return ModelVersion(id=model.id, created_at=rfc3339(0), cog_version=COG, openapi_schema=schema_of(model))


def schema_of(model: Model) -> dict[str, object]:
    """Return an OpenAPI document with the schemas `Input` and `Output`, and those that they refer to."""
    known = kind_schemas()
    given = input_schema(model, known)
    longest = prompt_chars_max(model)
    prompt = {"type": "string", "description": "A description of the output to generate.", "maxLength": longest}
    fields = {"prompt": prompt, **given["properties"]}
    ordered = {name: field | {"title": name, "x-order": place} for place, (name, field) in enumerate(fields.items())}
    schemas: dict[str, Schema] = {
        "Input": given | {"title": "Input", "properties": ordered, "required": ["prompt", *given["required"]]},
        "Output": output_schema(model) | {"title": "Output"},
    }
    while missing := set(REFERENCE.findall(msgspec.json.encode(schemas).decode())) - schemas.keys():
        schemas |= {name: known[name] for name in missing}
    info = {"title": model.name, "version": "1"}
    return {"openapi": OPENAPI, "info": info, "paths": {}, "components": {"schemas": schemas}}


@cache
def kind_schemas() -> dict[str, Schema]:
    """Return the schemas of the inputs of all kinds."""
    return components((), ())


def output_schema(model: Model) -> Schema:
    """Return the schema of a prediction's output."""
    if model.kind in TEXTS:
        return {"type": "string"}
    file: Schema = {"type": "string", "format": "uri"}
    return {"type": "array", "items": file} if has_list(model) else file


def has_list(model: Model) -> bool:
    """Return whether the output of a model is a list, also if it has one entry."""
    return "count" in model.input


TEXTS = ("text", "enhance", "interrogate")  # kinds whose output is a text
