"""The base dependencies are enough for everything but the local provider."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, packages_distributions, requires

import pytest

from shared.ops.settings import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
IMPORT_ALL = """
import importlib, pkgutil, sys

sys.modules.update(dict.fromkeys(sys.argv[1].split(",")))  # None: importing it fails
for package in sys.argv[2:]:
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        if not module.name.startswith(("workers.providers.local", "deploy.observe")):
            importlib.import_module(module.name)
print(len(sys.modules))
"""


def distribution(requirement: str) -> str:
    """Return the normalized name of a requirement's distribution."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found.group()).lower()


def closure(requirements: Iterable[str]) -> set[str]:
    """Return the distributions that pip installs for these requirements."""
    found: set[str] = set()
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        name = distribution(requirement)
        if "extra ==" in requirement or name in found:
            continue
        found.add(name)
        try:
            waiting += requires(name) or []
        except PackageNotFoundError:  # for another platform
            continue
    return found


def blocked(installed: set[str]) -> set[str]:
    """Return the importable top-level modules that come from other distributions than `installed`."""
    modules = packages_distributions().items()
    return {module for module, owners in modules if not installed & {distribution(owner) for owner in owners}}


def import_all(without: set[str], *packages: str) -> subprocess.CompletedProcess[str]:
    """Import every module but the local provider's in a new process where the modules `without` are missing."""
    command = [sys.executable, "-c", IMPORT_ALL, ",".join(without), *packages]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_base_dependencies_are_enough_without_the_local_provider() -> None:
    """The gateway, the workers and the command import nothing that only an extra installs, nor the offline artist."""
    without = blocked(closure(PROJECT["dependencies"]) | {"wokflow"}) | {"offline"}
    assert {"PIL", "numpy", "av", "espeakng_loader", "xllamacpp", "pytest", "yaml", "openai"} <= without
    done = import_all(without, "gateway", "workers", "shared", "operate", "deploy")
    assert 0 == done.returncode, done.stderr[-2000:]


@pytest.mark.parametrize(
    ("module", "package"),
    [("msgspec", "gateway"), ("redis", "workers"), ("cryptography", "workers"), ("click", "operate")],
)
def test_import_all_fails_when_a_base_dependency_is_missing(module: str, package: str) -> None:
    """The test above notices a missing distribution."""
    done = import_all({module}, package)
    assert 0 != done.returncode
    error = done.stderr.splitlines()[-1]
    assert error.startswith("ModuleNotFoundError: ")
    assert module in error


def test_run_installs_no_developer_tool() -> None:
    """`make run` installs the base and [local]; [dev] and [clients] come with the targets that need them."""
    makefile = (ROOT / "Makefile").read_text()
    rules = dict(re.findall(r"(?m)^(\$\((?:RUN|DEV)\)): .*\n((?:\t.*\n)+)", makefile))
    extras = {name: re.findall(r"--editable '\.\[(.*?)\]'", rule) for name, rule in rules.items()}
    assert {"$(RUN)": ["local"], "$(DEV)": ["dev,clients,local"]} == extras
    steps = dict(re.findall(r"(?m)^([a-z]+): (install|setup|\$\(RUN\)|\$\(DEV\))", makefile))
    assert {"run", "demo"} == {name for name, step in steps.items() if step == "install"}
    assert {"test", "lint", "types", "docs"} <= {name for name, step in steps.items() if step == "setup"}


@pytest.mark.parametrize("module", ["gateway.__main__", "operate.cli.main"])
def test_gateway_and_command_start_without_the_libraries_of_the_workers(module: str) -> None:
    """The gateway and the command import neither arq nor redis-py: a third of their start-up time."""
    script = f"import sys, {module}; sys.exit(str({{'arq', 'redis'}} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert "set()" == done.stderr.strip()
