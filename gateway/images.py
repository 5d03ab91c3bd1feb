"""Input images of a request. A data: URL is stored, and one of our own URLs becomes its path in the storage."""

import base64
import time
from hashlib import blake2b

import structlog

from gateway.caller import Caller, read_quota
from gateway.context import GatewayContext
from shared.domain.errors import Refused
from shared.ops.storage import PATH, StorageError, new_path

STARTS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
FORMS = "must be an https URL, a `data:` URL with an image in base64, or one of your own asset URLs."

log = structlog.get_logger()


async def store_input_image(context: GatewayContext, caller: Caller, url: str) -> str:
    """Return a URL for the worker: https unchanged, a stored image as `asset:<path>`. Raises Refused."""
    own = f"{context.settings.base_url}/assets/"
    if url.startswith(own):
        path = url.removeprefix(own).partition("?")[0].partition("#")[0]
        if not PATH.fullmatch(path):
            raise Refused("invalid_input", "is not the URL of an asset.", field="imageUrl")
        return f"asset:{path}"
    if url[:5].lower() == "data:":
        return await _store(context, caller, _decoded(url[5:]))
    if url[:8].lower() != "https://":
        raise Refused("invalid_input", FORMS, field="imageUrl")
    return url


async def _store(context: GatewayContext, caller: Caller, data: bytes) -> str:
    """Store an image and return its `asset:` URL, the same for the same caller and bytes.

    Nothing is stored for a guest past its quota: the request will be refused, or replays an earlier one.
    """
    media_type = _sniffed(data)
    token = blake2b(caller.account.encode() + b" " + data, digest_size=16).hexdigest()
    path = new_path(token, media_type, time.time_ns() // 1_000_000, 0)
    quota = await read_quota(context, caller.account) if caller.guest else None
    if quota is None or quota.limit is None or quota.used < quota.limit:
        try:
            await context.storage.put(path, data, media_type)
        except StorageError as error:
            log.warning("input_image.not_stored", reason=str(error))
            raise Refused(
                "unavailable", "The image cannot be stored at the moment. Try again.", retry_after_s=5
            ) from None
    return f"asset:{path}"


def _decoded(url: str) -> bytes:
    """Return the bytes in a data: URL, given without its scheme. Raises Refused("invalid_input")."""
    head, _, body = url.partition(",")
    if not head.lower().endswith(";base64"):
        raise Refused("invalid_input", FORMS, field="imageUrl")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError:
        raise Refused("invalid_input", "has invalid base64 after the comma.", field="imageUrl") from None


def _sniffed(data: bytes) -> str:
    """Return the media type of an image by its first bytes. Raises Refused("invalid_input")."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    for start, media_type in STARTS.items():
        if data.startswith(start):
            return media_type
    raise Refused("invalid_input", "must hold a PNG, JPEG, WebP or GIF image.", field="imageUrl")
