"""A generation and its states.

backlog -> queued -> submitting -> pending -> completed | failed
                     submitting -> uncertain -> completed | failed
"""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any, Final, Literal, get_args

import msgspec
from msgspec import Struct

from shared.domain.native_input import NativeInput
from shared.domain.price_rule import Sale

State = Literal["backlog", "queued", "submitting", "pending", "uncertain", "completed", "failed"]
EndState = Literal["completed", "failed"]
COMPLETED: Final = "completed"
FAILED: Final = "failed"
TERMINAL: tuple[EndState, ...] = (COMPLETED, FAILED)
STATES: frozenset[State] = frozenset(get_args(State))


class FallbackRoute(Struct, frozen=True, array_like=True):
    """A route to try if the providers before it do not take the generation."""

    provider: str
    target: str
    model: str
    native: NativeInput | None = None  # the input under the provider's own names


class Spec(Struct, frozen=True, array_like=True):
    """The order of a generation. Stored as a MessagePack array: new fields go to the end and have a default."""

    dialect: str
    kind: str
    model: str  # the catalogue's id
    target: str  # the provider's name of the model
    prompt: str
    input: dict[str, object]
    routes: tuple[FallbackRoute, ...] = ()  # in the order to try them
    trace: str = ""  # see shared/domain/trace.py
    sale: Sale | None = None  # of an order whose cost depends on what is delivered; None: it costs its reservation
    simulated: bool = False  # the local provider stands in for the model
    native: NativeInput | None = None  # the input under the provider's own names, if the route has a schema of them
    metadata: dict[str, str] | None = None  # the caller's own facts, see shared/domain/metadata.py
    streamed: bool = False  # its text is written to the feed while the model writes it

    @property
    def facts(self) -> dict[str, object]:
        """Return everything that its price can depend on: the input, and native fields that change the cost."""
        return self.input | (self.native.costs if self.native else {})


class Output(Struct, frozen=True, array_like=True):
    """An output. `place` is a path below `/assets/`, or a whole URL if only the provider has the output."""

    place: str
    media_type: str
    size_bytes: int = 0
    width: int | None = None
    height: int | None = None
    sha256: str = ""  # of its bytes, in hex, if we stored them
    expires_ms: int | None = None  # when the provider deletes it; None: the output is in our storage

    def url(self, base_url: str) -> str:
        """Return the URL of the output."""
        return self.place if "://" in self.place else f"{base_url}/assets/{self.place}"


class Outcome(Struct, frozen=True, array_like=True):
    """The outcome of a generation. Stored as a MessagePack array, as Spec is."""

    provider: str | None = None
    outputs: tuple[Output, ...] = ()
    text: str | None = None
    facts: dict[str, object] = msgspec.field(default_factory=dict)
    error_code: str | None = None
    error: str | None = None
    cost_micros: int | None = None  # the provider's charge, if it reports one
    expected_micros: int | None = None  # our cost according to the catalogue

    @property
    def expires_ms(self) -> int | None:
        """Return when the first output that only the provider has expires; None if we have them all."""
        times = [output.expires_ms for output in self.outputs if output.expires_ms is not None]
        return min(times) if times else None


class RouteAttempt(Struct, frozen=True):
    """An attempt to run a generation at a provider.

    `outcome` is served, accepted, down, busy, ours (a fault of this machine), ... or the code of a failure. It is
    skipped or held if the provider was not called, because its breaker was open or it was paused.
    """

    at_ms: int
    provider: str
    outcome: str


