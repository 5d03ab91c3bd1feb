"""`wokflow doctor` finds what would go wrong, and says what to do."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from operate import doctor
from operate.cli.main import main
from operate.doctor_database import check_database
from shared.ops.settings import Settings
from shared.records.migrate import migrate
from shared.records.opening import open_records
from shared.store import archive, keys
from shared.store.connect import Store
from tests.harness.factories import write_catalogue
from tests.harness.postgres import Postgres, empty_database
from tests.harness.processes import Process, free_port, make_folder, socket_answers, store_command

Examine = Callable[..., dict[str, Any]]


def start_server(*options: str) -> Process:
    """Start a server with these options on a socket in an empty DATA_DIR, and wait until it answers."""
    settings = Settings(data_dir=str(make_folder("data")))
    server = Process("server", *store_command(settings), *options, env={"DATA_DIR": settings.data_dir}).start()
    end = time.monotonic() + 30
    while not socket_answers(settings.store_socket):
        assert server.running, server.output
        assert time.monotonic() < end
        time.sleep(0.02)
    return server


@pytest.fixture(scope="module")
def server() -> Iterator[Process]:
    """Yield a server with the settings of the embedded one."""
    server = start_server()
    yield server
    server.kill()


@pytest.fixture
def examine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Examine:
    """Return a function that runs the command with an environment, and returns its checks by part."""

    def run(status: int, **env: str) -> dict[str, Any]:
        for name, value in {"CATALOGUE": str(write_catalogue(tmp_path)), "PORT": str(free_port()), **env}.items():
            monkeypatch.setenv(name, value)
        assert status == main(["doctor", "--json"])
        found = json.loads(capsys.readouterr().out)
        assert (status == 0) == found["ok"]
        return {check["part"]: check for check in found["checks"]}

    return run


def test_doctor_passes_a_sound_deployment(server: Process, examine: Examine) -> None:
    """Warnings about processes that do not run yet are not faults, and each check has a result."""
    checks = examine(0, DATA_DIR=server.env["DATA_DIR"])
    fine = {"settings", "PUBLIC_URL", "disk", "storage", "catalogue", "store", "layout", "version", "store settings"}
    assert fine | {"store disk", "store memory", "clock", "port", "open files"} <= {
        part for part, check in checks.items() if check["result"] == "ok"
    }
    assert {"gateway", "dispatcher", "sweeper", "archiver", "workers", "database"} == {
        part for part, check in checks.items() if check["result"] == "warning" and check["fix"].startswith("Start")
    }


def test_doctor_names_every_invalid_setting(examine: Examine, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing else is checked before the settings are valid; people get a table."""
    checks = examine(1, LEASE_S="0", PUBLIC_URL="foo")
    assert {"settings"} == set(checks)
    assert 1 == main(["doctor"])
    printed = capsys.readouterr().out
    assert "LEASE_S=0" in printed
    assert "2 of 2 checks failed." in printed


def test_doctor_explains_a_store_that_does_not_answer(examine: Examine) -> None:
    """The reason and the variable are named, and nothing is said about processes that the store would know."""
    checks = examine(1, DATA_DIR=str(make_folder("data")))
    assert "No such file or directory" in checks["store"]["found"]
    assert "shared.store.embedded" in checks["store"]["fix"]
    assert "gateway" not in checks
    checks = examine(1, REDIS_URL=f"redis://ada:sesame@127.0.0.1:{free_port()}")
    assert "Connection refused" in checks["store"]["found"]
    assert "sesame" not in json.dumps(checks)


def test_doctor_finds_a_store_that_would_lose_data(examine: Examine) -> None:
    """A server that evicts, or that writes no file for DURABILITY=fsync, is wrong."""
    evicting = start_server("--maxmemory-policy", "allkeys-lru", "--maxmemory", "100mb")
    forgetful = start_server("--appendonly", "no")
    assert "noeviction" in examine(1, DATA_DIR=evicting.env["DATA_DIR"])["store settings"]["found"]
    assert "appendonly yes" in examine(1, DATA_DIR=forgetful.env["DATA_DIR"])["store settings"]["found"]
    evicting.kill()
    forgetful.kill()


