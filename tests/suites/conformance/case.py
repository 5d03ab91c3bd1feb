"""What the conformance suite is told about one way of asking an adapter."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from msgspec import Struct, field

from tests.harness.doubles.double import Double, Response
from tests.harness.doubles.provider import a_png
from workers.adapters.contract import Blob, Call, Callback, Down, ProviderError, Rejected, Retry, Unknown

FAR_MS = 4_000_000_000_000  # a deadline that no test reaches
SECRET = "whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="


class Refusal(Struct, frozen=True, kw_only=True):
    """A documented answer to a submit, and what the adapter makes of it."""

    answer: Response
    error: type[ProviderError]
    code: str | None = None  # of a Rejected
    after_s: float | None = None  # of a Retry


class Ending(Struct, frozen=True, kw_only=True):
    """A documented end of accepted work that is no result: `arrange` has the double come to it, looks are Rejected."""

    arrange: Callable[[Any], None]  # takes the case's double before the look
    code: str


class Case(Struct, frozen=True, kw_only=True):
    """One way of asking an adapter."""

    name: str  # of the case, starting with the adapter's
    double: type[Double]
    call: Call
    adapter: str = ""  # the module in workers/providers; "" is the case's name up to the first hyphen
    provider: str = ""  # what the catalogue calls it; "" is the adapter's name
    working: tuple[str, ...] = ()  # states on the way; () if a submit is answered with the result
    poll_roles: tuple[str, ...] = ("poll",)  # roles of the requests that a look at finished work makes
    outputs: tuple[str, ...] = ("image/png",)  # media types that are kept in the end
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    busy: Response = field(default_factory=lambda: Response(429, {"error": "slow down"}))
    endings: Mapping[str, Ending] = field(default_factory=dict)
    canceled: Literal["rejected", "unseen"] | None = None  # after a cancel a look is Rejected("canceled"), or fails
    # (the double, its reference, Unix seconds) -> what the provider posts, signed with callback_secret
    callback: Callable[[Any, str, int], Callback] | None = None
    callback_secret: str = SECRET
    other_secret: str = "whsec_YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI="
    facts: Mapping[str, object] = field(default_factory=dict)  # what Done.facts has at least


def a_call(kind: str, model: str, /, prompt: str = "a red fox", **input: object) -> Call:
    """A call as the worker hands it over."""
    return Call(
        generation_id="3f2a1c5e-0000-4000-8000-000000000001",
        kind=kind,
        model=model,
        prompt=prompt,
        input=input,
        deadline_ms=FAR_MS,
    )


def down(answer: Response) -> Refusal:
    """Nobody is served: no credit, a bad key, an outage."""
    return Refusal(answer=answer, error=Down)


def rejected(answer: Response, code: str) -> Refusal:
    """A final no."""
    return Refusal(answer=answer, error=Rejected, code=code)


def retry(answer: Response, after_s: float | None = None) -> Refusal:
    """Not now."""
    return Refusal(answer=answer, error=Retry, after_s=after_s)


def unknown(answer: Response) -> Refusal:
    """Nobody can tell whether it was accepted."""
    return Refusal(answer=answer, error=Unknown)


async def fetch_image(url: str) -> Blob:
    """What Setup.fetch is in the suite: every input picture is the double's own."""
    return Blob(a_png(), "image/png")
