"""Rules of structure: sizes, module names, and which package may import which. Each lists a file's offenders."""

import ast
import re

from tests.programs.style.source import Source, imports, is_within, walk

FUNCTION_LINES_MAX = 50
MODULE_LINES_MAX = 300
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
RESERVED = {
    "redis": ("shared/store/", "workers/engine.py"),
    "arq": ("shared/store/", "workers/"),
    **dict.fromkeys(("sqlalchemy", "alembic", "aiosqlite", "asyncpg"), ("shared/records/",)),
    # Accept, poll, wait and settle never touch the database.
    "shared.records": (
        *("shared/records/", "workers/archive/", "workers/__main__.py"),
        *(
            "gateway/history/",
            "gateway/people/",
            "operate/people.py",
            "operate/cli/hello.py",
            "gateway/app.py",
            "gateway/context.py",
            "gateway/dialects/wowflow/money.py",
        ),
        *("operate/receipts.py", "operate/ledger.py", "operate/archived.py", "operate/erasure.py", "operate/export.py"),
        *(
            "gateway/api/usage/",
            "gateway/api/account/export.py",
            "gateway/account_operator.py",
            "operate/usage.py",
            "operate/cli/margin.py",
        ),
        *("operate/restored_records.py", "operate/doctor_database.py", "operate/cli/records.py"),
        *("operate/statement.py", "operate/cli/statement.py", "operate/parquet.py", "operate/cli/export.py"),
    ),
}
WALL_CLOCK = re.compile(r"time\.(time|time_ns|localtime|ctime)|(datetime\.)*(datetime|date)\.(now|utcnow|today)")
REPR = ord("r")  # of !r in a format
ERROR_NAMES = ("error", "exc", "exception")
VAGUE = re.compile(r"(^|/)(utils?|common|misc|helpers?|base_\w*)(\.py|/)")


def long_functions(source: Source) -> list[str]:
    """List functions of more than 50 lines."""
    sizes = [(function, (function.end_lineno or 0) - function.lineno + 1) for function in source.functions]
    return [
        f"{source.path}:{function.lineno} {function.name}: {size} lines"
        for function, size in sizes
        if size > FUNCTION_LINES_MAX
    ]


def long_modules(source: Source) -> list[str]:
    """List the module if it has more than 300 lines."""
    return [f"{source.path}: {source.lines} lines"] if source.lines > MODULE_LINES_MAX else []


def vague_module_names(source: Source) -> list[str]:
    """List the module if its name does not say what is in it."""
    return [source.path] if VAGUE.search(source.path) else []


def forbidden_imports(source: Source) -> list[str]:
    """List imports that point up, or that are reserved to another package."""
    packages = [name for prefix, names in FORBIDDEN.items() if source.path.startswith(prefix) for name in names]
    packages += [name for name, places in RESERVED.items() if not source.path.startswith(places)]
    return [f"{source.path} imports {name}" for name in imports(source) if is_within(name, packages)]


def impure_calls(source: Source) -> list[str]:
    """List calls that read the clock, roll dice, or touch files."""
    calls = [node.func for node in source.nodes if isinstance(node, ast.Call)]
    names = [call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls]
    return [f"{source.path} calls {name}()" for name in names if name in IMPURE_CALLS]


def foreign_line_ends(source: Source) -> list[str]:
    """List calls of `splitlines`, which also splits at separators that foreign text may hold, such as U+2028."""
    calls = [node.func for node in source.nodes if isinstance(node, ast.Call)]
    return [
        f"{source.path}:{call.lineno} calls splitlines()"
        for call in calls
        if isinstance(call, ast.Attribute) and call.attr == "splitlines"
    ]


def wall_clock_reads(source: Source) -> list[str]:
    """List reads of the machine's own clock, which may be wrong."""
    reads = [ast.unparse(node) for node in source.nodes if isinstance(node, ast.Attribute)]
    reads += imports(source)
    return [f"{source.path} reads {name}" for name in reads if WALL_CLOCK.fullmatch(name)]


def dumped_errors(source: Source) -> list[str]:
    """List where the `repr` of an exception is written: a foreign one may hold the headers that we sent."""
    handlers = [node for node in source.nodes if isinstance(node, ast.ExceptHandler) and node.name]
    named = {id(inner): handler.name for handler in handlers for inner in walk(handler)}
    dumped = [
        node.args[0]
        for node in source.nodes
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "repr" and node.args
    ]
    dumped += [node.value for node in source.nodes if isinstance(node, ast.FormattedValue) and node.conversion == REPR]
    names = [(node, node.id) for node in dumped if isinstance(node, ast.Name)]
    return [
        f"{source.path}:{node.lineno} {name}"
        for node, name in names
        if name in ERROR_NAMES or named.get(id(node)) == name
    ]


def environment_reads(source: Source) -> list[str]:
    """List what reads environment variables."""
    reads = [node.attr for node in source.nodes if isinstance(node, ast.Attribute)]
    reads += [name.rpartition(".")[2] for name in imports(source)]
    return [f"{source.path} reads {name}" for name in reads if name in ("environ", "getenv", "environb")]


def too_many_comments(source: Source) -> list[str]:
    """List the module if it has more than 5 comment lines in 100. A comment behind a field documents its name."""
    comments = [
        token
        for token in source.comments
        if not token.line[: token.start[1]].strip() and not token.string.startswith(("# type:", "# noqa"))
    ]
    many = len(comments) * 100 > source.lines * COMMENTS_PER_100_LINES_MAX
    return (
        [f"{source.path}: {len(comments)} in {source.lines} lines"]
        if many and source.lines > COMMENTED_FROM_LINES
        else []
    )
