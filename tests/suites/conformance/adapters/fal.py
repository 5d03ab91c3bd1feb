"""fal.ai under the conformance suite."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from tests.harness.doubles.double import Response
from tests.harness.doubles.fal import SIGNING, Double, public
from tests.suites.conformance.case import Case, Ending, a_call, down, gone, rejected, retry
from workers.adapters.contract import Callback

LOCKED = "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."


def fault(kind: str) -> dict[str, object]:
    """Return the body of a model's objection to its input."""
    url = f"https://docs.fal.ai/errors#{kind}"
    return {"detail": [{"loc": ["body", "prompt"], "msg": f"It is {kind}.", "type": kind, "url": url}]}


def failure(status: int, body: object, code: str) -> Ending:
    """Return the ending of a COMPLETED request with a result of this status."""

    def arrange(double: Double) -> None:
        double.result = Response(status, body, {"x-fal-retryable": "false"})

    return Ending(arrange=arrange, code=code)


def webhook(double: Double, ref: str, timestamp_s: int) -> Callback:
    """Return fal's webhook."""
    return double.webhook(ref, timestamp_s)


IMAGE = Case(
    name="fal-image",
    double=Double,
    call=a_call("image", "fal-ai/flux/dev", width=512, height=512, seed=42),
    working=("IN_QUEUE", "IN_PROGRESS"),
    poll_roles=("poll", "result"),
    refusals={
        "no credit": down(Response(403, {"detail": LOCKED})),
        "bad key": down(Response(401, {"detail": "Cannot access application. Authentication is required."})),
        "bad input": rejected(Response(422, fault("missing")), "invalid_input"),
        "policy": rejected(Response(422, fault("content_policy_violation")), "content_policy"),
        "no such app": gone(Response(404, {"detail": "Application not found"})),
        "bad request": rejected(
            Response(400, {"detail": "Bad timeout", "error_type": "bad_request"}), "provider_refused"
        ),
        "concurrency": retry(Response(429, {"detail": "Too many concurrent requests"})),
    },
    busy=Response(429, {"detail": "Too many concurrent requests"}),
    endings={
        "policy": failure(422, fault("content_policy_violation"), "content_policy"),
        "bad input": failure(422, fault("image_too_small"), "invalid_input"),
        "nothing made": failure(422, fault("no_media_generated"), "provider_failed"),
        "timeout": failure(504, {"detail": "Request timed out", "error_type": "request_timeout"}, "provider_failed"),
        "too slow": failure(504, fault("generation_timeout"), "provider_failed"),
        "runner": failure(503, {"detail": "Gone", "error_type": "runner_disconnected"}, "provider_failed"),
        "crash": failure(500, fault("internal_server_error"), "provider_failed"),
        "unsafe": failure(200, {"images": [{"url": "https://x/1.png"}], "has_nsfw_concepts": [True]}, "content_policy"),
        "empty": failure(200, {"images": []}, "provider_failed"),
    },
    canceled="rejected",
    callback=webhook,
    callback_secret=f"{'A' * 43}, {public(SIGNING)}",
    other_secret=public(Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)),
    facts={"seed": 42, "width": 8, "height": 8},
)
UPSCALE = structs.replace(
    IMAGE,
    name="fal-upscale",
    call=a_call("upscale", "fal-ai/esrgan", image_url="https://example.com/a.png", scale=2),
    refusals={},
    endings={},
    callback=None,
)
CASES = (IMAGE, UPSCALE)
