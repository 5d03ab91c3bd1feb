"""Prepares input images in a sandbox, as files that every provider reads. Good files stay as they are."""

import structlog

from shared.media.file_type import NAMES
from shared.sandbox.pool import Busy, InputRefused, Sandbox, SandboxError, Unavailable
from workers.adapters.contract import Blob, Rejected, Retry
from workers.adapters.request_context import add_notice

TASKS = "offline.vision.preparation"
CHILDREN = 2
MEMORY_BYTES_MAX = 3 << 30  # of address space: 64 megapixels are decoded, turned and encoded
LIMIT_S, WAIT_S = 30.0, 30.0
RETRY_S = 5.0
READ_EVERYWHERE = ("image/png", "image/jpeg", "image/webp", "image/gif")
HEAD_BYTES = 65_536  # the signs that a JPEG or WebP needs it are in its first bytes
EXIF_OR_ANIMATION = 0x08 | 0x02  # flags of a WebP
ANIMATED = "An input image is animated. Only its first frame was used."
FRAMES, GREY_OR_COLOUR = (0xC0, 0xC1, 0xC2), (1, 3)

log = structlog.get_logger()


class Pictures:
    """The sandbox of one worker. Its children start with the first image that needs them."""

    def __init__(self) -> None:
        self._sandbox = Sandbox(TASKS, children=CHILDREN, memory_bytes_max=MEMORY_BYTES_MAX)

    async def prepare(self, image: Blob) -> Blob:
        """Return an image as every provider reads it. Raises Rejected, or Retry while no child is free."""
        if not needs_preparation(image.media_type, image.data[:HEAD_BYTES]):
            return image
        try:
            reply = await self._sandbox.run("prepare", image.data, limit_s=LIMIT_S, wait_s=WAIT_S)
        except InputRefused as refusal:
            name = NAMES[image.media_type]
            raise Rejected("bad_image", f"The input is {name} that cannot be used. {refusal}") from None
        except Busy as busy:
            raise Retry(str(busy), after_s=RETRY_S, ours=True) from None
        except Unavailable as missing:
            return self._leave(image, str(missing))
        except SandboxError:
            raise Rejected("bad_image", f"The file is {NAMES[image.media_type]} that cannot be decoded.") from None
        if reply.get("is_animated"):
            log.info("input_image.animated", media_type=image.media_type)
            add_notice(ANIMATED)
        return Blob(reply["data"], reply["media_type"]) if "data" in reply else image

    async def close(self) -> None:
        """End the children."""
        await self._sandbox.close()

    def _leave(self, image: Blob, reason: str) -> Blob:
        """Return an image unchanged if most providers read it, where the packages of `[local]` are not installed."""
        log.warning("input_image.not_prepared", media_type=image.media_type, reason=reason)
        if image.media_type in READ_EVERYWHERE:
            return image
        message = f"The file is {NAMES[image.media_type]}, which cannot be converted here. Send PNG, JPEG or WebP."
        raise Rejected("bad_image", message)


def needs_preparation(media_type: str, head: bytes) -> bool:
    """Return whether an image has to be decoded. A file without any of these marks is good as it is."""
    match media_type:
        case "image/jpeg":
            return b"Exif\0\0" in head or not _is_plain_jpeg(head)
        case "image/png":
            return head[24:25] == b"\x10" or b"acTL" in head or b"eXIf" in head
        case "image/webp":
            return head[12:16] == b"VP8X" and bool(head[20] & EXIF_OR_ANIMATION)
    return True


def _is_plain_jpeg(head: bytes) -> bool:
    """Return whether the first frame header names 8 bits, and grey or three colours. False if it is not in `head`."""
    place = 2
    while place + 10 <= len(head) and head[place] == 0xFF:
        kind = head[place + 1]
        if kind in FRAMES:
            return head[place + 4] == 8 and head[place + 9] in GREY_OR_COLOUR
        if kind == 0xFF:
            return False
        place += 2 + max(int.from_bytes(head[place + 2 : place + 4], "big"), 2)
    return False
