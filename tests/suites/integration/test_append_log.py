"""A power cut under the embedded store: damage is named before the start, and repaired by a command."""

import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from deploy import preflight
from operate.cli.main import main
from shared.ops.host import NotReady
from shared.ops.settings import Settings
from shared.store.append_log import FOLDER, MANIFEST, LogDamaged, check_log, repair_log
from tests.harness.processes import Process, make_folder, socket_answers

pytestmark = pytest.mark.asyncio(loop_scope="module")
LAST = "appendonly.aof.1.incr.aof"
KEYS = 50


async def serve(settings: Settings) -> Process:
    """Start the embedded store and wait until it answers."""
    store = Process("store", sys.executable, "-m", "shared.store.embedded", env={"DATA_DIR": settings.data_dir}).start()
    await store.wait_until(lambda: socket_answers(settings.store_socket), "answer")
    return store


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def written() -> AsyncIterator[Path]:
    """Yield the folder of a store that was killed after some writes."""
    settings = Settings(data_dir=str(make_folder("written")))
    store = await serve(settings)
    async with Redis.from_url(settings.store_url) as redis:
        for number in range(KEYS):
            await redis.set(str(number), "x" * 100)
    store.kill()
    yield Path(settings.data_dir)


@pytest.fixture
def settings(written: Path) -> Settings:
    """Return the settings of a copy of that store."""
    folder = make_folder("data")
    shutil.copytree(written / "store", folder / "store")
    return Settings(data_dir=str(folder))


def log_of(settings: Settings) -> Path:
    """Return the folder of the append-only file."""
    return Path(settings.data_dir) / "store" / FOLDER


def break_log(settings: Settings, kind: str) -> None:
    """Do to the file what a power cut may do."""
    folder = log_of(settings)
    if kind == "zeros":
        with (folder / LAST).open("ab") as file:
            file.write(bytes(4096))
    elif kind == "empty manifest":
        (folder / MANIFEST).write_bytes(bytes(88))
    else:
        (folder / MANIFEST).unlink()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("zeros", "ends in zeros, as after a power cut: the store would not start."),
        ("empty manifest", "the store would start empty."),
        ("no manifest", "the store would start empty."),
    ],
)
async def test_damage_is_named_and_repaired(
    settings: Settings, kind: str, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store refuses to start and names the command, which saves the files and restores every write."""
    break_log(settings, kind)
    with pytest.raises(NotReady, match="wokflow store repair"):
        preflight.check(settings, ["-m shared.store.embedded"])
    refused = Process("store", sys.executable, "-m", "shared.store.embedded", env={"DATA_DIR": settings.data_dir})
    assert 1 == await refused.start().wait_for_exit()
    assert words in refused.output
    assert "`wokflow store repair`" in refused.output
    monkeypatch.setenv("DATA_DIR", settings.data_dir)
    before = sorted(path.read_bytes() for path in log_of(settings).iterdir())
    assert 0 == main(["store", "repair"])
    assert "wokflow store repair --yes" in capsys.readouterr().out
    assert before == sorted(path.read_bytes() for path in log_of(settings).iterdir())
    assert 0 == main(["store", "repair", "--yes"])
    assert "The files as they were: " in capsys.readouterr().out
    [saved] = (Path(settings.data_dir) / "store").glob(f"{FOLDER}.*")
    assert before == sorted(path.read_bytes() for path in saved.iterdir())
    store = await serve(settings)
    async with Redis.from_url(settings.store_url) as redis:
        assert KEYS == await redis.dbsize()
    assert 1 == main(["store", "repair"])
    assert "is in use by a running store" in capsys.readouterr().err
    store.kill()


async def test_damage_that_files_cannot_explain_is_left_to_a_backup(settings: Settings) -> None:
    """Two bases without a manifest, or a file that is gone, need a backup."""
    folder = log_of(settings)
    break_log(settings, "no manifest")
    shutil.copy(folder / "appendonly.aof.1.base.rdb", folder / "appendonly.aof.2.base.rdb")
    with pytest.raises(LogDamaged, match="Restore a backup"):
        repair_log(folder.parent, write=True)
    (folder / MANIFEST).write_text("file appendonly.aof.9.base.rdb seq 9 type b\n")
    with pytest.raises(LogDamaged, match=r"lacks appendonly\.aof\.9\.base"):
        check_log(folder.parent)


async def test_sound_files_pass(settings: Settings, tmp_path: Path) -> None:
    """A new folder, a sound file and one whose last command is incomplete start as before."""
    check_log(tmp_path)
    check_log(log_of(settings).parent)
    assert 0 == repair_log(log_of(settings).parent, write=True).dropped_bytes
    with (log_of(settings) / LAST).open("ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$1\r\n")
    check_log(log_of(settings).parent)
    store = await serve(settings)
    store.kill()
