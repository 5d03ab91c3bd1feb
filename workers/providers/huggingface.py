"""Hugging Face's Inference Providers: one key and one address in front of many who serve.

A model is `owner/name`, then a colon and who serves it: `Qwen/Qwen3-32B:cerebras`. Words go to the router's chat, which
chooses by itself where nobody is named. Anything else goes to `hf-inference` (also where nobody is named); to `fal-ai`
through its queue, the name being that of fal's app; or to `together` and `nscale`, the name being theirs. A picture is
described by a captioner where `hf-inference` is named, else by a chat model.

Not known, and read with care: what the router says while a model is loading. Only the words and the estimate of the
older API are "not yet". Nothing can be cancelled, and no answer names a cost.
"""

import base64
from typing import ClassVar
from urllib.parse import urlsplit

from msgspec import structs

from workers.adapters import chat, contract
from workers.adapters.contract import (
    Blob,
    Call,
    Done,
    Down,
    Pending,
    ProviderError,
    Rejected,
    Retry,
    Setup,
    Unknown,
)
from workers.adapters.http import Answer, Http, reason
from workers.adapters.inputs import asked_for, given, pictures, words
from workers.providers import fal
from workers.providers.openai import drawn
from workers.providers.openai import reading as imitation

BASE_URL = "https://router.huggingface.co"
HUB_URL = "https://huggingface.co"
THEMSELVES, THEIRS = "hf-inference", ("image", "upscale", "voice", "interrogate")
IMITATORS = ("together", "nscale")
MAKING_S = 300.0  # nothing is heard of a picture until it is drawn
LOADING_S_MAX = 120.0
QUEUE = {"_subdomain": "queue"}  # asks the router for fal's queue
FILES = ("image/", "audio/", "application/octet-stream")


