"""The paid provider's server with callbacks, as reliable as callbacks are. Words in the prompt say how it calls.

`call=once` posts one soon after the submit was accepted, `call=twice` two, `call=early` one before the submit is
answered, `call=late` one when everybody has given up, `call=forged` two that it never sent: under a signature that
does not hold, and to an address that nobody was given. Without a word it promised to call and does not.
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
TRIES, AGAIN_S, ANSWER_S = 3, 1.0, 3.0
STRANGE_TOKEN = "0" * 64


def signature(body: bytes) -> str:
    """What a callback with this body has as its x-signature."""
    return hmac.new(SECRET, body, hashlib.sha256).hexdigest()


class Calling(Provider):
    """`calls` counts the callbacks that were taken, by the word; `after_s` is when they are made."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.calls: Counter[str] = Counter()
        self.after_s = dict(AFTER_S)
        self._calling: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S))
        return await super().__aenter__()

    async def __aexit__(self, *exc: object) -> None:
        for task in self._calling:
            task.cancel()
        await asyncio.gather(*self._calling, return_exceptions=True)
        assert self._session is not None
        await self._session.close()
        await super().__aexit__(*exc)

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        order = await request.json()
        answer = await super()._submit(request)
        found = re.search(r"call=(\w+)", order["prompt"])
        if order.get("callback_url") and found and self.accepted[order["id"]]:
            await self._arrange(order, found[1])
        return answer

    async def _arrange(self, order: dict[str, Any], word: str) -> None:
        if word == "early":
            await self._call(order, word, 0)
        for after_s in self.after_s.get(word, ()):
            task = asyncio.create_task(self._call(order, word, after_s))
            self._calling.add(task)
            task.add_done_callback(self._calling.discard)

    async def _call(self, order: dict[str, Any], word: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        url: str = order["callback_url"]
        if word == "forged":
            body = json.dumps({"ref": "task-of-a-stranger"}).encode()
            await self._post(url, body, "0" * 64, word)
            await self._post(url.rpartition("/")[0] + f"/{STRANGE_TOKEN}", body, signature(body), word)
        else:
            body = json.dumps({"ref": f"task-{order['id']}"}).encode()
            await self._post(url, body, signature(body), word)

    async def _post(self, url: str, body: bytes, signed: str, word: str) -> None:
        """As providers do: again, a few times, while nobody answers."""
        assert self._session is not None
        for _ in range(TRIES):
            try:
                async with self._session.post(url, data=body, headers={"x-signature": signed}) as response:
                    if response.status < 500:
                        self.calls[word] += 1
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(AGAIN_S)
