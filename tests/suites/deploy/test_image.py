"""The container image: its stages, its rights and its contents."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from deploy import hashes
from shared.ops.settings import ROOT
from tests.harness.processes import Process, Stack, free_port

DOCKERFILE = (ROOT / "Dockerfile").read_text()
STAGES = re.split(r"(?m)^FROM ", DOCKERFILE)[1:]
LAST = STAGES[-1]
BUILD_TOOLS = re.compile(r"gcc|g\+\+|build-essential|\bmake\b|pip install|git\b")


def sources() -> list[str]:
    """Return the paths that the build copies from the repository."""
    copies = re.findall(r"(?m)^COPY (?!--from)(.+)$", DOCKERFILE)
    return [word for copy in copies for word in copy.split()[:-1]]


def test_dockerfile_passes_its_linter() -> None:
    """hadolint finds no fault in the Dockerfile."""
    linter = Path(sys.executable).parent / "hadolint"
    found = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, timeout=60, check=False)
    assert (0, "") == (found.returncode, found.stdout + found.stderr)


def test_last_stage_has_no_build_tools() -> None:
    """The last stage is slim, without build tools, with an unprivileged user, a health check and a stop signal."""
    assert STAGES[0].startswith("python:3.11-bookworm AS build")
    assert LAST.startswith("python:3.11-slim-bookworm\n")
    assert [] == BUILD_TOOLS.findall(re.sub(r"(?m)^#.*$", "", LAST))
    assert "USER 10001:10001\n" in LAST
    assert "STOPSIGNAL SIGTERM\n" in LAST
    assert 'HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 CMD ["python", ' in LAST


def test_installed_packages_have_known_hashes() -> None:
    """Each file in the image has the hash that deploy/requirements.txt names, and its version is that of the tests."""
    installs = re.findall(r"pip --python \S+ install (.*?)(?: \\)?\n", DOCKERFILE)
    assert [
        "--no-deps --require-hashes --requirement deploy/requirements.txt",
        "--no-deps --no-build-isolation --editable .",
    ] == installs
    text = hashes.FILE.read_text()
    pins = hashes.read_pins(text)
    assert [] == hashes.stale_pins(), "run python -m deploy.hashes"
    assert len(pins) <= len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", text))
    assert "://" not in text
    for name in map(hashes.name_of, (*hashes.wanted(), *hashes.weights())):
        assert name in pins, f"{name}: run python -m deploy.hashes"


@pytest.mark.parametrize("source", sources())
def test_copied_source_exists_and_is_not_ignored(source: str) -> None:
    """Each source of a COPY exists, and .dockerignore lets it through."""
    assert (ROOT / source).exists()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" == ignored[1]
    assert any(source == line[1:] or source.startswith(f"{line[1:]}/") for line in ignored if line.startswith("!"))


def test_every_package_is_copied() -> None:
    """The image holds every package that pyproject.toml installs, so that `wokflow` runs in it too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {pattern.rstrip("*") for pattern in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages <= set(sources())


async def test_image_has_every_file_that_processes_read(tmp_path: Path) -> None:
    """A gateway and a worker start from the copied files alone, and the health check sees both."""
    for source in sources():
        target = tmp_path / source
        target.parent.mkdir(parents=True, exist_ok=True)
        found = ROOT / source
        shutil.copytree(found, target) if found.is_dir() else shutil.copy(found, target)
    async with Stack(gateways=0, workers=(), deliver=0, sweep=0) as stack:
        env = {**stack.env, "PYTHONPATH": str(tmp_path)}
        gateway = Process("gateway", sys.executable, "-m", "gateway", env=env, cwd=tmp_path)
        assert 1 == await check_health(env, tmp_path)
        gateway.start()
        await gateway.wait_for_status(f"{stack.url}/readyz")
        assert 0 == await check_health(env, tmp_path)
        assert 0 == await gateway.stop()
        alone = {**env, "METRICS_PORT": str(free_port())}
        worker = Process("worker", sys.executable, "-m", "workers", "run", "local", env=alone, cwd=tmp_path).start()
        await worker.wait_for_status(f"http://127.0.0.1:{alone['METRICS_PORT']}/healthz")
        assert 0 == await check_health(alone, tmp_path)
        worker.kill()


async def check_health(env: dict[str, str], folder: Path) -> int:
    """Run the image's health check and return its exit status."""
    return await Process("healthy", sys.executable, "-m", "deploy.healthy", env=env, cwd=folder).start().wait_for_exit()
