"""Stability AI under the conformance suite."""

from msgspec import structs

from tests.harness.doubles.double import Response
from tests.harness.doubles.provider import a_png
from tests.harness.doubles.stability import Double, error
from tests.suites.conformance.case import Case, Ending, Refusal, a_call, down, gone, rejected, retry, unknown

FLAGGED = "Your request was flagged by our content moderation system, as a result your request was denied."
RATE = error(429, "rate_limit_exceeded", "You have exceeded the rate limit of 150 requests within a 10 second period.")


def image_with_reason(reason: str) -> Response:
    """Return an image with this finish reason."""
    return Response(200, a_png(), {"Content-Type": "image/png", "finish-reason": reason, "seed": "1"})


def blur(double: Double) -> None:
    """Let the result be blurred."""
    double.finish = "CONTENT_FILTERED"


def finish_strangely(double: Double) -> None:
    """Let the result have an unknown finish reason."""
    double.finish = "RAN_AWAY"


def refuse_at_poll(double: Double) -> None:
    """Refuse the result at the poll."""
    double.overrides["poll"].append(error(403, "content_moderation", FLAGGED))


REFUSALS: dict[str, Refusal] = {
    "no credit": down(error(402, "payment_required", "You lack sufficient credits to make this request.")),
    "bad key": down(error(401, "unauthorized", "authorization: invalid or missing header value")),
    "forbidden": down(error(403, "forbidden", "Your organization may not use this.")),
    "policy": rejected(error(403, "content_moderation", FLAGGED), "content_policy"),
    "bad input": rejected(error(400, "bad_request", "aspect_ratio: unknown"), "invalid_input"),
    "language": rejected(error(422, "invalid_language", "English is the only supported language."), "invalid_input"),
    "too large": rejected(error(413, "payload_too_large", "body: cannot be larger than 10MiB"), "invalid_input"),
    "no such model": gone(error(404, "not_found", "The resource was not found.")),
    "refused model": gone(error(400, "bad_request", "model: must be one of sd3.5-large, sd3.5-flash")),
    "rate": retry(RATE),
    "server": unknown(error(500, "internal_error", "An unexpected server error has occurred.")),
}
IMAGE = Case(
    name="stability-image",
    double=Double,
    call=a_call("image", "core", aspect_ratio="16:9", seed=7),
    busy=RATE,
    refusals={
        **REFUSALS,
        "blurred": rejected(image_with_reason("CONTENT_FILTERED"), "content_policy"),
        "an unknown reason": rejected(image_with_reason("RAN_AWAY"), "provider_failed"),
        "an empty image": unknown(Response(200, b"", {"Content-Type": "image/png", "finish-reason": "SUCCESS"})),
    },
    facts={"seed": 7},
)
CREATIVE = structs.replace(
    IMAGE,
    name="stability-creative",
    call=a_call("upscale", "creative", "a red fox", image_url="asset:a.png"),
    working=("in-progress",),
    refusals={"policy": REFUSALS["policy"], "no id": unknown(Response(200, {"name": "?"}))},
    endings={
        "blurred": Ending(arrange=blur, code="content_policy"),
        "an unknown reason": Ending(arrange=finish_strangely, code="provider_failed"),
        "refused": Ending(arrange=refuse_at_poll, code="content_policy"),
    },
    facts={"seed": 42},
)


def variant(case: Case, name: str, **changes: object) -> Case:
    """Return a case with some changes."""
    return structs.replace(case, **{"name": name, "refusals": {}, "endings": {}, "facts": {}, **changes})


CASES = (
    IMAGE,
    variant(IMAGE, "stability-edit", call=a_call("image", "sd3.5-large", image_urls=["asset:a.png"], width=512)),
    variant(IMAGE, "stability-fast", call=a_call("upscale", "fast", "", image_url="asset:a.png", scale=4)),
    CREATIVE,
    variant(
        IMAGE,
        "stability-music",
        call=a_call("music", "stable-audio-2.5", seconds=9.5, format="wav"),
        outputs=("audio/wav",),
    ),
    variant(CREATIVE, "stability-audio3", call=a_call("music", "stable-audio-3", seconds=12), outputs=("audio/mpeg",)),
)
