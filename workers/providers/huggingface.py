"""Hugging Face's Inference Providers: one key and one URL for many inference providers.

A model is `owner/name`, then a colon and its inference provider: `openai/gpt-oss-120b:cerebras`. Text kinds go to the
router's chat, which chooses a provider if the model names none. Other kinds go to:

- `hf-inference`, also if the model names no provider;
- `fal-ai` through its queue, the name being that of fal's app;
- `together` and `nscale`, the name being theirs.

A captioner describes an image if the model names `hf-inference`, else a chat model does.

Not documented: the router's response while a model is loading. Only the text and the estimate of the older API mean
"not yet". Nothing can be cancelled, and no response contains a cost.
"""

import base64
from collections.abc import Mapping
from typing import ClassVar

from msgspec import structs

from shared.domain.foreign_url import path_of
from shared.domain.model_notice import ModelNotice
from workers.adapters import chat, fal_dialect, openai_dialect
from workers.adapters.contract import (
    Blob,
    Call,
    Done,
    Down,
    ModelGone,
    Pending,
    ProviderError,
    Rejected,
    Retry,
    Setup,
    Unknown,
)
from workers.adapters.http import HttpAdapter
from workers.adapters.inputs import drop_none, image_urls, resolve_image_urls, styled_prompt
from workers.adapters.responses import BINARY, ProviderResponse, read_file, read_ref

BASE_URL = "https://router.huggingface.co"
HUB_URL = "https://huggingface.co"
OWN, OWN_KINDS = "hf-inference", ("image", "upscale", "voice", "interrogate")
OPENAI_SPEAKERS = ("together", "nscale")
RESPONSE_S = 300.0  # the router sends nothing until the image is finished
LOADING_S_MAX = 120.0
QUEUE = {"_subdomain": "queue"}  # selects fal's queue
FILES = ("image/", "audio/", BINARY)


