"""The forks that run the tests: every test is reported once, a file stays in one process, and a crash ends one test."""

import os
import re
import subprocess
import sys
from pathlib import Path

from shared.ops.settings import ROOT

CONFTEST = 'pytest_plugins = ["tests.harness.parallel"]\n'
CRASHING = """
import os

def test_before():
    pass

def test_crash():
    os._exit(3)

def test_after():
    pass

def test_quiet_end():
    os._exit(0)

def test_failure():
    print("said before")
    assert 1 == 2
"""
SHARING = """
import os
import pytest

@pytest.fixture(scope="module")
def process():
    with open("setups", "a") as file:
        file.write("x")
    yield os.getpid()
    with open("teardowns", "a") as file:
        file.write("x")

@pytest.mark.parametrize("number", range(5))
def test_process(process, number):
    assert process == os.getpid()
"""


def run_forks(folder: Path, **modules: str) -> tuple[int, str]:
    """Run the tests of these modules in two forks; return pytest's exit status and output."""
    (folder / "conftest.py").write_text(CONFTEST)
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "--forks", "2", "-p", "no:cacheprovider", "-rA", "."]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def test_forks_report_every_test_when_one_ends_its_process(tmp_path: Path) -> None:
    """The tests after a crash run in another process, and the failures have their reasons and output."""
    code, output = run_forks(tmp_path, test_crashing=CRASHING, test_sharing=SHARING)
    assert 1 == code, output
    outcomes = re.findall(r"(?m)^(PASSED|FAILED) test_crashing\.py::test_(\w+)", output)
    assert {"before": "PASSED", "crash": "FAILED", "after": "PASSED", "quiet_end": "FAILED", "failure": "FAILED"} == {
        name: outcome for outcome, name in outcomes
    }
    for words in (
        "The process of the test ended with 3.",
        "The process of the test ended with 0.",
        "assert 1 == 2",
        "said before",
    ):
        assert words in output
    assert "3 failed, 7 passed" in output


def test_forks_set_up_a_module_once(tmp_path: Path) -> None:
    """All tests of a file run in one process, and their fixtures are torn down there."""
    code, output = run_forks(tmp_path, test_sharing=SHARING, test_others=SHARING.replace("setups", "others"))
    assert 0 == code, output
    assert ("x", "x", "xx") == tuple((tmp_path / name).read_text() for name in ("setups", "others", "teardowns"))
