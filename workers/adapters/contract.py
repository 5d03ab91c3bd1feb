"""The contract between a worker and a provider's adapter.

ProviderError
├── Retry     the provider is too busy: submit again later, the reservation stays
├── Rejected  the provider refused for good: refund, and show the caller why
├── Down      bad key, no credit, outage: try the next route; its cause says what it proves about others
│   └── ModelGone  the provider does not offer this model: close its route for an hour, and try the next one
└── Unknown   the provider may or may not have accepted: never submit again
"""

from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import ClassVar, Literal

import msgspec
from msgspec import Struct

from shared.domain.model_notice import ModelNotice
from shared.domain.native_input import NativeInput
from shared.media.file_type import MediaKind

CONNECT_S = 10.0


class Call(Struct, frozen=True, kw_only=True):
    """One generation as a provider sees it."""

    generation_id: str  # UUID; sent as the provider's idempotency key if it has one
    kind: str  # image, video, text, voice, music, upscale, interrogate, enhance
    model: str  # the provider's own name of the model
    prompt: str
    input: dict[str, object]  # validated by shared/domain/kinds/<kind>.py, defaults filled in
    deadline_ms: int  # Unix time; a result after it is refunded
    native: NativeInput | None = (
        None  # the input under the provider's own names: an adapter sends it instead of `input`
    )
    callback_url: str | None = None
    traceparent: str = ""  # W3C trace context; adapters/http.py sends it along


class Blob(Struct, frozen=True, tag=True):
    """The bytes of an output or of an input."""

    data: bytes
    media_type: str


async def refuse_fetch(url: str, kind: MediaKind = "image") -> Blob:
    """Raise Rejected. The default of `Setup.fetch` and `Setup.fetch_media`."""
    raise Rejected("invalid_input", f"Input images are not available here: {url[:100]}")


class Setup(Struct, frozen=True, kw_only=True):
    """The configuration of an adapter: its provider's catalogue entry, and the key that this entry names.

    `fetch` downloads an input image of at most 20 MB through the guarded egress: https, data: or one of our own assets.
    The image that it returns is one that every provider reads. It raises Rejected: `image_unreachable` or `bad_image`.
    `fetch_media` does that for any kind of media; videos and recordings have at most 100 MB.
    """

    name: str
    adapter: str | None = None  # the adapter's module, if it is not named like the provider
    base_url: str | None = None
    key: str | None = None
    callback_secret: str | None = None  # verifies the signatures of the provider's callbacks
    connect_s: float = CONNECT_S  # time limit for opening a connection
    credit_micros: int | None = None  # our cost of one provider credit; None: not known
    fetch: Callable[[str], Awaitable[Blob]] = msgspec.field(default=refuse_fetch)
    fetch_media: Callable[[str, MediaKind], Awaitable[Blob]] = msgspec.field(default=refuse_fetch)


class Link(Struct, frozen=True, tag=True):
    """A URL under which the provider keeps an output for a while. The worker copies it to our storage."""

    url: str
    media_type: str | None = None


class Pending(Struct, frozen=True, tag=True):
    """The provider accepted the work as `ref`. The worker stores it first, so a restart resumes here."""

    ref: str
    poll_after_s: float
    progress: float | None = None  # 0..1, if the provider reports it


class Done(Struct, frozen=True, tag=True):
    """The result of finished work."""

    outputs: tuple[Blob | Link, ...] = ()
    text: str | None = None  # the result of text, enhance and interrogate
    facts: dict[str, object] = msgspec.field(default_factory=dict)  # width, height, duration_ms, seed, ...
    cost_micros: int | None = None  # the provider's charge, if it reports one


class ProviderError(Exception):
    """Base of the errors that an adapter raises."""


class Retry(ProviderError):
    """The provider did not accept the work now. The same submit is safe after `after_s` seconds.

    `ours` means that the fault is on this machine, so that it does not count against the provider.
    """

    def __init__(self, reason: str, *, after_s: float, ours: bool = False) -> None:
        super().__init__(reason)
        self.after_s, self.ours = after_s, ours


