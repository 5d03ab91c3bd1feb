"""Until when a result is there: while we keep it, or, where only its provider has it, while that one does."""

from types import SimpleNamespace
from typing import Any

from gateway.dialects import wokgen_answers, wowflow
from shared.domain.generation import COMPLETED, Generation, Outcome, Output
from shared.domain.times import rfc3339
from shared.ops.settings import Settings
from tests.harness.factories import SPEC, new_generation_id

DESK: Any = SimpleNamespace(settings=Settings(public_url="https://us.example"))
CLOSED_MS, DAY_MS, SOON_MS = 1_760_000_000_000, 86_400_000, 1_760_000_600_000
OURS = Output("2026/11/25/x-0.png", "image/png", 5)
THEIRS = Output("https://theirs.example/x?sig=1", "video/mp4", expires_ms=SOON_MS)


def completed(*outputs: Output) -> Generation:
    """A generation with these outputs."""
    return Generation(
        id=new_generation_id(),
        account="acct",
        provider="fal",
        state=COMPLETED,
        reserved=0,
        cost=0,
        created_ms=1,
        closed_ms=CLOSED_MS,
        deadline_ms=2,
        spec=SPEC,
        outcome=Outcome("fal", outputs),
    )


def test_what_we_keep_is_there_for_our_retention() -> None:
    """A copied result tells when we delete it, and no other end."""
    shown = wowflow.entry(DESK, completed(OURS))
    assert rfc3339(CLOSED_MS + 30 * DAY_MS) == shown.expires_at
    assert wowflow.UNSET is shown.result_expires_at


def test_what_only_the_provider_has_is_there_as_long_as_it_says() -> None:
    """One result that is not ours makes the whole answer tell of its provider's end, in both APIs."""
    mixed = completed(OURS, THEIRS)
    shown = wowflow.entry(DESK, mixed)
    assert (rfc3339(SOON_MS), rfc3339(SOON_MS)) == (shown.expires_at, shown.result_expires_at)
    assert (f"https://us.example/assets/{OURS.place}", THEIRS.place) == shown.result_urls
    assert rfc3339(SOON_MS) == wokgen_answers.answer(DESK, mixed).result_expires_at