class Generation(Struct, frozen=True, kw_only=True):
    """A generation's record in the store. Times are Unix ms, amounts micro-USD."""

    id: str
    account: str
    provider: str
    state: State
    reserved: int
    created_ms: int
    deadline_ms: int
    spec: Spec
    started_ms: int | None = None
    closed_ms: int | None = None
    cost: int | None = None
    ref: str | None = None
    intent_ms: int | None = None  # when it was submitted to its current provider
    refused: tuple[RouteAttempt, ...] = ()  # attempts of earlier providers, oldest first
    outcome: Outcome | None = None
    late: Outcome | None = None  # a result that came after the refund; never charged
    callback: bytes | None = None  # a callback that came before the reference was known
    queued_ms: int | None = None  # when it left the backlog
    submitted_ms: int | None = None  # when its reference became known
    looks: int = 0  # number of polls
    looked_ms: int | None = None
    cancel_ms: int | None = None  # when its owner canceled it
    late_ms: int | None = None
    credit: int | None = None  # amount that an operator credited after its end
    credit_ms: int | None = None
    position: int | None = None  # position in the backlog, while it waits
    key: str = ""  # the first 16 characters of its key's hash; empty: a guest's, or not known
    notices: tuple[str, ...] = ()  # sentences about its input, for its owner

    @property
    def open(self) -> bool:
        """Return whether it has not ended."""
        return self.state not in TERMINAL

    @property
    def status(self) -> str:
        """Return its state in the three words of the public APIs."""
        return self.state if self.state in TERMINAL else "processing"

    @property
    def attempts(self) -> tuple[RouteAttempt, ...]:
        """Return the attempts at all providers, oldest first."""
        if self.intent_ms is None:
            return self.refused
        words = {"submitting": "asked", "pending": "accepted", "uncertain": "unknown", COMPLETED: "served"}
        failure = (self.outcome and self.outcome.error_code) or FAILED
        return (*self.refused, RouteAttempt(self.intent_ms, self.provider, words.get(self.state, failure)))

    @property
    def price_micros(self) -> int:
        """Return its price: the reservation while it is open, the settled cost afterwards."""
        return self.reserved if self.cost is None else self.cost

    @property
    def refund_micros(self) -> int:
        """Return the refund; 0 while it is open."""
        return 0 if self.cost is None else self.reserved - self.cost

    @property
    def returned_micros(self) -> int:
        """Return everything that its owner got back: the refund, and what an operator credited later."""
        return self.refund_micros + (self.credit or 0)


CANCELED, CANCELED_WHY = "canceled", "Canceled by its owner."
SPEC = msgspec.msgpack.Decoder(Spec)
INPUT = msgspec.msgpack.Decoder(dict[str, object])
SPLIT, LENGTH_BYTES = b"\xc1", 4  # MessagePack never begins with this byte
ENDED_WITHOUT = ("image_url", "image_urls", "negative_prompt", "style", "messages")  # inputs that no answer shows
NATIVES = "\0"  # the name of the native inputs among the inputs that are dropped: the order's, then its routes'
OUTCOME = msgspec.msgpack.Decoder(Outcome)
encode = msgspec.msgpack.Encoder().encode


def encode_spec(spec: Spec) -> bytes:
    """Return a specification for the store. Its last part is dropped at the settlement.

    That part has the inputs ENDED_WITHOUT, and all native inputs.
    """
    if not (spec.input or spec.native or spec.routes):
        return encode(spec)
    dropped: dict[str, object] = {name: spec.input[name] for name in ENDED_WITHOUT if name in spec.input}
    natives = (spec.native, *[route.native for route in spec.routes])
    if any(natives):
        dropped[NATIVES] = natives
    if not dropped:
        return encode(spec)
    shown = {name: value for name, value in spec.input.items() if name not in dropped}
    routes = tuple(msgspec.structs.replace(route, native=None) for route in spec.routes)
    kept = encode(msgspec.structs.replace(spec, input=shown, native=None, routes=routes))
    return SPLIT + len(kept).to_bytes(LENGTH_BYTES, "big") + kept + encode(dropped)


def decode_shown_spec(raw: bytes) -> Spec:
    """Return a specification from the store without its last part, which no answer shows. Raises as `decode_spec`."""
    return SPEC.decode(_split(raw)[0] if raw.startswith(SPLIT) else raw)


