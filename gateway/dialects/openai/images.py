"""OpenAI's image calls: decode the request, accept it, encode the result."""

from collections.abc import Sequence
from functools import partial

import msgspec
from aiohttp import web
from msgspec import Struct

from gateway import auth
from gateway.body import read_json
from gateway.context import CONTEXT, GatewayContext
from gateway.dialects import placing
from gateway.dialects.names import NamedModel, find_of_kind, find_variant
from gateway.dialects.openai import order
from gateway.dialects.openai.files import base64_response, find_sizes
from gateway.dialects.openai.forms import read_form
from gateway.dialects.openai.image_bodies import CreateImages, EditImages, ImageOptions, OpenaiImage, OpenaiImages
from gateway.dialects.openai.sizes import fit_size
from gateway.responses import json_response
from gateway.stored_files import request_images
from shared.domain.errors import Refused
from shared.domain.generation import Generation

BASE64, URL = "b64_json", "url"
FORMATS = {"image/jpeg": "jpeg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}
QUALITIES = {"hd": "hd", "high": "hd", "xhigh": "hd", "max": "hd", "standard": "standard", "medium": "standard"}
QUALITIES |= {"low": "standard"}
IMAGE_PARTS = {"image": "image", "image[]": "image"}  # of a form
NAMES = {  # our input fields, as named here
    **{"count": "n", "width": "size", "height": "size", "aspect_ratio": "size"},
    "image_urls": "image",
}
Input = dict[str, object]


async def create_images(request: web.Request) -> web.Response:
    """Answer the images of a prompt once they are there."""
    auth.key_hash(request)  # a wrong key is refused before the body is read
    body, identity = await read_json(request, CreateImages, with_media=True)
    named = choose_model(request.app[CONTEXT], body)
    given, notices = build_input(body, named)
    if body.style is not None:
        add_style(body.style, named, given, notices)
    return await order_images(request, body, identity, Chosen(named, given, notices))


async def edit_images(request: web.Request) -> web.Response:
    """Answer images made from those in a form once they are there."""
    context = request.app[CONTEXT]
    body, identity = await read_form(request, EditImages, IMAGE_PARTS)
    named = choose_model(context, body)
    if "image_urls" not in named.model.input:
        edits = find_variant(context, named, "-edit")
        if edits is None:
            raise Refused("invalid_input", f"must be left out: {named.model.id} takes no images.", field="image")
        named = edits
    if not body.image:
        raise Refused("invalid_input", "is required: the images to start from.", field="image")
    if body.mask is not None:
        raise Refused("invalid_input", "must be left out: masks are not supported here.", field="mask")
    given, notices = build_input(body, named)
    if body.input_fidelity == "high":
        notices.append("input_fidelity has no effect.")
    return await order_images(request, body, identity, Chosen(named, given, notices), body.image)


class Chosen(Struct, frozen=True):
    """The model of a call, its input fields, and notices about parameters without effect."""

    named: NamedModel
    given: Input
    notices: list[str]


async def order_images(
    request: web.Request, body: ImageOptions, identity: bytes, chosen: Chosen, sources: Sequence[str] = ()
) -> web.Response:
    """Accept a call, and answer its images once they are there. `sources` are the images to start from."""
    context, key_hash = request.app[CONTEXT], auth.key_hash(request)
    if not body.prompt or not body.prompt.strip():
        raise Refused("missing_prompt", "is required: describe the image.", field="prompt")
    images, preferred = request_images(context, key_hash), order.read_preference(request)
    named, given, notices = chosen.named, chosen.given, chosen.notices
    if sources:
        given["image_urls"] = [await images.take(url, "image") for url in sources]
    taken = given if sources else await images.take_all(given)
    placed = order.build_order(
        request,
        named,
        identity,
        preferred,
        prompt=body.prompt,
        given=taken,
        uploads=images.uploads,
        webhook_url=body.webhook_url,
    )
    encode = partial(encode_images, body.response_format or default_format(body.model), body.output_format)
    reply = order.OrderReply(preferred=preferred, notices=notices, encode=encode, names=NAMES)
    return await order.respond(request, placed, reply)


async def read_images(request: web.Request) -> web.Response:
    """Answer the images of an earlier call, or 202 while it runs."""
    context, account = request.app[CONTEXT], await auth.authenticate(request)
    form = request.query.get("response_format", URL)
    if form not in (BASE64, URL):
        raise Refused("invalid_request", "must be one of url, b64_json.", field="response_format")
    generation = await placing.find_own(context, account, request.match_info["id"], "image")
    return await order.answer(request, generation, [], partial(encode_images, form, None))


def choose_model(context: GatewayContext, body: ImageOptions) -> NamedModel:
    """Return the model of a call: that of its name, or its variant without a background. Raises Refused."""
    if body.stream:
        raise Refused("invalid_input", "must be false: images are not streamed here.", field="stream")
    named = find_of_kind(context, body.model, "image")
    if body.background != "transparent" or named.model.id.endswith("-transparent"):
        return named
    clear = find_variant(context, named, "-transparent")
    if clear is None:
        reason = f"must be `opaque` or `auto`: {named.model.id} has no variant without a background here."
        raise Refused("invalid_input", reason, field="background")
    return clear


def build_input(body: ImageOptions, named: NamedModel) -> tuple[Input, list[str]]:
    """Return the input fields of a call, and a notice for each parameter without effect. Raises Refused."""
    known, model_id = named.model.input, named.model.id
    if body.input is not None and not isinstance(body.input, dict):
        raise Refused("invalid_input", "must be an object.", field="input")
    given: Input = dict(body.input or {})
    sized, notice = fit_size(named, body.size)
    notices = [notice] if notice else []
    given |= sized
    if body.n is not None and "count" in known:
        given["count"] = body.n
    elif body.n not in (None, 1):
        raise Refused("invalid_input", f"must be 1: {model_id} makes one image for each request.", field="n")
    quality, choices = QUALITIES.get(body.quality or ""), known["quality"].choices if "quality" in known else ()
    if quality and "quality" in known and (not choices or quality in choices):
        given["quality"] = quality
    elif quality == "hd":
        notices.append(f"quality has no effect: {model_id} has one quality.")
    if body.output_compression is not None:
        notices.append("output_compression has no effect.")
    if body.moderation == "low":
        notices.append("moderation has no effect: the provider decides.")
    return given, notices


def add_style(style: str, named: NamedModel, given: Input, notices: list[str]) -> None:
    """Add a style to an input, or a notice if the model takes none."""
    if "style" in named.model.input:
        given["style"] = style
    else:
        notices.append(f"style has no effect: {named.model.id} takes none.")


def default_format(name: str | None) -> str:
    """Return the response format of a call that names none, by the model that its client believes to call."""
    return BASE64 if "gpt-image" in (name or "") else URL


async def encode_images(
    form: str, wanted: str | None, request: web.Request, generation: Generation, notices: list[str]
) -> web.Response:
    """Return the response with a completed generation's images. Adds notices."""
    context, outputs = request.app[CONTEXT], generation.outcome.outputs if generation.outcome else ()
    first = outputs[0] if outputs else None
    images = OpenaiImages(
        created=generation.created_ms // 1000,
        data=tuple(OpenaiImage(url=output.url(context.base_url)) for output in outputs),
        model=generation.spec.model,
    )
    if first is not None:
        images.output_format = FORMATS.get(first.media_type, first.media_type.rpartition("/")[2])
        if first.width and first.height:
            images.size = f"{first.width}x{first.height}"
        if wanted is not None and wanted != images.output_format:
            notices.append(f"output_format is {images.output_format}: the model decides.")
    if form == URL:
        return json_response(images)
    sizes = await find_sizes(context.storage, outputs)
    if sizes is None:
        notices.append("The images are not in our storage at the moment, so these are their URLs.")
        return json_response(images)
    return base64_response(request, _without_data(images), outputs, sizes)


def _without_data(images: OpenaiImages) -> dict[str, object]:
    fields: dict[str, object] = msgspec.to_builtins(images)
    del fields["data"]
    return fields
