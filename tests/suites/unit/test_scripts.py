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
