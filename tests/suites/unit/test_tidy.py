"""Style is a test. A check is a function that lists offenders; each is shown to find what it looks for."""

import ast
import io
import re
import statistics
import subprocess
import tokenize
import tomllib
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[3]
PRODUCT = ("gateway", "workers", "shared", "operate", "offline")
LUA = ROOT / "shared" / "store" / "lua"
FUNCTION_LINES_MAX = 50
MODULE_LINES_MAX = 300
MODULE_LINES_MEDIAN_MAX = 120
LUA_LINES_MAX = 60
COMMENTS_PER_100_LINES_MAX = 5
COMMENTED_FROM_LINES = 40

CLOCK_AND_DICE = ("time", "random", "secrets", "uuid.uuid1", "uuid.uuid4")
NETWORK = ("aiohttp", "arq", "asyncio", "http.client", "redis", "requests", "select", "socket", "urllib.request")
SYSTEM = ("logging", "obstore", "os", "prometheus_client", "shutil", "structlog", "subprocess", "tempfile", "threading")
OUTER = ("operate.cli", "shared.ops", "shared.store")
IMPURE_CALLS = {"now", "utcnow", "today", "uuid1", "uuid4", "open", "print", "input", "getenv"}
FORBIDDEN = {  # the floors: imports only point down
    "gateway/": ("workers", "offline", "operate.cli"),
    "workers/": ("gateway", "operate"),
    "operate/": ("gateway", "workers", "offline"),
    "offline/": ("gateway", "workers", "operate", "shared.store"),
    "shared/": ("gateway", "workers", "operate", "offline"),
    "shared/domain/": (*CLOCK_AND_DICE, *NETWORK, *SYSTEM, *OUTER),
}
RESERVED = {"redis": ("shared/store/", "workers/engine.py"), "arq": ("shared/store/", "workers/")}

# A letter in brackets keeps a pattern from finding itself.
HOSTS = re.compile(r"py[p]i\.org|pythonh[o]sted|npm[j]s\.(org|com)|y[a]rnpkg\.com|inde[x]-url|\"resolve[d]\": *\"http")
MACHINE = re.compile(r"(?<![\w.~-])/(?:wor[k]|hom[e]|Use[r]s|roo[t]|tm[p]/w)/\w")


class Module(NamedTuple):
    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())


def modules(*folders: str) -> list[Module]:
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [Module(path.relative_to(ROOT).as_posix(), path.read_text()) for path in paths]


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def imports(module: Module) -> Iterator[str]:
    """Dotted names of what a module imports; `from a import b` is a.b."""
    package = module.path.split("/")[:-1]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = [*above, *([node.module] if node.module else [])]
            yield from (".".join([*base, alias.name]) for alias in node.names)


def within(name: str, packages: Iterable[str]) -> bool:
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


def long_functions(module: Module) -> list[str]:
    sizes = [(f.name, (f.end_lineno or f.lineno) - f.lineno + 1) for f in functions(module)]
    return [f"{module.path} {name}: {size} lines" for name, size in sizes if size > FUNCTION_LINES_MAX]


def long_modules(module: Module) -> list[str]:
    return [f"{module.path}: {module.lines} lines"] if module.lines > MODULE_LINES_MAX else []


def vague_names(module: Module) -> list[str]:
    return [module.path] if re.search(r"(^|/)(utils?|common|helpers?|base_\w*)(\.py|/)", module.path) else []


def crossed_borders(module: Module) -> list[str]:
    packages = [name for prefix, names in FORBIDDEN.items() if module.path.startswith(prefix) for name in names]
    packages += [name for name, places in RESERVED.items() if not module.path.startswith(places)]
    return [f"{module.path} imports {name}" for name in imports(module) if within(name, packages)]


