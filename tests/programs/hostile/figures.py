"""The figures of a run, each with the bound that the documentation promises."""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from shared.store.record_sizes import RECORD_BYTES_MAX
from tests.programs.bench.row import percentile
from tests.programs.hostile.attacker import UNSENT
from tests.programs.hostile.ordinary import Course
from tests.programs.hostile.scene import Observed

ACCEPT_RATIO_MAX, WEBHOOK_MS_MAX = 3.0, 2000.0
UNSENT_PERCENT_MAX = 10.0
SERVER_ERROR = 500


class Figure(Struct, frozen=True, kw_only=True):
    """One figure and its bound."""

    name: str
    value: float
    at_most: float

    @property
    def met(self) -> bool:
        """Return whether the figure is within its bound."""
        return self.value <= self.at_most


def merge(courses: Sequence[Course], *, hostile: bool) -> Course:
    """Return the courses of one kind as one."""
    chosen = [course for course in courses if course.hostile == hostile]
    return Course(
        hostile=hostile,
        statuses=dict(sum((Counter(course.statuses) for course in chosen), Counter())),
        accept_ms=[took for course in chosen for took in course.accept_ms],
        webhook_ms=[took for course in chosen for took in course.webhook_ms],
        late_ms=[late for course in chosen for late in course.late_ms],
        missing=sum(course.missing for course in chosen),
    )


def figures(observed: Observed) -> list[Figure]:
    """Return the figures of a run."""
    alone, beside = (merge(observed.courses, hostile=hostile) for hostile in (False, True))
    seen = Counter(beside.statuses)
    failures = sum(number for status, number in seen.items() if status >= SERVER_ERROR or not status)
    refused = seen.total() - failures - seen[201]
    alone_ms, beside_ms = percentile(alone.accept_ms, 99), percentile(beside.accept_ms, 99)
    return [
        Figure(name="5xx and lost responses of the ordinary customer", value=failures, at_most=0),
        Figure(name="other refusals of the ordinary customer", value=refused, at_most=0),
        Figure(name="accept p99 next to the tenant, ms", value=beside_ms, at_most=alone_ms * ACCEPT_RATIO_MAX),
        Figure(name="accept p99, of alone", value=beside_ms / alone_ms, at_most=ACCEPT_RATIO_MAX),
        Figure(name="webhook p99, ms", value=percentile(beside.webhook_ms or [0], 99), at_most=WEBHOOK_MS_MAX),
        Figure(name="missing webhooks", value=beside.missing, at_most=0),
        Figure(
            name="growth of the store, MB",
            value=observed.grown_bytes / 1e6,
            at_most=observed.generations * RECORD_BYTES_MAX / 1e6,
        ),
        Figure(
            name="the operator's money for guests, cents",
            value=observed.guests_micros / 10_000,
            at_most=observed.guests_micros_max / 10_000,
        ),
        Figure(name="attacks that were not sent, %", value=unsent_percent(observed), at_most=UNSENT_PERCENT_MAX),
        Figure(name="faults of the ledger", value=observed.faults, at_most=0),
    ]


def unsent_percent(observed: Observed) -> float:
    """Return the share of the attacks that the tenant had no time for: a machine that is too busy proves nothing."""
    return observed.hostile[UNSENT] * 100 / max(observed.hostile.total(), 1)
