"""kie.ai: images, videos, speech, music and upscaled images as tasks; text from its chat models with the submit.

Callbacks are trusted least. Their signature does not cover the body, so only the task id in them is used. The stored
copies of the documentation disagree about the id's position, so each is tried.

Not documented:

- The outcome of a submit that returns code 500 or 408: it is Unknown.
- Whether a Retry-After is ever sent: it is respected if so.
- The price of a credit: USD 0.005, unless the catalogue has `credit_cents`.

kie deletes uploads and outputs after 24 hours. An input image is uploaded for each submit, so no link outlives that.

kie can neither cancel a task, nor find one whose id was lost.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

import aiohttp
from msgspec import structs

from shared.domain.quantities import completion_tokens_max
from workers.adapters import chat
from workers.adapters.contract import (
    Blob,
    Call,
    Callback,
    Done,
    Down,
    ModelGone,
    Pending,
    Rejected,
    Retry,
    Setup,
    Unknown,
)
from workers.adapters.http import UPLOAD_RETRY_S, HttpAdapter
from workers.adapters.inputs import drop_none, publish_image_urls
from workers.adapters.media import file_name
from workers.adapters.native import build_native_input
from workers.adapters.refusals import require_credit
from workers.adapters.responses import ProviderResponse, json_fields, read_ref
from workers.adapters.signatures import is_fresh
from workers.providers.kie.tasks import POLL_S, api_of, number, read_error, read_record, read_state

BASE_URL = "https://api.kie.ai"
UPLOAD_URL = "https://kieai.redpandaai.co"  # replaced by the catalogue's base URL, if it has one
UPLOAD_DIRECTORY = "wokflow"
RESPONSE_S = 180.0  # nothing is sent until a text is complete
CREDIT_MICROS = 5_000
CREDITS = ("creditsConsumed", "credits_consumed", "consumeCredits")


class Adapter(HttpAdapter):
    """Tasks and texts. A reference is a task's id in the API that the model belongs to."""

    submit_limit_s: ClassVar[float] = RESPONSE_S + 20.0
    keeps_s: ClassVar[float] = 86_400.0
    takes_native: ClassVar[bool] = True

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, BASE_URL, response_limit_s=RESPONSE_S)
        self._upload_url = f"{(setup.base_url or UPLOAD_URL).rstrip('/')}/api/file-stream-upload"

    async def submit(self, call: Call) -> Pending | Done:
        """Return a task, or the text of a chat model. Raises any ProviderError."""
        if call.kind in chat.KINDS:
            return await (
                self._complete_chat_with_claude(call) if call.model.startswith("claude-") else self._complete_chat(call)
            )
        api = api_of(call.model)
        native = await build_native_input(self.setup, call, self._upload)
        if native is None:
            body = api.build_body(call, await publish_image_urls(self.setup, call, self._upload))
        else:
            body = api.build_native_body(call.model, native)
        body |= {"callBackUrl": call.callback_url} if call.callback_url else {}
        response = await self._http.submit("POST", api.submit_path, read_error=read_error, json=body)
        data = response.fields.get("data")
        ref = read_ref(response, data.get("taskId") if isinstance(data, dict) else None)
        return Pending(ref, POLL_S[0][1])

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET the task's record."""
        api = api_of(call.model)
        record = read_record(await self._http.poll("GET", api.poll_path, params={"taskId": ref}), ref)
        state = read_state(api, ref, record)
        return state if isinstance(state, Pending) else structs.replace(state, cost_micros=self._cost_micros(record))

    def callback(self, request: Callback) -> str | None:
        """Return the id of the task that the signature covers. The rest of the body is not signed."""
        timestamp_s = request.headers.get("x-webhook-timestamp", "")
        signature, secret = request.headers.get("x-webhook-signature", ""), self.setup.callback_secret
        if not secret or not is_fresh(timestamp_s):
            return None
        body = json_fields(request.body)
        data = body.get("data")
        data = data if isinstance(data, dict) else {}
        for ref in (data.get("task_id"), data.get("taskId"), body.get("taskId")):
            message = f"{ref}.{timestamp_s}".encode(errors="replace")
            expected = b64encode(hmac.digest(secret.encode(), message, hashlib.sha256))
            if isinstance(ref, str) and ref and hmac.compare_digest(expected, signature.encode(errors="replace")):
                return ref
        return None

    async def probe(self) -> str | None:
        """GET the credit."""
        credit = await self._http.probe("/api/v1/chat/credit", read_error=read_error)
        require_credit(credit.get("data"))
        return f"credits left: {credit.get('data')}"

    async def _complete_chat(self, call: Call) -> Done:
        """POST /{model}/v1/chat/completions. Without `stream` it would be a stream."""
        body = {**await chat.build_request(self.setup, call), "stream": False}
        body.pop("seed", None)
        path = f"/{call.model}/v1/chat/completions"
        response = _unwrap(await self._http.submit("POST", path, read_error=read_error, json=body))
        return structs.replace(chat.read_completion(call, response), cost_micros=self._cost_micros(response.fields))

    async def _complete_chat_with_claude(self, call: Call) -> Done:
        """POST /claude/v1/messages. It documents no system prompt, and is known to ignore images silently."""
        if call.kind == "interrogate":
            raise Rejected("provider_refused", "This model cannot read images at this provider.")
        body = {
            "model": call.model,
            "messages": _without_system(chat.list_messages(call)),
            "max_tokens": completion_tokens_max(call.input),
            "stream": False,
        }
        response = await self._http.submit("POST", "/claude/v1/messages", read_error=read_error, json=body)
        parts, stop = response.fields.get("content"), response.fields.get("stop_reason")
        if not isinstance(parts, list):
            raise Unknown(f"the response has no message: {response.reason}")
        if stop == "refusal":
            raise Rejected("content_policy", "The model refused this prompt.")
        texts = [str(part.get("text") or "") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
        done = chat.read_text(call, "".join(texts))
        usage = response.fields.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        tokens = drop_none(prompt_tokens=usage.get("input_tokens"), completion_tokens=usage.get("output_tokens"))
        facts = done.facts | tokens | ({"truncated": True} if stop == "max_tokens" else {})
        return structs.replace(done, facts=facts, cost_micros=self._cost_micros(response.fields))

    def _cost_micros(self, body: Mapping[str, Any]) -> int | None:
        """Return the value of the credits that a body reports."""
        spent = next((spent for name in CREDITS if (spent := number(body.get(name))) is not None), None)
        price = CREDIT_MICROS if self.setup.credit_micros is None else self.setup.credit_micros
        return None if spent is None else round(Decimal(str(spent)) * price)

    async def _upload(self, image: Blob) -> str:
        """Upload an image without a public URL, and return its URL at kie. Raises Rejected, Down or Retry."""
        form = aiohttp.FormData({"uploadPath": UPLOAD_DIRECTORY})
        form.add_field("file", image.data, content_type=image.media_type, filename=file_name(image))
        response = await self._http.upload(self._upload_url, data=form)
        error = read_error(response)
        if isinstance(error, Down | Rejected) and not isinstance(error, ModelGone):  # no upload names a model
            raise error
        data = response.fields.get("data")
        url = data.get("downloadUrl") if isinstance(data, dict) else None
        if not isinstance(url, str):
            raise Retry(f"the provider did not store the image: {response.reason}", after_s=UPLOAD_RETRY_S)
        return url


def _unwrap(response: ProviderResponse) -> ProviderResponse:
    """Return a chat completion without kie's envelope, if it has one."""
    inner = response.fields.get("data")
    if "choices" in response.fields or not isinstance(inner, dict):
        return response
    return structs.replace(response, body=json.dumps(inner).encode())


def _without_system(messages: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return a conversation whose system prompt is at the head of its first other message."""
    system = [str(one["content"]) for one in messages if one["role"] == "system"]
    others = [one for one in messages if one["role"] != "system"] or [{"role": "user", "content": ""}]
    first = others[0] | {"content": "\n\n".join(filter(None, (*system, str(others[0]["content"]))))}
    return [first, *others[1:]]
