"""Where outputs are kept: a folder by default, or any S3, GCS or Azure bucket. Nobody else talks to either.

StorageError       the folder or bucket did not do what was asked; the message says what to look at
└── AssetMissing   there is no such output (any more)
"""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple

from msgspec import Struct
from obstore.exceptions import BaseError
from obstore.store import HTTPStore, LocalStore, MemoryStore, from_url

if TYPE_CHECKING:
    from obstore.store import ObjectStore

TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "txt": "text/plain",
    "json": "application/json",
}  # SVG and HTML stay out: they run scripts on our origin
EXTENSIONS = {media_type: extension for extension, media_type in TYPES.items()}
TOKEN = re.compile(r"[0-9a-f]{32,128}")
PATH = re.compile(rf"[0-9]{{4}}/[0-9]{{2}}/[0-9]{{2}}/{TOKEN.pattern}-[0-9]{{1,3}}\.(?:{'|'.join(TYPES)})")
FOLDER = re.compile(r"[0-9]{4}(?:/[0-9]{2}){0,2}")

INDEX_MAX = 999
CHUNK_BYTES = 512 * 1024  # what one reader holds in memory, and what one request to a bucket fetches
DELETE_MAX = 500
THREADS_MAX = 16  # calls to the folder or bucket at the same time; more wait
RETRIES_MAX, RETRY_TIMEOUT_S = 3, 60  # of one request to a bucket

Args = TypeVarTuple("Args")
Result = TypeVar("Result")


class StorageError(Exception):
    """The folder or bucket failed; the same call may work later."""


class AssetMissing(StorageError):
    """The output is not there: never written, or deleted after its retention."""


class Asset(Struct, frozen=True):
    """What is known of an output without reading it."""

    size_bytes: int
    etag: str  # without quotes; changes when the bytes do
    modified_ms: int


def new_path(token: str, media_type: str, now_ms: int, index: int) -> str:
    """`YYYY/MM/DD/<token>-<index>.<ext>`, the day in UTC.

    The name is all that protects an output: `token` is at least 128 random bits in lower-case hex. Raises ValueError
    for a shorter one, an index outside 0..INDEX_MAX, or a type outside TYPES.
    """
    extension = EXTENSIONS.get(media_type.partition(";")[0].strip().lower())
    if extension is None:
        raise ValueError(f"{media_type} is not a type we serve: {', '.join(EXTENSIONS)}")
    if not TOKEN.fullmatch(token):
        raise ValueError("a token is 32 to 128 lower-case hex digits (128 random bits or more)")
    if not 0 <= index <= INDEX_MAX:
        raise ValueError(f"an index is 0 to {INDEX_MAX}, not {index}")
    return f"{_day(now_ms)}/{token}-{index}.{extension}"


def media_type_of(path: str) -> str:
    """The type behind the path's extension. A folder keeps no attributes, so the name has to say it."""
    return TYPES.get(path.rpartition(".")[2], "application/octet-stream")


