"""The Lua verbs: read once from `lua/`, their parts put in, named by the SHA-1 the server knows them by."""

import re
from functools import cache
from hashlib import sha1
from pathlib import Path

from msgspec import Struct

FOLDER = Path(__file__).parent / "lua"
COMMENT, PROMISED_WORD = re.compile(r"(?m)^--.*$"), re.compile(r"\{'(\w+)'")


class Script(Struct, frozen=True):
    """One atomic verb. Its file's header is its signature; its reply is a word, then values."""

    name: str
    source: bytes
    sha: bytes
    words: frozenset[bytes]  # the first words of its replies, as its header and those of its parts promise


@cache
def script(name: str) -> Script:
    """Return the verb in `lua/<subject>/<name>.lua`. Raises KeyError for an unknown name."""
    lines = []
    for line in _paths()[name].read_text().split("\n"):
        part = line.removeprefix("--@include ")
        lines.append(line if part == line else (FOLDER / "parts" / f"{part}.lua").read_text())
    return _script(name, "\n".join(lines))


@cache
def audited_script(name: str) -> Script:
    """Return a verb that also writes the audit. Its first arguments are those of an Act."""
    note = (FOLDER / "parts" / "audit.lua").read_text()
    return _script(name, f"local function verb()\n{script(name).source.decode()}\nend\n{note}")


def _script(name: str, text: str) -> Script:
    source = text.encode()
    words = frozenset(word.encode() for word in PROMISED_WORD.findall("\n".join(COMMENT.findall(text))))
    return Script(name, source, sha1(source, usedforsecurity=False).hexdigest().encode(), words)


@cache
def all_scripts() -> tuple[Script, ...]:
    """Return all verbs, which each new connection loads into the server."""
    return tuple(script(name) for name in _paths())


@cache
def _paths() -> dict[str, Path]:
    """Return the file of each verb; a verb's name occurs once."""
    return {path.stem: path for path in sorted(FOLDER.glob("*/*.lua")) if path.parent.name != "parts"}
