"""Runway under the conformance suite."""

from msgspec import structs

from tests.harness.doubles.double import Response
from tests.harness.doubles.runway import Double, invalid
from tests.suites.conformance.case import Case, Ending, a_call, down, gone, rejected, retry, unknown

CREDIT = {"error": "You do not have enough credits to run this task.", "docUrl": "https://docs.dev.runwayml.com/api"}
FOX = "https://example.com/fox.png"


def failure(code: str | None, ends: str) -> Ending:
    """Return the ending of a task that fails with this code."""

    def arrange(double: Double) -> None:
        double.states.append("FAILED")
        double.failed = {"failure": "It went wrong.", **({"failureCode": code} if code else {})}

    return Ending(arrange=arrange, code=ends)


def cancel_elsewhere(double: Double) -> None:
    """Cancel the task as in Runway's own portal."""
    double.states.append("CANCELLED")


def omit_output(double: Double) -> None:
    """Let a task succeed without an output."""
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
        "no such path": gone(Response(404, {"error": "Not found"})),
        "no such method": gone(Response(405, {"error": "Method not allowed"})),
        "no such model": gone(invalid([(("model",), "Invalid enum value")])),
        "too many": retry(Response(429, {"error": "Too many requests"})),
        "gateway": unknown(Response(502, {"error": "Bad gateway"})),
        "gateway timeout": unknown(Response(504, {"error": "Gateway timeout"})),
        "outage": down(Response(503, {"error": "Service unavailable"})),
        "no task": unknown(Response(200, {"estimatedCost": {"credits": 25}})),
    },
    busy=Response(429, {"error": "Too many requests"}),
    endings={
        "prompt refused": failure("SAFETY.INPUT.TEXT", "content_policy"),
        "image refused": failure("INPUT_PREPROCESSING.SAFETY.THIRD_PARTY", "content_policy"),
        "output refused": failure("SAFETY.OUTPUT.VIDEO", "content_policy"),
        "bad image": failure("ASSET.INVALID", "invalid_input"),
        "bad input": failure("THIRD_PARTY.INPUT_VALIDATION", "invalid_input"),
        "bad output": failure("INTERNAL.BAD_OUTPUT.CODE01", "provider_failed"),
        "without a code": failure(None, "provider_failed"),
        "stopped": Ending(arrange=cancel_elsewhere, code="canceled"),
        "without a result": Ending(arrange=omit_output, code="provider_failed"),
    },
    canceled="rejected",
)


def variant(name: str, kind: str, model: str, prompt: str, output: str, **input: object) -> Case:
    """Return the video's case for another kind."""
    return structs.replace(
        VIDEO, name=name, call=a_call(kind, model, prompt, **input), outputs=(output,), refusals={}, endings={}
    )


CASES = (
    VIDEO,
    variant("runway-image", "image", "gen4_image", "a red fox", "image/png", image_urls=[FOX, "asset:a.png"]),
    variant("runway-voice", "voice", "eleven_v3", "Hello.", "audio/mpeg", voice_id="Rachel", speed=1.1),
    variant("runway-music", "music", "eleven_text_to_sound_v2", "a drum", "audio/mpeg", seconds=4),
    variant("runway-upscale", "upscale", "magnific_precision_upscaler_v2", "", "image/png", image_url=FOX, scale=4),
)
