"""Pictures that a request brings: a data: URL goes to our storage, one of our own URLs is named by its path there."""

import base64
import binascii
import time
from secrets import token_hex

from gateway.desk import Desk
from shared.domain.errors import Refused
from shared.ops.storage import EXTENSIONS, new_path

PICTURE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")


async def brought(desk: Desk, url: str) -> str:
    """`url` as a worker can use it: https as it is, ours as `asset:<path>`. Raises Refused("invalid_input")."""
    own = f"{desk.settings.base_url}/assets/"
    if url.startswith(own):
        return "asset:" + url.removeprefix(own).partition("?")[0]
    if not url.startswith("data:"):
        return url
    head, _, body = url.partition(",")
    media_type = head.removeprefix("data:").removesuffix(";base64")
    if media_type not in PICTURE_TYPES or media_type not in EXTENSIONS or not head.endswith(";base64"):
        raise Refused("invalid_input", f"imageUrl: a data: URL is base64 of one of {', '.join(PICTURE_TYPES)}.")
    try:
        data = base64.b64decode(body, validate=True)
    except binascii.Error:
        raise Refused("invalid_input", "imageUrl: what follows the comma is not base64.") from None
    path = new_path(token_hex(16), media_type, time.time_ns() // 1_000_000, 0)
    await desk.storage.put(path, data, media_type)
    return f"asset:{path}"
