"""docs/guarantees.md names the test that shows each promise: what it names is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from shared.ops.metrics import MEASURES

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "guarantees.md"
EVIDENCE, HEAD = "## What users of comparable systems lost", "| what happened there | our test |\n|---|---|\n"


@cache
def known_tests(path: Path) -> frozenset[str]:
    """Names of the test functions of a module; of none if there is no such file."""
    tree = ast.parse(path.read_text()) if path.is_file() else ast.Module([], [])
    found = (node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(name for name in found if name.startswith("test_"))


def missing(cell: str) -> list[str]:
    """What a cell names that does not exist; itself if it names nothing that could."""
    named, faults, path = 0, [], Path()
    for word in re.findall(r"`([^`]+)`", cell):
        if found := re.fullmatch(r"([\w/]+\.py)(?:::(\w+))?", word):
            path = ROOT / "tests" / "suites" / found[1]
            there = found[2] in known_tests(path) if found[2] else path.is_file()
        elif found := re.fullmatch(r"::(\w+)", word):
            there = found[1] in known_tests(path)
        elif found := re.fullmatch(r"(sdk/test/[\w.-]+)", word):
            there = (ROOT / found[1]).is_file()
        elif found := re.fullmatch(r"make (\w+)", word):
            there = re.search(rf"(?m)^{found[1]}:", (ROOT / "Makefile").read_text()) is not None
        else:
            continue
        named += 1
        faults += [] if there else [word]
    return faults if named else [cell]


def unproved(page: str) -> list[str]:
    """What the tables of evidence name and is not there, and rows that name nothing."""
    rows = [line for line in page[page.index(EVIDENCE) :].replace(HEAD, "").splitlines() if line.startswith("|")]
    return [fault for row in rows for fault in missing(row.strip("|").split("|")[-1])]


def unknown_counters(page: str) -> list[str]:
    """Counters that no process exports."""
    known = {measure.name for measure in MEASURES}
    return [name for name in re.findall(r"`(\w+_total)`", page) if name not in known]


def test_each_row_names_tests_that_exist() -> None:
    """Every row of evidence names a test, a command of make or both, and all of them exist."""
    assert [] == unproved(PAGE.read_text())


def test_each_counter_on_the_page_exists() -> None:
    """A counter that the page sends operators to is exported under that name."""
    assert [] == unknown_counters(PAGE.read_text())


@pytest.mark.parametrize(
    ("cell", "faults"),
    [
        ("`unit/test_guarantees.py::test_each_row_names_tests_that_exist`, `::test_what_is_missing_is_found`", []),
        ("`unit/test_guarantees.py`, `make chaos`, `sdk/test/webhook.test.ts`", []),
        ("`unit/test_nowhere.py`", ["unit/test_nowhere.py"]),
        ("`unit/test_guarantees.py::test_gone`, `::missing`", ["unit/test_guarantees.py::test_gone", "::missing"]),
        ("`make nothing`, `sdk/test/nothing.ts`", ["make nothing", "sdk/test/nothing.ts"]),
        ("we are careful, see `wokflow ledger check`", ["we are careful, see `wokflow ledger check`"]),
    ],
)
def test_what_is_missing_is_found(cell: str, faults: list[str]) -> None:
    """A name of nothing is found, and so is a row that names nothing."""
    assert faults == unproved(f"{EVIDENCE}\n{HEAD}| it |{cell}|\n")


def test_a_counter_of_no_process_is_found() -> None:
    """A counter under an old name is found."""
    assert ["generation_late_total"] == unknown_counters("see `generation_late_total`")
