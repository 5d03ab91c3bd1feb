"""The figures of `python -m tests.programs.hostile`, from what a run observed."""

from collections import Counter
from itertools import pairwise

from msgspec import structs

from tests.programs.hostile.figures import figures
from tests.programs.hostile.ordinary import Course
from tests.programs.hostile.scene import Observed
from tests.programs.hostile.schedule import make_slices

ALONE = Course(hostile=False, statuses={201: 100}, accept_ms=[10.0] * 100, webhook_ms=[20.0] * 100)
BESIDE = Course(hostile=True, statuses={201: 100}, accept_ms=[20.0] * 100, webhook_ms=[30.0] * 100)
CALM = Observed(
    courses=[ALONE, BESIDE, ALONE, BESIDE],
    hostile=Counter({"guest 429": 5}),
    processor_s=[],
    slow_commands=[],
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
        hostile=True,
        statuses={201: 97, 503: 1, 0: 1, 429: 1},
        accept_ms=[31.0] * 100,
        webhook_ms=[2001.0] * 96,
        missing=1,
    )
    found = missed(structs.replace(CALM, courses=[ALONE, BESIDE, ALONE, harmed]))
    assert ["5xx and lost responses of the ordinary customer", "other refusals of the ordinary customer"] == found[:2]
    assert ["accept p99 next to the tenant, ms", "accept p99, of alone", "webhook p99, ms"] == found[2:5]
    assert ["missing webhooks"] == found[5:]


def test_figures_show_harm_to_the_operator() -> None:
    """A store that grew too much, money for guests and faults of the ledger are each beyond a bound."""
    observed = structs.replace(CALM, grown_bytes=7_000_000, guests_micros=30_001, faults=1)
    names = ["growth of the store, MB", "the operator's money for guests, cents", "faults of the ledger"]
    assert names == missed(observed)


def test_figures_show_an_attack_that_was_too_slow() -> None:
    """A tenant that could not send its attacks proves nothing."""
    assert ["attacks that were not sent, %"] == missed(
        structs.replace(CALM, hostile=Counter({"list 200": 8, "unsent": 2}))
    )


def test_slices_alternate_and_share_the_seconds() -> None:
    """Each slice next to the hostile tenant follows one alone, and together they last as long as requested."""
    slices = make_slices(180)
    assert [False, True, False, True] == [each.hostile for each in slices]
    assert 180 == sum(each.end_s - each.begin_s for each in slices if each.hostile)
    assert all(before.end_s <= after.begin_s for before, after in pairwise(slices))
