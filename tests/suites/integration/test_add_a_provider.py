"""docs/add-a-provider.md as a contributor would follow it: its files are put where it says, and the suite is run."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.ops.settings import ROOT

PAGE = (ROOT / "docs" / "add-a-provider.md").read_text()
BLOCK = re.compile(r"^```(?:python|toml)\n# (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILES = dict(BLOCK.findall(PAGE))
ADAPTER, ENTRY = "workers/providers/acme.py", "deploy/catalogue/acme.toml"
LINES_MAX = 60
TESTS_MIN = 50  # of the suite's for one case
LIMIT_S = 60
SUITE = "tests/suites/conformance/test_conformance.py"
QUIETLY = ("-p", "no:cacheprovider")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy this tree and add the page's files to it."""
    folder = tmp_path_factory.mktemp("tree")
    for name in ("gateway", "workers", "shared", "operate", "tests", "deploy"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for others in (folder / "tests" / "suites" / "conformance" / "adapters").iterdir():
        others.unlink()  # the conformance suite tests them, and they take seconds to collect
    for name, text in FILES.items():
        (folder / name).write_text(text)
    main = folder / "deploy" / "catalogue.toml"
    main.write_text(main.read_text().replace("include = [", 'include = ["catalogue/acme.toml", ', 1))
    return folder


def run_module(tree: Path, *command: str) -> tuple[int, str]:
    """Run a Python module in the tree; return its exit status and output."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=tree,
        env={"PYTHONPATH": str(tree), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
        text=True,
        timeout=LIMIT_S,
    )
    return done.returncode, done.stdout + done.stderr


def test_page_has_a_file_for_each_part() -> None:
    """The page has an adapter of fewer than 60 lines, a double, cases and a catalogue entry."""
    parts = {ADAPTER, "tests/harness/doubles/acme.py", "tests/suites/conformance/adapters/acme.py", ENTRY}
    assert parts == set(FILES)
    assert LINES_MAX > len(FILES[ADAPTER].splitlines())


def test_example_passes_the_suite(tree: Path) -> None:
    """All tests of the conformance suite pass for the page's provider."""
    code, output = run_module(tree, "pytest", "-vv", *QUIETLY, "tests/suites/conformance", "-k", "acme")
    assert 0 == code, output
    for module in ("test_conformance", "test_probes", "test_shipped_catalogue"):
        assert f"{module}.py::" in output
    assert TESTS_MIN <= output.count(" PASSED"), output


def test_suite_fails_a_careless_example(tree: Path) -> None:
    """The page's adapter fails the suite if it accepts a response without a reference."""
    adapter = tree / ADAPTER
    careful = adapter.read_text()
    careless = careful.replace('read_ref(response, response.fields.get("id"))', 'str(response.fields.get("id"))')
    assert careful != careless
    adapter.write_text(careless)
    try:
        code, output = run_module(tree, "pytest", "-vv", *QUIETLY, SUITE, "-k", "acme and GARBAGE")
    finally:
        adapter.write_text(careful)
    assert 1 == code, output
    assert "test_submit_without_a_proper_response_is_unknown[GARBAGE-acme-image]" in output


def test_example_is_formatted_and_its_entry_is_read(tree: Path) -> None:
    """The page's files pass the linter and `wokflow catalogue check`."""
    sources = [name for name in FILES if name.endswith(".py")]
    for command in (("ruff", "check", *sources), ("ruff", "format", "--check", *sources)):
        assert 0 == run_module(tree, *command)[0], run_module(tree, *command)[1]
    code, output = run_module(tree, "operate.cli.main", "catalogue", "check")
    assert (0, True) == (code, "acme/images-1" in output), output
