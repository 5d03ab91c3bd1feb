"""Checks of names and prose, as far as a program can make them: each lists the offenders of one module."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

VERBS = frozenset(Path(__file__).with_name("verbs.txt").read_text().split())
SENTENCE_WORDS_MAX = 25
MODULE_SHARE_PERCENT_MAX = 35

# Names that Python, a library or a protocol gives, so that no other is possible.
GIVEN = re.compile(
    r"__\w+__|test_\w+|do_[A-Z]+|setUp|tearDown|connection_(made|lost)|data_received|eof_received|pytest_\w+"
)

# STYLE.md section 2, rule 5. Each pattern is a word that another one replaces, or a headless clause.
BANNED = (
    r"\b(told|tells?|telling)\b",
    r"\bbeside\b",
    r"\banew\b",
    r"\bfor ever\b",
    r"\bfilms?\b",
    r"\b(takes?|taken|took) (it |them )?up\b",
    r"\b(puts?|putting) (it |them )?off\b",
    r"\b(gives?|given|gave|giving) (it |them |\w+ )?up\b",
    r"\b(brought|brings?)\b",
    r"\bkept\b",
    r"\bask(s|ed|ing)?\b",
    r"\blook(s|ed|ing)? (at|for|again)\b",
    r"\b(is|are|was|were) no\b(?! (longer|more))",
    r"(?:^|(?<=[.:;?!] ))(What|Who|Whose|Where|Whoever|Whatever)\b(?![^.]*\?)",
)
BANNED_IN_IMAGES = (r"\bpictures?\b",)  # right in prose about art, wrong for an output or an input image
BANNED_PROSE = re.compile("|".join(BANNED), re.IGNORECASE)
BANNED_IMAGE_PROSE = re.compile("|".join(BANNED_IN_IMAGES), re.IGNORECASE)

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Source(NamedTuple):
    """A Python file: its path from the root, and its text."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        """Return the syntax tree."""
        return ast.parse(self.text)


def functions(tree: ast.AST) -> Iterator[Function]:
    """Yield every function and method of a syntax tree."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def first_word(name: str) -> str:
    """Return the first word of a snake_case name, underscores in front of it left out."""
    return name.lstrip("_").split("_")[0]


def acts(function: Function) -> bool:
    """Return whether a function awaits, writes, or returns nothing: then its name has to say what it does."""
    if isinstance(function, ast.AsyncFunctionDef):
        return True
    returns = function.returns
    if isinstance(returns, ast.Constant) and returns.value is None:
        return True
    if isinstance(returns, ast.Name) and returns.id in ("NoReturn", "Never"):
        return True
    arguments = {argument.arg for argument in function.args.args}
    return any(
        isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store) and _root(node) in arguments
        for node in ast.walk(function)
    )


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def acting_nouns(source: Source) -> list[str]:
    """List functions that act and whose name does not begin with a verb."""
    return [
        f"{source.path}:{function.lineno} {function.name}"
        for function in functions(source.tree)
        if not GIVEN.fullmatch(function.name) and acts(function) and first_word(function.name) not in VERBS
    ]


def nominal_docstrings(source: Source) -> list[str]:
    """List functions whose docstring does not begin with a verb. A test's docstring is a sentence about the product."""
    found = []
    for function in functions(source.tree):
        words = re.findall(r"[\w'-]+", ast.get_docstring(function) or "")
        if words and not GIVEN.fullmatch(function.name) and words[0].lower() not in VERBS:
            found.append(f"{source.path}:{function.lineno} {function.name}: {' '.join(words[:6])}")
    return found


def prose(source: Source) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of every docstring, comment and message: strings that hold a sentence."""
    docstrings = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Module | ast.ClassDef | Function):
            text = ast.get_docstring(node)
            if text and isinstance(node.body[0], ast.Expr):
                docstrings.add(node.body[0].value)
                yield node.body[0].lineno, text
    for node in ast.walk(source.tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings
        if is_text and len(node.value.split()) > 2:  # type: ignore[attr-defined]  # checked on the line above
            yield node.lineno, node.value  # type: ignore[attr-defined]
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT and not re.match(r"# (noqa|type:)", token.string):
            yield token.start[0], token.string.lstrip("# ")


def banned_words(source: Source) -> list[str]:
    """List the words and turns of phrase that STYLE.md replaces."""
    return [
        f"{source.path}:{line} {found[0]!r} in: {' '.join(text[max(found.start() - 30, 0) : found.end() + 30].split())}"
        for line, text in prose(source)
        for found in BANNED_PROSE.finditer(" ".join(text.split()) and text)
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
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Module | ast.ClassDef | Function):
            found += [
                f"{source.path}:{getattr(node, 'lineno', 1)} {' '.join(sentence.split()[:8])} ..."
                for sentence in sentences(ast.get_docstring(node) or "")
                if len(sentence.split()) > SENTENCE_WORDS_MAX
            ]
    return found


def sentences(text: str) -> list[str]:
    """Split prose into sentences. A blank line, a list item and a tree line end one too."""
    blocks = re.split(r"\n\s*\n|\n(?=\s*(?:[-*├└│]|\d+\.) )", text)
    return [
        sentence for block in blocks for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z`\"'])", " ".join(block.split()))
    ]


def public_classes(source: Source) -> list[str]:
    """List the public classes that a module defines at its top."""
    return [node.name for node in source.tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
