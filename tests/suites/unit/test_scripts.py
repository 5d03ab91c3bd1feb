"""The Lua verbs as they are sent to the server."""

import re

import pytest

from shared.store import scripts

PARTS = sorted(path.stem for path in (scripts.FOLDER / "parts").glob("*.lua"))
DEFINED = re.compile(r"(?m)^local function (\w+)\(")


@pytest.mark.parametrize("part", PARTS)
def test_part_is_cut_at_its_functions(part: str) -> None:
    """The chunks of a part are its whole text, and each function is a chunk of its own."""
    text = (scripts.FOLDER / "parts" / f"{part}.lua").read_text()
    chunks = scripts._part(part)
    assert text == "".join(chunk.text for chunk in chunks)
    assert DEFINED.findall(text) == [chunk.name for chunk in chunks if chunk.name]
    assert all(1 == len(DEFINED.findall(chunk.text)) for chunk in chunks if chunk.name)


@pytest.mark.parametrize("verb", scripts.all_scripts(), ids=lambda verb: verb.name)
def test_verb_carries_only_functions_that_it_uses(verb: scripts.Script) -> None:
    """Each function of a script is called in it, so that no call pays for making one in vain."""
    code = scripts.COMMENT.sub("", verb.source.decode())
    words = scripts.WORD.findall(code)
    assert [] == [name for name in DEFINED.findall(code) if 1 == words.count(name)]


def test_function_that_one_other_uses_is_made_inside_it() -> None:
    """A function with one user is in the first line of that one, and one with two users or none stays where it is."""
    names = ("local function one() return 1 end\n", "local function two()\n  return one()\nend\n")
    one, two = (scripts._chunk(name, text) for name, text in zip(("one", "two"), names, strict=True))
    user = scripts._chunk("", "return two()\n")
    assert ["local function two()\nlocal function one() return 1 end\n  return one()\nend\n", user.text] == [
        chunk.text for chunk in scripts.move_inside([one, two, user])
    ]
    both = scripts._chunk("", "return one() + two()\n")
    assert [*names, both.text] == [chunk.text for chunk in scripts.move_inside([one, two, both])]
    short = scripts._chunk("two", "local function two() return one() end\n")
    assert [one.text, short.text, user.text] == [chunk.text for chunk in scripts.move_inside([one, short, user])]


def test_function_is_not_made_where_a_parameter_hides_a_name_of_it() -> None:
    """A function that uses a name of the verb is not made in one whose parameter has that name."""
    one = scripts._chunk("one", "local function one(a) return a + now end\n")
    user = scripts._chunk("", "return two(2)\n")
    for parameter, nested in (("now", False), ("a", True)):
        two = scripts._chunk("two", f"local function two({parameter})\n  return one({parameter})\nend\n")
        assert nested == (2 == len(scripts.move_inside([one, two, user])))