def test_doctor_finds_storage_and_catalogue_that_cannot_be_used(server: Process, examine: Examine) -> None:
    """A folder below a file and a missing catalogue are wrong."""
    file = make_folder("file") / "file"
    file.touch()
    missing = {"CATALOGUE": "/none.toml", "ASSET_URL": str(file / "assets")}
    checks = examine(1, DATA_DIR=server.env["DATA_DIR"], **missing)
    assert "wrong" == checks["storage"]["result"]
    assert "No such file or directory" in checks["catalogue"]["fix"]


@pytest.mark.parametrize(
    ("variable", "env"),
    [
        ("PUBLIC_URL", {"HOST": "0.0.0.0"}),
        ("PUBLIC_URL", {"PUBLIC_URL": "http://api.example.com"}),
        ("CALLBACK_URL", {"CALLBACK_URL": "http://api.example.com"}),
        ("TRUSTED_PROXIES", {"TRUSTED_PROXIES": "10.0.0.0/8"}),
    ],
)
def test_doctor_warns_about_addresses(variable: str, env: dict[str, str]) -> None:
    """An address that clients cannot follow, a link without TLS, and proxies that are anybody are doubtful."""
    settings = Settings(**{name.lower(): value for name, value in env.items()})  # type: ignore[arg-type]
    assert [(variable, "warning")] == [
        (check.part, check.result) for check in doctor.check_addresses(settings) if check.result != "ok"
    ]


def test_doctor_finds_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than 100 MB is wrong, and less than 2 GB a warning."""
    data = Settings(data_dir=str(make_folder("data")))
    for free, result in ((1_000_000, "wrong"), (1_000_000_000, "warning"), (10_000_000_000, "ok")):
        monkeypatch.setattr("shutil.disk_usage", lambda _, free=free: SimpleNamespace(free=free))
        assert [result] == [check.result for check in doctor.check_disk(data)]


def test_doctor_names_a_key_of_secrets_that_cannot_be_used(server: Process, examine: Examine) -> None:
    """A SECRETS_KEY that no process could use is found before the first of them starts."""
    checks = examine(1, DATA_DIR=server.env["DATA_DIR"], SECRETS_KEY="short")
    assert "SECRETS_KEY must be" in checks["catalogue"]["fix"]


async def test_doctor_checks_the_database(store_url: str, database_url: str) -> None:
    """One that is sound, one of another store, one of a later version, and one that is not there are distinguished."""
    settings = Settings(redis_url=store_url, database_url=database_url)
    async with Store(store_url) as store, open_records(database_url) as records:
        identity = await migrate(records)

        async def check() -> dict[str, str]:
            return {one.part: one.result for one in await check_database(settings, store)}

        assert {"database": "ok", "schema": "ok", "records": "warning"} == await check()
        await archive.start_records(store, identity, "")
        assert {"database": "ok", "schema": "ok", "records": "ok"} == await check()
        await store.call("HSET", keys.RECORDS_STATE, "database", "another")
        assert "wrong" == (await check())["records"]
        async with records.write() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        assert "warning" == (await check())["schema"]
    assert ["ok"] == [one.result for one in await check_database(Settings(database_url="off"), None)]
    for url in (f"sqlite:///{make_folder('none')}/records.db", "postgresql://nobody@/postgres?host=/nowhere"):
        [found] = await check_database(Settings(database_url=url), None)
        assert "ok" != found.result


async def test_doctor_finds_a_user_that_may_not_write(postgres: Postgres) -> None:
    """A user of PostgreSQL without rights on our tables is wrong."""
    await empty_database(postgres.url)
    async with open_records(postgres.url) as records:
        await migrate(records)
        async with records.write() as connection:
            await connection.execute(text("DROP ROLE IF EXISTS reader"))
            await connection.execute(text("CREATE ROLE reader LOGIN"))
    url = postgres.url.replace("wokflow@", "reader@")
    assert ["ok", "wrong"] == [one.result for one in await check_database(Settings(database_url=url), None)]
