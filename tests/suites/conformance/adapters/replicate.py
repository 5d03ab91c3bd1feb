"""Replicate under the conformance suite."""

from msgspec import structs

from tests.harness.doubles.double import Response
from tests.harness.doubles.replicate import Double, MusicMaker
from tests.suites.conformance.case import SECRET, Case, Ending, a_call, down, gone, rejected, retry
from workers.adapters.contract import Callback

CREDIT = (
    "You have insufficient credit to run this model. Go to https://replicate.com/account/billing to purchase credit."
)
NO_VERSION = "The specified version does not exist (or perhaps you don't have permission to use it?)"
THROTTLED = "Request was throttled. Your rate limit resets in ~30s."


def ending(state: str, error: str = "") -> Ending:
    """Return the ending of a prediction in another state than `succeeded`."""

    def arrange(double: Double) -> None:
        double.states.append(state)
        double.error = error

    flagged = "NSFW" in error or "flagged" in error
    code = {"canceled": "canceled"}.get(state, "content_policy" if flagged else "provider_failed")
    return Ending(arrange=arrange, code=code)


def omit_output(double: Double) -> None:
    """Let a prediction succeed without an output."""
    double.output = []


def remove_files(double: Double) -> None:
    """Let a prediction succeed with its files removed."""
    double.data_removed = True


def webhook(double: Double, ref: str, timestamp_s: int) -> Callback:
    """Return Replicate's webhook."""
    return double.webhook(ref, SECRET, timestamp_s)


IMAGE = Case(
    name="replicate-image",
    double=Double,
    call=a_call("image", "black-forest-labs/flux-schnell", aspect_ratio="1:1", seed=7),
    working=("starting", "processing"),
    refusals={
        "no credit": down(Response(402, {"title": "Insufficient credit", "detail": CREDIT, "status": 402})),
        "bad key": down(
            Response(401, {"title": "Unauthenticated", "detail": "You did not pass a token.", "status": 401})
        ),
        "bad input": rejected(
            Response(422, {"title": "Input validation failed", "detail": "- input.prompt: is required", "status": 422}),
            "invalid_input",
        ),
        "no such model": gone(Response(404, {"detail": "The requested resource could not be found."})),
        "no such version": gone(Response(422, {"title": "Invalid version or not permitted", "detail": NO_VERSION})),
        "throttled": retry(Response(429, {"detail": THROTTLED, "status": 429, "retry_after": 30}), 30),
    },
    busy=Response(429, {"detail": THROTTLED, "status": 429}),
    endings={
        "failed": ending("failed", "E1001: The model ran out of memory."),
        "refused": ending("failed", "NSFW content detected. Try running it again, or try a different prompt."),
        "flagged": ending("failed", "The input or output was flagged as sensitive. Please try again. (E005)"),
        "canceled": ending("canceled"),
        "aborted": ending("aborted"),
        "without a result": Ending(arrange=omit_output, code="provider_failed"),
        "removed": Ending(arrange=remove_files, code="provider_failed"),
    },
    canceled="rejected",
    callback=webhook,
)
VERSION = structs.replace(
    IMAGE,
    name="replicate-version",
    double=MusicMaker,
    outputs=("audio/wav",),
    call=a_call("music", f"meta/musicgen:{'6' * 64}", seconds=8),
    endings={},
    refusals={},
    callback=None,
)
CASES = (IMAGE, VERSION)
