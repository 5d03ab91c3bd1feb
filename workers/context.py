"""What a worker process works with, and one generation in its hands."""

import time
from collections.abc import Mapping
from typing import NoReturn

import msgspec
from arq.worker import Retry as Park
from msgspec import Struct

from shared.domain.generation import Spec
from shared.ops.storage import Storage
from shared.store import ledger
from shared.store.connect import Store
from shared.store.generations import Step
from workers.adapters.contract import Adapter, Call
from workers.egress import Egress

PARK_MIN_S = 0.01


class Desk(Struct, frozen=True, kw_only=True):
    """One per process; `egress` fetches outputs, `callbacks_url` is where the provider may call us, if anywhere."""

    provider: str
    store: Store
    adapter: Adapter
    storage: Storage
    egress: Egress
    record_keep_ms: int = ledger.RECORD_KEEP_MS
    callbacks_url: str | None = None
    secret: bytes = b""
    costs: Mapping[tuple[str, str], int] = msgspec.field(default_factory=dict)  # see Catalogue.costs


class Job(Struct, frozen=True, kw_only=True):
    """One generation in hand."""

    id: str
    token: str  # of this run, so that an intent can be told from an earlier worker's
    spec: Spec
    step: Step
    call: Call

    @property
    def left_s(self) -> float:
        """Seconds until the deadline."""
        return self.call.deadline_ms / 1000 - time.time()


def park(job: Job, after_s: float) -> NoReturn:
    """Come back after `after_s` seconds, or at the deadline if that is sooner."""
    raise Park(defer=max(min(after_s, job.left_s), PARK_MIN_S))
