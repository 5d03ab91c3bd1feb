"""Rules of names: a function that acts begins with a verb, and a public class name occurs once."""

import ast
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.programs.style.source import Function, Source, walk

VERBS = frozenset(Path(__file__).with_name("verbs.txt").read_text().split())
SHARED_BY_CONTRACT = ("Adapter",)  # every provider's module has a class of that name

# Names that Python, a library or a protocol gives, so that no other is possible.
GIVEN = re.compile(
    r"__\w+__|test_\w+|do_[A-Z]+|setUp|tearDown|teardown|async_run|connection_(made|lost)|data_received|eof_received|pytest_\w+"
)


def acting_nouns(source: Source) -> list[str]:
    """List functions that act and whose name does not begin with a verb."""
    return [
        f"{source.path}:{function.lineno} {function.name}"
        for function in source.functions
        if acts(function) and not is_given(function) and first_word(function.name) not in VERBS
    ]


def is_given(function: Function) -> bool:
    """Return whether a function's name is not ours to choose, or names a value: that of a pytest fixture does."""
    decorators = [ast.unparse(decorator) for decorator in function.decorator_list]
    return bool(GIVEN.fullmatch(function.name)) or any(re.search(r"\bfixture\b", name) for name in decorators)


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
        for node in walk(function)
    )


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def first_word(name: str) -> str:
    """Return the first word of a snake_case name, underscores in front of it left out."""
    return name.lstrip("_").split("_")[0]


def public_classes(source: Source) -> list[str]:
    """List the public classes that a module defines at its top."""
    return [node.name for node in source.tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]


def shared_class_names(found: Iterable[Source]) -> list[str]:
    """List public class names that more than one module defines."""
    count = Counter(name for source in found for name in public_classes(source))
    return sorted(name for name, times in count.items() if times > 1 and name not in SHARED_BY_CONTRACT)
