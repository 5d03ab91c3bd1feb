"""ElevenLabs: speech, music and sounds, answered at once; pictures and films of other makers, as tasks.

A model of pictures or films may end in a resolution, as `gemini-3-pro-image:2K`, where the provider sells several.

Not known, and read with care: what a credit costs depends on the plan, so the credits of an answer are a fact, and a
cost only with `credit_cents` in the catalogue. It posts callbacks to the addresses that its workspace has, never to one
of a request's own, so it is not asked for any; what comes is believed if it is signed. Its history knows texts, but not
whose they were: a lost submit is not looked for there.
"""

import re
from base64 import b64encode
from typing import Any, ClassVar

from workers.adapters import contract
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
    Setup,
    Unknown,
)
from workers.adapters.http import Answer, Http, PollFailed, reason
from workers.adapters.inputs import asked_for, given, of_model, ratio, words
from workers.adapters.signatures import stamped

BASE_URL = "https://api.elevenlabs.io"
COMPOSING_S = 300.0  # nothing is heard of a song until it is made
PACE_S = {"image": 2.0, "video": 5.0}  # between looks
VOICE = "JBFqnCBsd6RMkjVDRZzb"  # what its own documentation speaks with
VOICE_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")  # it becomes part of a path
FORMATS = {"mp3": "mp3_44100_128", "wav": "wav_24000"}  # finer waves are for its dearer plans
QUALITY = {"standard": "medium", "hd": "high"}

NO_CREDIT = {"quota_exceeded", "insufficient_credits", "payment_required"}
INPUT = {"voice_not_found", "model_not_found", "max_character_limit_exceeded"}
REFUSED = {"bad_prompt", "content_against_policy", "bad_composition_plan"}
REFUSAL = re.compile(r"polic(y|ies)|moderat|terms of (service|use)|prohibited|copyright", re.IGNORECASE)
FAILURES = {"moderated": "content_policy", "invalid_parameters": "invalid_input"}  # others: provider_failed

