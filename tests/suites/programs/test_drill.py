"""The restore drill, with a short load."""

import asyncio
from pathlib import Path

import pytest

from shared.store import keys
from shared.store.backup import BackupError, back_up
from shared.store.connect import Store
from tests.programs.drill.drill import DrillResult, PairResult, Size, run_drill, violations

SMALL = Size(clients=3, before_s=1.5, after_s=1.0)


async def test_drill_restores_a_destroyed_store_and_reports_lost_generations() -> None:
    """After a restore the ledgers balance, every loss is recent and reported, and nobody is paid twice."""
    result = await run_drill(SMALL, lambda _: None)
    assert [] == violations(result)
    assert result.restored["lost"], "the load must continue after the backup"
    unanswered = result.restored["read"] - len(result.acknowledged)
    assert 0 <= unanswered <= SMALL.clients, "each client has one order under way when the gateway dies"
    assert result.check["generations"] >= len(result.states) > 0
    assert 2 == len(result.pairs)


def test_violations_lists_every_broken_claim() -> None:
    """An unreported loss, a wrong report and a ledger finding are violations."""
    result = DrillResult(
        acknowledged={"early": 1, "late": 9, "there": 1},
        backup={"at_ms": 5},
        restored={"lost": [{"id": "there"}], "refunded": ["there"], "going_on": 0},
        states={"there": "completed"},
        codes={"there": "internal_error"},
        submits_max=2,
        pairs=[PairResult(moment="before", differences=["a line is missing", "ledger check: a cent"])],
    )
    assert 9 == len(violations(result)), violations(result)


async def test_backup_is_complete_and_leaves_the_store_unchanged(store_url: str, tmp_path: Path) -> None:
    """During writes, a backup holds every acknowledged write, and AOF rewriting is allowed again afterwards."""
    async with Store(store_url) as store:
        writing = asyncio.create_task(write_forever(store))
        await asyncio.sleep(0.05)
        backup = await back_up(store, tmp_path / "copy")
        writing.cancel()
        assert 3 == backup.files == len(list((tmp_path / "copy").iterdir()))
        assert [b"auto-aof-rewrite-percentage", b"100"] == await store.call(
            "CONFIG", "GET", "auto-aof-rewrite-percentage"
        )
        with pytest.raises(BackupError, match="exists already"):
            await back_up(store, tmp_path / "copy")
        assert [b"auto-aof-rewrite-percentage", b"100"] == await store.call(
            "CONFIG", "GET", "auto-aof-rewrite-percentage"
        )


async def write_forever(store: Store) -> None:
    """Write until cancelled."""
    while True:
        await store.call("INCR", keys.SCHEMA)
