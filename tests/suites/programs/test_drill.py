"""The restore drill, in short."""

import asyncio
from pathlib import Path

import pytest

from shared.store import keys
from shared.store.backup import BackupError, back_up
from shared.store.connect import Store
from tests.programs.drill.drill import Found, Size, drill, violations

SMALL = Size(clients=3, before_s=1.5, after_s=1.0)


async def test_a_destroyed_store_is_restored_and_what_is_lost_is_named() -> None:
    """The books balance, nothing from before the backup is lost, what came after it is named, nobody is paid twice."""
    found = await drill(SMALL, lambda _: None)
    assert [] == violations(found)
    assert found.told["lost"], "the load went on after the backup"
    assert len(found.acknowledged) == found.told["read"]
    assert found.check["generations"] >= len(found.states) > 0


def test_the_drill_sees_what_is_wrong() -> None:
    """What is lost without a word, named in error, or wrong in the books is a violation."""
    found = Found(
        acknowledged={"early": 1, "late": 9, "there": 1},
        backup={"at_ms": 5},
        told={"lost": [{"id": "there"}], "refunded": ["there"], "going_on": 0},
        check={"findings": ["a cent is missing"]},
        states={"there": "completed"},
        codes={"there": "internal_error"},
        submits_max=2,
    )
    assert 8 == len(violations(found)), violations(found)


async def test_a_backup_is_whole_and_leaves_the_store_as_it_was(store_url: str, tmp_path: Path) -> None:
    """While others write, the copy holds all that was answered before; rewriting is allowed again afterwards."""
    async with Store(store_url) as store:
        written = asyncio.create_task(writes(store))
        await asyncio.sleep(0.05)
        made = await back_up(store, tmp_path / "copy")
        written.cancel()
        assert 3 == made.files == len(list((tmp_path / "copy").iterdir()))
        assert [b"auto-aof-rewrite-percentage", b"100"] == await store.call(
            "CONFIG", "GET", "auto-aof-rewrite-percentage"
        )
        with pytest.raises(BackupError, match="is there already"):
            await back_up(store, tmp_path / "copy")
        assert [b"auto-aof-rewrite-percentage", b"100"] == await store.call(
            "CONFIG", "GET", "auto-aof-rewrite-percentage"
        )


async def writes(store: Store) -> None:
    """Write without end."""
    while True:
        await store.call("INCR", keys.SCHEMA)
