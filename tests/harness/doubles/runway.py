"""Runway's API: tasks. It accepts the requests that the official client's types and their comments allow."""

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
OWN = ("gen4", "eleven_multilingual_v2")  # prefixes of models whose prompt has that bound
URIS = ("promptImage", "imageUri", "referenceImages")
CREATES: dict[str, tuple[Any, str]] = {  # path -> the client's parameters, the output
    "text_to_video": (types.TextToVideoCreateParams, "out.mp4"),
    "image_to_video": (types.ImageToVideoCreateParams, "out.mp4"),
    "text_to_image": (types.TextToImageCreateParams, "out.png"),
    "text_to_speech": (types.TextToSpeechCreateParams, "out.mp3"),
    "sound_effect": (types.SoundEffectCreateParams, "out.mp3"),
    "image_upscale": (types.ImageUpscaleCreateParams, "out.png"),
}
cached_video = cache(a_video)


def invalid(type_faults: Iterable[tuple[tuple[str | int, ...], str]]) -> Response:
    """Return the error for an invalid body."""
    issues = [{"code": "custom", "path": [*path], "message": message} for path, message in type_faults]
    return Response(400, {"error": "Validation of body failed", "issues": issues, "docUrl": DOCUMENT})


class Double(double.Double):
    """`failed` has the fields of a failed task. `forgets` deletes a cancelled task, as the client may be understood."""

    prefix = "/v1"

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.files |= {"out.mp4": (cached_video(), "video/mp4"), "out.mp3": (MP3, "audio/mpeg")}
        self.tasks: dict[str, dict[str, Any]] = {}
        self.output: list[str] | None = None
        self.failed: dict[str, object] = {"failure": "An unexpected error occurred.", "failureCode": "INTERNAL"}
        self.forgets = False
        self.uploads: dict[str, bytes] = {}

    def routes(self) -> Iterable[Route]:
        """Return the routes that the adapter and the official client use. `bucket` is the storage for uploads."""
        return [
            *(("submit", "POST", f"/v1/{name}", self.create) for name in CREATES),
            ("poll", "GET", "/v1/tasks/{id}", self.show),
            ("cancel", "DELETE", "/v1/tasks/{id}", self.delete),
            ("other", "POST", "/v1/uploads", self.upload),
            (
                "other",
                "GET",
                "/v1/organization",
                lambda request: self._refuse_unauthorized(request) or Response(200, {"creditBalance": 500}),
            ),
            ("other", "POST", "/bucket", self.store),
        ]

    def create(self, request: Request) -> Response:
        """Create a task, or return every fault of the body."""
        kind, name = CREATES[request.path.rpartition("/")[2]]
        refusal = self._refuse_unauthorized(request)
        if refusal:
            return refusal
        type_faults = [*faults(request.json, kind), *self._limits(request.json)]
        if type_faults:
            return invalid(type_faults)
        ref, estimate = str(uuid4()), {"estimatedCost": {"credits": CREDITS}}
        self.tasks[ref] = {"id": ref, "status": "PENDING", "link": self.link(name)}
        return Response(200, {"id": ref, **estimate})

    def show(self, request: Request) -> Response:
        """Return the task in its next state, with the fields of that state."""
        task = self.tasks.get(request.match["id"])
        refusal = self._refuse_unauthorized(request)
        if refusal or task is None:
            return refusal or Response(404, {"error": "Task not found."})
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
        """Cancel a task that runs, and delete one that has ended."""
        task = self.tasks.get(request.match["id"])
        refusal = self._refuse_unauthorized(request)
        if refusal or task is None:
            return refusal or Response(404, {"error": "Task not found."})
        ended = task["status"] in ENDED or not self.states
        task["status"] = "CANCELLED"
        if ended or self.forgets:
            del self.tasks[task["id"]]
        return Response(204)

    def upload(self, request: Request) -> Response:
        """Return an upload URL, and the URI of the file afterwards."""
        refusal = self._refuse_unauthorized(request)
        if refusal or request.json.keys() != {"filename", "type"} or request.json["type"] != "ephemeral":
            return refusal or invalid([(("type",), "Invalid input")])
        key = str(uuid4())
        return Response(
            200, {"runwayUri": f"runway://{key}", "uploadUrl": f"{self.url}/bucket", "fields": {"key": key}}
        )

    def store(self, request: Request) -> Response:
        """Store a file like a separate storage service: refuse our key, and a file that is not the last field."""
        *fields, content = request.form
        if "authorization" in request.headers or content.name != "file" or ["key"] != [field.name for field in fields]:
            return Response(400, "<Error><Code>InvalidArgument</Code></Error>")
        self.uploads[f"runway://{fields[0].data.decode()}"] = content.data
        return Response(204)

    def _refuse_unauthorized(self, request: Request) -> Response | None:
        """Refuse a request without a key or a version."""
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return Response(401, {"error": "Unauthorized"})
        if request.headers.get("x-runway-version") != "2024-11-06":
            return Response(400, {"error": "The X-Runway-Version header is missing or invalid."})
        return None

    def _limits(self, body: dict[str, Any]) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """Yield faults that the types do not show."""
        model, prompt = str(body.get("model")), str(body.get("promptText", "x"))
        units = len(prompt.encode("utf-16-le")) // 2
        if not prompt or (model.startswith(OWN) and units > PROMPT_UNITS_MAX):
            yield ("promptText",), f"expected 1 to {PROMPT_UNITS_MAX} characters"
        if model.startswith("gen4") and not 2 <= int(body.get("duration", 5)) <= 10:
            yield ("duration",), "expected 2 to 10"
        for name in URIS:
            value = body.get(name) or ()
            for uri in [value] if isinstance(value, str) else [item["uri"] for item in value]:
                known = uri.startswith(("https://", "data:image/")) or uri in self.uploads
                if not known or len(uri) > URI_BYTES_MAX:
                    yield (name,), "Invalid asset"
