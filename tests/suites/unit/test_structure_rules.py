"""Each rule of structure lists its offenders."""

from collections.abc import Callable

import pytest

from tests.programs.style import structure
from tests.programs.style.figures import largest_share, median_lines
from tests.programs.style.source import Source

LONG = "def f() -> None:\n" + "    pass\n" * structure.FUNCTION_LINES_MAX
VAGUE = ("utils.py", "common.py", "misc.py", "helpers/x.py", "base_thing.py")
WALL_CLOCK_READS = ("time.time()", "time.time_ns", "from time import time", "datetime.now(UTC)", "date.today()")
IMPURE = ("time", "random", "os", "asyncio")


@pytest.mark.parametrize(
    ("check", "path", "text"),
    [
        (structure.long_functions, "gateway/x.py", LONG),
        (structure.long_functions, "gateway/x.py", "async " + LONG),
        (structure.long_modules, "gateway/x.py", "\n" * (structure.MODULE_LINES_MAX + 1)),
        *((structure.vague_module_names, f"shared/{name}", "") for name in VAGUE),
        (structure.forbidden_imports, "gateway/x.py", "from workers.run import run"),
        (structure.forbidden_imports, "workers/x.py", "def f():\n    import gateway.app"),
        (structure.forbidden_imports, "shared/ops/x.py", "from workers import run"),
        (structure.forbidden_imports, "shared/ops/x.py", "from ...gateway import app"),
        (structure.forbidden_imports, "operate/cli/x.py", "from redis.asyncio import Redis"),
        (structure.forbidden_imports, "workers/run.py", "import redis"),
        (structure.forbidden_imports, "gateway/x.py", "import arq"),
        (structure.forbidden_imports, "gateway/accept.py", "from shared.records.connect import Records"),
        (structure.forbidden_imports, "workers/settle.py", "import sqlalchemy"),
        *((structure.forbidden_imports, "shared/domain/x.py", f"import {name}") for name in IMPURE),
        (structure.forbidden_imports, "shared/domain/x.py", "from uuid import uuid4"),
        (structure.forbidden_imports, "shared/domain/x.py", "from ..store import keys"),
        (structure.impure_calls, "shared/domain/x.py", "datetime.now(UTC)"),
        (structure.impure_calls, "shared/domain/x.py", "open('x')"),
        (structure.foreign_line_ends, "shared/store/x.py", "lines = log.splitlines()"),
        *((structure.wall_clock_reads, "workers/x.py", read) for read in WALL_CLOCK_READS),
        (structure.dumped_errors, "workers/x.py", "log.warning('x', error=repr(error))"),
        (structure.dumped_errors, "gateway/x.py", "text = f'lost: {error!r}'"),
        (structure.dumped_errors, "workers/x.py", "try:\n    f()\nexcept OSError as lost:\n    log(repr(lost))"),
        (structure.environment_reads, "gateway/x.py", "os.environ['HOME']"),
        (structure.environment_reads, "gateway/x.py", "from os import getenv"),
        (structure.too_many_comments, "gateway/x.py", "# why\n" * 3 + "x = 1\n" * 39),
    ],
)
def test_structure_rule_lists_an_offender(check: Callable[[Source], list[str]], path: str, text: str) -> None:
    """An offender is listed once."""
    assert 1 == len(check(Source(path, text)))


def test_largest_share_counts_the_files_directly_in_a_folder() -> None:
    """A package below a folder counts for itself, and a share of more than 35 % is missed."""
    lines = {"workers/a.py": 30, "workers/providers/b.py": 34, "workers/providers/kie/c.py": 36}
    share = largest_share([Source(path, "\n" * count) for path, count in lines.items()], "workers")
    assert (36, False, "workers/providers/kie") == (share.value, share.is_met, share.detail)


def test_median_leaves_empty_modules_out() -> None:
    """An empty __init__.py does not shorten the median module."""
    assert 3 == median_lines([Source("a.py", "\n" * 3), Source("__init__.py", ""), Source("gateway/__init__.py", "")])
