"""docs/guarantees.md names a test for each reported failure, and every name on the page exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from shared.ops.metrics import MEASURES

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "guarantees.md"
EVIDENCE, HEAD = "## Failures reported by users of comparable systems", "| reported failure | our test |\n|---|---|\n"


@cache
def known_tests(path: Path) -> frozenset[str]:
    """Return the names of a module's test functions; none if the file does not exist."""
    tree = ast.parse(path.read_text()) if path.is_file() else ast.Module([], [])
    found = (node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(name for name in found if name.startswith("test_"))


def list_missing(cell: str) -> list[str]:
    """Return the references of a cell that do not exist; the cell itself if it has no reference."""
    references, faults, path = 0, [], Path()
    for text in re.findall(r"`([^`]+)`", cell):
        if found := re.fullmatch(r"([\w/]+\.py)(?:::(\w+))?", text):
            path = ROOT / "tests" / "suites" / found[1]
            exists = found[2] in known_tests(path) if found[2] else path.is_file()
        elif found := re.fullmatch(r"::(\w+)", text):
            exists = found[1] in known_tests(path)
        elif found := re.fullmatch(r"(sdk/test/[\w.-]+)", text):
            exists = (ROOT / found[1]).is_file()
        elif found := re.fullmatch(r"make (\w+)", text):
            exists = re.search(rf"(?m)^{found[1]}:", (ROOT / "Makefile").read_text()) is not None
        else:
            continue
        references += 1
        faults += [] if exists else [text]
    return faults if references else [cell]


def list_unproved(page: str) -> list[str]:
    """Return the missing references of all tables, and the rows without a reference."""
    rows = [line for line in page[page.index(EVIDENCE) :].replace(HEAD, "").splitlines() if line.startswith("|")]
    return [fault for row in rows for fault in list_missing(row.strip("|").split("|")[-1])]


def list_unknown_counters(page: str) -> list[str]:
    """Return the counters on the page that no process exports."""
    known = {measure.name for measure in MEASURES}
    return [name for name in re.findall(r"`(\w+_total)`", page) if name not in known]


def test_row_names_existing_tests() -> None:
    """Every row names a test, a make target or both, and all of them exist."""
    assert [] == list_unproved(PAGE.read_text())


def test_counter_on_page_is_exported() -> None:
    """Every counter on the page is exported under that name."""
    assert [] == list_unknown_counters(PAGE.read_text())


@pytest.mark.parametrize(
    ("cell", "faults"),
    [
        ("`unit/test_guarantees.py::test_row_names_existing_tests`, `::test_missing_reference_is_found`", []),
        ("`unit/test_guarantees.py`, `make chaos`, `sdk/test/webhook.test.ts`", []),
        ("`unit/test_nowhere.py`", ["unit/test_nowhere.py"]),
        (
            "`unit/test_guarantees.py::test_gone`, `::list_missing`",
            ["unit/test_guarantees.py::test_gone", "::list_missing"],
        ),
        ("`make nothing`, `sdk/test/nothing.ts`", ["make nothing", "sdk/test/nothing.ts"]),
        ("we are careful, see `wokflow ledger check`", ["we are careful, see `wokflow ledger check`"]),
    ],
)
def test_missing_reference_is_found(cell: str, faults: list[str]) -> None:
    """A reference to a missing test is found, and so is a row without a reference."""
    assert faults == list_unproved(f"{EVIDENCE}\n{HEAD}| it |{cell}|\n")


def test_unknown_counter_is_found() -> None:
    """A counter that no process exports is found."""
    assert ["generation_late_total"] == list_unknown_counters("see `generation_late_total`")
