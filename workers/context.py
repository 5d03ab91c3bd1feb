"""The context of a worker process, the generation it has in hand, and the results of a step."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from shared.domain.callback_token import token as callback_token
from shared.domain.catalogue import OrderCost
from shared.domain.foreign_text import ForeignText
from shared.domain.generation import Outcome, Spec
from shared.domain.quantities import tokens_of
from shared.domain.trace import traceparent
from shared.ops import clock, redaction
from shared.ops.memory_budget import MemoryBudget
from shared.ops.storage import Storage
from shared.store import ledger
from shared.store.connect import Store
from shared.store.secret import NewestSecret
from shared.store.steps import Step
from workers.adapters.account_probe import AccountProbe
from workers.adapters.contract import Adapter, Call, Done, Pending, Rejected
from workers.egress import Egress

PARK_MIN_S = 0.01
REASON_CHARS_MAX = 200
COPIES_BYTES_MAX = 160 * 1024 * 1024  # the memory of all copies of outputs in a process
LATE_PREFIX = "late:"  # of the job that polls a failed generation


class WorkerContext(Struct, frozen=True, kw_only=True):
    """Everything that a worker process of one provider works with."""

    provider: str
    store: Store
    adapter: Adapter
    storage: Storage
    egress: Egress  # fetches outputs
    record_keep_ms: int = ledger.RECORD_KEEP_MS
    callbacks_url: str | None = None  # the provider's callbacks arrive below it; None: it cannot call us
    callback_secret: NewestSecret = msgspec.field(default_factory=NewestSecret)
    costs: Mapping[tuple[str, str], OrderCost] = msgspec.field(default_factory=dict)  # see Catalogue.costs
    memory: MemoryBudget = msgspec.field(default_factory=lambda: MemoryBudget(COPIES_BYTES_MAX))
    text: ForeignText = msgspec.field(default_factory=redaction.foreign)  # cleans what the provider sends
    account: AccountProbe = msgspec.field(default_factory=AccountProbe)

    def call(self, generation_id: str, spec: Spec, deadline_ms: int) -> Call:
        """Return a generation as its adapter sees it."""
        url = self.callbacks_url
        return Call(
            generation_id=generation_id,
            kind=spec.kind,
            model=spec.target,
            prompt=spec.prompt,
            input=spec.input,
            native=spec.native,
            deadline_ms=deadline_ms,
            traceparent=traceparent(spec.trace, generation_id),
            callback_url=f"{url}/{callback_token(self.callback_secret.value, generation_id)}" if url else None,
        )

    def describe(self, error: BaseException) -> str:
        """Return an error for a log line or a record, without secrets or dumps."""
        return self.text.error(error, REASON_CHARS_MAX)

    def expected_cost(self, spec: Spec, done: Done) -> int | None:
        """Return the catalogue's cost of a result in micro-USD, None if it has none."""
        cost = self.costs.get((spec.model, spec.target))
        if cost is None:
            return None
        return cost(spec.facts, spec.prompt).settle(outputs=len(done.outputs) or None, tokens=tokens_of(done.facts))


class Parked(Struct, frozen=True):
    """The job waits `after_s` seconds for its next step."""

    after_s: float


class GenerationJob(Struct, frozen=True, kw_only=True):
    """A generation whose job this worker has claimed, with its next step."""

    id: str
    token: str  # of this run; it distinguishes the intent from an earlier worker's
    step: Step
    call: Call

    @property
    def spec(self) -> Spec:
        """Return the specification of the generation."""
        return self.step.spec

    @property
    def left_s(self) -> float:
        """Return the seconds until the deadline; negative after it."""
        return self.call.deadline_ms / 1000 - clock.now_s()

    def parked(self, after_s: float) -> Parked:
        """Return a wait of `after_s` seconds, or until the deadline if that is sooner."""
        return Parked(max(min(after_s, self.left_s), PARK_MIN_S))


class Completed(Struct, frozen=True):
    """The outputs are stored; settle at full cost."""

    outcome: Outcome


class Failed(Struct, frozen=True, kw_only=True):
    """The generation ends without a result; settle at no cost."""

    code: str
    message: str
    unsubmitted_only: bool = False  # do not settle if a provider may have it
    unusable: Done | None = None  # a result that we cannot deliver, and that the provider is paid for
    cost_micros: int | None = None  # charged by the provider for its rejection, if it reports that

    @classmethod
    def rejected(cls, rejection: Rejected) -> "Failed":
        """Return the failure that an adapter's rejection stands for."""
        return cls(code=rejection.code, message=rejection.message, cost_micros=rejection.cost_micros)


class Rerouted(Struct, frozen=True):
    """Another provider has the generation now."""

    provider: str


StepResult = Parked | Pending | Done | Failed | Rerouted
