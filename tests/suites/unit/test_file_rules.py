"""The rules of Lua headers, tracked files and dependencies list their offenders."""

from pathlib import Path

import pytest

from tests.programs.style import files
from tests.programs.style.lua import LUA_LINES_MAX, lua_drift
from tests.programs.style.source import Source

GOOD_LUA = """-- verb: does it.
-- Keys: gw:thing:<id> arq:queue:<name>
-- Returns {'done', n} | {'missing'}
--@include now
local thing = 'gw:thing:' .. id  -- not 'gw:other:'
if not thing then return {'missing'} end
local out = {'done', 'arq:queue:' .. name}
return out
"""
KEYS = 'f"gw:thing:{thing_id}"'


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("-- Keys: gw:thing:<id> arq:queue:<name>\n", "", "has no line `-- Keys:`"),
        ("-- Returns {'done', n} | {'missing'}\n", "", "has no line `-- Returns `"),
        ("<id> arq", "<id> gw:more arq", "names gw:more in its header and does not use it"),
        ("'gw:thing:'", "'gw:other:'", "uses gw:other:, which its header does not name"),
        ("'gw:thing:'", "'gw:other:'", "uses gw:other:, which is not in shared/store/keys.py"),
        ("then return {'missing'}", "then return {'gone'}", "returns gone, which its header does not name"),
        ("then return {'missing'}", "then return {'gone'}", "promises missing and does not return it"),
        ("return out\n", "return out\n" * LUA_LINES_MAX, "is too long"),
    ],
)
def test_lua_rule_finds_drift(old: str, new: str, fault: str) -> None:
    """A true header passes, and one that has drifted from its body is found."""
    assert [] == lua_drift(Source("x.lua", GOOD_LUA), KEYS)
    assert f"x.lua {fault}" in lua_drift(Source("x.lua", GOOD_LUA.replace(old, new)), KEYS)


@pytest.mark.parametrize(
    ("check", "data"),
    [
        (files.foreign_places, ("https://py" + "pi.org/simple").encode()),
        (files.foreign_places, ("see /ho" + "me/me/x").encode()),
        (files.large_files, b"x" * (files.FILE_BYTES_MAX + 1)),
        (files.binary_files, b"\x89PNG\r\n\x1a\n"),
        (files.binary_files, b"text\0text"),
    ],
)
def test_file_rule_lists_an_offender(check: files.FileCheck, data: bytes) -> None:
    """An offender is listed once, and a short text file passes."""
    assert 1 == len(check("x.md", data))
    assert [] == check("x.md", "Plain text, ä included.".encode())


def test_dependency_without_reason_or_pin_is_an_offender() -> None:
    """A requirement needs a comment on its line and an exact version."""
    project = '[project]\ndependencies = [\n  "arq==1",\n  "ruff>=1",  # lint\n]'
    assert ["arq==1"] == files.unexplained_dependencies(project)
    assert ["ruff"] == files.unpinned_dependencies(project, "arq==1\n")


def test_test_file_named_twice_is_an_offender() -> None:
    """The name is listed once."""
    assert ["test_a.py"] == files.clashing_names([Path("x/test_a.py"), Path("y/test_a.py"), Path("y/test_b.py")])