class Rejected(ProviderError):
    """The provider refused the work for good. `code` is snake_case, `message` is shown to the caller.

    `cost_micros` is the provider's charge for the refused work, if it reports one.
    """

    def __init__(self, code: str, message: str, *, cost_micros: int | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.cost_micros = code, message, cost_micros


Cause = Literal["route", "account", "forbidden", "call"]


class Down(ProviderError):
    """The provider accepted nothing and cannot serve this call: the next route may.

    `cause` says what that proves. `route`: an outage of this model, so its breaker opens. `account`: our key or credit,
    for all models if the probe confirms it, else for this one. `forbidden`: the same if the probe confirms it, else
    nothing, because it may be about this content. `call`: nothing about other calls.
    """

    def __init__(self, reason: str, *, cause: Cause = "route") -> None:
        super().__init__(reason)
        self.cause: Cause = cause


class ModelGone(Down):
    """The provider does not offer this model: it is retired, unknown or not supported. It accepted nothing.

    Only a submit raises it: a poll that finds no task says nothing about the model.
    """


class Unknown(ProviderError):
    """The response to a submit was lost. The worker never sends it again (ARCHITECTURE rule 3)."""


class Callback(Struct, frozen=True):
    """A request to a generation's callback URL. It is a hint to poll, never a result."""

    headers: dict[str, str]  # names in lower case
    body: bytes


Show = Callable[[str], Awaitable[None]]  # is called with the whole text so far


class Adapter:
    """One provider. An instance lives as long as the worker process and serves many calls at once."""

    repeatable: ClassVar[bool] = False  # whether the same submit may safely be sent twice
    submit_limit_s: ClassVar[float] = 150.0  # the outcome of a submit is known after this time, or never
    keeps_s: ClassVar[float] = 3_600.0  # the provider keeps an output at least this long
    streams: ClassVar[bool] = False  # whether `stream` shows texts while they are written
    takes_native: ClassVar[bool] = False  # whether it sends `Call.native` where there is one

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    async def submit(self, call: Call) -> Pending | Done:
        """Submit the work. Raises any ProviderError."""
        raise NotImplementedError

    async def stream(self, call: Call, show: Show) -> Pending | Done:
        """Submit a text like `submit`, and show what is written of it. It is canceled if no more is wanted."""
        return await self.submit(call)

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Poll submitted work. Raises Rejected if it failed; after any other error the worker polls again."""
        raise NotImplementedError

    async def cancel(self, call: Call, ref: str) -> None:
        """Cancel submitted work, best effort."""

    async def load_callback_keys(self) -> None:
        """Fetch the public keys that sign callbacks, if the provider publishes and rotates them. Raises PollFailed."""

    def callback(self, request: Callback) -> str | None:
        """Return the reference that a callback names, or None if its signature does not hold."""
        return None

    async def find(self, call: Call) -> str | None:
        """Find the reference of a submit whose response was lost. None if the provider does not know it."""
        return None

    async def probe(self) -> str | None:
        """Check our account with a request that bills nothing, and return a line about it, such as the credit left.

        Returns None if the provider has no such request. Raises any ProviderError; Down with cause `account` or
        `forbidden` proves that the account cannot be served, and opens the provider's breaker.
        """
        return None

    async def find_notices(self, models: Mapping[str, str]) -> list[ModelNotice] | None:
        """Compare `models`, each with its kind, with the provider's list of models. None: it has no such list.

        Models of kinds that the list omits are not judged. Raises any ProviderError.
        """
        return None

    async def close(self) -> None:
        """Close the connections of this instance."""


def load(provider: str, package: str = "workers.providers") -> type[Adapter]:
    """Return class `Adapter` of `<package>/<provider>.py`. Raises ModuleNotFoundError for an unknown name."""
    adapter: type[Adapter] = import_module(f"{package}.{provider}").Adapter
    return adapter
