"""Input media of a call, in the form that its provider reads: the one fetch-and-upload step of every media field.

A field may hold an image, a first or last frame, a reference, a mask, a video or a recording. `publish` turns its URL
into one for the provider. A public https URL stays. Our own assets and `data:` URLs travel inside the request, or are
uploaded to the provider. Images that few providers read are fetched and converted first.
"""

import base64
from collections.abc import Awaitable, Callable

from shared.domain.foreign_url import path_of
from shared.media.file_type import MediaKind
from workers.adapters.contract import Blob, Setup

Upload = Callable[[Blob], Awaitable[str]]  # sends a file to the provider, and returns the provider's URL of it
CONVERTED = (".heic", ".heif", ".avif", ".tif", ".tiff", ".bmp")  # ends of URLs of images that few providers read


async def publish(
    setup: Setup, url: str, *, kind: MediaKind = "image", upload: Upload | None = None, inline_bytes_max: int = 0
) -> str:
    """Return a URL for an input that the provider can read. Raises Rejected, and the errors of `upload`.

    A file that needs one becomes a `data:` URL up to `inline_bytes_max`, and a larger one is uploaded. Without `upload`
    every file becomes a `data:` URL.
    """
    if is_public(url, kind):
        return url
    file = await (setup.fetch(url) if kind == "image" else setup.fetch_media(url, kind))
    return data_url(file) if upload is None or len(file.data) <= inline_bytes_max else await upload(file)


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
