"""The architecture page: the life of a generation is short enough to read, and the code is as it says."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
MODULES_MAX = 6


def life() -> list[str]:
    """Return the Python modules in the table of a generation's life, in its order."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    modules = [re.match(r"\|[^|]*\| `([a-z_/]+\.py)` \|", row) for row in rows]
    return [module[1] for module in modules if module]


def imported(module: str) -> set[str]:
    """Return the paths of the modules that a module imports from the repository."""
    tree = ast.parse((ROOT / module).read_text())
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {name.replace(".", "/") + ".py" for name in names}


def test_page_names_paths_that_exist() -> None:
    """Every path in backticks is a file or folder of the repository."""
    paths = re.findall(r"`([a-z_.]+/[a-z_./]*)`", PAGE)
    assert len(paths) > 20
    assert [] == [path for path in paths if not (ROOT / path).exists()]


def test_life_of_a_generation_passes_through_six_modules() -> None:
    """A reader who follows a generation visits at most six modules, from acceptance to delivery."""
    assert len(life()) <= MODULES_MAX
    assert ["gateway/accept.py", "workers/run.py", "workers/deliver.py"] == [life()[0], life()[1], life()[-1]]


def test_run_imports_the_steps_below_it_and_none_imports_it() -> None:
    """A worker's steps are imported by the module that runs them, and know nothing of it or of each other's callers."""
    steps = [module for module in life() if module.startswith("workers/")][1:-1]
    assert set(steps) <= imported("workers/run.py")
    assert [] == [step for step in (*steps, "workers/reroute.py") if "workers/run.py" in imported(step)]


def test_finder_of_imports_finds_them() -> None:
    """The check would see an import of the runner, as this page's own modules import others."""
    assert "workers/context.py" in imported("workers/run.py")
