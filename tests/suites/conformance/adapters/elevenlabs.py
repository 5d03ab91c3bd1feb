"""ElevenLabs under the conformance suite."""

from msgspec import structs

from tests.harness.doubles.double import Response
from tests.harness.doubles.elevenlabs import Double, VideoMaker, error, invalid
from tests.suites.conformance.case import SECRET, Case, Ending, Refusal, a_call, down, gone, rejected, retry, unknown
from workers.adapters.contract import Callback

TOO_MANY = error(429, "too_many_concurrent_requests", "Too many concurrent requests. Your maximum is 5.")
EXHAUSTED = "This request exceeds your quota of 10000. You have 0 credits remaining, while 43 credits are required."
PLAN = "The prompt seems to contain copyrighted material."
FORBIDDEN = "This content may violate our prohibited use policy."


def failure(reason: str, code: str) -> Ending:
    """Return the ending of a failed generation."""

    def arrange(double: Double) -> None:
        double.states.append("failed")
        double.failure = (reason, f"It failed: {reason}.")

    return Ending(arrange=arrange, code=code)


def webhook(double: Double, ref: str, timestamp_s: int) -> Callback:
    """Return ElevenLabs' callback."""
    return double.webhook(ref, SECRET, timestamp_s)


REFUSALS: dict[str, Refusal] = {
    "no credit": down(error(401, "quota_exceeded", EXHAUSTED)),
    "bad key": down(error(401, "invalid_api_key", "Invalid API key.")),
    "no permission": down(error(403, "missing_permissions", "The API key lacks a permission to do this.")),
    "no such voice": rejected(error(404, "voice_not_found", "A voice with this id was not found."), "invalid_input"),
    "no such model": gone(error(400, "model_not_found", "A model with this id was not found.")),
    "refused model": gone(invalid("model_id", "Unknown")),
    "too long": rejected(error(400, "max_character_limit_exceeded", "The text is too long."), "invalid_input"),
    "bad body": rejected(invalid("text", "Field required"), "invalid_input"),
    "policy": rejected(error(403, "content_against_policy", FORBIDDEN), "content_policy"),
    "policy in words": rejected(error(400, "invalid_content", FORBIDDEN), "content_policy"),
    "concurrency": retry(TOO_MANY),
    "busy": retry(error(429, "system_busy", "We are experiencing heavy traffic.")),
    "gateway": unknown(Response(504, "<html>Gateway timeout</html>")),
    "empty": unknown(Response(200, b"", {"Content-Type": "audio/mpeg"})),
}
VOICE = Case(
    name="elevenlabs-voice",
    double=Double,
    call=a_call("voice", "eleven_multilingual_v2", "Hello."),
    outputs=("audio/mpeg",),
    refusals=REFUSALS,
    busy=TOO_MANY,
    facts={"credits": 10},
)
IMAGE = Case(
    name="elevenlabs-image",
    double=Double,
    call=a_call("image", "gemini-3-pro-image:2K", aspect_ratio="16:9", image_urls=["asset:a.png"]),
    working=("pending", "generating"),
    busy=TOO_MANY,
    refusals={
        **{name: REFUSALS[name] for name in ("no credit", "policy")},
        "no id": unknown(Response(200, {"status": "?"})),
    },
    endings={
        "moderated": failure("moderated", "content_policy"),
        "bad input": failure("invalid_parameters", "invalid_input"),
        "timeout": failure("timeout", "provider_failed"),
        "model": failure("model_error", "provider_failed"),
        "no credit at the end": failure("charging_failed", "provider_failed"),
        "a future reason": failure("bad_weather", "provider_failed"),
    },
    callback=webhook,
)


def audio_variant(name: str, **changes: object) -> Case:
    """Return the voice's case with some changes."""
    return structs.replace(VOICE, **{"name": name, "refusals": {}, **changes})


CASES = (
    VOICE,
    audio_variant("elevenlabs-wav", call=a_call("voice", "eleven_v3", "Hi.", format="wav"), outputs=("audio/wav",)),
    audio_variant(
        "elevenlabs-music",
        call=a_call("music", "music_v1", seconds=10, seed=7),
        refusals={"bad prompt": rejected(error(400, "bad_prompt", PLAN), "content_policy")},
    ),
    audio_variant("elevenlabs-sound", call=a_call("music", "eleven_text_to_sound_v2", "rain", seconds=2.5)),
    IMAGE,
    structs.replace(
        IMAGE,
        name="elevenlabs-video",
        double=VideoMaker,
        outputs=("video/mp4",),
        call=a_call("video", "veo-3.1-generate-001", seconds=8, image_url="asset:a.png"),
        refusals={},
        endings={},
        callback=None,
    ),
)
