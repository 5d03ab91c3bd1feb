"""A child of a sandbox: serves the TASKS of one module on its pipe.

A task takes and returns plain values. For input that it refuses it raises ValueError with a sentence for the caller.
When a part of this installation is missing it raises ModuleNotFoundError or FileNotFoundError.
"""

import os
import signal
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import msgspec

from shared.ops.priority import yield_processor
from shared.sandbox.frames import ChildSetup, Hello, Reply, Request, read_frame, write_frame
from shared.sandbox.lockdown import allow_processor_time, lock_down

NICE = 8  # a seventh of a core when another process wants all of it, which then wakes up at once
PACKAGES = ("shared", "offline", "workers", "tests")


def serve(arguments: str) -> None:
    """Lock down, load the tasks, and serve them until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    yield_processor(NICE)
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not write into the replies
    setup = msgspec.json.decode(arguments, type=ChildSetup)
    layers = lock_down(PACKAGES, setup)
    tasks: Mapping[str, Callable[..., Any]] = import_module(setup.module).TASKS
    write_frame(replies, Hello(layers))
    decoder = msgspec.msgpack.Decoder(Request)
    while (body := read_frame(requests)) is not None:
        request = decoder.decode(body)
        allow_processor_time(request.cpu_s)
        write_frame(replies, run(tasks[request.task], request.arguments))


def run(task: Callable[..., Any], arguments: list[Any]) -> Reply:
    """Return the reply to one request, whatever its task raised."""
    try:
        return Reply("done", task(*arguments))
    except (ModuleNotFoundError, FileNotFoundError) as error:
        return Reply("unavailable", str(error))
    except ValueError as error:
        return Reply("invalid", str(error))
    except Exception as error:
        return Reply("failed", type(error).__name__)  # its text may hold what strangers sent
