"""ElevenLabs: speech, music and sounds with the submit; other makers' images and videos as tasks.

The default voice is the first of the account's own voices, else its first voice. ElevenLabs ends the voices that every
account had on 2026-12-31. A catalogue entry may name another default of `voice_id`.

An image or video model may end in a resolution, as in `gemini-3-pro-image:2K`, if the provider sells several.

Not documented: the price of a credit, which depends on the plan. So a response's credits are a fact, and a cost only
with `credit_cents` in the catalogue.

ElevenLabs posts callbacks to the URLs of its workspace, never to one from a request, so the adapter sends none. A
callback that arrives is believed if it is signed. The history lists texts, but not their owners: a lost submit cannot
be found there.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, ClassVar

from shared.domain.model_notice import ModelNotice
from shared.ops import clock
from workers.adapters.contract import (
    Blob,
    Call,
    Callback,
    Done,
    Down,
    Link,
    Pending,
    ProviderError,
    Rejected,
    Retry,
    Setup,
    Unknown,
)
from workers.adapters.http import UPLOAD_RETRY_S, HttpAdapter
from workers.adapters.inputs import aspect_ratio, drop_none, fetch_images, model_row, styled_prompt
from workers.adapters.refusals import MODEL_FAILED, content_policy, invalid_input, unsupported_kind
from workers.adapters.responses import (
    BINARY,
    REASON_CHARS_MAX,
    PollFailed,
    ProviderResponse,
    json_fields,
    read_file,
    read_ref,
    read_task,
)
from workers.adapters.signatures import has_timestamp_signature

BASE_URL = "https://api.elevenlabs.io"
RESPONSE_S = 300.0  # nothing is sent until a song is finished
POLL_S = {"image": 2.0, "video": 5.0}
VOICES_MAX, VOICES_S = 100, 3_600.0  # of a page, and the time until it is read again
VOICE_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")  # it becomes part of a path
FORMATS = {"mp3": "mp3_44100_128", "wav": "wav_24000"}  # higher rates need a more expensive plan
QUALITY = {"standard": "medium", "hd": "high"}

NO_CREDIT = {"quota_exceeded", "insufficient_credits", "payment_required"}
INPUT = {"voice_not_found", "max_character_limit_exceeded"}
REFUSED = {"bad_prompt", "content_against_policy", "bad_composition_plan"}
REFUSAL = re.compile(r"polic(y|ies)|moderat|terms of (service|use)|prohibited|copyright", re.IGNORECASE)
FAILURES = {"moderated": "content_policy", "invalid_parameters": "invalid_input"}  # others: provider_failed

# The ratios and optional fields of a model family. The longest prefix of a model's name counts.
GEMINI = ("auto", "1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
SEEDANCE = ("auto", "21:9", "16:9", "4:3", "1:1", "3:4", "9:16")
FAMILIES: dict[str, dict[str, Any]] = {
    "gemini": {"ratios": GEMINI},
    "gemini-3": {"ratios": GEMINI, "takes": ("resolution",)},
    "gpt-image": {"ratios": (*GEMINI, "1:2", "2:1", "1:3", "3:1"), "takes": ("quality", "resolution")},
    "gpt-image-1.5": {"ratios": ("1:1", "3:2", "2:3"), "takes": ("quality",)},
    "bytedance-seedream": {
        "ratios": ("auto", "1:1", "3:4", "16:9", "4:3", "9:16"),
        "takes": ("seed", "resolution"),
    },
    "veo": {"ratios": ("16:9", "9:16"), "takes": ("seed", "negative_prompt", "resolution", "generate_audio")},
    "bytedance-seedance": {"ratios": SEEDANCE, "takes": ("seed", "resolution", "generate_audio")},
    "bytedance-seedance-v2.5": {"ratios": SEEDANCE, "takes": ("resolution", "generate_audio")},
}


class Adapter(HttpAdapter):
    """Audio comes with the submit. The reference of an image or video is its generation's id."""

    submit_limit_s: ClassVar[float] = RESPONSE_S + 30.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, BASE_URL, headers={"xi-api-key": setup.key or ""}, response_limit_s=RESPONSE_S)
        self._voice, self._voice_until_s = "", 0.0

    async def submit(self, call: Call) -> Pending | Done:
        """Return the audio, or a task. Raises any ProviderError."""
        match call.kind:
            case "voice":
                return await self._speak(call)
            case "music" if call.model.startswith("eleven_text_to_sound"):
                return await self._make_sound(call)
            case "music":
                return await self._compose(call)
            case "image" | "video":
                return await self._start_task(call)
        raise unsupported_kind(self.setup, call)

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET the generation. Its link is signed for each response and valid for about an hour."""
        task = read_task(await self._http.poll("GET", f"/v1/flows/{call.kind}/{ref}"), ref)
        if task.get("status") == "failed":
            code = FAILURES.get(str(task.get("failure_reason")), "provider_failed")
            raise Rejected(code, str(task.get("error_message") or MODEL_FAILED)[:REASON_CHARS_MAX])
        if task.get("status") != "completed":
            return Pending(ref, POLL_S[call.kind])
        url, media_type = task.get("content_url"), task.get("content_mime_type")
        if not isinstance(url, str) or not url:
            raise PollFailed("the completed generation has no content_url")
        return Done((Link(url, media_type if isinstance(media_type, str) else None),))

    def callback(self, request: Callback) -> str | None:
        """Return the generation's id if the signature holds."""
        signature = request.headers.get("elevenlabs-signature", "")
        if not has_timestamp_signature(request, signature, self.setup.callback_secret):
            return None
        body = json_fields(request.body)
        refs = [part.get("id") for part in (body, body.get("data")) if isinstance(part, dict)]
        return next((ref for ref in refs if isinstance(ref, str) and ref), None)

    async def probe(self) -> str | None:
        """GET the key's user."""
        user = await self._http.probe("/v1/user", read_error=read_error)
        plan = user.get("subscription") or {}
        return f"credits used: {plan.get('character_count')} of {plan.get('character_limit')}"

    async def find_notices(self, models: Mapping[str, str]) -> list[ModelNotice]:
        """GET the models, which are those of speech."""
        listed = (await self._http.probe("/v1/models", read_error=read_error)).get("data") or []
        known = {item.get("model_id") for item in listed if isinstance(item, dict)}
        speech = [model for model, kind in models.items() if kind == "voice"]
        return [ModelNotice(model=model, missing=True) for model in speech if model not in known]

    async def _speak(self, call: Call) -> Done:
        """POST /v1/text-to-speech."""
        voice_id, language = call.input.get("voice_id"), str(call.input.get("language") or "").partition("-")[0]
        voice = await self._find_default_voice() if voice_id in (None, "default") else str(voice_id)
        if not VOICE_ID.fullmatch(voice):
            raise Rejected("invalid_input", "This model has no such voice. Use the id of one of its voices.")
        detects_language = "multilingual_v2" in call.model  # and takes no language_code
        speed = call.input.get("speed")
        body = {
            "text": call.prompt,
            "model_id": call.model,
            **drop_none(language_code=None if detects_language else language or None),
            **drop_none(voice_settings=None if speed is None else {"speed": speed}),
        }
        return await self._request_audio(f"/v1/text-to-speech/{voice}", body, _output_format(call))

    async def _find_default_voice(self) -> str:
        """GET the account's voices, once an hour. Raises Retry or Down: the voice is not the caller's choice."""
        if self._voice and clock.now_s() < self._voice_until_s:
            return self._voice
        query = {"page_size": VOICES_MAX}
        try:
            listed = (await self._http.probe("/v2/voices", read_error=read_error, params=query)).get("voices")
        except Unknown as error:
            raise Retry(f"the provider did not list its voices: {error}", after_s=UPLOAD_RETRY_S) from error
        except Rejected as error:
            raise Down(f"the provider did not list its voices: {error}") from error
        voices = [voice for voice in listed if isinstance(voice, dict)] if isinstance(listed, list) else []
        voices.sort(key=lambda voice: voice.get("category") == "premade")
        ids = (voice.get("voice_id") for voice in voices)
        found = next((voice for voice in ids if isinstance(voice, str) and VOICE_ID.fullmatch(voice)), None)
        if found is None:
            raise Down("the account has no voice: add one, or set a default of `voice_id` in the catalogue")
        self._voice, self._voice_until_s = found, clock.now_s() + VOICES_S
        return found

    async def _make_sound(self, call: Call) -> Done:
        """POST /v1/sound-generation."""
        seconds = call.input.get("seconds")
        body = {"text": call.prompt, "model_id": call.model, **drop_none(duration_seconds=seconds)}
        return await self._request_audio("/v1/sound-generation", body, _output_format(call))

    async def _compose(self, call: Call) -> Done:
        """POST /v1/music. A seed is possible with a composition plan only."""
        if call.input.get("format") == "wav":
            raise Rejected("invalid_input", "This model's music is mp3 only. Set the format to mp3.")
        seconds = call.input.get("seconds")
        length_ms = round(seconds * 1000) if isinstance(seconds, int | float) else None
        body = {"prompt": call.prompt, "model_id": call.model, **drop_none(music_length_ms=length_ms)}
        return await self._request_audio("/v1/music", body, None)

    async def _request_audio(self, path: str, body: dict[str, object], output_format: str | None) -> Done:
        """POST a request, and return the audio and its cost."""
        query = {"output_format": output_format} if output_format else None
        response = await self._http.submit("POST", path, read_error=read_error, json=body, params=query)
        audio, cost = read_file(response, "audio/", BINARY), response.headers.get("character-cost", "")
        credit, price = int(cost) if re.fullmatch(r"\d{1,9}", cost) else None, self.setup.credit_micros
        cost_micros = None if credit is None or price is None else credit * price
        return Done((audio,), facts=drop_none(credits=credit), cost_micros=cost_micros)

    async def _start_task(self, call: Call) -> Pending:
        """POST /v1/flows/image or video."""
        model, _, resolution = call.model.partition(":")
        family = model_row(FAMILIES, model)
        images = [_inline(image) for image in await fetch_images(self.setup, call)]
        extras: dict[str, object] = {name: call.input.get(name) for name in ("seed", "negative_prompt")}
        extras |= {"quality": QUALITY.get(str(call.input.get("quality"))), "generate_audio": call.input.get("sound")}
        requested = str(call.input.get("resolution") or "")
        extras["resolution"] = (requested.lower() if model.startswith("bytedance-seedance") else requested) or None
        fields: dict[str, object] = {name: extras[name] for name in family.get("takes", ())}
        fields["aspect_ratio"] = aspect_ratio(call, family.get("ratios"))
        fields |= {"resolution": resolution} if resolution else {}
        if call.kind == "image":
            fields["images"] = images or None
        else:
            fields |= {"duration_secs": call.input.get("seconds"), "start_frame": images[0] if images else None}
        body = {"model_id": model, "prompt": styled_prompt(call), **drop_none(**fields)}
        response = await self._http.submit("POST", f"/v1/flows/{call.kind}", read_error=read_error, json=body)
        return Pending(read_ref(response, response.fields.get("id")), POLL_S[call.kind])


def read_error(response: ProviderResponse) -> ProviderError | None:
    """Read an error body. No credit is a 401 like a bad key; a content policy is a 400 or 403."""
    if response.status < 400:
        return None
    detail = response.fields.get("detail")
    names = {str(detail.get(name)) for name in ("status", "code", "type")} if isinstance(detail, dict) else set()
    if names & NO_CREDIT:
        return Down(f"no credit: {response.reason}", cause="account")
    if response.status in (400, 403) and (names & REFUSED or REFUSAL.search(response.reason)):
        return content_policy(response)
    no_voice = response.status == 404 and "voice" in response.reason.lower()  # a path has the caller's voice
    if response.status in (400, 413, 422) or names & INPUT or no_voice:
        return invalid_input(response)
    return None


def _output_format(call: Call) -> str:
    return FORMATS[str(call.input.get("format") or "mp3")]


def _inline(image: Blob) -> dict[str, str]:
    """Return an image as a part of the request itself, since the provider's own links do not work here."""
    encoded = b64encode(image.data).decode()
    return {"type": "inline_base64", "content_base64": encoded, "mime_type": image.media_type}
