"""The systemd units, checked by systemd itself."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.workers import FOLDER

UNITS = FOLDER / "systemd"
PYTHON = "/opt/wokflow/.venv/bin/python"
SERVICES = {
    "wokflow-store.service": "shared.store.embedded",
    "wokflow-gateway@.service": "gateway",
    "wokflow-worker@.service": "workers run %i",
    "wokflow-deliver.service": "workers deliver",
    "wokflow-sweep.service": "workers sweep",
    "wokflow-archive.service": "workers archive",
}
EXPOSURE_MAX = 20  # of 100, as systemd counts it; an unrestricted service has 96


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze and return its result."""
    tool = shutil.which("systemd-analyze")
    assert tool is not None, "this test needs systemd-analyze: apt-get install systemd"
    return subprocess.run([tool, *arguments], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Write the units with this Python in place of the installed one, and an instance of each template."""
    for path in UNITS.iterdir():
        text = path.read_text().replace(PYTHON, str(Path(sys.executable).resolve()))
        (tmp_path / path.name).write_text(text)
    for template, instance in (("wokflow-worker@", "openai"), ("wokflow-gateway@", "8080")):
        shutil.copy(tmp_path / f"{template}.service", tmp_path / f"{template}{instance}.service")
    return tmp_path


def test_systemd_accepts_every_unit(units: Path) -> None:
    """systemd accepts every unit, and rejects one with a misspelt line."""
    names = sorted(str(path) for path in units.iterdir() if "@." not in path.name)
    found = analyze("verify", "--man=no", *names)
    assert (0, "") == (found.returncode, found.stderr)
    wrong = units / "wokflow-sweep.service"
    wrong.write_text(wrong.read_text().replace("TimeoutStopSec=", "TimeoutStopSex="))
    assert "TimeoutStopSex" in analyze("verify", "--man=no", str(wrong)).stderr


@pytest.mark.parametrize(("name", "module"), SERVICES.items())
def test_units_run_a_role_with_few_rights(name: str, module: str) -> None:
    """Each unit runs a role, has time to drain, and has few rights."""
    lines = (UNITS / name).read_text().splitlines()
    assert f"ExecStart={PYTHON} -m {module}" in lines
    (stop,) = (line.partition("=")[2] for line in lines if line.startswith("TimeoutStopSec="))
    assert int(stop) >= 40
    secure = analyze("security", "--offline=true", f"--threshold={EXPOSURE_MAX}", str(UNITS / name))
    assert 0 == secure.returncode, secure.stdout


def test_target_starts_and_stops_every_unit() -> None:
    """Starting wokflow.target starts a whole deployment, and stopping it stops all of it."""
    target = (UNITS / "wokflow.target").read_text()
    for name in SERVICES:
        assert name.partition("@")[0].partition(".service")[0] in target
        assert "PartOf=wokflow.target\n" in (UNITS / name).read_text()
