"""The files that the style rules are about, each read and parsed once."""

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PRODUCT = ("gateway", "workers", "shared", "operate", "offline")
EVERYTHING = (*PRODUCT, "deploy", "tests", "sdk/scripts", "sdk/python/wokflow")
GIT_S = 30

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | Function


class Source:
    """A text file: its path from the root, and its text."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text

    @cached_property
    def tree(self) -> ast.Module:
        """Return the syntax tree; raises SyntaxError if the file is not Python."""
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Return every node of the syntax tree."""
        return tuple(walk(self.tree))

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """Return every function and method."""
        return tuple(node for node in self.nodes if isinstance(node, Function))

    @cached_property
    def comments(self) -> tuple[tokenize.TokenInfo, ...]:
        """Return every comment of a Python file."""
        if "#" not in self.text:
            return ()
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return tuple(token for token in tokens if token.type == tokenize.COMMENT)

    @property
    def lines(self) -> int:
        """Return the number of lines."""
        return len(self.text.splitlines())

    @property
    def is_test(self) -> bool:
        """Return whether the file belongs to the tests."""
        return self.path.startswith("tests/")


def walk(top: ast.AST) -> list[ast.AST]:
    """Return a node and every node below it."""
    found = [top]
    for node in found:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                found.append(value)
            elif isinstance(value, list):
                found.extend(item for item in value if isinstance(item, ast.AST))
    return found


def sources(*folders: str, pattern: str = "*.py") -> list[Source]:
    """Return the files below some folders of the repository; a file's own path stands for that file."""
    return [source for folder in folders for source in _below(folder, pattern)]


@cache
def _below(folder: str, pattern: str) -> tuple[Source, ...]:
    top = ROOT / folder
    found = [top] if top.is_file() else sorted(top.rglob(pattern))
    return tuple(Source(path.relative_to(ROOT).as_posix(), path.read_text()) for path in found)


@cache
def tracked_paths() -> tuple[Path, ...]:
    """Return every file that git tracks and that is there."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=GIT_S,
    )
    paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    return tuple(path for path in paths if path.is_file())


def tracked_sources(suffixes: Iterable[str]) -> list[Source]:
    """Return the tracked files with one of some suffixes, such as `.md`."""
    paths = [path for path in tracked_paths() if path.suffix in tuple(suffixes)]
    return [Source(path.relative_to(ROOT).as_posix(), path.read_text()) for path in paths]


def imports(source: Source) -> Iterator[str]:
    """Yield the dotted names that a module imports; `from a import b` is a.b."""
    package = source.path.split("/")[:-1]
    for node in source.nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = [*above, *([node.module] if node.module else [])]
            yield from (".".join([*base, alias.name]) for alias in node.names)


def is_within(name: str, packages: Iterable[str]) -> bool:
    """Return whether a dotted name is one of some packages, or below one."""
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


def one_line(text: str) -> str:
    """Return a text with each run of white space replaced by one space."""
    return re.sub(r"\s+", " ", text).strip()
