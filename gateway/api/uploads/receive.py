"""Receive the file of an upload: streamed to the storage, typed by its bytes, and refused with nothing stored."""

import asyncio
from collections.abc import AsyncIterator
from secrets import token_hex

import structlog
from aiohttp import web

from gateway.context import GatewayContext
from shared.domain.errors import Refused
from shared.media.arriving_file import ArrivingFile
from shared.media.file_type import FORMATS, TYPE_BYTES, describe_file, input_type
from shared.ops import clock, metrics
from shared.ops.output_writer import OutputWriter
from shared.ops.storage import StorageError, new_input_path
from shared.store import uploads
from shared.store.uploads import Started, StoredUpload

PIECE_BYTES = 1 << 20
STALL_S = 30.0  # without a byte
TOTAL_S = 900.0
HOUR_MS = 3_600_000
OCTETS = "application/octet-stream"
SENT = "Send an image, a video or a recording"
NOT_STORED = Refused("unavailable", "The file cannot be stored at the moment. Send it again.", retry_after_s=5)
ALIASES = {"image/heif": "image/heic", "image/jpg": "image/jpeg", "audio/mp3": "audio/mpeg", "audio/x-wav": "audio/wav"}

log = structlog.get_logger()


async def receive_file(request: web.Request, context: GatewayContext, upload_id: str, started: Started) -> None:
    """Store the body of a request as the file of an upload. Raises Refused."""
    if (request.content_length or 0) > started.bytes_max:
        raise too_large(started.bytes_max)
    path, file = new_input_path(token_hex(16), clock.now_ms()), ArrivingFile()
    writer = OutputWriter(context.storage, path, OCTETS)
    try:
        async with asyncio.timeout(TOTAL_S):
            async for piece in read_pieces(request, started.bytes_max):
                file.feed(piece)
                require_type(file.head, started.declared)
                await writer.write(piece)
        require_whole(file, started)
        await writer.close()
        await finish(context, upload_id, path, file)
    except TimeoutError:
        raise Refused("invalid_request", f"The file did not arrive within {TOTAL_S:g} s. Send it again.") from None
    except StorageError as error:
        log.warning("upload.not_stored", upload=upload_id, reason=str(error))
        raise NOT_STORED from None
    metrics.UPLOADED_BYTES.inc(file.size_bytes)


async def finish_direct(context: GatewayContext, account: str, upload: StoredUpload) -> StoredUpload:
    """Check the file that a client put into the bucket itself. Return the upload, unchanged if there is no file yet.

    The file is copied, because its URL still works: a later PUT does not change what was checked. Raises Refused.
    """
    path = new_input_path(token_hex(16), clock.now_ms())
    try:
        asset = await context.storage.find(upload.path)
        if asset is None:
            return upload
        if asset.size_bytes > upload.size_bytes:
            raise too_large(upload.size_bytes)
        file, announced = ArrivingFile(), Started(account, upload.size_bytes, upload.exact, upload.declared)
        async for chunk in context.storage.read(upload.path, 0, asset.size_bytes):
            file.feed(chunk)
            require_type(file.head, upload.declared)
        require_whole(file, announced)
        await context.storage.copy(upload.path, path)
        await finish(context, upload.id, path, file)
    except StorageError as error:
        log.warning("upload.not_stored", upload=upload.id, reason=str(error))
        raise NOT_STORED from None
    return await uploads.find(context.store, upload.id, account) or upload


async def finish(context: GatewayContext, upload_id: str, path: str, file: ArrivingFile) -> None:
    """Note that the file is stored; delete it again if it is not wanted. Raises Refused, StorageError."""
    try:
        await uploads.finish(
            context.store,
            upload_id,
            path=path,
            size_bytes=file.size_bytes,
            media_type=input_type(file.head) or OCTETS,
            keep_ms=context.settings.upload_hours * HOUR_MS,
            bounds=context.admission.bounds("", ()),
        )
    except Refused:
        await context.storage.delete([path])
        raise


async def read_pieces(request: web.Request, bytes_max: int) -> AsyncIterator[bytes]:
    """Yield the body in pieces of about PIECE_BYTES. Raises Refused if it stalls, breaks off or is too large."""
    piece, size = bytearray(), 0
    try:
        while True:
            async with asyncio.timeout(STALL_S):
                chunk = await request.content.readany()
            if not chunk:
                break
            size += len(chunk)
            if size > bytes_max:
                raise too_large(bytes_max)
            piece += chunk
            if len(piece) >= PIECE_BYTES:
                yield bytes(piece)
                piece.clear()
    except TimeoutError:
        raise Refused("invalid_request", f"No byte arrived for {STALL_S:g} s. Send the file again.") from None
    except (web.RequestPayloadError, ConnectionError):
        raise Refused("invalid_request", "The body ended early. Send the file again.") from None
    if piece:
        yield bytes(piece)


def require_type(head: bytes, declared: str) -> None:
    """Raise Refused unless the first bytes are those of media, and of the announced type."""
    media_type, name = input_type(head[:TYPE_BYTES]), describe_file(head[:TYPE_BYTES])
    if media_type is None:
        raise Refused("invalid_input", f"The file is {name}. {SENT}: {', '.join(FORMATS.values())}.")
    if declared and ALIASES.get(declared, declared) != media_type:
        raise Refused("invalid_input", f"The file is {name} ({media_type}), and `content_type` announced {declared}.")


def require_whole(file: ArrivingFile, started: Started) -> None:
    """Raise Refused for an empty or damaged file."""
    if not file.size_bytes:
        raise Refused("invalid_input", "The body is empty. Send the bytes of the file.")
    if started.exact and file.size_bytes != started.bytes_max:
        reason = f"The file has {file.size_bytes} bytes, and `size_bytes` announced {started.bytes_max}."
        raise Refused("invalid_input", reason)
    damage = file.find_damage()
    if damage is not None:
        raise Refused("invalid_input", f"The file is {describe_file(file.head)} that cannot be used: it {damage}.")


def too_large(bytes_max: int) -> Refused:
    """Return the refusal of a file above its limit."""
    return Refused("payload_too_large", f"This upload takes at most {bytes_max} bytes. Create another one.")
