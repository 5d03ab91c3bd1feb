"""A paid provider's server over real HTTP that counts its requests. Words in the prompt control it:

- `hangup-before` and `hangup-after` close the connection before and after accepting;
- `busy` responds with 429 twice, `refuse` with 400, `down` with 503;
- `garbage` accepts, and responds with HTML;
- `slow` never responds to the submit, `stuck` never finishes, `fail` fails the task;
- `polls=N` finishes at the Nth poll, `wait=S` requires S seconds between polls;
- `obeys` ends a task that was cancelled.
"""

import asyncio
import io
import re
from collections import Counter
from typing import Any, Self

from aiohttp import web
from PIL import Image


def a_png(width: int = 8, height: int = 8, *, mode: str = "RGB") -> bytes:
    """Return a small valid PNG file."""
    file = io.BytesIO()
    Image.new(mode, (width, height), "teal").save(file, "PNG")
    return file.getvalue()


class Provider:
    """`async with Provider() as provider:`; `submits` counts them by generation id, refused ones too."""

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self.submits: Counter[str] = Counter()  # accepted and refused
        self.accepted: Counter[str] = Counter()  # tasks begun, each of which would be billed
        self.polls: Counter[str] = Counter()
        self.cancelled: set[str] = set()
        self.prompts: dict[str, str] = {}
        self._png = a_png().hex()
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes(self._routes())
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def _routes(self) -> list[web.RouteDef]:
        return [
            web.post("/submit", self._submit),
            web.get("/tasks/{ref}", self._show_task),
            web.post("/tasks/{ref}/cancel", self._cancel),
        ]

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        fields = await request.json()
        generation, prompt = fields["id"], fields["prompt"]
        self.submits[generation] += 1
        self.prompts[generation] = prompt
        refusal = self._refusal(generation, prompt)
        if refusal:
            return web.json_response({}, status=refusal, headers={"Retry-After": "0.1"})
        if "hangup-before" not in prompt:
            self.accepted[generation] += 1
        if "hangup" in prompt:
            return self._hang_up(request)
        if "garbage" in prompt:
            return web.Response(text="<html>what?")
        if "slow" in prompt:
            await asyncio.sleep(30)
        return web.json_response({"ref": f"task-{generation}", **self._pace(prompt)})

    def _refusal(self, generation: str, prompt: str) -> int:
        if "busy" in prompt and self.submits[generation] <= 2:
            return 429
        return next((status for word, status in {"refuse": 400, "down": 503}.items() if word in prompt), 0)

    async def _show_task(self, request: web.Request) -> web.Response:
        generation = request.match_info["ref"].removeprefix("task-")
        self.polls[generation] += 1
        prompt = self.prompts.get(generation, "")
        if "obeys" in prompt and generation in self.cancelled:
            return web.json_response({"state": "failed", "reason": "It was stopped."})
        if "fail" in prompt:
            return web.json_response({"state": "failed", "reason": "The model failed."})
        polls = int(found[1]) if (found := re.search(r"polls=(\d+)", prompt)) else 1
        if "stuck" in prompt or self.polls[generation] < polls:
            return web.json_response({"state": "running", **self._pace(prompt)})
        return web.json_response({"state": "done", "png": self._png})

    async def _cancel(self, request: web.Request) -> web.Response:
        self.cancelled.add(request.match_info["ref"].removeprefix("task-"))
        return web.json_response({})

    @staticmethod
    def _pace(prompt: str) -> dict[str, Any]:
        found = re.search(r"wait=([0-9.]+)", prompt)
        return {"poll_after_s": float(found[1])} if found else {}

    @staticmethod
    def _hang_up(request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
