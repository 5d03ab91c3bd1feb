"""Runway's API: tasks. What a request may hold is what the official client's types say, and what their comments say."""

from collections.abc import Iterable
from functools import cache
from typing import Any
from uuid import uuid4

from runwayml import types

from tests.harness.doubles import double
from tests.harness.doubles.adapters.kinds import a_video
from tests.harness.doubles.double import Request, Response, Route
from tests.harness.doubles.openai import MP3
from tests.harness.doubles.typed import faults

DONE, ENDED = "SUCCEEDED", ("SUCCEEDED", "FAILED", "CANCELLED")
WAITING = ("PENDING", "THROTTLED")
NOW = "2026-11-21T12:00:00.000Z"
DOCUMENT = "https://docs.dev.runwayml.com/api"
CREDITS = 25
PROMPT_UNITS_MAX = 1000  # UTF-16
URI_BYTES_MAX = 5_000_000
OWN = ("gen4", "eleven_multilingual_v2")  # beginnings of models whose prompt has that bound
URIS = ("promptImage", "imageUri", "referenceImages")
CREATES: dict[str, tuple[Any, str]] = {  # path -> what the client sends, what it brings
    "text_to_video": (types.TextToVideoCreateParams, "out.mp4"),
    "image_to_video": (types.ImageToVideoCreateParams, "out.mp4"),
    "text_to_image": (types.TextToImageCreateParams, "out.png"),
    "text_to_speech": (types.TextToSpeechCreateParams, "out.mp3"),
    "sound_effect": (types.SoundEffectCreateParams, "out.mp3"),
    "image_upscale": (types.ImageUpscaleCreateParams, "out.png"),
}
film = cache(a_video)


def invalid(found: Iterable[tuple[tuple[str | int, ...], str]]) -> Response:
    """What it says about a body that it cannot use."""
    issues = [{"code": "custom", "path": [*path], "message": message} for path, message in found]
    return Response(400, {"error": "Validation of body failed", "issues": issues, "docUrl": DOCUMENT})


class Double(double.Double):
    """`failed` is what a task fails with; `forgets` has a stopped task be gone, which is one reading of the client."""

    prefix = "/v1"

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.files |= {"out.mp4": (film(), "video/mp4"), "out.mp3": (MP3, "audio/mpeg")}
        self.tasks: dict[str, dict[str, Any]] = {}
        self.output: list[str] | None = None
        self.failed: dict[str, object] = {"failure": "An unexpected error occurred.", "failureCode": "INTERNAL"}
        self.forgets = False
        self.uploads: dict[str, bytes] = {}

    def routes(self) -> Iterable[Route]:
        """The routes that the adapter and the official client use; `bucket` is the storage behind uploads."""
        return [
            *(("submit", "POST", f"/v1/{name}", self.create) for name in CREATES),
            ("poll", "GET", "/v1/tasks/{id}", self.show),
            ("cancel", "DELETE", "/v1/tasks/{id}", self.delete),
            ("other", "POST", "/v1/uploads", self.upload),
            (
                "other",
                "GET",
                "/v1/organization",
                lambda request: self._stranger(request) or Response(200, {"creditBalance": 500}),
            ),
            ("other", "POST", "/bucket", self.store),
        ]

    def create(self, request: Request) -> Response:
        """A task, or every fault of the body."""
        kind, name = CREATES[request.path.rpartition("/")[2]]
        refused = self._stranger(request)
        if refused:
            return refused
        found = [*faults(request.json, kind), *self._limits(request.json)]
        if found:
            return invalid(found)
        made, estimate = str(uuid4()), {"estimatedCost": {"credits": CREDITS}}
        self.tasks[made] = {"id": made, "status": "PENDING", "link": self.link(name)}
        return Response(200, {"id": made, **estimate})

    def show(self, request: Request) -> Response:
        """The task, one state further, with the fields that this state has."""
        task = self.tasks.get(request.match["id"])
        refused = self._stranger(request)
        if refused or task is None:
            return refused or Response(404, {"error": "Task not found."})
        if task["status"] not in ENDED:
            task["status"] = self.take_state(DONE)
        body = {"id": task["id"], "createdAt": NOW, "status": task["status"]}
        match task["status"]:
            case "PENDING" | "THROTTLED":
                body["estimatedCost"] = {"credits": CREDITS}
            case "RUNNING":
                body |= {"estimatedCost": {"credits": CREDITS}, "progress": 0.5}
            case "SUCCEEDED":
                output = [task["link"]] if self.output is None else self.output
                body |= {"cost": {"credits": CREDITS}, "output": output}
            case "FAILED":
                body |= {"cost": {"credits": 0}, **self.failed}
            case "CANCELLED":
                body["cost"] = {"credits": 0}
        return Response(200, body)

    def delete(self, request: Request) -> Response:
        """Stops what has not ended, and deletes what has."""
        task = self.tasks.get(request.match["id"])
        refused = self._stranger(request)
        if refused or task is None:
            return refused or Response(404, {"error": "Task not found."})
        ended = task["status"] in ENDED or not self.states
        task["status"] = "CANCELLED"
        if ended or self.forgets:
            del self.tasks[task["id"]]
        return Response(204)

    def upload(self, request: Request) -> Response:
        """Where a file may be stored, and the URI that stands for it afterwards."""
        refused = self._stranger(request)
        if refused or request.json.keys() != {"filename", "type"} or request.json["type"] != "ephemeral":
            return refused or invalid([(("type",), "Invalid input")])
        key = str(uuid4())
        return Response(
            200, {"runwayUri": f"runway://{key}", "uploadUrl": f"{self.url}/bucket", "fields": {"key": key}}
        )

    def store(self, request: Request) -> Response:
        """The storage, which is another service: it refuses our key, and a file that does not come last."""
        *fields, content = request.form
        if "authorization" in request.headers or content.name != "file" or ["key"] != [field.name for field in fields]:
            return Response(400, "<Error><Code>InvalidArgument</Code></Error>")
        self.uploads[f"runway://{fields[0].data.decode()}"] = content.data
        return Response(204)

    def _stranger(self, request: Request) -> Response | None:
        """A request without a key or a version."""
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return Response(401, {"error": "Unauthorized"})
        if request.headers.get("x-runway-version") != "2024-11-06":
            return Response(400, {"error": "The X-Runway-Version header is missing or invalid."})
        return None

    def _limits(self, body: dict[str, Any]) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """Faults that the types do not show."""
        model, prompt = str(body.get("model")), str(body.get("promptText", "x"))
        units = len(prompt.encode("utf-16-le")) // 2
        if not prompt or (model.startswith(OWN) and units > PROMPT_UNITS_MAX):
            yield ("promptText",), f"expected 1 to {PROMPT_UNITS_MAX} characters"
        if model.startswith("gen4") and not 2 <= int(body.get("duration", 5)) <= 10:
            yield ("duration",), "expected 2 to 10"
        for name in URIS:
            held = body.get(name) or ()
            for uri in [held] if isinstance(held, str) else [item["uri"] for item in held]:
                known = uri.startswith(("https://", "data:image/")) or uri in self.uploads
                if not known or len(uri) > URI_BYTES_MAX:
                    yield (name,), "Invalid asset"
