"""Write the synchronous client of the Python SDK from the asynchronous one: `python3 sdk/scripts/python_sync.py`."""

import ast
import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "python/wokflow"
MODULES = ("client", "management", "transport")
RUFF_S = 60
RULES = (
    (r"\bAwaitable\[(\w+)\]", r"\1"),
    (r"Awaitable, ", ""),
    (r"\bAsyncGenerator\b", "Generator"),
    (r"\[(\w+), None\]:", r"[\1, None, None]:"),
    (r"\bAsyncWokflow\b", "Wokflow"),
    (r"\bAsyncTransport\b", "Transport"),
    (r"\bAsyncManagement\b", "Management"),
    (r"\bAsyncClient\b", "Client"),
    (r"\baclosing\b", "closing"),
    (r"\baclose\b", "close"),
    (r"\baread\b", "read"),
    (r"\baiter_bytes\b", "iter_bytes"),
    (r"\b__aenter__\b", "__enter__"),
    (r"\b__aexit__\b", "__exit__"),
    (r"\b_async\b", "_sync"),
    (r"\b(async|await) ", ""),
)


def to_sync(text: str) -> str:
    """Return the text of a module without its coroutines."""
    for pattern, replacement in RULES:
        text = re.sub(pattern, replacement, text)
    return text


def stale_modules() -> list[str]:
    """Return the modules that differ from what would be written, apart from their layout."""
    return [name for name in MODULES if _code(to_sync(_read("_async", name))) != _code(_read("_sync", name))]


def _read(package: str, name: str) -> str:
    return (FOLDER / package / f"{name}.py").read_text()


def _code(text: str) -> str:
    tree = ast.parse(text)
    tree.body.sort(key=lambda node: ast.unparse(node) if isinstance(node, ast.ImportFrom | ast.Import) else "~")
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            node.names.sort(key=lambda alias: alias.name)
    return ast.unparse(tree)


def write_all() -> None:
    """Write the modules and format them."""
    paths = [FOLDER / "_sync" / f"{name}.py" for name in MODULES]
    for name, path in zip(MODULES, paths, strict=True):
        path.write_text(to_sync(_read("_async", name)))
    for command in (["check", "--quiet", "--fix", "--select=I"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, *paths], check=True, timeout=RUFF_S)  # noqa: S603


if __name__ == "__main__":
    write_all()
