"""What an adapter is given, what it answers, and the four ways it may fail.

ProviderError
├── Retry     not accepted: come back after a while, the reservation is kept
├── Rejected  a final no: refund, tell the caller why
├── Down      bad key, no credit, outage: try the next route
└── Unknown   the provider may or may not have accepted: never submitted again
"""

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import ClassVar

import msgspec
from msgspec import Struct

CONNECT_S = 10.0


class Call(Struct, frozen=True, kw_only=True):
    """One generation as a provider sees it."""

    generation_id: str  # UUID; sent along as the provider's idempotency key where it has one
    kind: str  # image, video, text, voice, music, upscale, interrogate, enhance
    model: str  # the provider's own name of the model
    prompt: str
    input: dict[str, object]  # validated by shared/domain/kinds/<kind>.py, defaults filled in
    deadline_ms: int  # Unix time; nothing is worth doing after it
    callback_url: str | None = None
    traceparent: str = ""  # W3C trace context; providers/http.py sends it along


class Blob(Struct, frozen=True, tag=True):
    """Bytes: an output that came as such, or an input picture."""

    data: bytes
    media_type: str


async def nothing_to_fetch(url: str) -> Blob:
    """The default of Setup.fetch. Raises Rejected."""
    raise Rejected("invalid_input", f"image_url: nothing can be fetched from {url[:100]} here")


class Setup(Struct, frozen=True, kw_only=True):
    """What an adapter is made with: its provider's entry in the catalogue, and the key that entry names.

    `fetch` brings an input picture (https, data: or one of our own assets) through the guarded egress, at most 20 MB;
    it raises Rejected("image_unreachable" | "bad_image", ...).
    """

    name: str
    adapter: str | None = None  # the module, where it is not called as the provider
    base_url: str | None = None
    key: str | None = None
    callback_secret: str | None = None  # what the provider signs its callbacks with
    connect_s: float = CONNECT_S  # until a connection that does not come about is given up
    credit_micros: int | None = None  # what one of its credits costs us; None: not known
    fetch: Callable[[str], Awaitable[Blob]] = msgspec.field(default=nothing_to_fetch)


class Link(Struct, frozen=True, tag=True):
    """An output the provider keeps for a while; copied to our storage before it expires."""

    url: str
    media_type: str | None = None


class Pending(Struct, frozen=True, tag=True):
    """The provider took the work under `ref`. Stored before anything else, so a restart resumes here."""

    ref: str
    poll_after_s: float
    progress: float | None = None  # 0..1, where the provider tells


class Done(Struct, frozen=True, tag=True):
    """The work is finished."""

    outputs: tuple[Blob | Link, ...] = ()
    text: str | None = None  # the result of text, enhance and interrogate
    facts: dict[str, object] = msgspec.field(default_factory=dict)  # width, height, duration_ms, seed, ...
    cost_micros: int | None = None  # what the provider charged us, where it says


class ProviderError(Exception):
    """Base of what an adapter raises."""


class Retry(ProviderError):
    """The provider did not accept it now; the same submit is safe after `after_s` seconds."""

    def __init__(self, reason: str, *, after_s: float) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Rejected(ProviderError):
    """The provider refused for good; `code` is snake_case and `message` is shown to the caller.

    `cost_micros` is what it charged us for that, where it says.
    """

    def __init__(self, code: str, message: str, *, cost_micros: int | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.cost_micros = code, message, cost_micros


class Down(ProviderError):
    """The provider cannot serve anybody: bad key, no credit, outage. Nothing was accepted."""


class Unknown(ProviderError):
    """The answer to a submit was lost. It is never sent again (ARCHITECTURE rule 3)."""


class Callback(Struct, frozen=True):
    """What came to a generation's callback address: a hint that it is worth looking, never a result."""

    headers: dict[str, str]  # names in lower case
    body: bytes


class Adapter:
    """One provider. An instance lives as long as the worker process and serves many calls at once."""

    repeatable: ClassVar[bool] = False  # a submit may safely be sent twice
    submit_limit_s: ClassVar[float] = 150.0  # a submit's outcome is known after this long, or never
    keeps_s: ClassVar[float] = 3_600.0  # how long the provider keeps an output, at the least

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    async def submit(self, call: Call) -> Pending | Done:
        """Hand the work over. Raises any ProviderError."""
        raise NotImplementedError

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Look at what was submitted. Raises Rejected; anything else raised means "look again later"."""
        raise NotImplementedError

    async def cancel(self, call: Call, ref: str) -> None:
        """Ask the provider to stop; best effort."""

    def callback(self, request: Callback) -> str | None:
        """The reference in a callback whose signature holds; None if there is none or it is not to be believed."""
        return None

    async def find(self, call: Call) -> str | None:
        """The reference of a submit whose answer was lost, where the provider can be asked for it."""
        return None

    async def probe(self) -> str | None:
        """What a call that bills nothing says with our key, such as the credit left; None if no such call is known.

        Raises any ProviderError.
        """
        return None

    async def close(self) -> None:
        """Release what the instance holds."""


def load(provider: str, package: str = "workers.providers") -> type[Adapter]:
    """Class `Adapter` of `<package>/<provider>.py`. Raises ModuleNotFoundError for an unknown name."""
    adapter: type[Adapter] = import_module(f"{package}.{provider}").Adapter
    return adapter
