"""The figures of `python -m tests.programs.hostile`, from what a run observed."""

from collections import Counter

from msgspec import structs

from tests.programs.hostile.figures import figures
from tests.programs.hostile.ordinary import Course
from tests.programs.hostile.scene import Observed

CALM = Observed(
    alone=Course(statuses=Counter({201: 100}), accept_ms=[10.0] * 100, webhook_ms=[20.0] * 100),
    beside=Course(statuses=Counter({201: 100}), accept_ms=[20.0] * 100, webhook_ms=[30.0] * 100),
    hostile=Counter({"guest 429": 5}),
    grown_bytes=1_000_000,
    generations=100,
    guests_micros=30_000,
    guests_micros_max=30_000,
    faults=0,
)


def missed(observed: Observed) -> list[str]:
    """Return the names of the figures beyond their bounds."""
    return [figure.name for figure in figures(observed) if not figure.met]


def test_figures_of_a_calm_run_are_met() -> None:
    """A run without harm misses nothing."""
    assert [] == missed(CALM)


def test_figures_show_harm_to_the_ordinary_customer() -> None:
    """Failed, lost and slow responses, and missing or slow webhooks, are each beyond a bound."""
    harmed = Course(
        statuses=Counter({201: 97, 503: 1, 0: 1, 429: 1}),
        accept_ms=[31.0] * 100,
        webhook_ms=[2001.0] * 96,
        missing=1,
    )
    found = missed(structs.replace(CALM, beside=harmed))
    assert ["5xx and lost responses of the ordinary customer", "other refusals of the ordinary customer"] == found[:2]
    assert ["accept p99 next to the tenant, ms", "accept p99, of alone", "webhook p99, ms"] == found[2:5]
    assert ["missing webhooks"] == found[5:]


def test_figures_show_harm_to_the_operator() -> None:
    """A store that grew too much, money for guests and faults of the ledger are each beyond a bound."""
    observed = structs.replace(CALM, grown_bytes=7_000_000, guests_micros=30_001, faults=1)
    names = ["growth of the store, MB", "the operator's money for guests, cents", "faults of the ledger"]
    assert names == missed(observed)