class Adapter(contract.Adapter):
    """Most is done within the submit; a reference is the path of a request in fal's queue."""

    repeatable: ClassVar[bool] = False
    submit_limit_s: ClassVar[float] = MAKING_S + 30.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        base_url, headers = setup.base_url or BASE_URL, {"Authorization": f"Bearer {setup.key}"}
        self._http = Http(
            base_url, connect_s=setup.connect_s, headers=headers, first_byte_s=MAKING_S, total_s=MAKING_S + 10.0
        )

    async def submit(self, call: Call) -> Pending | Done:
        """To whoever serves the model. Raises any ProviderError."""
        name, _, who = call.model.partition(":")
        if call.kind in chat.KINDS and (call.kind, who) != ("interrogate", THEMSELVES):
            body = await chat.request(self.setup, call)
            return chat.done(call, await self._http.submit("POST", "/v1/chat/completions", reading=reading, json=body))
        if (who or THEMSELVES) == THEMSELVES and call.kind in THEIRS:
            return await self._make(call, name)
        if who == "fal-ai":
            return await self._enqueue(fal.to_app(structs.replace(call, model=name)))
        if who in IMITATORS and call.kind == "image":
            return await self._imitate(call, name, who)
        raise Down(f"{self.setup.name} does not serve {call.kind} through {who or THEMSELVES}")

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET a request's status through the router, then its result, as fal has them."""
        name, path = call.model.partition(":")[0], f"/fal-ai{ref}"
        status = (await self._http.poll("GET", f"{path}/status", params=QUEUE)).fields
        if status.get("status") != "COMPLETED":
            return Pending(ref, fal.PACE_S.get(call.kind, 2.0))
        answer = await self._http.poll("GET", path, reading=fal.failure, params=QUEUE)
        return fal.result(structs.replace(call, model=name), answer)

    async def probe(self) -> str | None:
        """GET who the token is of, from the hub: its router has no such call."""
        told = await self._http.probe(f"{self.setup.base_url or HUB_URL}/api/whoami-v2", reading=reading)
        return f"account: {told.get('name')}"

    async def close(self) -> None:
        """End the session."""
        await self._http.close()

    async def _make(self, call: Call, name: str) -> Done:
        """With one of their own models: a picture goes in as it is, or in a body where words go with it."""
        match call.kind:
            case "interrogate":
                return _captioned(call, await self._ask(name, await self._picture(call)))
            case "upscale":
                return _file(await self._ask(name, await self._picture(call), accept="image/png"))
            case "voice":
                return _file(await self._ask(name, {"inputs": call.prompt, "parameters": {}}))
        named = ("negative_prompt", "seed") if asked_for(call) else ("negative_prompt", "seed", "width", "height")
        parameters = given(**{field: call.input.get(field) for field in named})
        body: dict[str, object] = {"inputs": words(call), "parameters": parameters}
        if asked_for(call):
            picture = base64.b64encode((await self._picture(call)).data).decode()
            body = {"inputs": picture, "parameters": {"prompt": words(call), **parameters}}
        return _file(await self._ask(name, body, accept="image/png"))

    async def _ask(self, name: str, what: Blob | dict[str, object], accept: str = "*/*") -> Answer:
        """POST to one of their own models: a picture as it is, or a body around what goes in."""
        path, headers = f"/hf-inference/models/{name}", {"Accept": accept}
        if not isinstance(what, Blob):
            return await self._http.submit("POST", path, reading=reading, json=what, headers=headers)
        headers["Content-Type"] = what.media_type
        return await self._http.submit("POST", path, reading=reading, data=what.data, headers=headers)

    async def _picture(self, call: Call) -> Blob:
        """The one picture that goes in. Raises Rejected for none or several."""
        found = asked_for(call)
        if len(found) != 1:
            raise Rejected("invalid_input", "image_urls: this model takes one picture.")
        return await self.setup.fetch(found[0])

    async def _enqueue(self, call: Call) -> Pending:
        """Into fal's queue. Its answer has fal's own addresses, of which the router serves the paths."""
        body = await fal.app_input(self.setup, call)
        answer = await self._http.submit("POST", f"/fal-ai/{call.model}", reading=queued, json=body, params=QUEUE)
        request_id, url = answer.fields.get("request_id"), answer.fields.get("response_url")
        if not isinstance(request_id, str) or not request_id:
            raise Unknown(f"the answer names no request: {reason(answer)}")
        path = urlsplit(url).path if isinstance(url, str) else ""
        return Pending(path or f"/{fal.place(call.model)}/requests/{request_id}", fal.PACE_S.get(call.kind, 2.0))

    async def _imitate(self, call: Call, name: str, who: str) -> Done:
        """POST /v1/images/generations of one who speaks OpenAI's API, with fields of its own."""
        width, height, shown = call.input.get("width"), call.input.get("height"), await pictures(self.setup, call)
        body: dict[str, object] = {"model": name, "prompt": words(call)}
        if who == "nscale":
            if shown:
                raise Rejected("invalid_input", "image_urls: this model takes no picture.")
            size = f"{width}x{height}" if width and height else None
            body |= {"response_format": "b64_json", **given(size=size)}
        else:
            plain = {field: call.input.get(field) for field in ("width", "height", "seed", "negative_prompt")}
            one = shown[0] if shown and "kontext" in name.lower() else None
            seen = {"image_url": one, "reference_images": None if one else shown or None}
            body |= {"response_format": "base64", **given(**plain, **seen, n=call.input.get("count"))}
        return drawn(await self._http.submit("POST", f"/{who}/v1/images/generations", reading=reading, json=body))


def _file(answer: Answer) -> Done:
    """What came of it."""
    if not answer.media_type.startswith(FILES) or not answer.body:
        raise Unknown(f"no file but {answer.media_type}: {reason(answer)}")
    return Done((Blob(answer.body, answer.media_type),))


def _captioned(call: Call, answer: Answer) -> Done:
    """Words for a picture."""
    said = answer.json()
    first = said[0] if isinstance(said, list) and said else said
    if not isinstance(first, dict) or not isinstance(first.get("generated_text"), str):
        raise Unknown(f"no words for the picture: {reason(answer)}")
    return chat.read(call, first["generated_text"])


def reading(answer: Answer) -> ProviderError | None:
    """A model that is being loaded has accepted nothing; the rest is as OpenAI's imitators say it."""
    wait_s = answer.fields.get("estimated_time")
    loading = answer.status == 503 and "loading" in reason(answer).lower()
    if loading and isinstance(wait_s, int | float) and wait_s > 0:  # which NaN is not
        return Retry(reason(answer), after_s=min(max(wait_s, 1.0), LOADING_S_MAX))
    return imitation(answer)


def queued(answer: Answer) -> ProviderError | None:
    """What fal says about an app's input, or the router about anything."""
    return fal.refusal(answer) or reading(answer)
