"""Luma under the conformance suite."""

from msgspec import structs

from tests.harness.doubles.double import Response
from tests.harness.doubles.luma import Double, error
from tests.suites.conformance.case import Case, Ending, a_call, down, gone, rejected, retry, unknown

FOX = "https://example.com/fox.png"


def failure(reason: str | None, code: str) -> Ending:
    """Return the ending of a generation that fails with this reason."""

    def arrange(double: Double) -> None:
        double.states.append("failed")
        double.failure_reason = reason

    return Ending(arrange=arrange, code=code)


def omit_output(double: Double) -> None:
    """Let a generation complete without an output."""
    double.without_output = True


VIDEO = Case(
    name="luma-video",
    double=Double,
    call=a_call("video", "ray-2", seconds=5, width=1280, height=720, image_url=FOX),
    working=("queued", "dreaming"),
    outputs=("video/mp4",),
    refusals={
        "no credit": down(error(402, "Insufficient credits")),
        "no credit, otherwise": down(error(400, "Insufficient credits")),
        "bad key": down(error(401, "Invalid API key provided")),
        "no key": down(error(403, "Not authenticated")),
        "short prompt": rejected(error(400, "Prompt is too short, minimum length is 3 characters"), "invalid_input"),
        "bad type": rejected(error(422, [{"loc": ["body", "prompt"], "msg": "Bad", "type": "str"}]), "invalid_input"),
        "no such model": gone(error(422, [{"loc": ["body", "model"], "msg": "Bad", "type": "enum"}])),
        "about credit": rejected(error(400, "Unknown: insufficient credits in the prompt"), "invalid_input"),
        "no such path": gone(error(404, "Not Found")),
        "too many": retry(error(429, "Too many requests")),
        "gateway": unknown(Response(502, "<html>Bad gateway</html>")),
        "outage": down(Response(503, "")),
        "no generation": unknown(Response(201, {"state": "queued"})),
    },
    busy=error(429, "Too many concurrent generations"),
    endings={
        "word": failure("400: prompt not allowed because it contains blacklisted word", "content_policy"),
        "prompt": failure("400: prompt not allowed because advanced moderation failed", "content_policy"),
        "frame": failure("Frame moderation failed", "content_policy"),
        "image": failure("Failed to read user input frames", "image_unreachable"),
        "job": failure("Job failed", "provider_failed"),
        "without a reason": failure(None, "provider_failed"),
        "without a result": Ending(arrange=omit_output, code="provider_failed"),
    },
)
IMAGE = structs.replace(
    VIDEO,
    name="luma-image",
    call=a_call("image", "photon-1", aspect_ratio="3:4", style="ink"),
    outputs=("image/png",),
    refusals={},
    endings={},
)
CASES = (VIDEO, IMAGE)