def decode_spec(raw: bytes) -> Spec:
    """Return a specification from the store. Raises msgspec.ValidationError or msgspec.DecodeError."""
    lasting, rest = _split(raw)
    spec = SPEC.decode(lasting)
    if not rest:
        return spec
    dropped = INPUT.decode(rest)
    natives = msgspec.convert(dropped.pop(NATIVES, []), list[NativeInput | None])
    own, routes = (natives[0] if natives else None), zip_longest(spec.routes, natives[1 : len(spec.routes) + 1])
    return msgspec.structs.replace(
        spec,
        input=spec.input | dropped,
        native=own,
        routes=tuple(msgspec.structs.replace(route, native=native) for route, native in routes),
    )


def _split(raw: bytes) -> tuple[bytes, bytes]:
    """Return the two parts of a stored specification. The second one is dropped at the settlement."""
    if not raw.startswith(SPLIT):
        return raw, b""
    start = len(SPLIT) + LENGTH_BYTES
    end = start + int.from_bytes(raw[len(SPLIT) : start], "big")
    return raw[start:end], raw[end:]


def attempts(lines: str) -> tuple[RouteAttempt, ...]:
    """Return the attempts in lines of `<ms> <provider> <word>`."""
    parts = (line.split(" ", 2) for line in lines.split("\n") if line)
    return tuple(RouteAttempt(int(at_ms), provider, outcome) for at_ms, provider, outcome in parts)


def read(generation_id: str, fields: Sequence[bytes]) -> Generation:
    """Return a generation from the flat field, value, ... list of its hash.

    Raises msgspec.ValidationError, or TypeError if a field is missing.
    """
    known: dict[str, Any] = {}
    for name, value in zip(fields[::2], fields[1::2], strict=True):
        if (reader := READERS.get(name)) is not None:
            known[reader[0]] = reader[1](value)
    if known.get("state") not in STATES:
        raise msgspec.ValidationError("a generation has no such state")
    return Generation(id=generation_id, **known)


def read_listed(generation_id: str, values: Sequence[bytes | None]) -> Generation:
    """Return a generation from the values of LISTED, for lists: without the inputs that no answer shows.

    Raises what `read` raises, or KeyError for an unknown state. Lists read hundreds, so this takes half of its time.
    """
    account, provider, state, reserved, created, deadline, spec, started, closed, cost, credit, outcome, late, key = (
        values
    )
    if not (account and provider and reserved and created and deadline and spec):
        raise msgspec.ValidationError("a generation lacks a field")
    return Generation(
        id=generation_id,
        account=account.decode(),
        provider=provider.decode(),
        state=STATE_NAMES[state],
        reserved=int(reserved),
        created_ms=int(created),
        deadline_ms=int(deadline),
        spec=decode_shown_spec(spec),
        started_ms=None if started is None else int(started),
        closed_ms=None if closed is None else int(closed),
        cost=None if cost is None else int(cost),
        credit=None if credit is None else int(credit),
        outcome=None if outcome is None else OUTCOME.decode(outcome),
        late=None if late is None else OUTCOME.decode(late),
        key="" if key is None else key.decode(),
    )


LISTED = (
    *("account", "provider", "state", "reserved", "created_ms", "deadline_ms", "spec", "started_ms", "closed_ms"),
    *("cost", "credit", "outcome", "late", "key"),
)  # the fields that lists show
STATE_NAMES: dict[bytes | None, State] = {state.encode(): state for state in STATES}
TEXTS = ("account", "provider", "state", "ref", "key")
TIMES = ("created_ms", "deadline_ms", "started_ms", "closed_ms", "queued_ms", "submitted_ms", "looked_ms", "cancel_ms")
NUMBERS = (*TIMES, "late_ms", "credit_ms", "reserved", "cost", "credit", "looks", "intent_ms")
Reader = tuple[str, Callable[[bytes], object]]  # of a field in the store: its attribute, and how to read it
READERS: dict[bytes, Reader] = {
    **{name.encode(): (name, bytes.decode) for name in TEXTS},
    **{name.encode(): (name, int) for name in NUMBERS},
    **{name.encode(): (name, OUTCOME.decode) for name in ("outcome", "late")},
    b"spec": ("spec", decode_spec),
    b"callback": ("callback", bytes),
    b"attempts": ("refused", lambda lines: attempts(lines.decode())),
    b"notices": ("notices", lambda lines: tuple(lines.decode().split("\n"))),
}
