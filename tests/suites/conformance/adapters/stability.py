"""Stability AI under the conformance suite."""

from msgspec import structs

from tests.harness.doubles.double import Response
from tests.harness.doubles.provider import a_png
from tests.harness.doubles.stability import Double, error
from tests.suites.conformance.case import Case, Ending, Refusal, a_call, down, rejected, retry, unknown

FLAGGED = "Your request was flagged by our content moderation system, as a result your request was denied."
RATE = error(429, "rate_limit_exceeded", "You have exceeded the rate limit of 150 requests within a 10 second period.")


def finished(reason: str) -> Response:
    """A picture that came with another reason than success."""
    return Response(200, a_png(), {"Content-Type": "image/png", "finish-reason": reason, "seed": "1"})


def filtered(double: Double) -> None:
    """A result that was blurred."""
    double.finish = "CONTENT_FILTERED"


def strange(double: Double) -> None:
    """A result that ended in a way that nobody has heard of."""
    double.finish = "RAN_AWAY"


def moderated(double: Double) -> None:
    """A result that is refused when it is asked for."""
    double.overrides["poll"].append(error(403, "content_moderation", FLAGGED))


REFUSALS: dict[str, Refusal] = {
    "no credit": down(error(402, "payment_required", "You lack sufficient credits to make this request.")),
    "bad key": down(error(401, "unauthorized", "authorization: invalid or missing header value")),
    "forbidden": down(error(403, "forbidden", "Your organization may not use this.")),
    "policy": rejected(error(403, "content_moderation", FLAGGED), "content_policy"),
    "bad input": rejected(error(400, "bad_request", "aspect_ratio: unknown"), "invalid_input"),
    "language": rejected(error(422, "invalid_language", "English is the only supported language."), "invalid_input"),
    "too large": rejected(error(413, "payload_too_large", "body: cannot be larger than 10MiB"), "invalid_input"),
    "no such model": rejected(error(404, "not_found", "The resource was not found."), "provider_refused"),
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
        "blurred": rejected(finished("CONTENT_FILTERED"), "content_policy"),
        "a reason of tomorrow": rejected(finished("RAN_AWAY"), "provider_failed"),
        "an empty picture": unknown(Response(200, b"", {"Content-Type": "image/png", "finish-reason": "SUCCESS"})),
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
        "blurred": Ending(arrange=filtered, code="content_policy"),
        "a reason of tomorrow": Ending(arrange=strange, code="provider_failed"),
        "refused": Ending(arrange=moderated, code="content_policy"),
    },
    facts={"seed": 42},
)


def otherwise(case: Case, name: str, **changes: object) -> Case:
    """A case in another form."""
    return structs.replace(case, **{"name": name, "refusals": {}, "endings": {}, "facts": {}, **changes})


CASES = (
    IMAGE,
    otherwise(IMAGE, "stability-edit", call=a_call("image", "sd3.5-large", image_urls=["asset:a.png"], width=512)),
    otherwise(IMAGE, "stability-fast", call=a_call("upscale", "fast", "", image_url="asset:a.png", scale=4)),
    CREATIVE,
    otherwise(
        IMAGE,
        "stability-music",
        call=a_call("music", "stable-audio-2.5", seconds=9.5, format="wav"),
        outputs=("audio/wav",),
    ),
    otherwise(
        CREATIVE, "stability-audio3", call=a_call("music", "stable-audio-3", seconds=12), outputs=("audio/mpeg",)
    ),
)
