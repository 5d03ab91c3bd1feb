"""Feeds: the changes of an account's generations, for its readers. Nothing is written while nobody reads."""

from typing import Literal

from msgspec import Struct

from shared.store import keys
from shared.store.client import StoreClient

KEEP_MS = 3_600_000  # how long changes are written after the last reader
NEWEST = 200  # generations whose changes the first reader of an account gets, too
BATCH = 200  # entries that are read at a time
READY = "ready"  # the type of an entry that only marks a place


class FeedEntry(Struct, frozen=True):
    """An entry of a feed. `type` is a state of the generation, `text` or `progress`."""

    id: str
    type: str
    generation: str
    offset: int | None = None  # of a text: the characters before it
    text: str | None = None
    percent: int | None = None

    @property
    def at_ms(self) -> int:
        """Return when it was written, Unix ms."""
        return int(self.id.partition("-")[0])


async def follow_account(store: StoreClient, account_id: str) -> str | None:
    """Have the changes of an account's generations written. Return the place of the last, or None without account."""
    word, *rest = await store.run("follow_account", account_id, KEEP_MS, NEWEST)
    return str(rest[0].decode()) if word == "followed" else None


async def follow(store: StoreClient, account_id: str, generation_id: str) -> Literal["followed", "closed", "missing"]:
    """Have the changes of a generation written to the feed of its account, beginning with its state."""
    word: Literal["followed", "closed", "missing"] = (await store.run("follow", account_id, generation_id))[0]
    return word


async def read(store: StoreClient, account_id: str, after: str) -> list[FeedEntry]:
    """Return up to BATCH entries after a place, oldest first."""
    [found] = await store.read([("XRANGE", keys.feed(account_id), f"({after}", "+", "COUNT", BATCH)])
    return [_entry(name.decode(), fields) for name, fields in found]


async def find_gap(store: StoreClient, account_id: str, after: str) -> bool:
    """Return whether entries after a place may have left the feed."""
    [found] = await store.read([("XRANGE", keys.feed(account_id), "-", "+", "COUNT", 1)])
    return not found or _order(found[0][0].decode()) > _order(after)


async def write_text(store: StoreClient, generation_id: str, offset: int, text: str) -> int | None:
    """Append a text of a generation that stands behind `offset` characters. An empty one only reads the reply.

    Return how many characters there are now, or None if no more are wanted.
    """
    match await store.run("write_text", generation_id, offset, len(text), text):
        case ["written", length]:
            return int(length)
    return None


async def note_progress(store: StoreClient, generation_id: str, progress: float) -> None:
    """Append the progress of a generation, from 0 to 1, if somebody reads it."""
    await store.run("note_progress", generation_id, round(progress * 100))


def _entry(name: str, fields: list[bytes]) -> FeedEntry:
    known = {fields[at].decode(): fields[at + 1].decode() for at in range(0, len(fields), 2)}
    offset, percent = known.get("offset"), known.get("percent")
    return FeedEntry(
        name,
        known.get("type", READY),
        known.get("id", ""),
        None if offset is None else int(offset),
        known.get("text"),
        None if percent is None else int(percent),
    )


def _order(name: str) -> tuple[int, int]:
    """Return the place of an entry as numbers."""
    at_ms, _, number = name.partition("-")
    return int(at_ms), int(number or 0)
