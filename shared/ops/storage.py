"""The storage of outputs and inputs: a folder by default, or an S3, GCS or Azure bucket. Only this module accesses it.

StorageError       an operation of the folder or bucket failed; the message says what to check
└── AssetMissing   the output does not exist, or was deleted
"""

import asyncio
import re
import shutil
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO, TypeVar, TypeVarTuple

from msgspec import Struct
from obstore import open_writer, sign
from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, HTTPStore, LocalStore, MemoryStore, S3Store, from_url

from shared.ops.disk_sync import DiskSync

if TYPE_CHECKING:
    from obstore import Attributes, WritableFile
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
INPUTS = "inputs/"  # the folder of clients' files: no URL leads there
INPUT_PATH = re.compile(rf"{INPUTS}[0-9]{{4}}/[0-9]{{2}}/[0-9]{{2}}/{TOKEN.pattern}")
FOLDER = re.compile(rf"(?:{INPUTS})?[0-9]{{4}}(?:/[0-9]{{2}}){{0,2}}")

INDEX_MAX = 999
CHUNK_BYTES = 512 * 1024  # held in memory by one reader, and fetched by one request to a bucket
FOLDER_PART_BYTES, BUCKET_PART_BYTES = 1024 * 1024, 5 * 1024 * 1024  # written at once; S3 takes no smaller part
DELETE_MAX = 500
THREADS_MAX = 16  # concurrent calls to the folder or bucket; further calls wait
RETRIES_MAX, RETRY_TIMEOUT_S = 3, 60  # of one request to a bucket

Args = TypeVarTuple("Args")
Result = TypeVar("Result")


class StorageError(Exception):
    """The folder or bucket failed; a later call may succeed."""


class AssetMissing(StorageError):
    """The output does not exist: it was never written, or was deleted after its retention."""


class Asset(Struct, frozen=True):
    """Facts about an output, without its bytes."""

    size_bytes: int
    etag: str  # without quotes; changes with the bytes
    modified_ms: int


def new_path(token: str, media_type: str, now_ms: int, index: int) -> str:
    """Return the path of a new output, `YYYY/MM/DD/<token>-<index>.<ext>`, with the day in UTC.

    Only the name protects an output, so `token` has at least 128 random bits in lower-case hex. Raises ValueError for a
    shorter token, an index outside 0..INDEX_MAX, or a type outside TYPES.
    """
    extension = EXTENSIONS.get(media_type.partition(";")[0].strip().lower())
    if extension is None:
        raise ValueError(f"{media_type} is not a supported type: use one of {', '.join(EXTENSIONS)}.")
    if not TOKEN.fullmatch(token):
        raise ValueError("A token must have 32 to 128 lower-case hex digits (128 random bits or more).")
    if not 0 <= index <= INDEX_MAX:
        raise ValueError(f"An index must be from 0 to {INDEX_MAX}, not {index}.")
    return f"{_day(now_ms)}/{token}-{index}.{extension}"


def new_input_path(token: str, now_ms: int) -> str:
    """Return the path of a client's file. Its type is known by its bytes alone. `token` is like that of `new_path`."""
    return f"{INPUTS}{_day(now_ms)}/{token}"


def is_path(path: str) -> bool:
    """Return whether a path is that of an output or input."""
    return (PATH.fullmatch(path) or INPUT_PATH.fullmatch(path)) is not None


def media_type_of(path: str) -> str:
    """Return the media type of a path's extension. A folder does not store attributes, so the name has the type."""
    return TYPES.get(path.rpartition(".")[2], "application/octet-stream")


