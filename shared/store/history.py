"""The history of the store: its deployment and its progress, so that nobody goes on with an older or an emptied one.

Scripts that reserve money or store an intent to submit raise the store's sequence. Each process remembers the highest
that it saw. A store that is behind it has lost orders or submits: submits stop until an operator accepts the store.
"""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, structs

from shared.store.client import Act, StoreClient

NAME = "history.json"
ID_BYTES = 8
ACCEPT = "check the store, then run `wokflow store accept-history`"
NO_PROOF, NEVER = ("", 0, 0), ("never", 0, 0)


class StoreHistory(Struct, frozen=True, kw_only=True):
    """The history of a store at one moment."""

    id: str  # of the deployment; "" in an emptied store
    sequence: int
    accepted_ms: int  # when an operator last accepted the store as it was; 0: never
    fenced: str  # why submits are stopped, "" if they are not
    now_ms: int


class Fence:
    """A process's knowledge of its store, and the reason why it holds submits and orders back, if it does.

    With `lossy`, the store may lose its last moments in a crash (DURABILITY=memory), so a sequence proves nothing.
    """

    def __init__(self, known: StoreHistory | None = None, *, lossy: bool = False) -> None:
        self.known = known
        self.lossy = lossy
        self.history_fault = ""
        self.settings_fault = ""

    @property
    def fault(self) -> str:
        """Return why submits and orders are held back, "" if they are not."""
        return self.history_fault or self.settings_fault

    def observe(self, found: StoreHistory) -> None:
        """Compare the store with what is known of it, and remember it if it is the same and not behind."""
        self.history_fault = found.fenced or find_fault(self.known, found)
        if not self.history_fault:
            self.known = structs.replace(found, sequence=0) if self.lossy else found

    def note_submit(self, sequence: int) -> None:
        """Remember the sequence of a submit of this process."""
        if self.known is not None and sequence > self.known.sequence and not self.lossy:
            self.known = structs.replace(self.known, sequence=sequence)

    @property
    def proof(self) -> tuple[str, int, int]:
        """Return what the script that stores an intent compares with the store."""
        if self.fault:
            return NEVER
        return (self.known.id, self.known.sequence, self.known.accepted_ms) if self.known else NO_PROOF


def find_fault(known: StoreHistory | None, found: StoreHistory) -> str:
    """Return why a process that knows `known` must not go on with the store, "" if it may."""
    if known is None or found.accepted_ms > known.now_ms:
        return "" if found.id else f"The store has no history: {ACCEPT}."
    if not found.id:
        return f"The store has lost its history, so it was emptied: {ACCEPT}."
    if found.id != known.id:
        return f"The store belongs to another deployment: check REDIS_URL and DATA_DIR; if it is right, {ACCEPT}."
    if found.accepted_ms < known.accepted_ms or found.sequence < known.sequence:
        lost = f"it is at {found.sequence}, and was at {known.sequence}"
        return f"The store is older than it was ({lost}): finish its restore, or {ACCEPT}."
    return ""


async def read_history(store: StoreClient, *, begin: bool = False) -> StoreHistory:
    """Return the history of the store, durable as DURABILITY says. With `begin`, a store without one gets one."""
    new = secrets.token_hex(ID_BYTES) if begin else ""
    return _decode(await store.run("read_history", new, durable=True))


def _decode(reply: list[Any]) -> StoreHistory:
    _, name, sequence, accepted_ms, fenced, now_ms = reply
    return StoreHistory(
        id=name.decode(), sequence=sequence, accepted_ms=accepted_ms, fenced=fenced.decode(), now_ms=now_ms
    )


async def accept_history(store: StoreClient, act: Act | None = None) -> int:
    """Let all processes go on with the store as it is. Return the time of that, Unix ms. Raises StoreDown."""
    _, _, accepted_ms = await store.run("accept_history", secrets.token_hex(ID_BYTES), durable=True, act=act)
    return int(accepted_ms)


def load_history(data_dir: str) -> StoreHistory | None:
    """Return what processes of this machine knew about the store, None if nothing can be read."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((Path(data_dir) / NAME).read_bytes(), type=StoreHistory)
    return None


def save_history(data_dir: str, history: StoreHistory) -> None:
    """Save what is known about the store for processes that start later on this machine. Raises OSError."""
    path = Path(data_dir) / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")
    part.write_bytes(msgspec.json.encode(history))
    part.replace(path)
