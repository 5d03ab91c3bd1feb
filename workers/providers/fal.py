"""fal.ai, through its queue. A model is an app: `owner/alias` and, for some, a path."""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared.domain.model_notice import ModelNotice
from shared.ops import clock
from workers.adapters import fal_dialect
from workers.adapters.contract import Call, Callback, Done, ModelGone, Pending, Setup
from workers.adapters.http import HttpAdapter
from workers.adapters.native import build_native_input
from workers.adapters.responses import PollFailed, read_ref
from workers.adapters.signatures import is_fresh

BASE_URL = "https://queue.fal.run"
PLATFORM_URL = "https://api.fal.ai"
PRICED_APP = "fal-ai/flux/dev"  # the probe requests its price
START_LIMIT_S_MIN = 10.0
KEY_SET_URL = "https://rest.fal.ai"
KEY_SET_PATH = "/.well-known/jwks.json"
KEYS_MAX, KEYS_S = 16, 3_600.0  # fal allows a day; a rotated key is trusted after an hour


class Adapter(HttpAdapter):
    """Requests in a queue. A reference is a request's status URL from the submit, or its id from a callback."""

    takes_native: ClassVar[bool] = True

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, BASE_URL, headers={"Authorization": f"Key {setup.key}"})
        self._keys: list[str] = []
        self._keys_until_s = 0.0

    async def submit(self, call: Call) -> Pending | Done:
        """POST into the queue, with the time until which it makes sense to start."""
        left_s = max(call.deadline_ms / 1000 - clock.now_s(), START_LIMIT_S_MIN)
        native = await build_native_input(self.setup, call)
        call = call if native is not None else fal_dialect.route_to_app(call)
        response = await self._http.submit(
            "POST",
            f"/{call.model}",
            read_error=fal_dialect.read_submit_error,
            json=await fal_dialect.build_input(self.setup, call) if native is None else native,
            headers={"X-Fal-Request-Timeout": f"{left_s:.0f}"},
            params={"fal_webhook": call.callback_url} if call.callback_url else None,
        )
        request_id = read_ref(response, response.fields.get("request_id"))
        return fal_dialect.pending(call, self._trusted(response.fields.get("status_url")) or request_id)

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET the status. COMPLETED may be a failure: the result shows that."""
        status = await self._get_status(call, ref)
        if status.get("status") != "COMPLETED":
            return fal_dialect.pending(call, ref)
        url = self._trusted(status.get("response_url")) or self._status_url(call, ref).removesuffix("/status")
        response = await self._http.poll("GET", url, read_error=fal_dialect.read_result_error)
        return fal_dialect.read_result(call, response)

    async def cancel(self, call: Call, ref: str) -> None:
        """PUT the cancel URL, which the status names."""
        url = self._trusted((await self._get_status(call, ref)).get("cancel_url"))
        await self._http.cancel("PUT", url or self._status_url(call, ref).removesuffix("/status") + "/cancel")

    async def load_callback_keys(self) -> None:
        """GET fal's key set, once an hour. Raises PollFailed."""
        if clock.now_s() < self._keys_until_s:
            return
        response = await self._http.poll("GET", f"{self.setup.base_url or KEY_SET_URL}{KEY_SET_PATH}")
        listed = response.fields.get("keys")
        items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
        keys = [str(item.get("x")) for item in items if (item.get("kty"), item.get("crv")) == ("OKP", "Ed25519")]
        if not keys:
            raise PollFailed(f"the key set has no keys: {response.reason}")
        self._keys, self._keys_until_s = keys[:KEYS_MAX], clock.now_s() + KEYS_S

    def callback(self, request: Callback) -> str | None:
        """Return the request's id if it is signed by a key of fal's key set, or of our callback secret.

        The secret has the `x` of each key, in base64url, separated by commas, for hosts that cannot fetch the set.
        """
        names = ("request-id", "user-id", "timestamp", "signature")
        request_id, user_id, timestamp_s, signature = (request.headers.get(f"x-fal-webhook-{n}", "") for n in names)
        if not request_id or not is_fresh(timestamp_s) or not re.fullmatch(r"[0-9a-f]{128}", signature):
            return None
        message = "\n".join((request_id, user_id, timestamp_s, hashlib.sha256(request.body).hexdigest())).encode()
        keys = [*self._keys, *(self.setup.callback_secret or "").replace(",", " ").split()]
        signed = any(_is_signed_by(key, bytes.fromhex(signature), message) for key in keys)
        return request_id if signed else None

    async def probe(self) -> str | None:
        """GET the price of an app from the platform's own API."""
        url = f"{self.setup.base_url or PLATFORM_URL}/v1/models/pricing"
        query = {"endpoint_id": PRICED_APP}
        pricing = await self._http.probe(url, read_error=fal_dialect.read_submit_error, params=query)
        return f"prices of {PRICED_APP}: {pricing.get('prices')}"

    async def find_notices(self, models: Mapping[str, str]) -> list[ModelNotice]:
        """GET each app from the platform's own API. It answers about unknown apps too, but without a status."""
        notices = []
        for model in models:
            try:
                url = f"{self.setup.base_url or PLATFORM_URL}/v1/models"
                found = (await self._http.probe(url, params={"endpoint_id": model})).get("models")
            except ModelGone:
                found = None
            entries = [item for item in found or () if isinstance(item, dict) and item.get("endpoint_id") == model]
            facts = [item["metadata"] for item in entries if isinstance(item.get("metadata"), dict)]
            if not any(fact.get("status") not in (None, "", "deprecated") for fact in facts):
                notices.append(ModelNotice(model=model, missing=True))
        return notices

    async def _get_status(self, call: Call, ref: str) -> dict[str, Any]:
        return (await self._http.poll("GET", self._status_url(call, ref))).fields

    def _trusted(self, url: object) -> str | None:
        """Return a URL from a response if our key may be sent there."""
        return url if isinstance(url, str) and url.startswith(f"{self._http.base_url}/") else None

    def _status_url(self, call: Call, ref: str) -> str:
        path = fal_dialect.requests_path(call.model, ref)
        return ref if "://" in ref else f"{self._http.base_url}{path}/status"


def _is_signed_by(key: str, signature: bytes, message: bytes) -> bool:
    try:
        raw = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
