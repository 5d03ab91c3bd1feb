"""A provider whose answers are odd. Its models refuse oddly, and words in the prompt choose its other answers:

- `odd=html`, `odd=cut`, `odd=surrogate` and `odd=huge` accept, and respond without a usable reference;
- `odd=nan` responds with numbers that do not exist, `odd=emoji` with a text that ends inside an emoji;
- `odd=half` cuts its first two answers to polls.
"""

from itertools import cycle
from typing import Any

from aiohttp import web

from tests.harness.doubles.calling import Calling

BUSY, FORBIDDEN = "busy", "forbidden"  # models
RETRY_AFTER = (
    *("1e308", "-5", "NaN", "9" * 400, "\u0661"),
    *("Mon, 01 Jan 2035 00:00:00 +99999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"),
)
CUT_POLLS = 2
RAW_TEXT = {"odd=emoji": r"Two words \ud83d", "odd=nan": "Two words"}
REFERENCES = {"odd=surrogate": r"task-\ud800", "odd=huge": "x" * 1_000_000}


class OddProvider(Calling):
    """Serves the odd provider below /odd, next to the paid one. Both count what they accept."""

    def __init__(self) -> None:
        super().__init__()
        self._retry_after = cycle(RETRY_AFTER)

    def _routes(self) -> list[web.RouteDef]:
        return [
            *super()._routes(),
            web.post("/odd/submit", self._submit_oddly),
            web.get("/odd/tasks/{ref}", self._show_oddly),
        ]

    def note_submit(self, generation: str, status: int) -> None:
        """Note a submit and the status of its refusal, 0 if it was accepted."""
        raise NotImplementedError

    async def _submit_oddly(self, request: web.Request) -> web.StreamResponse:
        fields = await request.json()
        generation, prompt = fields["id"], fields["prompt"]
        self.submits[generation] += 1
        self.prompts[generation] = prompt
        status = {BUSY: 429, FORBIDDEN: 403}.get(fields["model"], 0)
        self.note_submit(generation, status)
        if status:
            headers = {"Retry-After": next(self._retry_after)} if status == 429 else {}
            return web.json_response({"error": "not you"}, status=status, headers=headers)
        self.accepted[generation] += 1
        if "odd=html" in prompt:
            return web.Response(text="<html>Welcome!", content_type="text/html")
        reference = next((ref for word, ref in REFERENCES.items() if word in prompt), f"task-{generation}")
        wait = "NaN" if "odd=nan" in prompt else "0.05"
        return await send(request, f'{{"ref": "{reference}", "poll_after_s": {wait}}}', cut="odd=cut" in prompt)

    async def _show_oddly(self, request: web.Request) -> web.StreamResponse:
        generation = request.match_info["ref"].removeprefix("task-")
        prompt = self.prompts.get(generation, "")
        self.polls[generation] += 1
        text = next((text for word, text in RAW_TEXT.items() if word in prompt), "Two words.")
        facts: Any = '{"seed": NaN, "width": Infinity, "height": 1e999}' if "odd=nan" in prompt else "{}"
        cut = "odd=half" in prompt and self.polls[generation] <= CUT_POLLS
        return await send(request, f'{{"state": "done", "text": "{text}", "facts": {facts}}}', cut=cut)


async def send(request: web.Request, text: str, *, cut: bool) -> web.StreamResponse:
    """Send JSON as it is, or its first half and then nothing more."""
    body = text.encode()
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
    await response.prepare(request)
    await response.write(body[: len(body) // 2] if cut else body)
    if cut and request.transport is not None:
        request.transport.abort()
    return response
