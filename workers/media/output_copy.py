"""Copy one output of a provider to our storage: its bytes are checked and hashed as they come."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable

from msgspec import Struct

from shared.domain.foreign_url import host_of
from shared.domain.generation import Output
from shared.media.arriving_file import ArrivingFile
from shared.media.image_header import HEAD_BYTES_MAX, Size
from shared.ops.memory_budget import MemoryBudget
from shared.ops.output_writer import OutputWriter
from shared.ops.storage import Storage, StorageError
from workers.adapters.contract import Blob, Link
from workers.egress import Egress
from workers.egress.errors import BadUrl, EgressError, TooLarge
from workers.egress.stream import PIECE_BYTES
from workers.media import OUTPUT_BYTES_MAX, inspect, inspect_ends, require_type
from workers.media.errors import BadOutput, CopyFailed, NotStored

INLINE_BYTES_MAX = 256 * 1024  # hashing more than this would block the event loop for too long
READER_BYTES = HEAD_BYTES_MAX + 3 * PIECE_BYTES  # the memory of one copy, besides its writer's

PathOf = Callable[[str], str]  # from the media type to the path of the output


class Copier(Struct, frozen=True, kw_only=True):
    """Everything that copies of one process need."""

    storage: Storage
    egress: Egress
    budget: MemoryBudget


class Ends(ArrivingFile):
    """The first and last bytes of an output that arrives in pieces, its size, and the boxes of a video."""

    def inspect(self, kind: str) -> tuple[str, Size | None]:
        """Return the media type and size of the whole. Raises BadOutput."""
        media_type, size = inspect_ends(self.head, self.tail, self.size_bytes, kind)
        if self.is_cut:
            raise BadOutput(f"the provider delivered a damaged {media_type}: it ends early")
        return media_type, size


async def copy_output(copier: Copier, output: Blob | Link, kind: str, path_of: PathOf) -> Output | None:
    """Store an output. Return None if it is above our size limit. Raises BadOutput, CopyFailed."""
    try:
        if isinstance(output, Blob):
            return await store_blob(copier.storage, output.data, kind, path_of)
        async with copier.budget.reserve(copier.storage.writer_bytes + READER_BYTES):
            return await store_link(copier, output.url, kind, path_of)
    except StorageError as error:
        raise NotStored(str(error)) from error


async def store_blob(storage: Storage, data: bytes, kind: str, path_of: PathOf) -> Output:
    """Store bytes that an adapter holds already. Raises BadOutput, StorageError."""
    media = inspect(data, kind) if len(data) <= INLINE_BYTES_MAX else await asyncio.to_thread(inspect, data, kind)
    path = path_of(media.media_type)
    await storage.put(path, data, media.media_type)
    width, height = media.size or (None, None)
    return Output(path, media.media_type, len(data), width, height, media.sha256)


async def store_link(copier: Copier, url: str, kind: str, path_of: PathOf) -> Output | None:
    """Store the file behind a link. Return None if it is too large. Raises BadOutput, CopyFailed, StorageError."""
    host = host_of(url)  # the rest of a provider URL often holds a signature: never shown
    try:
        async with copier.egress.stream(url, body_bytes_max=OUTPUT_BYTES_MAX) as answer:
            if answer.status != 200:
                raise CopyFailed(f"{host} answered {answer.status} for an output")
            return await store_pieces(copier.storage, answer.read_pieces(), kind, path_of)
    except TooLarge:
        return None
    except BadUrl as error:
        raise BadOutput(f"{host} did not deliver an output: {error.message}") from error
    except EgressError as error:
        raise CopyFailed(f"{host} did not deliver an output: {error.message}") from error


async def store_pieces(storage: Storage, pieces: AsyncIterator[bytes], kind: str, path_of: PathOf) -> Output:
    """Store a file as it comes. Its first bytes decide its type, so that a web page is not even fetched whole.

    Raises BadOutput, StorageError, and any error of the pieces. The file exists only if it is whole.
    """
    ends, held = Ends(), b""
    writer: OutputWriter | None = None
    async for piece in pieces:
        ends.feed(piece)
        if writer is not None:
            await writer.write(piece)
            continue
        held += piece
        if ends.size_bytes > INLINE_BYTES_MAX:
            media_type = require_type(ends.head, ends.size_bytes, kind)
            writer = OutputWriter(storage, path_of(media_type), media_type)
            await writer.write(held)
            held = b""
    media_type, size = ends.inspect(kind)
    path = path_of(media_type)
    if writer is None:
        digest = hashlib.sha256(held).hexdigest()
        await storage.put(path, held, media_type)
    else:
        digest = writer.hash
        await writer.close()
    width, height = size or (None, None)
    return Output(path, media_type, ends.size_bytes, width, height, digest)