class Adapter(HttpAdapter):
    """Most results come with the submit. A reference is the path of a request in fal's queue."""

    submit_limit_s: ClassVar[float] = RESPONSE_S + 30.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, BASE_URL, response_limit_s=RESPONSE_S)

    async def submit(self, call: Call) -> Pending | Done:
        """Submit to the model's inference provider. Raises any ProviderError."""
        name, _, via = call.model.partition(":")
        if call.kind in chat.KINDS and (call.kind, via) != ("interrogate", OWN):
            body = await chat.build_request(self.setup, call)
            response = await self._http.submit("POST", "/v1/chat/completions", read_error=read_error, json=body)
            return chat.read_completion(call, response)
        if (via or OWN) == OWN and call.kind in OWN_KINDS:
            return await self._run_own_model(call, name)
        if via == "fal-ai":
            return await self._enqueue(fal_dialect.route_to_app(structs.replace(call, model=name)))
        if via in OPENAI_SPEAKERS and call.kind == "image":
            return await self._draw(call, name, via)
        raise Down(f"{self.setup.name} does not serve {call.kind} through {via or OWN}", cause="call")

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET a request's status through the router, then its result, both in fal's form."""
        name, path = call.model.partition(":")[0], f"/fal-ai{ref}"
        status = (await self._http.poll("GET", f"{path}/status", params=QUEUE)).fields
        if status.get("status") != "COMPLETED":
            return fal_dialect.pending(call, ref)
        response = await self._http.poll("GET", path, read_error=fal_dialect.read_result_error, params=QUEUE)
        return fal_dialect.read_result(structs.replace(call, model=name), response)

    async def probe(self) -> str | None:
        """GET the token's account from the hub, since the router has no such request."""
        account = await self._http.probe(f"{self.setup.base_url or HUB_URL}/api/whoami-v2", read_error=read_error)
        return f"account: {account.get('name')}"

    async def find_notices(self, models: Mapping[str, str]) -> list[ModelNotice]:
        """GET each model from the hub: its inference provider must serve it live.

        Image models at other providers have those providers' own names, which the hub does not know.
        """
        notices = []
        for model, kind in models.items():
            name, _, via = model.partition(":")
            if kind not in chat.KINDS and (via or OWN) != OWN:
                continue
            try:
                url = f"{self.setup.base_url or HUB_URL}/api/models/{name}"
                found = await self._http.probe(url, params={"expand": "inferenceProviderMapping"})
            except ModelGone:
                found = {}
            if not _is_live(found.get("inferenceProviderMapping"), via or ("" if kind in chat.KINDS else OWN)):
                notices.append(ModelNotice(model=model, missing=True))
        return notices

    async def _run_own_model(self, call: Call, name: str) -> Done:
        """Run a model of `hf-inference`: an image is sent as it is, or as base64 if a prompt goes with it."""
        match call.kind:
            case "interrogate":
                return _read_caption(call, await self._post(name, await self._fetch_image(call)))
            case "upscale":
                return _read_file(await self._post(name, await self._fetch_image(call), accept="image/png"))
            case "voice":
                return _read_file(await self._post(name, {"inputs": call.prompt, "parameters": {}}))
        edits = bool(image_urls(call))
        fields = ("negative_prompt", "seed") if edits else ("negative_prompt", "seed", "width", "height")
        parameters = drop_none(**{field: call.input.get(field) for field in fields})
        body: dict[str, object] = {"inputs": styled_prompt(call), "parameters": parameters}
        if edits:
            image = base64.b64encode((await self._fetch_image(call)).data).decode()
            body = {"inputs": image, "parameters": {"prompt": styled_prompt(call), **parameters}}
        return _read_file(await self._post(name, body, accept="image/png"))

    async def _post(self, name: str, content: Blob | dict[str, object], accept: str = "*/*") -> ProviderResponse:
        path, headers = f"/hf-inference/models/{name}", {"Accept": accept}
        if not isinstance(content, Blob):
            return await self._http.submit("POST", path, read_error=read_error, json=content, headers=headers)
        headers["Content-Type"] = content.media_type
        return await self._http.submit("POST", path, read_error=read_error, data=content.data, headers=headers)

    async def _fetch_image(self, call: Call) -> Blob:
        urls = image_urls(call)
        if len(urls) != 1:
            raise Rejected("invalid_input", "This model takes exactly one input image.")
        return await self.setup.fetch(urls[0])

    async def _enqueue(self, call: Call) -> Pending:
        """POST into fal's queue. The response has fal's own URLs, whose paths the router serves."""
        body = await fal_dialect.build_input(self.setup, call)
        path = f"/fal-ai/{call.model}"
        response = await self._http.submit("POST", path, read_error=read_queue_error, json=body, params=QUEUE)
        request_id, url = read_ref(response, response.fields.get("request_id")), response.fields.get("response_url")
        ref = path_of(url) if isinstance(url, str) else ""
        return fal_dialect.pending(call, ref or fal_dialect.requests_path(call.model, request_id))

    async def _draw(self, call: Call, name: str, via: str) -> Done:
        """POST /v1/images/generations of a provider that speaks OpenAI's API with some fields of its own."""
        width, height = call.input.get("width"), call.input.get("height")
        urls = await resolve_image_urls(self.setup, call)
        body: dict[str, object] = {"model": name, "prompt": styled_prompt(call)}
        if via == "nscale":
            if urls:
                raise Rejected("invalid_input", "This model takes no input images.")
            size = f"{width}x{height}" if width and height else None
            body |= {"response_format": "b64_json", **drop_none(size=size)}
        else:
            plain = {field: call.input.get(field) for field in ("width", "height", "seed", "negative_prompt")}
            single = urls[0] if urls and "kontext" in name.lower() else None
            images = {"image_url": single, "reference_images": None if single else urls or None}
            body |= {"response_format": "base64", **drop_none(**plain, **images, n=call.input.get("count"))}
        response = await self._http.submit("POST", f"/{via}/v1/images/generations", read_error=read_error, json=body)
        return openai_dialect.read_images(response)


def read_error(response: ProviderResponse) -> ProviderError | None:
    """Read an error body. A model that is loading has accepted nothing; other errors are like OpenAI's."""
    wait_s = response.fields.get("estimated_time")
    loading = response.status == 503 and "loading" in response.reason.lower()
    if loading and isinstance(wait_s, int | float) and wait_s > 0:  # false for NaN
        return Retry(response.reason, after_s=min(max(wait_s, 1.0), LOADING_S_MAX))
    return openai_dialect.read_error(response)


def read_queue_error(response: ProviderResponse) -> ProviderError | None:
    """Read fal's objections to an app's input, or the router's errors."""
    return fal_dialect.read_submit_error(response) or read_error(response)


def _is_live(mapping: object, via: str) -> bool:
    """Return whether an inference provider serves a model, any of them if `via` is "". The hub has two forms."""
    entries = mapping if isinstance(mapping, list) else []
    if isinstance(mapping, dict):
        entries = [{"provider": name, **entry} for name, entry in mapping.items() if isinstance(entry, dict)]
    live = {entry.get("provider") for entry in entries if isinstance(entry, dict) and entry.get("status") == "live"}
    return via in live if via else bool(live)


def _read_file(response: ProviderResponse) -> Done:
    return Done((read_file(response, *FILES),))


def _read_caption(call: Call, response: ProviderResponse) -> Done:
    body = response.json()
    first = body[0] if isinstance(body, list) and body else body
    if not isinstance(first, dict) or not isinstance(first.get("generated_text"), str):
        raise Unknown(f"the response has no caption: {response.reason}")
    return chat.read_text(call, first["generated_text"])
