"""Every regular expression of the product takes a number of steps that grows with its text, and not with its square."""

import ast
import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from msgspec import Struct

from tests.harness.regex_steps import is_linear
from tests.programs.style.source import Source, sources

PACKAGES = ("gateway", "workers", "shared", "offline", "operate")
ANCHORED, WHOLE = ("match", "fullmatch"), ("fullmatch",)
CALLS = (*ANCHORED, "search", "sub", "subn", "findall", "finditer", "split")
WRITTEN = re.compile(rf"\bre\.(compile|{'|'.join(CALLS)})\(|\bpattern=")  # how a module gets expressions
OWN_TEXT = {  # expressions that read nothing of strangers
    "shared/domain/catalogue_lines.py": "the operator's catalogue",
    "shared/domain/catalogue_file.py": "messages about the operator's catalogue",
    "shared/store/scripts.py": "our own Lua files",
    "gateway/openapi/samples.py": "our own samples",
    "gateway/openapi/schemas.py": "our own schemas",
    "gateway/api/service/operations.py": "a path of aiohttp's router",
    "gateway/dialects/openai/operations.py": "a path of aiohttp's router",
    "gateway/dialects/replicate/models.py": "our own schemas",
    "gateway/dialects/replicate/operations.py": "a path of aiohttp's router",
    "workers/providers/kie/tasks.py": "names of models in the catalogue",
}
NAMES = {"longest_first": ["a secret", "secret"], "re": re, "map": map}  # of expressions built within functions
CLIENTS_RUN = (  # in the document alone
    "gateway/dialects/wokgen/bodies.py",
    "gateway/dialects/wowflow/bodies.py",
    "gateway/dialects/openai/image_bodies.py",
    "gateway/dialects/openai/speech_bodies.py",
)


class Expression(Struct, frozen=True):
    """A regular expression, and how the product runs it."""

    place: str
    pattern: str
    flags: int
    anchored: bool
    whole: bool


def list_expressions() -> list[Expression]:
    """Return every expression of the product's modules."""
    return [found for source in sources(*PACKAGES) if has_expressions(source) for found in in_module(source)]


def has_expressions(source: Source) -> bool:
    """Return whether a module may have expressions that meet foreign text."""
    return source.path not in OWN_TEXT and bool(WRITTEN.search(source.text))


def in_module(source: Source) -> Iterator[Expression]:
    """Yield the expressions of a module: calls of re, and patterns of fields, which msgspec searches for."""
    name = source.path
    module: ModuleType | None = None
    for node in source.nodes:
        if not isinstance(node, ast.Call):
            continue
        fields = [word.value for word in node.keywords if word.arg == "pattern"]
        called = node.func.attr if isinstance(node.func, ast.Attribute) and is_re(node.func.value) else ""
        if not fields and called not in (*CALLS, "compile"):
            continue
        module = module or import_module(name.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        uses = ["search"] if fields else [called] if called != "compile" else uses_of(source.nodes, node)
        if fields and name in CLIENTS_RUN:
            continue
        pattern, flags = value_of(fields[0] if fields else node.args[0], module), flags_of(node, module, called)
        if isinstance(pattern, str):
            anchored, whole = all(use in ANCHORED for use in uses), all(use in WHOLE for use in uses)
            yield Expression(f"{name}:{node.lineno}", pattern, flags, anchored, whole)


def is_re(node: ast.expr) -> bool:
    """Return whether an expression is the module re."""
    return isinstance(node, ast.Name) and node.id == "re"


def value_of(node: ast.expr, module: ModuleType) -> Any:
    """Return the value of an expression from the names of its module."""
    return eval(compile(ast.Expression(node), module.__name__, "eval"), NAMES | vars(module))


def flags_of(node: ast.Call, module: ModuleType, called: str) -> int:
    """Return the flags of a call."""
    given = [word.value for word in node.keywords if word.arg == "flags"] + (
        node.args[1:] if called == "compile" else []
    )
    return int(value_of(given[0], module)) if given else 0


def uses_of(nodes: Iterable[ast.AST], compiled: ast.Call) -> list[str]:
    """Return the methods by which a module uses a compiled expression: "search" where it does not itself."""
    names = {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign) and any(part is compiled for part in ast.walk(node.value))
        for target in ast.walk(node)
        if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store)
    }
    return [
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names
    ] or ["search"]


EXPRESSIONS = list_expressions()


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=lambda expression: expression.place)
def test_expression_is_linear(expression: Expression) -> None:
    """No hostile text of twice the length takes an expression four times the steps."""
    linear = is_linear(expression.pattern, expression.flags, anchored=expression.anchored, whole=expression.whole)
    assert linear, f"{expression.place}: {expression.pattern}"


def test_expressions_are_found() -> None:
    """The search finds expressions in every package, those of msgspec's fields included."""
    assert set(PACKAGES) == {expression.place.partition("/")[0] for expression in EXPRESSIONS}
    assert any(expression.place.startswith("shared/domain/fields.py") for expression in EXPRESSIONS)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?m)^\s*(?:[-*•]|\d+[.)])\s+(.+?)\s*$",
        r"(a+)+b",
        r"(a|a)*b",
        r"\s+$",
        r"\[[^\]]*\]",
        r"hello\[[^\]]*\]",
        r"a*a*b",
        r"x.*y",
        r"(?i)\b(dear|hi)\s*\[[^\]\n]*\]",
    ],
)
def test_quadratic_expression_is_noticed(pattern: str) -> None:
    """Nested, adjacent and floating repeats are noticed."""
    assert not is_linear(pattern, anchored=False, whole=False)


@pytest.mark.parametrize("pattern", [r"\s+", r"[a-z]{1,40}\b", r"\Aa*b", r"(?m)^- .*$", r"[^.!?\n]+", r"\[[^\[\]]*\]"])
def test_linear_expression_passes(pattern: str) -> None:
    """Repeats that nothing can undo, bounded ones and anchored ones pass."""
    assert is_linear(pattern, anchored=False, whole=False)


def test_steps_agree_with_the_standard_library() -> None:
    """The engine that counts finds the matches that the standard library finds."""
    from tests.harness.regex_steps import Search

    for pattern in (r"a+?b", r"(ab|a)*c", r"\bfoo\b", r"(?<=x)y", r"(?!ab)a.", r"(?i)HeLLo", r"[^a-c]+$", r"\d{2,3}"):
        for text in ("aab", "ababc", "a foo b", "xy", "acab", "hello", "xyz", "12345", ""):
            for start in range(len(text) + 1):
                found = re.compile(pattern).match(text, start)
                search = Search(pattern, 0, text, 10_000)
                end = next(search.match_nodes(search.nodes, 0, start), None)
                assert (found.end() if found else None) == end, (pattern, text, start)
