"""Runway under the conformance suite."""

from msgspec import structs

from tests.harness.doubles.double import Response
from tests.harness.doubles.runway import Double, invalid
from tests.suites.conformance.case import Case, Ending, a_call, down, rejected, retry, unknown

CREDIT = {"error": "You do not have enough credits to run this task.", "docUrl": "https://docs.dev.runwayml.com/api"}
FOX = "https://example.com/fox.png"


def failing(code: str | None, ends: str) -> Ending:
    """A task that fails with this code."""

    def arrange(double: Double) -> None:
        double.states.append("FAILED")
        double.failed = {"failure": "It went wrong.", **({"failureCode": code} if code else {})}

    return Ending(arrange=arrange, code=ends)


def stopped(double: Double) -> None:
    """Somebody stopped it in Runway's own portal."""
    double.states.append("CANCELLED")


def without_result(double: Double) -> None:
    """A task that succeeds and brings nothing."""
    double.output = []


VIDEO = Case(
    name="runway-video",
    double=Double,
    call=a_call("video", "gen4.5", seconds=5, aspect_ratio="16:9", seed=7),
    working=("PENDING", "RUNNING", "THROTTLED"),
    outputs=("video/mp4",),
    refusals={
        "no credit": down(Response(400, CREDIT)),
        "bad key": down(Response(401, {"error": "Unauthorized"})),
        "bad input": rejected(invalid([(("ratio",), "Invalid option")]), "invalid_input"),
        "a prompt about credit": rejected(
            Response(400, {"error": "Bad prompt: You do not have enough credits"}), "invalid_input"
        ),
        "no such path": rejected(Response(404, {"error": "Not found"}), "provider_refused"),
        "no such method": rejected(Response(405, {"error": "Method not allowed"}), "provider_refused"),
        "too many": retry(Response(429, {"error": "Too many requests"})),
        "gateway": unknown(Response(502, {"error": "Bad gateway"})),
        "gateway timeout": unknown(Response(504, {"error": "Gateway timeout"})),
        "outage": down(Response(503, {"error": "Service unavailable"})),
        "no task": unknown(Response(200, {"estimatedCost": {"credits": 25}})),
    },
    busy=Response(429, {"error": "Too many requests"}),
    endings={
        "prompt refused": failing("SAFETY.INPUT.TEXT", "content_policy"),
        "picture refused": failing("INPUT_PREPROCESSING.SAFETY.THIRD_PARTY", "content_policy"),
        "output refused": failing("SAFETY.OUTPUT.VIDEO", "content_policy"),
        "bad picture": failing("ASSET.INVALID", "invalid_input"),
        "bad input": failing("THIRD_PARTY.INPUT_VALIDATION", "invalid_input"),
        "bad output": failing("INTERNAL.BAD_OUTPUT.CODE01", "provider_failed"),
        "without a code": failing(None, "provider_failed"),
        "stopped": Ending(arrange=stopped, code="canceled"),
        "without a result": Ending(arrange=without_result, code="provider_failed"),
    },
    canceled="rejected",
)


def another(name: str, kind: str, model: str, prompt: str, output: str, **input: object) -> Case:
    """The film's case for another kind."""
    return structs.replace(
        VIDEO, name=name, call=a_call(kind, model, prompt, **input), outputs=(output,), refusals={}, endings={}
    )


CASES = (
    VIDEO,
    another("runway-image", "image", "gen4_image", "a red fox", "image/png", image_urls=[FOX, "asset:a.png"]),
    another("runway-voice", "voice", "eleven_v3", "Hello.", "audio/mpeg", voice_id="Rachel", speed=1.1),
    another("runway-music", "music", "eleven_text_to_sound_v2", "a drum", "audio/mpeg", seconds=4),
    another("runway-upscale", "upscale", "magnific_precision_upscaler_v2", "", "image/png", image_url=FOX, scale=4),
)
