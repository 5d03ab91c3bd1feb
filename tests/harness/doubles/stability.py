"""Stability AI's v2beta API: images, upscaled images, music, and results that take longer.

No official client exists to check this with. Assumed: the text of its refusals, that it refuses unknown fields, and
that it serves both result URLs that third parties use.
"""

from collections.abc import Iterable
from uuid import uuid4

from tests.harness.doubles import double
from tests.harness.doubles.adapters.kinds import a_wav
from tests.harness.doubles.double import Request, Response, Route
from tests.harness.doubles.openai import MP3
from tests.harness.doubles.provider import a_png

RATIOS = ("1:1", "16:9", "9:16", "3:2", "2:3", "5:4", "4:5", "21:9", "9:21")
PLAIN = {"prompt", "negative_prompt", "aspect_ratio", "seed", "output_format", "style_preset"}
DRAWING = {
    "ultra": PLAIN | {"image", "strength"},
    "core": PLAIN,
    "sd3": PLAIN | {"image", "strength", "mode", "model", "cfg_scale"},
}
SD3 = ("sd3.5-large", "sd3.5-large-turbo", "sd3.5-medium", "sd3.5-flash")
UPSCALING = {
    "fast": {"image", "output_format"},
    "conservative": {"image", "prompt", "negative_prompt", "seed", "output_format", "creativity"},
    "creative": {"image", "prompt", "negative_prompt", "seed", "output_format", "creativity", "style_preset"},
}
COMPOSING = {"prompt", "model", "duration", "seed", "steps", "cfg_scale", "output_format"}
MUSIC = {"stable-audio-2": (("stable-audio-2", "stable-audio-2.5"), 190), "stable-audio": (("stable-audio-3",), 380)}
DONE = "complete"


def error(status: int, name: str, *errors: str) -> Response:
    """Return an error in Stability's form."""
    return Response(status, {"id": "e1", "name": name, "errors": list(errors)})


class Double(double.Double):
    """`finish` is the finish reason of every result, `seed` the default seed."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.finish = "SUCCESS"
        self.seed = 42
        self.pending_kinds: dict[str, str] = {}  # id -> kind of the file

    def routes(self) -> Iterable[Route]:
        """Return the routes that the adapter uses, and the second URL of a result."""
        return [
            ("submit", "POST", "/v2beta/stable-image/generate/{model:ultra|core|sd3}", self.draw),
            ("submit", "POST", "/v2beta/stable-image/upscale/{model:fast|conservative|creative}", self.upscale),
            ("submit", "POST", "/v2beta/audio/{model:stable-audio|stable-audio-2}/text-to-audio", self.compose),
            ("poll", "GET", "/v2beta/results/{id}", self.show),
            ("other", "GET", "/v1/user/balance", lambda request: Response(200, {"credits": 42.5})),
            ("poll", "GET", "/v2beta/stable-image/upscale/creative/result/{id}", self.show),
            ("poll", "GET", "/v2beta/audio/results/{id}", self.show),
        ]

    def draw(self, request: Request) -> Response:
        """Return an image from a prompt, with or without an input image."""
        model, fields = request.match["model"], self._fields(request)
        edits = fields.get("mode") == "image-to-image" if model == "sd3" else "image" in fields
        faults = self._faults(request, fields, DRAWING[model], "image/*") | {
            "prompt: is required": not fields.get("prompt"),
            "aspect_ratio: unknown": fields.get("aspect_ratio", "1:1") not in RATIOS,
            "aspect_ratio: not with image-to-image": model == "sd3" and edits and "aspect_ratio" in fields,
            "image, strength: are required": edits and not {"image", "strength"} <= fields.keys(),
            "mode: must be image-to-image with an image": "image" in fields and not edits,
            "model: unknown": model == "sd3" and fields.get("model", SD3[0]) not in SD3,
        }
        return self._refuse(faults) or self._respond_with_file(request, "image", int(fields.get("seed", self.seed)))

    def upscale(self, request: Request) -> Response:
        """Return an upscaled image, or its id."""
        model, fields = request.match["model"], self._fields(request)
        accept = "application/json" if model == "creative" else "image/*"
        faults = self._faults(request, fields, UPSCALING[model], accept) | {
            "image: is required": "image" not in fields,
            "prompt: is required": model != "fast" and not fields.get("prompt"),
        }
        return self._refuse(faults) or (
            self._respond_later(200) if model == "creative" else self._respond_with_file(request, "image")
        )

    def compose(self, request: Request) -> Response:
        """Return music, or its id. Newer models respond with 202, as in the live specification."""
        model, fields = request.match["model"], self._fields(request)
        models, seconds_max = MUSIC[model]
        format_ = fields.get("output_format", "mp3")
        faults = self._faults(request, fields, COMPOSING, "audio/*") | {
            "prompt: is required": not fields.get("prompt"),
            "model: unknown": fields.get("model", models[0]) not in models,
            "duration: out of range": not 1 <= float(fields.get("duration", "1")) <= seconds_max,
            "output_format: unknown": format_ not in ("mp3", "wav"),
        }
        refusal = self._refuse(faults)
        if refusal is not None:
            return refusal
        return (
            self._respond_later(202, format_) if model == "stable-audio" else self._respond_with_file(request, format_)
        )

    def show(self, request: Request) -> Response:
        """Return 202 with a status until the result is finished, then 200 with the file."""
        if request.match["id"] not in self.pending_kinds:
            return error(404, "not_found", "The generation was not found or has expired.")
        state = self.take_state(DONE)
        if state != DONE:
            return Response(202, {"id": request.match["id"], "status": state})
        return self._respond_with_file(request, self.pending_kinds[request.match["id"]])

    def _fields(self, request: Request) -> dict[str, str]:
        """Return the form, or {} if the body is not one."""
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            return {}
        return {part.name: part.filename or part.data.decode() for part in request.form}

    def _faults(self, request: Request, fields: dict[str, str], known: set[str], accept: str) -> dict[str, bool]:
        seed = fields.get("seed", "0")
        return {
            "content-type: must be multipart/form-data": not fields,
            f"accept: must be {accept} or application/json": request.headers.get("accept")
            not in (accept, "application/json"),
            f"unrecognized: {sorted(fields.keys() - known)}": not fields.keys() <= known,
            "seed: must be from 0 to 4294967294": not (seed.isdigit() and int(seed) <= 4_294_967_294),
        }

    def _refuse(self, faults: dict[str, bool]) -> Response | None:
        messages = [fault for fault, is_one in faults.items() if is_one]
        return error(400, "bad_request", *messages) if messages else None

    def _respond_later(self, status: int, kind: str = "image") -> Response:
        ref = uuid4().hex * 2
        self.pending_kinds[ref] = kind
        return Response(status, {"id": ref})

    def _respond_with_file(self, request: Request, kind: str, seed: int | None = None) -> Response:
        media_type, data = {
            "image": ("image/png", a_png()),
            "mp3": ("audio/mpeg", MP3),
            "wav": ("audio/wav", a_wav()),
        }[kind]
        headers = {"Content-Type": media_type, "finish-reason": self.finish, "seed": str(seed or self.seed)}
        return Response(200, data, headers)
