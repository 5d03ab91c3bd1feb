"""Input images of a request. A data: URL is stored, and one of our own URLs becomes its path in the storage."""

import asyncio
from hashlib import blake2b

import structlog

from gateway.caller import Caller, read_quota
from gateway.context import GatewayContext
from shared.domain.errors import Refused
from shared.domain.foreign_url import BadForeignUrl, ForeignUrl
from shared.media.base64_text import NotBase64Url, decode_data_url
from shared.media.image_header import image_type
from shared.ops import clock
from shared.ops.storage import PATH, StorageError, new_path

INLINE_CHARS_MAX = 256 * 1024  # decoding more would block the event loop for too long
FORMS = "must be an https URL, a `data:` URL with an image in base64, or one of your own asset URLs."

log = structlog.get_logger()


async def store_input_image(context: GatewayContext, caller: Caller, url: str) -> str:
    """Return a URL for the worker: https unchanged, a stored image as `asset:<path>`. Raises Refused."""
    own = f"{context.base_url}/assets/"
    if url.startswith(own):
        path = url.removeprefix(own).partition("?")[0].partition("#")[0]
        if not PATH.fullmatch(path):
            raise Refused("invalid_input", "is not the URL of an asset.", field="imageUrl")
        return f"asset:{path}"
    if url[:5].lower() == "data:":
        return await _store(context, caller, await _decode(url))
    if url[:8].lower() != "https://":
        raise Refused("invalid_input", FORMS, field="imageUrl")
    try:
        ForeignUrl.parse(url)
    except BadForeignUrl as error:
        raise Refused("invalid_input", f"{error}.", field="imageUrl") from None
    return url


async def _store(context: GatewayContext, caller: Caller, data: bytes) -> str:
    """Store an image and return its `asset:` URL, the same for the same caller and bytes.

    Nothing is stored for a guest past its quota: the request will be refused, or replays an earlier one.
    """
    media_type = image_type(data)
    if media_type is None:
        raise Refused("invalid_input", "must hold a PNG, JPEG, WebP or GIF image.", field="imageUrl")
    path = new_path(image_token(context.secret, caller.account, data), media_type, clock.now_ms(), 0)
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


def image_token(secret: bytes, account: str, data: bytes) -> str:
    """Return the name of an input image. Nobody can compute it without the deployment's secret."""
    return blake2b(account.encode() + b" " + data, key=secret, person=b"input image", digest_size=16).hexdigest()


async def _decode(url: str) -> bytes:
    """Return the bytes in a data: URL. Raises Refused("invalid_input")."""
    try:
        if len(url) <= INLINE_CHARS_MAX:
            return decode_data_url(url)
        return await asyncio.to_thread(decode_data_url, url)
    except ValueError as error:
        reason = FORMS if isinstance(error, NotBase64Url) else "has invalid base64 after the comma."
        raise Refused("invalid_input", reason, field="imageUrl") from None