class Storage:
    """Files by path. Only paths made by `new_path` and `new_input_path` are accepted, whatever a URL requests."""

    def __init__(self, store: "ObjectStore", *, synced: bool = True) -> None:
        self._store = store
        prefix = store.prefix if isinstance(store, LocalStore) else None
        self._folder = prefix.resolve() if prefix else None
        self._part_bytes = FOLDER_PART_BYTES if self._folder else BUCKET_PART_BYTES
        self._disk = DiskSync(self._folder) if self._folder and synced else None
        # obstore resumes its coroutines from foreign threads, and a process that ends right after one sometimes aborts.
        # Blocking calls in our own threads do not abort, and cost less.
        self._threads = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="storage")

    @classmethod
    def open(cls, location: str, *, synced: bool = True) -> "Storage":
        """Open a folder, created if missing, or a URL such as s3://bucket/prefix, gs://bucket or az://container.

        Credentials come from the provider's usual environment variables. With `synced`, a folder's files are on disk
        before `put` returns. Raises StorageError for an invalid location; a bucket is not contacted.
        """
        with _explain_errors(f"open {location.partition('?')[0]}"):
            return cls(_store(location), synced=synced)

    async def put(self, path: str, data: bytes, media_type: str) -> None:
        """Write an output atomically, replacing an existing one. Raises StorageError."""
        if not is_path(path):
            raise StorageError(f"{path!r} is not the path of an output")
        await self.run(f"write {path}", self._put, path, data, media_type)

    async def sign_put(self, path: str, seconds: int) -> str | None:
        """Return a URL that a client can PUT a file to; None if the storage signs none. Raises StorageError."""
        if not isinstance(self._store, S3Store | GCSStore | AzureStore):
            return None
        return await self.run("sign an upload", sign, self._store, "PUT", path, timedelta(seconds=seconds))

    async def copy(self, path: str, to: str) -> None:
        """Copy a file inside the storage. Raises StorageError."""
        await self.run(f"copy {path}", self._store.copy, path, to)

    @property
    def writer_bytes(self) -> int:
        """Return the memory that a writer needs: a part that fills, and one on its way."""
        return 2 * self._part_bytes

    async def find(self, path: str) -> Asset | None:
        """Return the facts about an output; None if it does not exist or the path is not ours. Raises StorageError."""
        if not is_path(path):
            return None
        return await self.run(f"find {path}", self._head, path)

    async def read(self, path: str, start: int, length: int) -> AsyncGenerator[bytes, None]:
        """Yield `length` bytes from `start`, which is inside the output, in chunks of at most CHUNK_BYTES.

        Each chunk is a separate short request, so a slow reader does not keep a connection to a bucket open.
        Raises AssetMissing, or StorageError.
        """
        if not is_path(path):
            raise AssetMissing(f"{path!r} is not the path of an output")
        stop = start + length
        while start < stop:
            chunk = await self.run(f"read {path}", self._range, path, start, min(stop, start + CHUNK_BYTES))
            yield chunk
            start += len(chunk)

    async def delete(self, paths: Sequence[str]) -> None:
        """Delete files of ours; those that do not exist are skipped. Raises StorageError."""
        await self.run("delete inputs", self._delete, [path for path in paths if is_path(path)])

    async def delete_before(self, cutoff_ms: int, root: str = "") -> int:
        """Delete outputs of the days before the day of `cutoff_ms`, or with the root INPUTS inputs.

        Returns their number, less than 2 * DELETE_MAX. Call it again while it returns DELETE_MAX or more. Raises
        StorageError.
        """
        return await self.run("delete expired files", self._delete_before, root + _day(cutoff_ms), root or None)

    async def check(self) -> None:
        """Check with one cheap request that the folder or bucket answers. Raises StorageError."""
        await self.run("list outputs", self._store.list_with_delimiter)

    async def run(self, doing: str, work: Callable[[*Args], Result], *args: *Args) -> Result:
        """Run blocking work on a thread. Raises StorageError for the backend's errors."""
        with _explain_errors(doing):
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    def _put(self, path: str, data: bytes, media_type: str) -> None:
        if self._folder is None:
            self._store.put(path, data, attributes={"Content-Type": media_type})
            return
        self._store.put(path, data)
        self.flush(path)

    async def put_export(self, path: str, file: BinaryIO) -> None:
        """Write a file of an export, replacing an existing one. No URL leads there. Raises StorageError."""
        await self.run(f"write {path}", self._store.put, path, file)

    def open_file(self, path: str, media_type: str) -> "WritableFile":
        """Open a new output that is published when it is closed. Blocks. Raises StorageError for a foreign path."""
        if not is_path(path):
            raise StorageError(f"{path!r} is not the path of an output")
        attributes: Attributes | None = {"Content-Type": media_type} if self._folder is None else None
        return open_writer(self._store, path, attributes=attributes, buffer_size=self._part_bytes, max_concurrency=1)

    def flush(self, path: str) -> None:
        """Write a published file of a folder to disk, if that is configured. Blocks."""
        if self._disk is not None:
            self._disk.flush(path)

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
            raise AssetMissing(f"{path} does not exist: outputs are deleted after ASSET_RETENTION_DAYS") from None

    def _delete(self, paths: Sequence[str]) -> None:
        for path in paths:
            with suppress(FileNotFoundError):
                self._store.delete(path)

    def _delete_before(self, today: str, root: str | None) -> int:
        deleted = 0
        for day in self._days_before(today, root):
            for page in self._store.list(day, chunk_size=DELETE_MAX):
                with suppress(FileNotFoundError):  # another sweeper deleted them first
                    self._store.delete([meta["path"] for meta in page])
                deleted += len(page)
                if deleted >= DELETE_MAX:
                    return deleted
            if self._folder is not None:
                # Partial files of a killed worker are hidden from lists.
                shutil.rmtree(self._folder / day, ignore_errors=True)
        return deleted

    def _days_before(self, day: str, folder: str | None = None) -> Iterator[str]:
        """Yield the day folders before `day`, walking years and months. Foreign folders are skipped."""
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
    # Client options here would replace those of the environment, such as AWS_ALLOW_HTTP. obstore's defaults are bounds
    # already: 5 s to connect, 30 s for a request.
    store = from_url(
        location, retry_config={"max_retries": RETRIES_MAX, "retry_timeout": timedelta(seconds=RETRY_TIMEOUT_S)}
    )
    if isinstance(store, HTTPStore):
        raise ValueError("a web server is not a bucket")
    return store


@contextmanager
def _explain_errors(doing: str) -> Iterator[None]:
    """Turn the backend's errors into StorageError, one line without the queries of URLs, which can have signatures."""
    try:
        yield
    except (BaseError, OSError, ValueError, NotImplementedError) as error:
        reason = re.sub(r"\?\S+", "", str(error).partition("\n")[0]).rstrip(". ")
        raise StorageError(
            f"cannot {doing}: {reason}. Check ASSET_URL (a folder, s3://, gs:// or az://), "
            "the provider's credentials in the environment, permissions and free space"
        ) from None
