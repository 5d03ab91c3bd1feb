"""kie.ai under the conformance suite."""

from msgspec import structs

from tests.harness.doubles.double import Response
from tests.harness.doubles.kie import Double, envelope, task_done, webhook
from tests.suites.conformance.case import Case, Ending, a_call, down, gone, rejected, retry, unknown
from workers.adapters.contract import Callback

SECRET, OTHER_SECRET = "test-key", "another-key"
FLAGGED = "Your prompt was flagged by Website as violating content policies."


class Describer(Double):
    """A model that describes an image."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.content = '{"prompt": "a teal square", "caption": "A teal square.", "tags": ["teal"]}'


def failure(state: str, code: str = "500", message: str = "Internal Error, Please try again later.") -> Ending:
    """Return the ending of a task in a failed state."""

    def arrange(double: Double) -> None:
        double.states.append(state)
        double.failure = (code, message)

    meaning = {"400": "invalid_input", "422": "invalid_input", "451": "image_unreachable"}.get(code, "provider_failed")
    return Ending(arrange=arrange, code="content_policy" if message == FLAGGED else meaning)


def omit_output(double: Double) -> None:
    """Let a task succeed without an output."""
    double.links = []


def market_callback(double: Double, ref: str, timestamp_s: int) -> Callback:
    """Return the callback of a market task."""
    return webhook(ref, SECRET, timestamp_s, task_done(ref))


def music_callback(double: Double, ref: str, timestamp_s: int) -> Callback:
    """Return the callback of music whose first track is finished."""
    data = {"callbackType": "first", "task_id": ref, "data": [{"id": "1", "audio_url": "https://x.example/1.mp3"}]}
    return webhook(ref, SECRET, timestamp_s, {"code": 200, "msg": "First track.", "data": data})


def video_callback(double: Double, ref: str, timestamp_s: int) -> Callback:
    """Return the callback of a Veo video."""
    data = {"taskId": ref, "info": {"resultUrls": ["https://x.example/1.mp4"]}, "fallbackFlag": False}
    return webhook(ref, SECRET, timestamp_s, {"code": 200, "msg": "Done.", "data": data})


IMAGE = Case(
    name="kie-image",
    double=Double,
    call=a_call("image", "nano-banana-pro:1K", width=1024, height=1024, seed=7),
    working=("waiting", "queuing", "generating"),
    refusals={
        "no credit": down(envelope(402, "The current credits are insufficient. Please top up.")),
        "no credit as a status": down(Response(402, {"code": 402, "msg": "Credits insufficient"})),
        "bad key": down(envelope(401, "You do not have access permissions")),
        "a key's limit": down(envelope(433, "The sub-key has reached its limit.")),
        "maintenance": down(envelope(455, "Service unavailable")),
        "bad input": rejected(envelope(422, "prompt is required"), "invalid_input"),
        "policy": rejected(envelope(400, FLAGGED), "content_policy"),
        "unreachable image": rejected(envelope(451, "Failed to fetch the image."), "image_unreachable"),
        "no such model": gone(envelope(404, "Not found")),
        "no such model as a status": gone(Response(404, {"code": 404, "msg": "Not found"})),
        "unsupported model": gone(envelope(422, "The model name you specified is not supported.")),
        "disabled": down(envelope(505, "Feature disabled")),
        "failed at once": rejected(envelope(501, "Generation failed"), "provider_failed"),
        "rate": retry(envelope(429, "Your call frequency is too high.")),
        "full": retry(envelope(550, "Task was rejected due to a full queue")),
        "silence upstream": unknown(envelope(408, "Upstream is silent.")),
        "their error": unknown(envelope(500, "Server exception")),
        "a new code": unknown(envelope(599, "What?")),
        "no task": unknown(envelope(200)),
    },
    busy=envelope(429, "Your call frequency is too high."),
    endings={
        "failed": failure("fail"),
        "not made": failure("fail", "501", "Image generation task failed"),
        "bad input": failure("fail", "422", "image_input is too large"),
        "policy": failure("fail", "500", FLAGGED),
        "without a result": Ending(arrange=omit_output, code="provider_failed"),
    },
    callback=market_callback,
    callback_secret=SECRET,
    other_secret=OTHER_SECRET,
)
VEO = structs.replace(
    IMAGE,
    name="kie-veo",
    call=a_call("video", "veo3_fast", image_url="https://x.example/a.png", aspect_ratio="9:16"),
    working=("0",),
    outputs=("video/mp4",),
    refusals={},
    busy=Response(429, {"code": 429, "msg": "Too many requests"}),
    endings={
        "failed": failure("2", "501", "Video generation failed"),
        "failed upstream": failure("3"),
        "policy": failure("2", "400", FLAGGED),
        "not English": failure("2", "400", "Only English prompts are supported at this time."),
        "without a result": Ending(arrange=omit_output, code="provider_failed"),
    },
    callback=video_callback,
)
MUSIC = structs.replace(
    IMAGE,
    name="kie-music",
    call=a_call("music", "V5"),
    working=("PENDING", "TEXT_SUCCESS", "FIRST_SUCCESS"),
    refusals={},
    outputs=("audio/mpeg", "audio/mpeg"),
    endings={
        "not begun": failure("CREATE_TASK_FAILED"),
        "failed": failure("GENERATE_AUDIO_FAILED"),
        "a word": failure("SENSITIVE_WORD_ERROR", "400", FLAGGED),
        "without a result": Ending(arrange=omit_output, code="provider_failed"),
    },
    facts={"duration_ms": 198_440},
    callback=music_callback,
)
TEXT = structs.replace(
    IMAGE,
    name="kie-text",
    call=a_call("text", "gemini-2.5-flash", tone="friendly", length="short", seed=7),
    working=(),
    outputs=(),
    refusals={
        "no credit": down(envelope(402, "Credits insufficient")),
        "bad key": down(Response(401, {"error": {"message": "Unauthorized", "type": "authentication_error"}})),
        "bad input": rejected(
            Response(400, {"error": {"message": "Invalid request", "type": "invalid_request_error"}}), "invalid_input"
        ),
        "no choice": unknown(Response(200, {"object": "chat.completion", "choices": []})),
    },
    endings={},
    callback=None,
    facts={"prompt_tokens": 9, "completion_tokens": 7},
)
SIMPLE = {"refusals": {}, "endings": {}, "callback": None}
FLAGGED_IMAGE = structs.replace(IMAGE, working=("0",), **SIMPLE)
CASES = (
    IMAGE,
    structs.replace(
        IMAGE,
        name="kie-voice",
        call=a_call("voice", "elevenlabs/text-to-speech-turbo-2-5", "Hi."),
        outputs=("audio/mpeg",),
        **SIMPLE,
    ),
    VEO,
    structs.replace(FLAGGED_IMAGE, name="kie-flux", call=a_call("image", "flux-kontext-pro", width=512, height=512)),
    structs.replace(FLAGGED_IMAGE, name="kie-gpt4o", call=a_call("image", "gpt4o-image", aspect_ratio="3:2")),
    MUSIC,
    TEXT,
    structs.replace(
        TEXT,
        name="kie-claude",
        call=a_call("text", "claude-haiku-4-5"),
        refusals={
            "no credit": down(envelope(402, "Credits insufficient")),
            "refusal": rejected(Response(200, {"content": [], "stop_reason": "refusal"}), "content_policy"),
        },
        facts={"prompt_tokens": 13, "completion_tokens": 17},
    ),
    structs.replace(
        TEXT,
        name="kie-interrogate",
        double=Describer,
        call=a_call("interrogate", "gemini-2.5-flash", "", image_url="asset:a.png"),
        refusals={},
        facts={"caption": "A teal square.", "tags": ["teal"]},
    ),
)
