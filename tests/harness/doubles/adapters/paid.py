"""A paid provider over real HTTP (tests/harness/doubles/provider.py): a submit must never reach it twice."""

import hmac
import json
from functools import cache
from typing import Any, ClassVar

import aiohttp

from tests.harness.doubles.adapters.kinds import a_video
from tests.harness.doubles.calling import signature
from workers.adapters import contract
from workers.adapters.contract import Blob, Call, Callback, Done, Down, Pending, Rejected, Retry, Setup, Unknown

PAID_HTTP_S = 5.0
cached_video = cache(a_video)


class Adapter(contract.Adapter):
    """Submits and polls; nothing is repeatable."""

    repeatable: ClassVar[bool] = False
    submit_limit_s: ClassVar[float] = 2.0

    def __init__(self, setup: Setup) -> None:
        assert setup.base_url is not None
        self._base_url = setup.base_url
        self._session: aiohttp.ClientSession | None = None

    async def submit(self, call: Call) -> Pending | Done:
        """POST /submit with the prompt, which scripts the double."""
        fields = {"id": call.generation_id, "prompt": call.prompt}
        fields |= {"callback_url": call.callback_url} if call.callback_url else {}
        try:
            status, body, headers = await self._request("POST", "/submit", fields)
        except (aiohttp.ClientConnectorError, ConnectionRefusedError) as error:
            raise Down("connection refused") from error
        except (aiohttp.ClientError, TimeoutError, json.JSONDecodeError) as error:
            raise Unknown(repr(error)) from error
        if status == 429:
            raise Retry("busy", after_s=float(headers.get("Retry-After", "0.1")))
        if status == 400:
            raise Rejected("content_policy", "The provider refused this prompt.")
        if status == 503:
            raise Down("HTTP 503")
        if status != 200:
            raise Unknown(f"HTTP {status}")
        return Pending(body["ref"], body.get("poll_after_s", 0.05))

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET /tasks/{ref}."""
        status, body, _ = await self._request("GET", f"/tasks/{ref}", None)
        if status != 200:
            raise RuntimeError(f"HTTP {status}")
        if body["state"] == "failed":
            raise Rejected("provider_failed", body["reason"])
        if body["state"] == "done":
            if call.kind == "video":  # the double makes images only
                return Done((Blob(cached_video(), "video/mp4"),))
            return Done((Blob(bytes.fromhex(body["png"]), "image/png"),))
        return Pending(ref, body.get("poll_after_s", 0.05))

    async def cancel(self, call: Call, ref: str) -> None:
        """POST /tasks/{ref}/cancel."""
        await self._request("POST", f"/tasks/{ref}/cancel", None)

    def callback(self, request: Callback) -> str | None:
        """Return the reference if the signature holds."""
        valid = hmac.compare_digest(request.headers.get("x-signature", ""), signature(request.body))
        return str(json.loads(request.body)["ref"]) if valid else None

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()

    async def _request(self, method: str, path: str, body: object) -> tuple[int, Any, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PAID_HTTP_S))
        async with self._session.request(method, self._base_url + path, json=body) as response:
            raw = await response.read()
            return response.status, json.loads(raw or b"{}"), response.headers
