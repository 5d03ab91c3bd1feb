"""Checks before a start: a free port, a usable DATA_DIR, and no other Wokflow in it."""

import errno
import os
import shutil
import socket
import tempfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from shared.ops.settings import Settings
from shared.store.embedded import StoreInUse, hold

GATEWAY, STORE, LOCAL = "-m gateway", "-m shared.store.embedded", "-m workers run local"
LOCAL_MODULES = ("av", "espeakng_loader", "numpy", "xllamacpp")  # the extra [local] of pyproject.toml
FREE_BYTES_MIN = 100_000_000  # the store's file and a day of outputs; less is a disk about to fill up
UNPRIVILEGED_PORT_MIN = 1024


class NotReady(Exception):
    """Something would fail later; the message is one line that says what failed and what to do."""


def check(settings: Settings, commands: Iterable[str], metrics_ports: Iterable[int] = ()) -> None:
    """Check everything that these commands need. Raises NotReady, or SettingsError for a DATA_DIR too deep."""
    lines = list(commands)
    serves, stores, draws = (any(role in line for line in lines) for role in (GATEWAY, STORE, LOCAL))
    if draws:
        check_local()
    if serves:
        check_port(settings.host, settings.port, "PORT")
    for port in metrics_ports:
        check_port(settings.host, port, "METRICS_PORT")
    if serves or stores:
        check_folder(Path(settings.data_dir).resolve())
    if stores and not settings.redis_url:
        check_alone(settings)


def check_local() -> None:
    """Check that the local provider's packages are installed. Raises NotReady naming the missing ones."""
    missing = [name for name in LOCAL_MODULES if find_spec(name) is None]
    if missing:
        message = f"The local provider's packages are not installed ({', '.join(missing)})"
        raise NotReady(f"{message}: pip install 'wokflow[local]', or remove [providers.local] from the catalogue.")


def check_port(host: str, port: int, variable: str) -> None:
    """Check that a server can listen on a port. Raises NotReady naming the variable to change."""
    try:
        places = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, place in places:
            with socket.socket(family, kind, protocol) as listener:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                listener.bind(place)
                listener.listen()
    except OSError as error:
        raise NotReady(_explain_port(host, port, variable, error)) from None


def check_folder(folder: Path) -> None:
    """Check that DATA_DIR can be written and has space; create it if missing. Raises NotReady."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
            file.flush()
            os.fsync(file.fileno())
        free = shutil.disk_usage(folder).free
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            free = 0
        else:
            message = f"DATA_DIR {folder} is not writable ({error.strerror})"
            raise NotReady(f"{message}: make it a writable folder, or set DATA_DIR to another one.") from None
    if free < FREE_BYTES_MIN:
        message = f"The disk of DATA_DIR {folder} is full ({free // 1_000_000} MB free)"
        raise NotReady(f"{message}: free {FREE_BYTES_MIN // 1_000_000} MB, or set DATA_DIR to another disk.")


def check_alone(settings: Settings) -> None:
    """Check that no other store runs in DATA_DIR, waiting for a killed one to leave. Raises NotReady."""
    try:
        with hold(settings):
            pass
    except StoreInUse:
        message = f"Another Wokflow runs in DATA_DIR {Path(settings.data_dir).resolve()}"
        raise NotReady(f"{message}: stop it, or set DATA_DIR to another folder.") from None
    except OSError as error:
        message = f"Cannot lock DATA_DIR {Path(settings.data_dir).resolve()} ({error.strerror})"
        raise NotReady(f"{message}: give this user its files, or set DATA_DIR to another folder.") from None


def _explain_port(host: str, port: int, variable: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is taken: stop the program that uses it, or set {variable} to a free port."
    if error.errno in (errno.EACCES, errno.EPERM):
        fix = f"set {variable} to {UNPRIVILEGED_PORT_MIN} or above"
    else:
        fix = "set HOST to an address of this machine"
    return f"Cannot listen on port {port} of {host} ({error.strerror}): {fix}."
