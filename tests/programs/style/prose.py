"""Rules of prose: how a docstring begins, which words others replace, and how long a sentence is."""

import ast
import re
from collections.abc import Iterator
from functools import cache

from tests.programs.style.names import GIVEN, VERBS
from tests.programs.style.source import Documented, Source, one_line

SENTENCE_WORDS_MAX = 25

# STYLE section 2, rule 5. Each pattern is a word that another one replaces, or a headless clause.
BANNED = (
    r"\b(told|tells?|telling)\b",
    r"\bbeside\b",
    r"\banew\b",
    r"\bfor ever\b",
    r"(?<!/)\bfilms?\b",  # local/film is the id of a model
    r"\b(takes?|taken|took) (it |them )?up\b",
    r"\b(puts?|putting) (it |them )?off\b",
    r"\b(gives?|given|gave|giving) (it |them |((the|an?) )?\w+ )?up\b",
    r"\b(brought|brings?)\b",
    r"\bkept\b",
    r"\bask(s|ed|ing)?\b",
    r"\blook(s|ed|ing)? (at|for|again)\b",
    r"(?<!\bthere )\b(is|are|was|were) no\b(?! (longer|more))",
    r"(?:^|(?<=[.:;?!] ))(What|Who|Whose|Where|Whoever|Whatever)\b(?![^.]*\?)",
)
BANNED_IN_IMAGES = (r"\bpictures?\b",)  # right in prose about art, wrong for an output or an input image
BANNED_PROSE = re.compile("|".join(BANNED), re.IGNORECASE)
BANNED_IMAGE_PROSE = re.compile("|".join(BANNED_IN_IMAGES), re.IGNORECASE)


def nominal_docstrings(source: Source) -> list[str]:
    """List functions whose docstring does not begin with a verb. A test's docstring is a sentence about the product."""
    found = []
    for function in source.functions:
        words = re.findall(r"[\w'-]+", ast.get_docstring(function) or "")
        if words and not GIVEN.fullmatch(function.name) and words[0].lower() not in VERBS:
            found.append(f"{source.path}:{function.lineno} {function.name}: {' '.join(words[:6])}")
    return found


def banned_words(source: Source) -> list[str]:
    """List the words and turns of phrase that STYLE replaces."""
    return [
        f"{source.path}:{line} {found[0]!r} in: {text[max(found.start() - 30, 0) : found.end() + 30]}"
        for line, text in prose(source)
        for found in BANNED_PROSE.finditer(text)
    ]


def pictures(source: Source) -> list[str]:
    """List prose that says picture where the field says image."""
    return [
        f"{source.path}:{line} {found[0]!r}"
        for line, text in prose(source)
        for found in BANNED_IMAGE_PROSE.finditer(text)
    ]


def long_sentences(source: Source) -> list[str]:
    """List docstring sentences of more than 25 words."""
    return [
        f"{source.path}:{getattr(node, 'lineno', 1)} {' '.join(sentence.split()[:8])} ..."
        for node in source.nodes
        if isinstance(node, Documented)
        for sentence in sentences(ast.get_docstring(node) or "")
        if len(sentence.split()) > SENTENCE_WORDS_MAX
    ]


def undescribed_tests(source: Source) -> list[str]:
    """List tests whose docstring is not exactly one sentence."""
    described = [(function.name, one_line(ast.get_docstring(function) or "")) for function in source.functions]
    return [
        f"{source.path} {name}: {text or 'no docstring'}"
        for name, text in described
        if name.startswith("test_") and (not text.endswith(".") or re.search(r"[.!?] +[A-Z]", text))
    ]


def sentences(text: str) -> list[str]:
    """Split prose into sentences. A blank line, a list item and a tree line end one too."""
    blocks = re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|[├└│]─*|\d+\.) )", text)
    return [sentence for block in blocks for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z`\"'])", one_line(block))]


@cache
def prose(source: Source) -> tuple[tuple[int, str], ...]:
    """Return (line, text) of every docstring, comment and message: strings that hold a sentence."""
    return tuple(_prose(source))


def _prose(source: Source) -> Iterator[tuple[int, str]]:
    docstrings = set()
    for node in source.nodes:
        if isinstance(node, Documented):
            text = ast.get_docstring(node)
            if text and isinstance(node.body[0], ast.Expr):
                docstrings.add(node.body[0].value)
                yield node.body[0].lineno, one_line(text)
    for node in source.nodes:
        text = node.value if isinstance(node, ast.Constant) and node not in docstrings else None
        if isinstance(text, str) and len(text.split()) > 2:
            yield node.lineno, one_line(text)
    for token in source.comments:
        if not re.match(r"# (noqa|type:)", token.string):
            yield token.start[0], token.string.lstrip("# ")
