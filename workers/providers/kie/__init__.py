"""kie.ai: pictures, films, speech, music and larger pictures as tasks, words from its chat models at once.

Trusted least: kie's callbacks do not sign their bodies, so they name a task and nothing else; the stored copies of its
documentation disagree about their shape, so the name is looked for in each. Not known, and read with care: what a code
500 or 408 for a submit leaves behind (Unknown), whether a Retry-After ever comes (waited for, if so), what a credit
costs today (USD 0.005, unless the catalogue has `credit_cents`). There is no way to cancel, nor to find a task again
whose id was lost.
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

from workers.adapters import chat, contract
from workers.adapters.contract import Call, Callback, Done, Down, Pending, Rejected, Retry, Setup, Unknown
from workers.adapters.http import Answer, Http, PollFailed, reason
from workers.adapters.inputs import asked_for, given
from workers.adapters.signatures import fresh
from workers.providers.kie.tasks import PACE_S, api_of, number, outcome, record, refusal

BASE_URL = "https://api.kie.ai"
UPLOAD_URL = "https://kieai.redpandaai.co"  # with another base URL, files go there too
UPLOAD_PATH = "wokflow"
THINKING_S = 180.0  # nothing is heard of an answer before it is whole
CREDIT_MICROS = 5_000
CREDITS = ("creditsConsumed", "credits_consumed", "consumeCredits")


class Adapter(contract.Adapter):
    """A reference is a task's id, of the API that the model belongs to."""

    repeatable: ClassVar[bool] = False
    submit_limit_s: ClassVar[float] = THINKING_S + 20.0
    keeps_s: ClassVar[float] = 86_400.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        base_url, headers = setup.base_url or BASE_URL, {"Authorization": f"Bearer {setup.key}"}
        self._http = Http(
            base_url, connect_s=setup.connect_s, headers=headers, first_byte_s=THINKING_S, total_s=THINKING_S + 10.0
        )
        self._upload_url = f"{(setup.base_url or UPLOAD_URL).rstrip('/')}/api/file-stream-upload"

    async def submit(self, call: Call) -> Pending | Done:
        """A task, or what a chat model says. Raises any ProviderError."""
        if call.kind in chat.KINDS:
            return await (self._claude(call) if call.model.startswith("claude-") else self._chat(call))
        api = api_of(call.model)
        body = api.body(call, [await self._shown(url) for url in asked_for(call)])
        body |= {"callBackUrl": call.callback_url} if call.callback_url else {}
        answer = await self._http.submit("POST", api.begin, reading=refusal, json=body)
        data = answer.fields.get("data")
        ref = data.get("taskId") if isinstance(data, dict) else None
        if not isinstance(ref, str) or not ref:
            raise Unknown(f"the answer names no task: {reason(answer)}")
        return Pending(ref, PACE_S[0][1])

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET the task's record."""
        api = api_of(call.model)
        data = record(await self._http.poll("GET", api.look, params={"taskId": ref}), ref)
        answer = outcome(api, ref, data)
        return answer if isinstance(answer, Pending) else structs.replace(answer, cost_micros=self._cost_micros(data))

    def callback(self, request: Callback) -> str | None:
        """The id of the task that the signature was made for; the rest of the body may be anybody's."""
        timestamp_s = request.headers.get("x-webhook-timestamp", "")
        signature, secret = request.headers.get("x-webhook-signature", ""), self.setup.callback_secret
        if not secret or not fresh(timestamp_s):
            return None
        body = Answer(200, {}, request.body).fields
        data = body.get("data")
        data = data if isinstance(data, dict) else {}
        for ref in (data.get("task_id"), data.get("taskId"), body.get("taskId")):
            signed = f"{ref}.{timestamp_s}".encode(errors="replace")
            wanted = b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256))
            if isinstance(ref, str) and ref and hmac.compare_digest(wanted, signature.encode(errors="replace")):
                return ref
        return None

    async def probe(self) -> str | None:
        """GET the credit."""
        told = await self._http.probe("/api/v1/chat/credit", reading=refusal)
        return f"credits left: {told.get('data')}"

    async def close(self) -> None:
        """End the session."""
        await self._http.close()

    async def _chat(self, call: Call) -> Done:
        """POST /{model}/v1/chat/completions, which would be a stream if nobody said so."""
        body = {**await chat.request(self.setup, call), "stream": False}
        body.pop("seed", None)
        path = f"/{call.model}/v1/chat/completions"
        answer = _unwrapped(await self._http.submit("POST", path, reading=refusal, json=body))
        return structs.replace(chat.done(call, answer), cost_micros=self._cost_micros(answer.fields))

    async def _claude(self, call: Call) -> Done:
        """POST /claude/v1/messages, which documents no system prompt, and is known to lose pictures without a word."""
        if call.kind == "interrogate":
            raise Rejected("provider_refused", "This model does not see pictures here.")
        told = "\n\n".join(part for part in (chat.instruction(call), call.prompt) if part)
        body = {
            "model": call.model,
            "messages": [{"role": "user", "content": told}],
            "max_tokens": chat.tokens_max(call),
            "stream": False,
        }
        answer = await self._http.submit("POST", "/claude/v1/messages", reading=refusal, json=body)
        said, stop = answer.fields.get("content"), answer.fields.get("stop_reason")
        if not isinstance(said, list):
            raise Unknown(f"no message: {reason(answer)}")
        if stop == "refusal":
            raise Rejected("content_policy", "The model refused this.")
        texts = [str(part.get("text") or "") for part in said if isinstance(part, dict) and part.get("type") == "text"]
        done = chat.read(call, "".join(texts))
        used = answer.fields.get("usage")
        used = used if isinstance(used, dict) else {}
        tokens = given(prompt_tokens=used.get("input_tokens"), completion_tokens=used.get("output_tokens"))
        facts = done.facts | tokens | ({"truncated": True} if stop == "max_tokens" else {})
        return structs.replace(done, facts=facts, cost_micros=self._cost_micros(answer.fields))

    def _cost_micros(self, told: Mapping[str, Any]) -> int | None:
        """What the credits that an answer names are worth."""
        spent = next((spent for name in CREDITS if (spent := number(told.get(name))) is not None), None)
        price = CREDIT_MICROS if self.setup.credit_micros is None else self.setup.credit_micros
        return None if spent is None else round(Decimal(str(spent)) * price)

    async def _shown(self, url: str) -> str:
        """A picture's address: one of their own for what has none out there. Raises Rejected, Down or Retry."""
        if not url.startswith(("asset:", "data:")):
            return url
        picture = await self.setup.fetch(url)
        form = aiohttp.FormData({"uploadPath": UPLOAD_PATH})
        name = f"picture.{picture.media_type.removeprefix('image/')}"
        form.add_field("file", picture.data, content_type=picture.media_type, filename=name)
        try:
            answer = await self._http.poll("POST", self._upload_url, data=form)
        except PollFailed as error:
            raise Retry(f"the picture was not taken: {error}", after_s=5.0) from error
        no = refusal(answer)
        if isinstance(no, Down | Rejected):
            raise no
        data = answer.fields.get("data")
        link = data.get("downloadUrl") if isinstance(data, dict) else None
        if not isinstance(link, str):
            raise Retry(f"the picture was not taken: {reason(answer)}", after_s=5.0)
        return link


def _unwrapped(answer: Answer) -> Answer:
    """A chat completion that came within kie's envelope, without it."""
    inner = answer.fields.get("data")
    if "choices" in answer.fields or not isinstance(inner, dict):
        return answer
    return structs.replace(answer, body=json.dumps(inner).encode())
