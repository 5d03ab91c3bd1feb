"""The paid provider's server with callbacks, as unreliable as real ones. Words in the prompt control them.

- `call=once` posts one soon after the submit was accepted, `call=twice` two;
- `call=early` posts one before the response to the submit;
- `call=late` posts one after the generation has failed;
- `call=forged` posts two invalid ones: with a wrong signature, and to a URL that no generation has.

Without such a word a promised callback never comes.
"""

import asyncio
import hashlib
import hmac
import json
import re
from collections import Counter
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.harness.doubles.provider import Provider

SECRET = b"what the provider signs with"
AFTER_S = {"once": (0.3,), "twice": (0.3, 0.5), "late": (12.0,), "forged": (0.2,)}
TRIES_MAX, RETRY_S, RESPONSE_S = 3, 1.0, 3.0
UNKNOWN_TOKEN = "0" * 64


def signature(body: bytes) -> str:
    """Return the x-signature of a callback with this body."""
    return hmac.new(SECRET, body, hashlib.sha256).hexdigest()


class Calling(Provider):
    """`calls` counts the accepted callbacks by word; `after_s` has their times after the submit."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.calls: Counter[str] = Counter()
        self.after_s = dict(AFTER_S)
        self._calling: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=RESPONSE_S))
        return await super().__aenter__()

    async def __aexit__(self, *exc: object) -> None:
        for task in self._calling:
            task.cancel()
        await asyncio.gather(*self._calling, return_exceptions=True)
        assert self._session is not None
        await self._session.close()
        await super().__aexit__(*exc)

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        fields = await request.json()
        response = await super()._submit(request)
        found = re.search(r"call=(\w+)", fields["prompt"])
        if fields.get("callback_url") and found and self.accepted[fields["id"]]:
            await self._arrange(fields, found[1])
        return response

    async def _arrange(self, fields: dict[str, Any], word: str) -> None:
        if word == "early":
            await self._call(fields, word, 0)
        for after_s in self.after_s.get(word, ()):
            task = asyncio.create_task(self._call(fields, word, after_s))
            self._calling.add(task)
            task.add_done_callback(self._calling.discard)

    async def _call(self, fields: dict[str, Any], word: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        url: str = fields["callback_url"]
        if word == "forged":
            body = json.dumps({"ref": "task-of-a-stranger"}).encode()
            await self._post(url, body, "0" * 64, word)
            await self._post(url.rpartition("/")[0] + f"/{UNKNOWN_TOKEN}", body, signature(body), word)
        else:
            body = json.dumps({"ref": f"task-{fields['id']}"}).encode()
            await self._post(url, body, signature(body), word)

    async def _post(self, url: str, body: bytes, signed: str, word: str) -> None:
        """Post a callback, and repeat it a few times like a provider does while the server fails."""
        assert self._session is not None
        for _ in range(TRIES_MAX):
            try:
                async with self._session.post(url, data=body, headers={"x-signature": signed}) as response:
                    if response.status < 500:
                        self.calls[word] += 1
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(RETRY_S)
