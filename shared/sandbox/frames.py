"""The pipe between a sandbox and its child: MessagePack frames, each behind its length in four bytes.

Never pickle: a child that was taken over could then run code in the parent.
"""

import asyncio
from typing import Any, BinaryIO, Literal

import msgspec
from msgspec import Struct

HEADER_BYTES = 4


class ChildSetup(Struct, frozen=True):
    """The arguments that a child starts with."""

    module: str  # its TASKS are served
    memory_bytes_max: int  # of address space
    file_bytes_max: int  # of a file in its scratch folder
    scratch: str  # the only folder that it may write to; empty: none
    listens: bool  # a library of its tasks opens a unix socket in the scratch folder


class Request(Struct, frozen=True, array_like=True):
    """One task for a child: a function of its task module, its arguments, and its processor time."""

    task: str
    arguments: list[Any]
    cpu_s: int


class Reply(Struct, frozen=True, array_like=True):
    """The end of a task: its value, a refusal of its input, or the name of an error that no task should raise."""

    status: Literal["done", "invalid", "unavailable", "failed"]
    value: Any = None


class Hello(Struct, frozen=True, array_like=True):
    """The first frame of a child: the protections that are in force."""

    layers: list[str]


class FrameTooLarge(Exception):
    """A frame is larger than its reader allows."""


def write_frame(stream: BinaryIO, message: Struct) -> None:
    """Write one message to a pipe."""
    body = msgspec.msgpack.encode(message)
    stream.write(len(body).to_bytes(HEADER_BYTES, "big") + body)
    stream.flush()


def read_frame(stream: BinaryIO) -> bytes | None:
    """Read one message from a pipe. Return None at its end."""
    header = stream.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        return None
    return stream.read(int.from_bytes(header, "big"))


def pack(message: Struct) -> bytes:
    """Return the bytes of one frame."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(HEADER_BYTES, "big") + body


async def receive(stream: asyncio.StreamReader, *, bytes_max: int) -> bytes:
    """Read the body of one frame. Raises FrameTooLarge, or IncompleteReadError when the other end is gone."""
    size = int.from_bytes(await stream.readexactly(HEADER_BYTES), "big")
    if size > bytes_max:
        raise FrameTooLarge(f"a frame of {size} bytes, {bytes_max} at most")
    return await stream.readexactly(size)
