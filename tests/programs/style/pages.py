"""Rules of prose outside Python: pages, and the comments of Lua, TypeScript, JavaScript, CSS, TOML and YAML."""

import re
from collections.abc import Iterator

from tests.programs.style.prose import BANNED_PROSE
from tests.programs.style.source import Source, one_line

COMMENTS = {  # the signs in front of a comment
    ".lua": r"--",
    ".toml": r"#",
    ".yaml": r"#",
    ".yml": r"#",
    **dict.fromkeys((".ts", ".mjs", ".js", ".css"), r"//|/\*+|^\s*\*"),
}
WHOLE = (".md", ".html")
CODE = re.compile(r"```.*?```|`[^`\n]*`|'[^'\n ]*'|<!--.*?-->", re.DOTALL)
ITEM = re.compile(r"\s*([-*|#>]|\d+\.)\s")


def banned_words_of_pages(source: Source) -> list[str]:
    """List the words and turns of phrase that STYLE replaces, in a file that is not Python."""
    return [
        f"{source.path}:{line} {found[0]!r} in: {text[max(found.start() - 30, 0) : found.end() + 30]}"
        for line, text in blocks(source)
        for found in BANNED_PROSE.finditer(text)
    ]


def blocks(source: Source) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of every paragraph, list item and comment; code in them is left out."""
    begun, lines = 0, list[str]()
    for number, line in enumerate(_prose_lines(source), 1):
        if lines and (not line.strip() or ITEM.match(line)):
            yield begun, one_line(" ".join(lines))
            lines = []
        if line.strip():
            begun = begun if lines else number
            lines.append(line)
    if lines:
        yield begun, one_line(" ".join(lines))


def _prose_lines(source: Source) -> list[str]:
    suffix = source.path[source.path.rindex(".") :]
    text = CODE.sub(lambda code: "code" + "\n" * code[0].count("\n"), source.text)
    if suffix in WHOLE:
        return text.splitlines()
    comments = (re.search(rf"(?:{COMMENTS[suffix]})(?P<prose>.*)$", line) for line in text.splitlines())
    return [found["prose"].removesuffix("*/") if found else "" for found in comments]
