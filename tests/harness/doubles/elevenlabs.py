"""ElevenLabs' API: speech, music and sounds at once, images and videos as generations, signed callbacks.

Its refusals are as strict as its client's types and descriptions. Assumed: that it refuses unknown fields, and with
which status.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from tests.harness.doubles import double
from tests.harness.doubles.adapters.kinds import a_wav
from tests.harness.doubles.double import Request, Response, Route
from tests.harness.doubles.openai import MP3
from workers.adapters.contract import Callback

VOICES = ("JBFqnCBsd6RMkjVDRZzb", "21m00Tcm4TlvDq8ikWAM")
FORMATS = ("mp3_44100_128", "mp3_22050_32", "pcm_16000", "wav_24000", "wav_44100")
SPEAKING = {
    "eleven_multilingual_v2": 10_000,
    "eleven_flash_v2_5": 40_000,
    "eleven_v3": 5_000,
    "eleven_v4": 5_000,
}  # characters at most
COMPOSING = ("music_v1", "music_v2", "music_v2_5")
SPEECH_FIELDS = {"text", "model_id", "language_code", "voice_settings", "seed", "previous_text", "next_text"}
MUSIC_FIELDS = {"prompt", "composition_plan", "music_length_ms", "model_id", "seed", "force_instrumental"}
SOUND_FIELDS = {"text", "model_id", "duration_seconds", "prompt_influence", "loop"}

PLAN = {"tier": "creator", "character_count": 120, "character_limit": 100_000}

IMAGE, VIDEO = {"model_id", "prompt", "webhook"}, {"model_id", "prompt", "webhook", "resolution", "duration_secs"}
FRAMES = {"aspect_ratio", "generate_audio", "start_frame", "end_frame", "images"}
MODEL_FIELDS: dict[str, dict[str, set[str]]] = {  # kind -> model -> its fields
    "image": {
        "gemini-2.5-flash-image": IMAGE | {"images", "aspect_ratio"},
        **dict.fromkeys(
            ("gemini-3-pro-image", "gemini-3.1-flash-image", "gemini-3.1-flash-lite-image"),
            IMAGE | {"images", "aspect_ratio", "resolution"},
        ),
        "gpt-image-1.5": IMAGE | {"images", "mask", "quality", "background", "aspect_ratio"},
        **dict.fromkeys(
            ("gpt-image-2", "gpt-image-2.5-flare", "gpt-image-2.5-sunburst"),
            IMAGE | {"images", "mask", "quality", "aspect_ratio", "resolution"},
        ),
        **dict.fromkeys(
            ("bytedance-seedream-5-lite", "bytedance-seedream-5-pro"),
            IMAGE | {"images", "aspect_ratio", "seed", "resolution"},
        ),
    },
    "video": {
        **dict.fromkeys(
            ("veo-3.1-generate-001", "veo-3.1-fast-generate-001"),
            VIDEO | FRAMES | {"negative_prompt", "seed", "enhance_prompt"},
        ),
        **dict.fromkeys(
            ("bytedance-seedance-v2", "bytedance-seedance-v2-fast", "bytedance-seedance-v2-mini"),
            VIDEO | FRAMES | {"seed", "videos", "audios"},
        ),
        "bytedance-seedance-v2.5": VIDEO | FRAMES | {"videos", "audios"},
    },
}

TIERS, FAST = ("1K", "2K", "4K"), ("480p", "720p")
RESOLUTIONS: dict[str, tuple[str, ...]] = {  # of its client's types
    "gemini-3-pro-image": TIERS,
    "gemini-3.1-flash-image": ("512", *TIERS),
    "gemini-3.1-flash-lite-image": TIERS[:1],
    **dict.fromkeys(("gpt-image-2", "gpt-image-2.5-flare", "gpt-image-2.5-sunburst"), TIERS),
    "bytedance-seedream-5-lite": ("2K", "3K"),
    "bytedance-seedream-5-pro": TIERS[:2],
    **dict.fromkeys(("veo-3.1-generate-001", "veo-3.1-fast-generate-001"), ("720p", "1080p", "4K")),
    "bytedance-seedance-v2": (*FAST, "1080p", "4k"),
    **dict.fromkeys(("bytedance-seedance-v2-fast", "bytedance-seedance-v2-mini"), FAST),
    "bytedance-seedance-v2.5": (*FAST, "1080p"),
}


def error(status: int, code: str, message: str) -> Response:
    """Return an error in ElevenLabs' form."""
    return Response(status, {"detail": {"status": code, "message": message}}, {"x-trace-id": "t1"})


