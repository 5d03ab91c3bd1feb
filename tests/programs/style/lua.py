"""Rules of Lua files: a header names exactly the keys that its body uses and the words that it returns."""

import re
from itertools import takewhile

from tests.programs.style.source import ROOT, Source

LUA = ROOT / "shared" / "store" / "lua"
LUA_LINES_MAX = 60


def lua_drift(source: Source, keys: str) -> list[str]:
    """List where a file's header and its body disagree; `keys` is the text of shared/store/keys.py."""
    header, body = split_header(source.text)
    claims = {name: [line for line in header if line.startswith(f"-- {name}")] for name in ("Keys:", "Returns ")}
    named = {key.partition("<")[0] for line in claims["Keys:"] for key in re.findall(r"(?:gw|arq):[^\s;,|]*", line)}
    used = {re.split("[%<]", text)[0] for text in strings(body) if text.startswith(("gw:", "arq:"))}
    promised = {word for line in claims["Returns "] for word in reply_words(line.removeprefix("--"))}
    faults = [f"has no line `-- {name}`" for name, lines in claims.items() if not lines]
    faults += [f"uses {key}, which its header does not name" for key in sorted(used - named)]
    faults += [f"names {key} in its header and does not use it" for key in sorted(named - used)]
    faults += [f"returns {word}, which its header does not name" for word in sorted(reply_words(body) - promised)]
    parts = {word for name in re.findall(r"(?m)^--@include (\w+)", source.text) for word in part_words(name)}
    faults += [f"promises {word} and does not return it" for word in sorted(promised - reply_words(body) - parts)]
    faults += [
        f"uses {key}, which is not in shared/store/keys.py"
        for key in sorted(used)
        if key[:3] == "gw:" and key not in keys
    ]
    faults += ["is too long"] if source.lines > LUA_LINES_MAX else []
    return [f"{source.path} {fault}" for fault in faults]


def split_header(text: str) -> tuple[list[str], str]:
    """Return the header's lines, and the rest."""
    header = list(takewhile(lambda line: line.startswith("--") and not line.startswith("--@"), text.splitlines()))
    return header, "\n".join(text.splitlines()[len(header) :])


def strings(body: str) -> list[str]:
    """Return the string literals of Lua code, comments left out."""
    token = re.compile(r"'((?:\\.|[^'\\\n])*)'|\"((?:\\.|[^\"\\\n])*)\"|--\[\[.*?\]\]|--[^\n]*", re.DOTALL)
    return [match[1] or match[2] or "" for match in token.finditer(body)]


def reply_words(body: str) -> set[str]:
    """Return the first words of table constructors: a reply is a table that begins with its word."""
    return {match[2] for match in re.finditer(r"\{\s*(['\"])([a-z_]+)\1", re.sub(r"--[^\n]*", "", body))}


def part_words(name: str) -> set[str]:
    """Return the words that an included part may return: the file that includes it may pass them on."""
    header, _ = split_header((LUA / "parts" / f"{name}.lua").read_text())
    return {word for line in header if line.startswith("-- Returns ") for word in reply_words(line.removeprefix("--"))}
