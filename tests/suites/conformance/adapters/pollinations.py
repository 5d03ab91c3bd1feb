"""Pollinations under the conformance suite."""

from msgspec import structs

from tests.harness.doubles.double import Response
from tests.harness.doubles.pollinations import Describer, Double, Enhancer, error, invalid, upstream
from tests.suites.conformance.case import Case, a_call, down, gone, rejected, retry, unknown

INVALID = invalid({"size": True})
assert INVALID is not None
BALANCE = "Insufficient pollen balance or API key budget exhausted."
IMAGE = Case(
    name="pollinations-image",
    double=Double,
    call=a_call("image", "flux", width=1024, height=768, seed=7),
    busy=error(429, "You're making requests too quickly."),
    refusals={
        "no credit": down(error(402, BALANCE)),
        "bad key": down(error(401, "Authentication required.")),
        "no permission": down(error(403, "Access denied!")),
        "bad input": rejected(INVALID, "invalid_input"),
        "input upstream": rejected(upstream(400, "Invalid image size."), "invalid_input"),
        "unprocessable": rejected(error(422, "Some required fields are missing."), "invalid_input"),
        "safety": rejected(error(400, "Blocked: violence.", "safety_error"), "content_policy"),
        "policy upstream": rejected(upstream(400, "Content rejected by the content policy."), "content_policy"),
        "no such route": gone(error(404, "Oh no, there's nothing here.")),
        "no such model": gone(error(400, "Bad request", name="ZodError", fieldErrors={"model": ["Invalid option"]})),
        "rate upstream": retry(upstream(429, "Too many requests")),
        "key upstream": retry(upstream(401, "Invalid key")),
        "interrupted": retry(Response(503, "Detached generation was interrupted")),
        "maintenance": down(error(503, "We're temporarily down for maintenance.")),
        "their error": unknown(error(500, "Oh snap, something went wrong on our end.")),
        "gateway": unknown(Response(502, "<html>Bad gateway</html>")),
        "no pictures": unknown(Response(200, {"created": 1, "data": []})),
        "no base64": unknown(Response(200, {"created": 1, "data": [{"b64_json": "?"}]})),
    },
    facts={"seed": 7},
)


def variant(name: str, **changes: object) -> Case:
    """Return the image's case for another kind."""
    return structs.replace(IMAGE, **{"name": f"pollinations-{name}", "refusals": {}, "facts": {}, **changes})


CASES = (
    IMAGE,
    variant("edit", call=a_call("image", "kontext", image_urls=["asset:a.png"], quality="hd")),
    variant("video", call=a_call("video", "veo", seconds=4, aspect_ratio="16:9"), outputs=("video/mp4",)),
    variant("voice", call=a_call("voice", "elevenlabs", "Hi.", format="wav"), outputs=("audio/wav",)),
    variant("music", call=a_call("music", "elevenmusic", seconds=10), outputs=("audio/mpeg",)),
    variant(
        "text",
        call=a_call("text", "openai/gpt-5.4-nano", tone="friendly"),
        outputs=(),
        refusals={"no credit": down(error(402, BALANCE))},
        facts={"prompt_tokens": 9, "completion_tokens": 7},
    ),
    variant(
        "enhance",
        double=Enhancer,
        call=a_call("enhance", "openai", count=2),
        outputs=(),
        facts={"variations": ["a red fox, dawn", "a red fox, snow"]},
    ),
    variant(
        "interrogate",
        double=Describer,
        call=a_call("interrogate", "openai", "", image_url="asset:a.png"),
        outputs=(),
        facts={"caption": "A teal square.", "tags": ["teal"]},
    ),
)