def invalid(field: str, message: str) -> Response:
    """Return the error of its web framework for an invalid body."""
    return Response(422, {"detail": [{"type": "value_error", "loc": ["body", field], "msg": message, "input": None}]})


class Double(double.Double):
    """`cost` is the cost of audio in credits. `failure` is (reason, message) of a failed generation."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.cost: int | None = 10
        self.failure = ("model_error", "The model failed.")
        self.kinds: dict[str, str] = {}  # id -> kind
        self.voices = {voice: "premade" for voice in VOICES}  # id -> category

    def routes(self) -> Iterable[Route]:
        """Return the routes that the adapter and the official client use."""
        return [
            ("submit", "POST", "/v1/text-to-speech/{voice}", self.speak),
            ("submit", "POST", "/v1/music", self.compose),
            ("submit", "POST", "/v1/sound-generation", self.make_sound),
            ("submit", "POST", "/v1/flows/{kind:image|video}", self.create),
            ("poll", "GET", "/v1/flows/{kind:image|video}/{id}", self.show),
            ("other", "GET", "/v2/voices", self.list_voices),
            ("other", "GET", "/v1/models", lambda request: Response(200, [{"model_id": "eleven_v3", "name": "v3"}])),
            ("other", "GET", "/v1/user", lambda request: Response(200, {"user_id": "u1", "subscription": PLAN})),
        ]

    def list_voices(self, request: Request) -> Response:
        """Return the first page of the account's voices."""
        size = int(request.query.get("page_size", 10))
        if not 1 <= size <= 100:
            return invalid("page_size", "Input should be between 1 and 100")
        voices = [{"voice_id": voice, "name": voice, "category": kind} for voice, kind in self.voices.items()]
        more = {"has_more": len(voices) > size, "total_count": len(voices), "next_page_token": None}
        return Response(200, {"voices": voices[:size], **more})

    def speak(self, request: Request) -> Response:
        """Return the speech of a text."""
        body = request.json
        model, settings = body.get("model_id", "eleven_multilingual_v2"), body.get("voice_settings") or {}
        refusal = self._refuse(request, SPEECH_FIELDS, "text")
        if refusal is not None:
            return refusal
        faults = [
            (
                request.match["voice"] not in self.voices,
                error(404, "voice_not_found", "A voice with this id was not found."),
            ),
            (model not in SPEAKING, error(400, "model_not_found", f"A model with id {model} does not exist.")),
            (len(body["text"]) > SPEAKING.get(model, 0), error(400, "max_character_limit_exceeded", "Too long.")),
            (not 0.7 <= settings.get("speed", 1.0) <= 1.2, error(400, "invalid_voice_settings", "Speed: 0.7 to 1.2.")),
            (
                "language_code" in body and "multilingual_v2" in model,
                error(400, "unsupported_language", f"Model {model} does not take a language code."),
            ),
        ]
        fault = next((refusal for wrong, refusal in faults if wrong), None)
        if fault is not None:
            return fault
        return self._respond_with_audio(request)

    def compose(self, request: Request) -> Response:
        """Return music from a prompt or a plan."""
        body = request.json
        refusal = self._refuse(request, MUSIC_FIELDS)
        if refusal is not None:
            return refusal
        if ("prompt" in body) == ("composition_plan" in body):
            return invalid("prompt", "Provide either a prompt or a composition plan.")
        if body.get("model_id", "music_v1") not in COMPOSING:
            return invalid("model_id", "Input should be 'music_v1', 'music_v2' or 'music_v2_5'")
        if not 3_000 <= body.get("music_length_ms", 3_000) <= 600_000:
            return invalid("music_length_ms", "Input should be from 3000 to 600000")
        if "seed" in body and "prompt" in body:
            return invalid("seed", "A seed cannot be used with a prompt.")
        return self._respond_with_audio(request)

    def make_sound(self, request: Request) -> Response:
        """Return a sound from a text."""
        refusal = self._refuse(request, SOUND_FIELDS, "text")
        if refusal is not None:
            return refusal
        if not 0.5 <= request.json.get("duration_seconds", 0.5) <= 30:
            return invalid("duration_seconds", "Input should be from 0.5 to 30")
        return self._respond_with_audio(request)

    def create(self, request: Request) -> Response:
        """Create a pending generation."""
        model = request.json.get("model_id")
        fields = MODEL_FIELDS[request.match["kind"]].get(model)
        if fields is None:
            return invalid("model_id", f"Input tag '{model}' does not match any of the expected tags")
        refusal = self._refuse(request, fields, "prompt")
        if refusal is not None:
            return refusal
        known = RESOLUTIONS.get(str(model), ())
        if request.json.get("resolution", next(iter(known), None)) not in (*known, None):
            return invalid("resolution", f"Input should be one of {known}")
        references = request.json.get("images", []) + [
            request.json[name] for name in ("start_frame",) if name in request.json
        ]
        if any({"type", "content_base64", "mime_type"} != reference.keys() for reference in references):
            return invalid("images", "Field required")
        ref = uuid4().hex[:20]
        self.kinds[ref] = request.match["kind"]
        return Response(200, {"id": ref, "status": "pending"})

    def show(self, request: Request) -> Response:
        """Return a generation in its next state."""
        ref = request.match["id"]
        if self.kinds.get(ref) != request.match["kind"]:
            return error(404, "not_found", "The generation was not found.")
        return Response(200, self._show_generation(ref, self.take_state("completed")))

    def webhook(self, ref: str, secret: str, timestamp_s: int | None = None) -> Callback:
        """Return the callback to the workspace's URLs for the finished generation `ref`: the body of a poll."""
        body = json.dumps(self._show_generation(ref, "completed")).encode()
        at_s = int(time.time()) if timestamp_s is None else timestamp_s
        signature = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
        return Callback({"elevenlabs-signature": f"t={at_s},v0={signature}"}, body)

    def _show_generation(self, ref: str, state: str) -> Mapping[str, Any]:
        result: dict[str, str] = {}
        if state == "completed":
            result = {"content_url": self.link(), "content_mime_type": self.files[self.served_file][1]}
        elif state == "failed":
            result = dict(zip(("failure_reason", "error_message"), self.failure, strict=True))
        return {"id": ref, "status": state, **result}

    def _refuse(self, request: Request, fields: set[str], *needed: str) -> Response | None:
        """Refuse a request without a key, with an unknown or missing field, or with an unknown format."""
        if not request.headers.get("xi-api-key"):
            return error(401, "needs_authorization", "Neither authorization header nor xi-api-key received.")
        unknown = sorted(request.json.keys() - fields)
        if unknown:
            return invalid(unknown[0], "Extra inputs are not permitted")
        missing = [name for name in needed if not request.json.get(name)]
        if missing:
            return invalid(missing[0], "Field required")
        output_format = request.query.get("output_format")
        return (
            None
            if output_format is None or output_format in FORMATS
            else invalid("output_format", f"{output_format} is unknown")
        )

    def _respond_with_audio(self, request: Request) -> Response:
        wav = request.query.get("output_format", "").startswith("wav")
        headers = {"Content-Type": "audio/wav" if wav else "audio/mpeg", "x-trace-id": "t1"}
        headers |= {"current-concurrent-requests": "1", "maximum-concurrent-requests": "5"}
        headers |= {} if self.cost is None else {"character-cost": str(self.cost)}
        return Response(200, a_wav() if wav else MP3, headers)


class VideoMaker(Double):
    """A double whose output is a video."""

    served_file = "out.mp4"