def impure_calls(module: Module) -> list[str]:
    calls = [node.func for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
    names = [call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls]
    return [f"{module.path} calls {name}()" for name in names if name in IMPURE_CALLS]


def environment_readers(module: Module) -> list[str]:
    reads = [node.attr for node in ast.walk(module.tree) if isinstance(node, ast.Attribute)]
    reads += [name.rpartition(".")[2] for name in imports(module)]
    return [f"{module.path} reads {name}" for name in reads if name in ("environ", "getenv", "environb")]


def untold_tests(module: Module) -> list[str]:
    found = [(f.name, " ".join((ast.get_docstring(f) or "").split())) for f in functions(module)]
    return [
        f"{module.path} {name}: {told or 'no docstring'}"
        for name, told in found
        if name.startswith("test_") and (not told.endswith(".") or re.search(r"[.!?] +[A-Z]", told))
    ]


def talkative_modules(module: Module) -> list[str]:
    """Comments on lines of their own; one behind a field or a constant documents its name."""
    tokens = tokenize.generate_tokens(io.StringIO(module.text).readline)
    comments = [
        token
        for token in tokens
        if token.type == tokenize.COMMENT
        and not token.line[: token.start[1]].strip()
        and not token.string.startswith(("# type:", "# noqa"))
    ]
    many = len(comments) * 100 > module.lines * COMMENTS_PER_100_LINES_MAX
    return (
        [f"{module.path}: {len(comments)} in {module.lines} lines"]
        if many and module.lines > COMMENTED_FROM_LINES
        else []
    )


def lua_parts(text: str) -> tuple[list[str], str]:
    """The header's lines, and the rest."""
    header = list(takewhile(lambda line: line.startswith("--") and not line.startswith("--@"), text.splitlines()))
    return header, "\n".join(text.splitlines()[len(header) :])


def lua_strings(body: str) -> list[str]:
    token = re.compile(r"'((?:\\.|[^'\\\n])*)'|\"((?:\\.|[^\"\\\n])*)\"|--\[\[.*?\]\]|--[^\n]*", re.DOTALL)
    return [match[1] or match[2] or "" for match in token.finditer(body)]


def lua_words(body: str) -> set[str]:
    """First words of table constructors: a reply is a table that begins with its word."""
    return {match[2] for match in re.finditer(r"\{\s*(['\"])([a-z_]+)\1", re.sub(r"--[^\n]*", "", body))}


def part_words(name: str) -> set[str]:
    """The words that an included part says it returns: the file that includes it may pass them on."""
    header, _ = lua_parts((LUA / "parts" / f"{name}.lua").read_text())
    return {word for line in header if line.startswith("-- Returns ") for word in lua_words(line.removeprefix("--"))}


def lua_drift(module: Module, keys: str) -> list[str]:
    """What a Lua file's header claims and its body does not do, or the other way round."""
    header, body = lua_parts(module.text)
    claims = {name: [line for line in header if line.startswith(f"-- {name}")] for name in ("Keys:", "Returns ")}
    named = {key.partition("<")[0] for line in claims["Keys:"] for key in re.findall(r"(?:gw|arq):[^\s;,|]*", line)}
    used = {re.split("[%<]", text)[0] for text in lua_strings(body) if text.startswith(("gw:", "arq:"))}
    promised = {word for line in claims["Returns "] for word in lua_words(line.removeprefix("--"))}
    faults = [f"has no line `-- {name}`" for name, lines in claims.items() if not lines]
    faults += [f"uses {key}, which its header does not name" for key in sorted(used - named)]
    faults += [f"names {key} in its header and does not use it" for key in sorted(named - used)]
    faults += [f"returns {word}, which its header does not name" for word in sorted(lua_words(body) - promised)]
    parts = {word for name in re.findall(r"(?m)^--@include (\w+)", module.text) for word in part_words(name)}
    faults += [f"promises {word} and does not return it" for word in sorted(promised - lua_words(body) - parts)]
    faults += [
        f"uses {key}, which is not in shared/store/keys.py"
        for key in sorted(used)
        if key[:3] == "gw:" and key not in keys
    ]
    faults += ["is too long"] if module.lines > LUA_LINES_MAX else []
    return [f"{module.path} {fault}" for fault in faults]


def foreign_places(module: Module) -> list[str]:
    lines = enumerate(module.text.splitlines(), 1)
    return [f"{module.path}:{number}" for number, line in lines if HOSTS.search(line) or MACHINE.search(line)]


def dependencies(pyproject: str) -> list[str]:
    project = tomllib.loads(pyproject)["project"]
    return project["dependencies"] + [
        name for group in project.get("optional-dependencies", {}).values() for name in group
    ]


def unexplained_dependencies(pyproject: str) -> list[str]:
    lines = {
        line.strip().partition('"')[2].partition('"')[0]: line
        for line in pyproject.splitlines()
        if line.strip()[:1] == '"'
    }
    return [name for name in dependencies(pyproject) if "#" not in lines.get(name, "")]


CHECKS: dict[Callable[[Module], list[str]], tuple[tuple[str, ...], str]] = {
    long_functions: ((*PRODUCT, "tests", "deploy"), f"No function is longer than {FUNCTION_LINES_MAX} lines"),
    long_modules: (PRODUCT, f"No module is longer than {MODULE_LINES_MAX} lines"),
    vague_names: ((*PRODUCT, "tests", "deploy"), "A module is called after what is in it"),
    crossed_borders: (PRODUCT, "Packages keep to their borders, and redis and arq to their places"),
    impure_calls: (("shared/domain",), "The domain gets time, chance and files handed in"),
    talkative_modules: (PRODUCT, f"At most {COMMENTS_PER_100_LINES_MAX} comments in 100 lines"),
    untold_tests: (("tests",), "A test says in one sentence what it shows"),
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_sources_are_tidy(check: Callable[[Module], list[str]]) -> None:
    """Every source of ours passes the check."""
    folders, rule = CHECKS[check]
    assert [] == [offender for module in modules(*folders) for offender in check(module)], rule


def test_most_modules_are_short() -> None:
    """Half of the modules that hold anything are no longer than 120 lines."""
    assert statistics.median(module.lines for module in modules(*PRODUCT) if module.text) <= MODULE_LINES_MEDIAN_MAX


def test_settings_alone_read_the_environment() -> None:
    """No module but shared/ops/settings.py reads an environment variable."""
    readers = [module for module in modules(*PRODUCT) if environment_readers(module)]
    assert ["shared/ops/settings.py"] == [module.path for module in readers]


def test_lua_headers_are_true() -> None:
    """Every Lua file names exactly the keys it uses and the words it returns, and fits on a page."""
    keys = ROOT / "shared" / "store" / "keys.py"
    files = [Module(path.relative_to(ROOT).as_posix(), path.read_text()) for path in sorted(LUA.rglob("*.lua"))]
    assert [] == [fault for file in files for fault in lua_drift(file, keys.read_text())]


def test_tracked_files_name_no_foreign_place() -> None:
    """No tracked file names a package registry's host or a path of somebody's machine."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    files = [
        Module(path.relative_to(ROOT).as_posix(), path.read_text(errors="ignore")) for path in paths if path.is_file()
    ]
    assert [] == [place for file in files for place in foreign_places(file)]


def test_dependencies_are_explained() -> None:
    """Every dependency in pyproject.toml has its reason on its line."""
    assert [] == unexplained_dependencies((ROOT / "pyproject.toml").read_text())


def test_dependencies_are_pinned() -> None:
    """Every dependency in pyproject.toml has its exact version in constraints.txt, which `make pins` writes."""
    pins = re.sub("[_.]", "-", (ROOT / "constraints.txt").read_text().lower())
    names = [re.split(r"[^\w.-]", name)[0].lower() for name in dependencies((ROOT / "pyproject.toml").read_text())]
    assert [] == [name for name in names if not re.search(f"^{re.sub('[_.]', '-', name)}==", pins, re.MULTILINE)]


LONG = "def f() -> None:\n" + "    pass\n" * FUNCTION_LINES_MAX
GOOD_LUA = """-- verb: does it.
-- Keys: gw:thing:<id> arq:queue:<name>
-- Returns {'done', n} | {'missing'}
--@include now
local thing = 'gw:thing:' .. id  -- not 'gw:other:'
if not thing then return {'missing'} end
local out = {'done', 'arq:queue:' .. name}
return out
"""
KEYS = 'f"gw:thing:{thing_id}"'


@pytest.mark.parametrize(
    ("check", "path", "text"),
    [
        (long_functions, "gateway/x.py", LONG),
        (long_functions, "gateway/x.py", "async " + LONG),
        (long_modules, "gateway/x.py", "\n" * (MODULE_LINES_MAX + 1)),
        *((vague_names, f"shared/{name}", "") for name in ("utils.py", "common.py", "helpers/x.py", "base_thing.py")),
        (crossed_borders, "gateway/x.py", "from workers.run import run"),
        (crossed_borders, "workers/x.py", "def f():\n    import gateway.app"),
        (crossed_borders, "shared/ops/x.py", "from workers import run"),
        (crossed_borders, "shared/ops/x.py", "from ...gateway import app"),
        (crossed_borders, "operate/cli/x.py", "from redis.asyncio import Redis"),
        (crossed_borders, "workers/run.py", "import redis"),
        (crossed_borders, "gateway/x.py", "import arq"),
        *((crossed_borders, "shared/domain/x.py", f"import {name}") for name in ("time", "random", "os", "asyncio")),
        (crossed_borders, "shared/domain/x.py", "from uuid import uuid4"),
        (crossed_borders, "shared/domain/x.py", "from ..store import keys"),
        (impure_calls, "shared/domain/x.py", "datetime.now(UTC)"),
        (impure_calls, "shared/domain/x.py", "open('x')"),
        (environment_readers, "gateway/x.py", "os.environ['HOME']"),
        (environment_readers, "gateway/x.py", "from os import getenv"),
        (untold_tests, "tests/x.py", "def test_x(): pass"),
        (untold_tests, "tests/x.py", "async def test_x():\n    'It works. And it is fast.'"),
        (talkative_modules, "gateway/x.py", "# why\n" * 3 + "x = 1\n" * 39),
        (foreign_places, "x.md", "https://py" + "pi.org/simple"),
        (foreign_places, "x.md", "see /ho" + "me/me/x"),
        (unexplained_dependencies, "", '[project]\ndependencies = [\n  "arq==1",\n]'),
    ],
)
def test_checks_find_offenders(check: Callable[[Module | str], list[str]], path: str, text: str) -> None:
    """Each check lists what is against its rule."""
    assert 1 == len(check(Module(path, text) if path else text))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("-- Keys: gw:thing:<id> arq:queue:<name>\n", "", "has no line `-- Keys:`"),
        ("-- Returns {'done', n} | {'missing'}\n", "", "has no line `-- Returns `"),
        ("<id> arq", "<id> gw:more arq", "names gw:more in its header and does not use it"),
        ("'gw:thing:'", "'gw:other:'", "uses gw:other:, which its header does not name"),
        ("'gw:thing:'", "'gw:other:'", "uses gw:other:, which is not in shared/store/keys.py"),
        ("then return {'missing'}", "then return {'gone'}", "returns gone, which its header does not name"),
        ("then return {'missing'}", "then return {'gone'}", "promises missing and does not return it"),
        ("return out\n", "return out\n" * LUA_LINES_MAX, "is too long"),
    ],
)
def test_lua_check_finds_drift(old: str, new: str, fault: str) -> None:
    """A true header passes, and one that has drifted from its body is found."""
    assert [] == lua_drift(Module("x.lua", GOOD_LUA), KEYS)
    assert f"x.lua {fault}" in lua_drift(Module("x.lua", GOOD_LUA.replace(old, new)), KEYS)


def test_each_test_file_has_a_name_of_its_own() -> None:
    """Two test files of one name cannot be run together: pytest would take the one for the other."""
    names = [path.name for path in sorted((ROOT / "tests").rglob("test_*.py"))]
    assert [] == [name for name in sorted(set(names)) if names.count(name) > 1]
