"""The expiry of outputs: our retention, or the provider's for outputs that only the provider has."""

from types import SimpleNamespace
from typing import Any

from msgspec import UNSET

from gateway.dialects.wokgen.jobs import job_of
from gateway.dialects.wowflow.handlers import generation_entry
from shared.domain.generation import COMPLETED, Generation, Outcome, Output
from shared.domain.times import DAY_MS, rfc3339
from shared.ops.settings import Settings
from tests.harness.factories import SPEC, new_generation_id

CONTEXT: Any = SimpleNamespace(settings=Settings(), base_url="https://us.example")
CLOSED_MS, SOON_MS = 1_760_000_000_000, 1_760_000_600_000
OURS = Output("2026/11/25/x-0.png", "image/png", 5)
THEIRS = Output("https://theirs.example/x?sig=1", "video/mp4", expires_ms=SOON_MS)


def completed(*outputs: Output) -> Generation:
    """Return a completed generation with these outputs."""
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


def test_a_stored_output_expires_with_our_retention() -> None:
    """The entry of a stored output has only the time when we delete it."""
    entry = generation_entry(CONTEXT, completed(OURS))
    assert rfc3339(CLOSED_MS + 30 * DAY_MS) == entry.expires_at
    assert UNSET is entry.result_expires_at


def test_a_linked_output_expires_when_its_provider_deletes_it() -> None:
    """One output that only the provider has decides the expiry of the whole result, in both APIs."""
    mixed = completed(OURS, THEIRS)
    entry = generation_entry(CONTEXT, mixed)
    assert (rfc3339(SOON_MS), rfc3339(SOON_MS)) == (entry.expires_at, entry.result_expires_at)
    assert (f"https://us.example/assets/{OURS.place}", THEIRS.place) == entry.result_urls
    assert rfc3339(SOON_MS) == job_of(CONTEXT, mixed).result_expires_at