# What the models of a family draw in and take besides; the longest beginning of a model's name counts.
GEMINI = ("auto", "1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
SEEDANCE = ("auto", "21:9", "16:9", "4:3", "1:1", "3:4", "9:16")
FAMILIES: dict[str, dict[str, Any]] = {
    "gemini": {"ratios": GEMINI},
    "gpt-image": {"ratios": (*GEMINI, "1:2", "2:1", "1:3", "3:1"), "takes": ("quality",)},
    "gpt-image-1": {"ratios": ("1:1", "3:2", "2:3"), "takes": ("quality",)},
    "bytedance-seedream": {"ratios": ("auto", "1:1", "3:4", "16:9", "4:3", "9:16"), "takes": ("seed",)},
    "veo": {"ratios": ("16:9", "9:16"), "takes": ("seed", "negative_prompt")},
    "bytedance-seedance": {"ratios": SEEDANCE, "takes": ("seed",)},
    "bytedance-seedance-v2.5": {"ratios": SEEDANCE},
}


class Adapter(contract.Adapter):
    """Sound within the submit; a picture's or film's reference is its generation there."""

    repeatable: ClassVar[bool] = False
    submit_limit_s: ClassVar[float] = COMPOSING_S + 30.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        base_url, headers = setup.base_url or BASE_URL, {"xi-api-key": setup.key or ""}
        self._http = Http(
            base_url, connect_s=setup.connect_s, headers=headers, first_byte_s=COMPOSING_S, total_s=COMPOSING_S + 10.0
        )

    async def submit(self, call: Call) -> Pending | Done:
        """The sound, or a task. Raises any ProviderError."""
        match call.kind:
            case "voice":
                return await self._speak(call)
            case "music" if call.model.startswith("eleven_text_to_sound"):
                return await self._sound(call)
            case "music":
                return await self._compose(call)
            case "image" | "video":
                return await self._begin(call)
        raise Down(f"{self.setup.name} does not serve {call.kind}")

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET the generation; its link is signed anew each time, and good for about an hour."""
        made = (await self._http.poll("GET", f"/v1/flows/{call.kind}/{ref}")).fields
        if made.get("id") != ref:
            raise PollFailed(f"this is not generation {ref}")
        if made.get("status") == "failed":
            code = FAILURES.get(str(made.get("failure_reason")), "provider_failed")
            raise Rejected(code, str(made.get("error_message") or "The model failed.")[:300])
        if made.get("status") != "completed":
            return Pending(ref, PACE_S[call.kind])
        url, media_type = made.get("content_url"), made.get("content_mime_type")
        if not isinstance(url, str) or not url:
            raise PollFailed("it is completed, but not where")
        return Done((Link(url, media_type if isinstance(media_type, str) else None),))

    def callback(self, request: Callback) -> str | None:
        """The generation's id, if the signature holds."""
        if not stamped(request, request.headers.get("elevenlabs-signature", ""), self.setup.callback_secret):
            return None
        body = Answer(200, {}, request.body).fields
        found = [part.get("id") for part in (body, body.get("data")) if isinstance(part, dict)]
        return next((ref for ref in found if isinstance(ref, str) and ref), None)

    async def probe(self) -> str | None:
        """GET the user the key is of."""
        told = await self._http.probe("/v1/user", reading=reading)
        plan = told.get("subscription") or {}
        return f"credits used: {plan.get('character_count')} of {plan.get('character_limit')}"

    async def close(self) -> None:
        """End the session."""
        await self._http.close()

    async def _speak(self, call: Call) -> Done:
        """POST /v1/text-to-speech."""
        asked, language = call.input.get("voice_id"), str(call.input.get("language") or "").partition("-")[0]
        voice = VOICE if asked in (None, "default") else str(asked)
        if not VOICE_ID.fullmatch(voice):
            raise Rejected("invalid_input", "voice_id: no voice of this model is called so.")
        fixed = "multilingual_v2" in call.model  # it hears the language itself and takes none
        speed = call.input.get("speed")
        body = {
            "text": call.prompt,
            "model_id": call.model,
            **given(language_code=None if fixed else language or None),
            **given(voice_settings=None if speed is None else {"speed": speed}),
        }
        return await self._heard(f"/v1/text-to-speech/{voice}", body, FORMATS[str(call.input.get("format") or "mp3")])

    async def _sound(self, call: Call) -> Done:
        """POST /v1/sound-generation."""
        body = {"text": call.prompt, "model_id": call.model, **given(duration_seconds=call.input.get("seconds"))}
        return await self._heard("/v1/sound-generation", body, FORMATS[str(call.input.get("format") or "mp3")])

    async def _compose(self, call: Call) -> Done:
        """POST /v1/music. A seed goes with a composition plan only."""
        if call.input.get("format") == "wav":
            raise Rejected("invalid_input", "format: this model's music is mp3.")
        seconds = call.input.get("seconds")
        length_ms = round(seconds * 1000) if isinstance(seconds, int | float) else None
        body = {"prompt": call.prompt, "model_id": call.model, **given(music_length_ms=length_ms)}
        return await self._heard("/v1/music", body, None)

    async def _heard(self, path: str, body: dict[str, object], wanted: str | None) -> Done:
        """What a request sounds like, and what it cost."""
        asked = {"output_format": wanted} if wanted else None
        answer = await self._http.submit("POST", path, reading=reading, json=body, params=asked)
        if not answer.media_type.startswith(("audio/", "application/octet-stream")) or not answer.body:
            raise Unknown(f"no sound but {answer.media_type}: {reason(answer)}")
        told = answer.headers.get("character-cost", "")
        credits_ = int(told) if re.fullmatch(r"\d{1,9}", told) else None
        price = self.setup.credit_micros
        cost = None if credits_ is None or price is None else credits_ * price
        return Done((Blob(answer.body, answer.media_type),), facts=given(credits=credits_), cost_micros=cost)

    async def _begin(self, call: Call) -> Pending:
        """POST /v1/flows/image or video."""
        model, _, resolution = call.model.partition(":")
        family = of_model(FAMILIES, model)
        shown = [_inline(await self.setup.fetch(url)) for url in asked_for(call)]
        extras: dict[str, object] = {name: call.input.get(name) for name in ("seed", "negative_prompt")}
        extras["quality"] = QUALITY.get(str(call.input.get("quality")))
        fields: dict[str, object] = {name: extras[name] for name in family.get("takes", ())}
        fields |= {"aspect_ratio": ratio(call, family.get("ratios")), "resolution": resolution or None}
        if call.kind == "image":
            fields["images"] = shown or None
        else:
            fields |= {"duration_secs": call.input.get("seconds"), "start_frame": shown[0] if shown else None}
        body = {"model_id": model, "prompt": words(call), **given(**fields)}
        answer = await self._http.submit("POST", f"/v1/flows/{call.kind}", reading=reading, json=body)
        ref = answer.fields.get("id")
        if not isinstance(ref, str) or not ref:
            raise Unknown(f"the answer names no generation: {reason(answer)}")
        return Pending(ref, PACE_S[call.kind])


def reading(answer: Answer) -> ProviderError | None:
    """No credit is a 401 as a bad key is; what may not be made is a 400 or 403 that says so."""
    if answer.status < 400:
        return None
    detail = answer.fields.get("detail")
    names = {str(detail.get(name)) for name in ("status", "code", "type")} if isinstance(detail, dict) else set()
    why = reason(answer)
    if names & NO_CREDIT:
        return Down(f"no credit: {why}")
    if answer.status in (400, 403) and (names & REFUSED or REFUSAL.search(why)):
        return Rejected("content_policy", why or "The provider refused this.")
    if answer.status in (400, 413, 422) or names & INPUT:
        return Rejected("invalid_input", why or "The provider cannot do this.")
    return None


def _inline(picture: Blob) -> dict[str, str]:
    """A picture in the request itself: its own links do not work here."""
    encoded = b64encode(picture.data).decode()
    return {"type": "inline_base64", "content_base64": encoded, "mime_type": picture.media_type}