class Storage:
    """Outputs by path. Only paths made by `new_path` exist, whatever a URL asks for."""

    def __init__(self, store: "ObjectStore", *, synced: bool = True) -> None:
        self._store = store
        prefix = store.prefix if isinstance(store, LocalStore) else None
        self._folder = prefix.resolve() if prefix else None
        self._synced = synced
        # obstore's own coroutines are resumed from threads that Python does not know: a process that ends right after
        # one aborts now and then. Plain calls in threads of ours do not, and cost less.
        self._threads = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="storage")

    @classmethod
    def open(cls, location: str, *, synced: bool = True) -> "Storage":
        """A folder, made if missing, or a URL such as s3://bucket/prefix, gs://bucket or az://container.

        Credentials come from the provider's usual environment variables. `synced`: a folder's files are on the disk
        before `put` returns. Raises StorageError for a location that cannot be used; nothing is asked of a bucket.
        """
        with _explained(f"open {location.partition('?')[0]}"):
            return cls(_store(location), synced=synced)

    async def put(self, path: str, data: bytes, media_type: str) -> None:
        """Write the whole output or nothing; an existing one is replaced. Raises StorageError."""
        if not PATH.fullmatch(path):
            raise StorageError(f"{path!r} is not a path made by new_path")
        await self._run(f"write {path}", self._put, path, data, media_type)

    async def head(self, path: str) -> Asset | None:
        """What is known of the output; None if there is none or the path is not ours. Raises StorageError."""
        if not PATH.fullmatch(path):
            return None
        return await self._run(f"look at {path}", self._head, path)

    async def read(self, path: str, start: int, length: int) -> AsyncGenerator[bytes, None]:
        """The bytes from `start`, which is inside the output, in chunks of CHUNK_BYTES at most.

        Each chunk is its own short request, so a slow reader keeps no connection to a bucket open.
        Raises AssetMissing, or StorageError.
        """
        if not PATH.fullmatch(path):
            raise AssetMissing(f"{path!r} is not a path made by new_path")
        stop = start + length
        while start < stop:
            chunk = await self._run(f"read {path}", self._range, path, start, min(stop, start + CHUNK_BYTES))
            yield chunk
            start += len(chunk)

    async def delete_before(self, cutoff_ms: int) -> int:
        """Delete outputs whose whole day lies before `cutoff_ms`; returns how many, fewer than 2 * DELETE_MAX.

        Call it again while it returns DELETE_MAX or more. Raises StorageError.
        """
        return await self._run("delete expired outputs", self._delete_before, _day(cutoff_ms))

    async def check(self) -> None:
        """One cheap question, for readiness probes. Raises StorageError unless the folder or bucket answers it."""
        await self._run("list outputs", self._store.list_with_delimiter)

    async def _run(self, doing: str, work: Callable[[*Args], Result], *args: *Args) -> Result:
        with _explained(doing):
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    def _put(self, path: str, data: bytes, media_type: str) -> None:
        if self._folder is None:
            self._store.put(path, data, attributes={"Content-Type": media_type})
            return
        self._store.put(path, data)
        if self._synced:
            _sync(self._folder / path, self._folder)

    def _head(self, path: str) -> Asset | None:
        try:
            meta = self._store.head(path)
        except FileNotFoundError:
            return None
        modified_ms = int(meta["last_modified"].timestamp() * 1000)
        etag = (meta["e_tag"] or f"{modified_ms:x}-{meta['size']:x}").removeprefix("W/").strip('"')
        return Asset(meta["size"], etag, modified_ms)

    def _range(self, path: str, start: int, stop: int) -> bytes:
        try:
            return bytes(self._store.get_range(path, start=start, end=stop))
        except FileNotFoundError:
            raise AssetMissing(f"{path} is gone: outputs are deleted after ASSET_RETENTION_DAYS") from None

    def _delete_before(self, today: str) -> int:
        deleted = 0
        for day in self._days_before(today):
            for page in self._store.list(day, chunk_size=DELETE_MAX):
                with suppress(FileNotFoundError):  # another sweeper was faster
                    self._store.delete([meta["path"] for meta in page])
                deleted += len(page)
                if deleted >= DELETE_MAX:
                    return deleted
            if self._folder is not None:
                # What a worker killed in the middle of a write left behind is hidden from lists.
                shutil.rmtree(self._folder / day, ignore_errors=True)
        return deleted

    def _days_before(self, day: str, folder: str | None = None) -> Iterator[str]:
        """Day folders older than `day`, walking years and months; folders that are not ours are left alone."""
        for found in self._store.list_with_delimiter(folder)["common_prefixes"]:
            if not FOLDER.fullmatch(found) or found > day[: len(found)] or found == day:
                continue
            if len(found) == len(day):
                yield found
            else:
                yield from self._days_before(day, found)


def _day(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y/%m/%d")


def _store(location: str) -> "ObjectStore":
    scheme, is_url, _ = location.partition("://")
    if not is_url:
        return LocalStore(location, mkdir=True, automatic_cleanup=True)
    if scheme == "file":
        return LocalStore.from_url(location, mkdir=True, automatic_cleanup=True)
    if scheme == "memory":
        return MemoryStore()
    # Client options given here would replace those of the environment (AWS_ALLOW_HTTP and such); obstore's own are
    # bounds already: 5 s to connect, 30 s for a request.
    store = from_url(
        location, retry_config={"max_retries": RETRIES_MAX, "retry_timeout": timedelta(seconds=RETRY_TIMEOUT_S)}
    )
    if isinstance(store, HTTPStore):
        raise ValueError("a plain web server is not a bucket")
    return store


def _sync(path: Path, folder: Path) -> None:
    """Put a file and the folders that name it on the disk: a settled generation's output survives a power cut."""
    for step in (path, *path.parents):
        descriptor = os.open(step, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if step == folder:
            return


@contextmanager
def _explained(doing: str) -> Iterator[None]:
    """Turn whatever the backend raises into one line; its URLs' queries can carry signatures, so they are cut off."""
    try:
        yield
    except (BaseError, OSError, ValueError, NotImplementedError) as error:
        reason = re.sub(r"\?\S+", "", str(error).partition("\n")[0]).rstrip(". ")
        raise StorageError(
            f"cannot {doing}: {reason}. Check ASSET_URL (a folder, s3://, gs:// or az://), "
            "the provider's credentials in the environment, permissions and free space"
        ) from None
