"""The project's pages name files that exist, and link to pages that exist."""

import re

import pytest

from shared.ops.settings import ROOT

PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")))
# CHANGELOG.md names files of the past, add-a-provider.md files that its reader creates.
CURRENT = [page for page in PAGES if page not in ("CHANGELOG.md", "docs/add-a-provider.md")]
FOLDERS = ("deploy/", "docs/", "gateway/", "offline/", "operate/", "sdk/", "shared/", "tests/", "workers/")


def list_missing_paths(text: str) -> list[str]:
    """Return the paths in code spans that are in one of our folders, or in that of the suites, and do not exist."""
    spans = [span.partition("::")[0] for span in re.findall(r"`([\w./-]+(?:::\w+)?)`", text)]
    roots = (ROOT, ROOT / "tests" / "suites")
    return [span for span in spans if span.startswith(FOLDERS) and not any((root / span).exists() for root in roots)]


def list_broken_links(page: str, text: str) -> list[str]:
    """Return the relative links of a page whose target does not exist."""
    targets = [target.partition("#")[0] for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text)]
    return [target for target in targets if target and not (ROOT / page).parent.joinpath(target).exists()]


@pytest.mark.parametrize("page", CURRENT)
def test_page_names_existing_files(page: str) -> None:
    """Every path that a page names exists."""
    assert [] == list_missing_paths((ROOT / page).read_text())


@pytest.mark.parametrize("page", PAGES)
def test_page_links_to_existing_files(page: str) -> None:
    """Every relative link of a page leads to a file of the repository."""
    assert [] == list_broken_links(page, (ROOT / page).read_text())


def test_missing_path_is_found() -> None:
    """A path that does not exist is found, also with the name of a test."""
    assert ["docs/gone.md", "tests/gone.py"] == list_missing_paths(
        "`docs/gone.md` `docs/logs.md` `tests/gone.py::test_it`"
    )


def test_broken_link_is_found() -> None:
    """A link to a file that does not exist is found; links to other hosts are not checked."""
    text = "[a](gone.md#part) [b](logs.md#traces) [c](https://example.com/gone.md) [d](../README.md)"
    assert ["gone.md"] == list_broken_links("docs/page.md", text)
