"""The Lua verbs: read once from `lua/`, their parts put in, named by the SHA-1 the server knows them by.

A script runs from its first line at each call, and to make forty functions took a quarter of the time of an accept. So
a part's functions that a verb does not use are left out. One that a single other function uses is made inside it, when
that one is called.
"""

import re
from functools import cache
from hashlib import sha1
from pathlib import Path

from msgspec import Struct

FOLDER = Path(__file__).parent / "lua"
COMMENT, PROMISED_WORD, WORD = re.compile(r"(?m)--.*$"), re.compile(r"\{'(\w+)'"), re.compile(r"\w+")
FUNCTION = re.compile(r"(?m)^local function (\w+)\((.*?)\)(?:.* end$|.*\n(?:.*\n)*?end$)\n?")


class Script(Struct, frozen=True):
    """One atomic verb. Its file's header is its signature; its reply is a word, then values."""

    name: str
    source: bytes
    sha: bytes
    words: frozenset[bytes]  # the first words of its replies, as its header and those of its parts promise


class Chunk(Struct, frozen=True):
    """A stretch of Lua: a function with its `name`, or the lines between two functions."""

    name: str
    text: str
    uses: frozenset[str]  # every word in it


@cache
def script(name: str) -> Script:
    """Return the verb in `lua/<subject>/<name>.lua`. Raises KeyError for an unknown name."""
    return _script(name, _with_parts(_paths()[name]))


@cache
def audited_script(name: str) -> Script:
    """Return a verb that also writes the audit. Its first arguments are those of an Act."""
    note = _with_parts(FOLDER / "parts" / "audit.lua")
    return _script(name, f"local function verb()\n{script(name).source.decode()}\nend\n{note}")


def _with_parts(path: Path) -> str:
    """Return the text of a file with its parts, without the functions that nothing uses, and with others nested."""
    chunks: list[Chunk] = []
    for line in path.read_text().split("\n"):
        part = line.removeprefix("--@include ")
        chunks += [_chunk("", line + "\n")] if part == line else _part(part)
    return "".join(chunk.text for chunk in move_inside(_used(chunks)))


def _script(name: str, text: str) -> Script:
    source = text.encode()
    words = frozenset(word.encode() for word in PROMISED_WORD.findall("\n".join(COMMENT.findall(text))))
    return Script(name, source, sha1(source, usedforsecurity=False).hexdigest().encode(), words)


@cache
def _part(name: str) -> tuple[Chunk, ...]:
    """Return a part as its functions and the lines between them."""
    text, chunks, at = (FOLDER / "parts" / f"{name}.lua").read_text(), [], 0
    for found in FUNCTION.finditer(text):
        chunks += [_chunk("", text[at : found.start()]), _chunk(found[1], found[0])]
        at = found.end()
    return (*chunks, _chunk("", text[at:]))


def _chunk(name: str, text: str) -> Chunk:
    return Chunk(name, text, frozenset(WORD.findall(COMMENT.sub("", text))))


def _used(chunks: list[Chunk]) -> list[Chunk]:
    """Return the chunks without the functions that nothing uses. A function uses only those before it, or itself."""
    kept: list[Chunk] = []
    words: set[str] = set()
    for chunk in reversed(chunks):
        if not chunk.name or chunk.name in words:
            kept.append(chunk)
            words |= chunk.uses
    return kept[::-1]


def move_inside(chunks: list[Chunk]) -> list[Chunk]:
    """Return the chunks with each function that one other function alone uses in the first line of that one.

    It stays where it is if the other one has a parameter of a name that it uses for something else.
    """
    kept: list[Chunk] = []
    for at, chunk in enumerate(chunks):
        users = [number for number, other in enumerate(chunks[at + 1 :], at + 1) if chunk.name in other.uses]
        outer = chunks[users[0]] if chunk.name and len(users) == 1 else chunk
        head, _, body = outer.text.partition("\n")
        hidden = _parameters(outer) & chunk.uses - _parameters(chunk)
        if outer is not chunk and outer.name and body and not hidden:
            chunks[users[0]] = Chunk(outer.name, f"{head}\n{chunk.text}{body}", outer.uses | chunk.uses)
        else:
            kept.append(chunk)
    return kept


def _parameters(chunk: Chunk) -> frozenset[str]:
    """Return the names of a function's parameters."""
    found = FUNCTION.match(chunk.text)
    return frozenset(WORD.findall(found[2])) if found else frozenset()


@cache
def all_scripts() -> tuple[Script, ...]:
    """Return all verbs, which each new connection loads into the server."""
    return tuple(script(name) for name in _paths())


@cache
def _paths() -> dict[str, Path]:
    """Return the file of each verb; a verb's name occurs once."""
    return {path.stem: path for path in sorted(FOLDER.glob("*/*.lua")) if path.parent.name != "parts"}
