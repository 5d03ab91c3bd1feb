"""A case of the conformance suite: one way to use an adapter, and the documented behaviour of its provider."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from msgspec import Struct, field

from shared.domain.native_schema import NativeSchema
from shared.media.file_type import MediaKind
from tests.harness.doubles.double import Double, Response
from tests.harness.doubles.provider import a_png
from tests.harness.media import a_wav, an_mp4
from workers.adapters.contract import Blob, Call, Callback, Down, ModelGone, ProviderError, Rejected, Retry, Unknown

FAR_MS = 4_000_000_000_000  # a deadline that no test reaches
SECRET = "whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="


class Refusal(Struct, frozen=True, kw_only=True):
    """A documented response to a submit, and the error that the adapter raises for it."""

    response: Response
    error: type[ProviderError]
    code: str | None = None  # of a Rejected
    after_s: float | None = None  # of a Retry


class Ending(Struct, frozen=True, kw_only=True):
    """A documented failure of accepted work. After `arrange` the double fails it, and the poll is Rejected."""

    arrange: Callable[[Any], None]  # takes the case's double before the poll
    code: str


class Case(Struct, frozen=True, kw_only=True):
    """One way to use an adapter."""

    name: str  # of the case, starting with the adapter's
    double: type[Double]
    call: Call
    adapter: str = ""  # the module in workers/providers; "" is the case's name up to the first hyphen
    provider: str = ""  # its name in the catalogue; "" is the adapter's name
    working: tuple[str, ...] = ()  # states before the result; () if the submit returns the result
    poll_roles: tuple[str, ...] = ("poll",)  # roles of the requests in a poll of finished work
    outputs: tuple[str, ...] = ("image/png",)  # media types of the stored outputs
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    busy: Response = field(default_factory=lambda: Response(429, {"error": "slow down"}))
    endings: Mapping[str, Ending] = field(default_factory=dict)
    canceled: Literal["rejected", "unseen"] | None = None  # after a cancel a poll is Rejected, or fails
    # (the double, its reference, Unix seconds) -> the provider's callback, signed with callback_secret
    callback: Callable[[Any, str, int], Callback] | None = None
    callback_secret: str = SECRET
    other_secret: str = "whsec_YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI="
    facts: Mapping[str, object] = field(default_factory=dict)  # a part of Done.facts


def a_call(kind: str, model: str, /, prompt: str = "a red fox", **input: object) -> Call:
    """Return a call like the worker's."""
    return Call(
        generation_id="3f2a1c5e-0000-4000-8000-000000000001",
        kind=kind,
        model=model,
        prompt=prompt,
        input=input,
        deadline_ms=FAR_MS,
    )


def required_media(schema: NativeSchema | None) -> dict[str, object]:
    """Return URLs for the media that a route requires and that no input field of ours fills."""
    needed = {} if schema is None else schema.own_media
    urls = {name: f"https://example.com/{field.role}" for name, field in needed.items()}
    return {name: [url] if "array" in needed[name].types else url for name, url in urls.items()}


async def fetch_media(_: str, kind: MediaKind) -> Blob:
    """Return the shortest video or recording that a model takes."""
    return Blob(an_mp4(1), "video/mp4") if kind == "video" else Blob(a_wav(1), "audio/wav")


def down(response: Response) -> Refusal:
    """Return a refusal that means Down: no credit, a bad key, an outage."""
    return Refusal(response=response, error=Down)


def gone(response: Response) -> Refusal:
    """Return a refusal that means ModelGone: the provider does not offer this model."""
    return Refusal(response=response, error=ModelGone)


def rejected(response: Response, code: str) -> Refusal:
    """Return a final refusal."""
    return Refusal(response=response, error=Rejected, code=code)


def retry(response: Response, after_s: float | None = None) -> Refusal:
    """Return a refusal that allows another submit later."""
    return Refusal(response=response, error=Retry, after_s=after_s)


def unknown(response: Response) -> Refusal:
    """Return a response that leaves the outcome unknown."""
    return Refusal(response=response, error=Unknown)


async def fetch_image(url: str) -> Blob:
    """Fetch an input image for `Setup.fetch`: always the same small PNG."""
    return Blob(a_png(), "image/png")
