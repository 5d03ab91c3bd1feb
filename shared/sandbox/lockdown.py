"""Takes from this process, for good, the means to reach anything but its own pipe.

Each layer is used where the kernel has it, and the child reports which ones are in force. docs/sandbox.md says what
each of them prevents.
"""

import contextlib
import ctypes
import importlib.util
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from shared.sandbox.frames import ChildSetup
from shared.sandbox.syscalls import filter_program

CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWIPC = 0x10000000, 0x40000000, 0x08000000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
SECCOMP_MODE_FILTER = 2
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
READ_FILE, READ_DIR, EVERYTHING = 1 << 2, 1 << 3, (1 << 16) - 1
ACCESS_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # rights on files that each Landlock version knows
NOBODY = 65534
OPEN_FILES_MAX = 64
SYSTEM = (
    "/usr/lib",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/proc/cpuinfo",
    "/proc/self",
    "/sys/devices/system",
    "/dev/urandom",
)

_libc = ctypes.CDLL(None, use_errno=True)


def lock_down(packages: Iterable[str], setup: ChildSetup) -> list[str]:
    """Apply every layer that this kernel has and return their names. Call it before other threads exist.

    `packages` are the packages of ours that the child may still import.
    """
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    layers = ["limits", *_leave_network(), *_drop_rights(setup.scratch)]
    _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # a change of user clears it
    _limit(setup)
    layers += _restrict_files(_reachable(packages, setup.scratch))
    layers += _filter_calls(setup)
    return layers


def allow_processor_time(seconds: int) -> None:
    """Let the kernel end this process once it used that much more processor time: a backstop for a stalled parent."""
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + seconds + 1, hard))


def _limit(setup: ChildSetup) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    for limit, value in (
        (resource.RLIMIT_AS, setup.memory_bytes_max),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, setup.file_bytes_max),
        (resource.RLIMIT_NOFILE, OPEN_FILES_MAX),
    ):
        resource.setrlimit(limit, (value, value))


def _leave_network() -> list[str]:
    """Enter a network namespace with nothing in it."""
    flags = CLONE_NEWNET | CLONE_NEWIPC
    done = _libc.unshare(flags) == 0 or _libc.unshare(flags | CLONE_NEWUSER) == 0
    return ["no network"] if done else []


def _drop_rights(scratch: str) -> list[str]:
    """Switch to the user nobody, where we are root and nobody may read what we have to import."""
    if os.geteuid() != 0 or not _nobody_reads(Path(sys.prefix), Path(sys.base_prefix), Path(__file__)):
        return []
    with contextlib.suppress(OSError):
        if scratch:
            os.chown(scratch, NOBODY, NOBODY)
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        return ["own user"]
    return []


def _nobody_reads(*paths: Path) -> bool:
    """Return whether every path is open to others: each folder on the way may be entered."""
    ways = {folder for path in paths for folder in (path.resolve(), *path.resolve().parents)}
    return all(way.stat().st_mode & (0o001 if way.is_dir() else 0o004) for way in ways)


def _reachable(packages: Iterable[str], scratch: str) -> Iterator[tuple[Path, int]]:
    """Yield the paths within reach: Python, system libraries and our packages to read, the scratch folder to write."""
    if scratch:
        yield Path(scratch), EVERYTHING
    installed = [path for path in sys.path if "site-packages" in path or "dist-packages" in path]
    for path in (sys.prefix, sys.base_prefix, *installed, *SYSTEM):
        yield Path(path), READ_FILE | READ_DIR
    for name in packages:
        spec = importlib.util.find_spec(name)
        for folder in (spec.submodule_search_locations if spec else None) or ():
            yield Path(folder), READ_FILE | READ_DIR
            yield Path(folder).parent, READ_DIR  # an import lists the folder that the package is in


def _restrict_files(paths: Iterable[tuple[Path, int]]) -> list[str]:
    """Forbid every use of files but these (Landlock, since Linux 5.13)."""
    version = _libc.syscall(LANDLOCK_CREATE, None, 0, 1)
    if version < 1:
        return []
    files = (1 << ACCESS_BITS.get(version, 16)) - 1
    attributes = struct.pack("=QQQ", files, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = _libc.syscall(LANDLOCK_CREATE, attributes, size, 0)
    if rules < 0:
        return []
    for path, rights in paths:
        with contextlib.suppress(OSError):
            opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
            allowed = (rights if path.is_dir() else rights & ~READ_DIR) & files
            _libc.syscall(LANDLOCK_ADD, rules, 1, struct.pack("=Qi", allowed, opened), 0)
            os.close(opened)
    locked = _libc.syscall(LANDLOCK_RESTRICT, rules, 0) == 0
    os.close(rules)
    return ["read-only files"] if locked else []


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _filter_calls(setup: ChildSetup) -> list[str]:
    """Refuse the system calls that lead out (seccomp)."""
    program = filter_program(listens=setup.listens)
    if program is None:
        return []
    header = _Program(len(program) // 8, program)
    done = _libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(header), 0, 0) == 0
    return ["system calls"] if done else []
