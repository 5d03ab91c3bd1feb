"""Checks of this machine at the start of a process: its ports can be bound, and its folders written."""

import errno
import os
import shutil
import socket
import tempfile
from pathlib import Path

from shared.ops.settings import Settings, SettingsError

FREE_BYTES_MIN = 100_000_000  # the store's file and a day of outputs; less is a disk about to fill up
UNPRIVILEGED_PORT_MIN = 1024


class NotReady(SettingsError):
    """A setting does not fit this machine; the message is one line that says what failed and what to do."""


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


def check_outputs(settings: Settings) -> None:
    """Check that the folder of outputs can be written, if ASSET_URL names no bucket. Raises NotReady."""
    if not settings.asset_url:
        check_writable(Path(settings.data_dir).resolve())


def check_writable(folder: Path) -> None:
    """Check that DATA_DIR can be written; create it if missing. Raises NotReady. A full disk passes."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            message = f"DATA_DIR {folder} is not writable ({error.strerror})"
            raise NotReady(f"{message}: make it a writable folder, or set DATA_DIR to another one.") from None


def check_space(folder: Path) -> None:
    """Check that the disk of DATA_DIR has space. Raises NotReady."""
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES_MIN:
        message = f"The disk of DATA_DIR {folder} is full ({free // 1_000_000} MB free)"
        raise NotReady(f"{message}: free {FREE_BYTES_MIN // 1_000_000} MB, or set DATA_DIR to another disk.")


def _explain_port(host: str, port: int, variable: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is taken: stop the program that uses it, or set {variable} to a free port."
    if error.errno in (errno.EACCES, errno.EPERM):
        fix = f"set {variable} to {UNPRIVILEGED_PORT_MIN} or above"
    else:
        fix = f"set {'ADMIN_HOST' if variable == 'ADMIN_PORT' else 'HOST'} to an address of this machine"
    return f"Cannot listen on port {port} of {host} ({error.strerror}): {fix}."
