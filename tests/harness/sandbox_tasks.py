"""Tasks that try to get out of a sandbox, and tasks that go wrong in it."""

import ctypes
import os
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PR_GET_PDEATHSIG, PR_GET_DUMPABLE = 2, 3


def echo(value: object) -> object:
    """Return the argument."""
    return value


def connect(port: int) -> str:
    """Try to reach a server on loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError as error:
        return type(error).__name__
    return "connected"


def read(path: str) -> str:
    """Try to read a file."""
    try:
        return Path(path).read_text()
    except OSError as error:
        return type(error).__name__


def write(path: str) -> str:
    """Try to write a file."""
    try:
        Path(path).write_text("mine")
    except OSError as error:
        return type(error).__name__
    return "written"


def spawn() -> str:
    """Try to start a program."""
    try:
        subprocess.run([sys.executable, "-c", ""], check=False)
    except OSError as error:
        return type(error).__name__
    return "started"


def fork() -> str:
    """Try to fork."""
    try:
        if os.fork() == 0:
            os._exit(0)
    except OSError as error:
        return type(error).__name__
    return "forked"


def kill(pid: int) -> str:
    """Try to end another process."""
    try:
        os.kill(pid, 9)
    except OSError as error:
        return type(error).__name__
    return "killed"


def sleep(seconds: float) -> str:
    """Do nothing for a while."""
    time.sleep(seconds)
    return "rested"


def use_time() -> None:
    """Use processor time without end."""
    while True:
        pass


def refuse(reason: str) -> None:
    """Refuse the input."""
    raise ValueError(reason)


def read_priority() -> list[str]:
    """Return the nice value of this process, and that of its session where the system has one."""
    return [str(os.getpriority(os.PRIO_PROCESS, 0)), read("/proc/self/autogroup").rpartition(" ")[2].strip()]


def read_limits() -> dict[str, Any]:
    """Return the bounds of this process, its user, and the signal that it gets when its parent ends."""
    names = ("RLIMIT_AS", "RLIMIT_CORE", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NOFILE")
    limits: dict[str, Any] = {name: resource.getrlimit(getattr(resource, name))[0] for name in names}
    number, libc = ctypes.c_int(), ctypes.CDLL(None)
    libc.prctl(PR_GET_PDEATHSIG, ctypes.byref(number), 0, 0, 0)
    facts = {"user": os.geteuid(), "signal": number.value, "dumpable": libc.prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)}
    return {**limits, **facts}


def read_address_zero() -> None:
    """Read from address 0."""
    ctypes.string_at(0)


def print_noise() -> str:
    """Print to the stream that carries the replies."""
    print("noise", flush=True)
    os.write(1, b"more noise")
    return "quiet"


TASKS: dict[str, Any] = {
    "pid": os.getpid,
    "environment": lambda: dict(os.environ),
    "echo": echo,
    "size": len,
    "fill": bytes,
    "connect": connect,
    "read": read,
    "write": write,
    "spawn": spawn,
    "fork": fork,
    "kill": kill,
    "sleep": sleep,
    "spin": use_time,
    "refuse": refuse,
    "fail": lambda: {}["secret"],
    "missing": lambda: __import__("no_such_module"),
    "limits": read_limits,
    "segfault": read_address_zero,
    "noise": print_noise,
    "priority": read_priority,
}
