"""A provider of texts whose answers are odd (tests/programs/chaos/odd.py), called with the kit of the real adapters."""

from typing import ClassVar

from workers.adapters.contract import Call, Done, Pending, Setup
from workers.adapters.http import HttpAdapter
from workers.adapters.responses import PollFailed, read_ref

POLL_S = 0.05


class Adapter(HttpAdapter):
    """Submits and polls; nothing is repeatable."""

    submit_limit_s: ClassVar[float] = 2.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, "", headers={}, response_limit_s=1.5)

    async def submit(self, call: Call) -> Pending | Done:
        """POST /submit with the prompt, which scripts the double."""
        fields = {"id": call.generation_id, "prompt": call.prompt, "model": call.model}
        response = await self._http.submit("POST", "/submit", json=fields)
        ref = read_ref(response, response.fields.get("ref"))
        return Pending(ref, response.fields.get("poll_after_s") or POLL_S)

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET /tasks/{ref}."""
        response = await self._http.poll("GET", f"/tasks/{ref}")
        if response.fields.get("state") != "done":
            raise PollFailed(f"the response has no state: {response.reason}")
        return Done(text=response.fields["text"], facts=response.fields.get("facts") or {})
