"""Style is a test: the repository keeps every rule. The tests called *_rules show each rule an offender."""

import pytest

from tests.programs.style import figures, files
from tests.programs.style.lua import LUA, lua_drift
from tests.programs.style.pages import COMMENTS, WHOLE, banned_words_of_pages
from tests.programs.style.rules import RULES, Rule
from tests.programs.style.source import ROOT, sources, tracked_paths, tracked_sources

FILE_CHECKS = (files.foreign_places, files.large_files, files.binary_files)
PYPROJECT = (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.check.__name__)
def test_modules_keep_the_rule(rule: Rule) -> None:
    """Every module that the rule is about keeps it."""
    assert [] == rule.offenders(*rule.scope), rule.demand


def test_figures_are_met() -> None:
    """Every figure that `make style` prints keeps its bound."""
    assert [] == [str(figure) for figure in figures.measure() if not figure.is_met]


def test_lua_headers_match_their_bodies() -> None:
    """Every Lua file names exactly the keys it uses and the words it returns, and has at most 60 lines."""
    keys = (ROOT / "shared" / "store" / "keys.py").read_text()
    scripts = sources(LUA.relative_to(ROOT).as_posix(), pattern="*.lua")
    assert [] == [fault for script in scripts for fault in lua_drift(script, keys)]


def test_pages_and_comments_use_the_words_of_the_field() -> None:
    """No page, and no comment in a file that is not Python, has a word that another one replaces."""
    files_with_prose = tracked_sources((*COMMENTS, *WHOLE))
    assert [] == [offender for source in files_with_prose for offender in banned_words_of_pages(source)]


@pytest.mark.parametrize("check", FILE_CHECKS, ids=lambda check: check.__name__)
def test_tracked_files_keep_the_rule(check: files.FileCheck) -> None:
    """No tracked file is large or binary, or names a package registry's host or a path of somebody's machine."""
    tracked = ((path.relative_to(ROOT).as_posix(), path.read_bytes()) for path in tracked_paths())
    assert [] == [offender for name, data in tracked for offender in check(name, data)]


def test_dependencies_are_explained() -> None:
    """Every dependency in pyproject.toml has its reason on its line."""
    assert [] == files.unexplained_dependencies(PYPROJECT)


def test_dependencies_are_pinned() -> None:
    """Every dependency in pyproject.toml has its exact version in constraints.txt, which `make pins` writes."""
    assert [] == files.unpinned_dependencies(PYPROJECT, (ROOT / "constraints.txt").read_text())


def test_test_files_have_unique_names() -> None:
    """Two test files of one name cannot be run together: pytest would take the one for the other."""
    assert [] == files.clashing_names(sorted((ROOT / "tests").rglob("test_*.py")))
