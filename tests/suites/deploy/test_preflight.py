"""Checks before a start."""

import shutil
import socket
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from msgspec import structs

from deploy import preflight
from shared.ops import host
from shared.ops.host import NotReady
from shared.ops.settings import ROOT, Settings
from shared.store.embedded import hold
from tests.harness.processes import free_port, make_folder

EVERYTHING = ["exec python -m shared.store.embedded", "exec python -m gateway"]


@contextmanager
def listener(host: str) -> Iterator[int]:
    """Yield a port of `host` that a server listens on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as server:
        server.bind((host, 0))
        server.listen()
        yield server.getsockname()[1]


def settings() -> Settings:
    """Return settings with an empty DATA_DIR and a free port."""
    return Settings(data_dir=str(make_folder("data")), port=free_port())


def message(asked: Settings, *, metrics_ports: tuple[int, ...] = ()) -> str:
    """Return the refusal of a start; it is one line."""
    with pytest.raises(NotReady) as refusal:
        preflight.check(asked, EVERYTHING, metrics_ports)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_preflight_passes_and_leaves_everything_free() -> None:
    """A usable place passes twice in a row, and DATA_DIR is created."""
    fresh = settings()
    deep = structs.replace(fresh, data_dir=f"{fresh.data_dir}/a/b")
    for _ in range(2):
        preflight.check(deep, EVERYTHING, [free_port()])
    assert Path(deep.data_dir).is_dir()


def test_preflight_refuses_a_taken_port() -> None:
    """The message names the port and the variable, for the gateway's port and for the workers' metrics ports."""
    with listener("127.0.0.1") as taken:
        expected = f"Port {taken} of 127.0.0.1 is taken: stop the program that uses it, or set {{}} to a free port."
        assert expected.format("PORT") == message(structs.replace(settings(), port=taken))
        assert expected.format("METRICS_PORT") == message(settings(), metrics_ports=(free_port(), taken))


def test_preflight_refuses_a_taken_port_of_ipv6() -> None:
    """An IPv6 address is checked as well."""
    with listener("::1") as taken:
        found = message(structs.replace(settings(), host="::1", port=taken))
        assert f"Port {taken} of ::1 is taken" in found


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_preflight_refuses_an_address_of_another_machine(host: str) -> None:
    """A HOST that this machine does not have is named, with what to do."""
    found = message(structs.replace(settings(), host=host))
    assert f" of {host} (" in found
    assert found.endswith("): set HOST to an address of this machine.")


def test_preflight_refuses_a_folder_that_cannot_be_written() -> None:
    """A file in place of DATA_DIR is not writable."""
    file = make_folder("data") / "file"
    file.touch()
    expected = f"DATA_DIR {file} is not writable (File exists): make it a writable folder, or set DATA_DIR to another"
    assert f"{expected} one." == message(structs.replace(settings(), data_dir=str(file)))


def test_preflight_refuses_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than 100 MB of free space ends the start."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=host.FREE_BYTES_MIN - 1))
    found = settings()
    expected = f"The disk of DATA_DIR {found.data_dir} is full (99 MB free): free 100 MB, or set DATA_DIR to another"
    assert f"{expected} disk." == message(found)


def test_preflight_refuses_a_folder_in_use() -> None:
    """A second instance on the same DATA_DIR is refused, unless REDIS_URL is set."""
    found = settings()
    with hold(found):
        expected = f"Another Wokflow runs in DATA_DIR {found.data_dir}: stop it, or set DATA_DIR to another folder."
        assert expected == message(found)
        preflight.check(structs.replace(found, redis_url="redis://127.0.0.1"), EVERYTHING)


def test_preflight_refuses_a_database_that_cannot_be_written() -> None:
    """A file of SQLite in a place that is not a folder is named, and one that can be made is not made yet."""
    file = make_folder("data") / "file"
    file.touch()
    archiver = ["exec python -m workers archive"]
    with pytest.raises(NotReady, match="DATABASE_URL"):
        preflight.check(structs.replace(settings(), database_url=f"sqlite:///{file}/records.db"), archiver)
    new = file.parent / "new" / "records.db"
    preflight.check(structs.replace(settings(), database_url=f"sqlite:///{new}"), archiver)
    assert not new.exists()


def test_preflight_refuses_a_local_worker_without_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing packages of the extra [local] are named; without a local worker nobody needs them."""
    monkeypatch.setattr(preflight, "find_spec", lambda name: None if name in ("av", "numpy") else name)
    with pytest.raises(NotReady, match=r"packages are not installed \(av, numpy\): pip install 'wokflow\[local\]'"):
        preflight.check(settings(), ["exec python -m workers run local"])
    preflight.check(settings(), ["exec python -m workers run openai"])


def test_preflight_knows_every_package_of_the_local_provider() -> None:
    """The checked modules are those of the extra [local]."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [
        requirement.partition(">")[0].replace("-", "_") for requirement in project["optional-dependencies"]["local"]
    ]
    assert list(preflight.LOCAL_MODULES) == [{"pillow": "PIL"}.get(name, name) for name in names]


def test_preflight_checks_only_what_the_commands_need() -> None:
    """A Procfile without a gateway and a store needs neither a port nor a folder."""
    with listener("127.0.0.1") as taken:
        preflight.check(Settings(data_dir="/proc/none", port=taken), ["sleep 60"])
