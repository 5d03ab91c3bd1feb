"""Rules of tracked files and of dependencies: sizes, binaries, foreign hosts and paths, reasons and pins."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

FILE_BYTES_MAX = 200_000
FileCheck = Callable[[str, bytes], list[str]]  # offenders of a file, given its path from the root and its bytes
BINARIES: tuple[str, ...] = ()  # tracked files that are not text, by their path from the root

# A letter in brackets keeps a pattern from finding itself.
HOSTS = re.compile(r"py[p]i\.org|pythonh[o]sted|npm[j]s\.(org|com)|y[a]rnpkg\.com|inde[x]-url|\"resolve[d]\": *\"http")
MACHINE = re.compile(r"(?<![\w.~-])/(?:wor[k]|hom[e]|Use[r]s|roo[t]|tm[p]/w)/\w")


def foreign_places(name: str, data: bytes) -> list[str]:
    """List lines that name a package registry's host or a path of somebody's machine."""
    lines = enumerate(data.decode(errors="ignore").splitlines(), 1)
    return [f"{name}:{number}" for number, line in lines if HOSTS.search(line) or MACHINE.search(line)]


def large_files(name: str, data: bytes) -> list[str]:
    """List the file if it is larger than 200 kB."""
    return [f"{name}: {len(data)} bytes"] if len(data) > FILE_BYTES_MAX else []


def binary_files(name: str, data: bytes) -> list[str]:
    """List the file if it is not UTF-8 text, or holds a NUL."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return [name] if name not in BINARIES else []
    return [name] if b"\0" in data and name not in BINARIES else []


def clashing_names(paths: list[Path]) -> list[str]:
    """List names of test files that occur twice: pytest would take the one for the other."""
    names = [path.name for path in paths]
    return [name for name in sorted(set(names)) if names.count(name) > 1]


def dependencies(pyproject: str) -> list[str]:
    """Return every requirement that a pyproject.toml names, extras included."""
    project = tomllib.loads(pyproject)["project"]
    extras = project.get("optional-dependencies", {}).values()
    return project["dependencies"] + [name for group in extras for name in group]


def unexplained_dependencies(pyproject: str) -> list[str]:
    """List requirements without a reason on their line."""
    lines = {
        line.strip().partition('"')[2].partition('"')[0]: line
        for line in pyproject.splitlines()
        if line.strip()[:1] == '"'
    }
    return [name for name in dependencies(pyproject) if "#" not in lines.get(name, "")]


def unpinned_dependencies(pyproject: str, constraints: str) -> list[str]:
    """List requirements whose exact version is not in constraints.txt."""
    pins = re.sub("[_.]", "-", constraints.lower())
    names = [re.split(r"[^\w.-]", name)[0].lower() for name in dependencies(pyproject)]
    return [name for name in names if not re.search(f"^{re.sub('[_.]', '-', name)}==", pins, re.MULTILINE)]
