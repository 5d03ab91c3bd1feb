"""Luma's current API under the conformance suite."""

from msgspec import structs

from tests.harness.doubles.double import Response
from tests.harness.doubles.luma_agents import Double, error
from tests.suites.conformance.case import Case, Ending, a_call, down, gone, rejected, retry, unknown

FOX = "https://example.com/fox.png"


def failure(code: str, meaning: str) -> Ending:
    """Return the ending of a generation that fails with this code."""

    def arrange(double: Double) -> None:
        double.states.append("failed")
        double.failure = (code, "It failed.")

    return Ending(arrange=arrange, code=meaning)


def omit_output(double: Double) -> None:
    """Let a generation complete without an output."""
    double.without_output = True


VIDEO = Case(
    name="luma_agents-video",
    double=Double,
    call=a_call("video", "ray-3.2", seconds=5, width=1280, height=720, image_url=FOX),
    working=("queued", "processing"),
    outputs=("video/mp4",),
    refusals={
        "no credit": down(error(402, "Insufficient credits")),
        "bad key": down(error(401, "Invalid API key provided")),
        "no such model": gone(error(422, [{"loc": ["body", "model"], "msg": "Bad", "type": "literal_error"}])),
        "retired model": gone(error(404, "Model ray-3.2 not found")),
        "no such path": gone(error(404, "Not Found")),
        "bad type": rejected(error(422, "Bad type"), "invalid_input"),
        "bad input": rejected(error(400, "image_ref: at most 9"), "invalid_input"),
        "too many": retry(error(429, "Too many requests")),
        "gateway": unknown(Response(502, "<html>Bad gateway</html>")),
        "no generation": unknown(Response(201, {"state": "queued"})),
    },
    busy=error(429, "Too many concurrent generations"),
    endings={
        "moderated": failure("content_moderated", "content_policy"),
        "corrupt": failure("corrupt_input", "invalid_input"),
        "failed": failure("generation_failed", "provider_failed"),
        "a new code": failure("of_tomorrow", "provider_failed"),
        "without a result": Ending(arrange=omit_output, code="provider_failed"),
    },
)
IMAGE = structs.replace(
    VIDEO,
    name="luma_agents-image",
    call=a_call("image", "uni-1", aspect_ratio="3:4", style="ink", image_urls=[FOX, "asset:a.png"]),
    outputs=("image/png",),
    refusals={},
    endings={},
)
CASES = (VIDEO, IMAGE)
