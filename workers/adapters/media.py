"""Input media of a call, in the form that its provider reads: the one fetch-and-upload step of every media field.

A field may hold an image, a first or last frame, a reference, a mask, a video or a recording. `publish` turns its URL
into one for the provider. A public https URL stays. Our own assets and `data:` URLs travel inside the request, or are
uploaded to the provider. Images that few providers read are fetched and converted first.
"""

import asyncio
import base64
import math
from collections.abc import Awaitable, Callable

from shared.domain.foreign_url import path_of
from shared.media.file_type import NAMES, MediaKind
from shared.media.length import length_s
from workers.adapters.contract import Blob, Rejected, Setup

Upload = Callable[[Blob], Awaitable[str]]  # sends a file to the provider, and returns the provider's URL of it
LENIENCY_S = 0.1  # encoders pad the end of a recording
CONVERTED = (".heic", ".heif", ".avif", ".tif", ".tiff", ".bmp")  # ends of URLs of images that few providers read


async def publish(
    setup: Setup,
    url: str,
    *,
    kind: MediaKind = "image",
    upload: Upload | None = None,
    inline_bytes_max: int = 0,
    seconds_max: float | None = None,
) -> str:
    """Return a URL for an input that the provider can read. Raises Rejected, and the errors of `upload`.

    A file that needs one becomes a `data:` URL up to `inline_bytes_max`, and a larger one is uploaded. Without `upload`
    every file becomes a `data:` URL. A file with a `seconds_max` is fetched and measured, wherever it is.
    """
    if is_public(url, kind) and seconds_max is None:
        return url
    file = await (setup.fetch(url) if kind == "image" else setup.fetch_media(url, kind))
    if seconds_max is not None:
        await check_length(file, kind, seconds_max)
    return data_url(file) if upload is None or len(file.data) <= inline_bytes_max else await upload(file)


async def check_length(file: Blob, kind: MediaKind, seconds_max: float) -> None:
    """Raise Rejected if a video or recording is longer than the order pays for, or does not say its length."""
    found_s = await asyncio.to_thread(length_s, file.data)
    if found_s is None:
        name = NAMES.get(file.media_type, "a file")
        raise Rejected(f"bad_{kind}", f"The {kind} is {name} that does not say its length. Convert it to MP4 or WAV.")
    if found_s > seconds_max + LENIENCY_S:
        reason = f"The {kind} is {found_s:.2f} s long, but `seconds` is {seconds_max:g}."
        raise Rejected(f"bad_{kind}", f"{reason} Send a shorter one, or {math.ceil(found_s)} `seconds`.")


def is_public(url: str, kind: MediaKind = "image") -> bool:
    """Return whether the provider can download an input itself: an https URL, not of an image to convert."""
    if url.startswith(("asset:", "data:")):
        return False
    return kind != "image" or not path_of(url).lower().endswith(CONVERTED)


def data_url(file: Blob) -> str:
    """Return a file as a data: URL."""
    return f"data:{file.media_type};base64,{base64.b64encode(file.data).decode()}"


def file_name(file: Blob) -> str:
    """Return a name for a file in a multipart form: some providers go by its extension."""
    family, _, extension = file.media_type.partition("/")
    return f"{family}.{extension}"
