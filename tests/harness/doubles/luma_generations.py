"""The generations, states and errors that Luma's two APIs have in common."""

from functools import cache
from typing import Any
from uuid import uuid4

from tests.harness.doubles import double
from tests.harness.doubles.adapters.kinds import a_video
from tests.harness.doubles.double import Request, Response

DONE, FAILED = "completed", "failed"
cached_video = cache(a_video)


def error(status: int, detail: object) -> Response:
    """Return an error in the form of the earlier API. Each status is assumed, and in the current API the form, too."""
    return Response(status, {"detail": detail})


class Double(double.Double):
    """A subclass has the routes and the facts of its API. With `without_output`, a completed generation has no file."""

    unauthorized = 401

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.files["out.mp4"] = (cached_video(), "video/mp4")
        self.generations: dict[str, dict[str, Any]] = {}
        self.without_output = False

    def begin(self, request: Request) -> dict[str, Any] | Response:
        """Return the facts of a new generation, or the refusal of the request."""
        raise NotImplementedError

    def complete(self, generation: dict[str, Any]) -> None:
        """Add the output of a completed generation."""
        raise NotImplementedError

    def fail(self, generation: dict[str, Any]) -> None:
        """Add the reason of a failed generation."""
        raise NotImplementedError

    def create(self, request: Request) -> Response:
        """Create a generation, or return the first fault of the request."""
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return error(self.unauthorized, "Not authenticated")
        facts = self.begin(request)
        if isinstance(facts, Response):
            return facts
        ref = str(uuid4())
        self.generations[ref] = {"id": ref, "state": "queued", **facts}
        return Response(201, self.generations[ref])

    def show(self, request: Request) -> Response:
        """Return the generation in its next state."""
        generation = self.generations.get(request.match["id"])
        if generation is None:
            return error(404, "Generation not found")
        if generation["state"] not in (DONE, FAILED):
            generation["state"] = self.take_state(DONE)
        if generation["state"] == DONE and not self.without_output:
            self.complete(generation)
        elif generation["state"] == FAILED:
            self.fail(generation)
        return Response(200, generation)
