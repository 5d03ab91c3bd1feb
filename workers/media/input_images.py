"""Input images for adapters: our own from storage, data: URLs as they are, https URLs through the guarded egress."""

import asyncio

import structlog

from shared.domain.foreign_url import host_of
from shared.media.base64_text import decode_data_url
from shared.media.image_header import HEAD_BYTES_MAX, DamagedImage, read_header
from shared.ops.storage import Storage, StorageError
from workers.adapters.contract import Blob, Rejected
from workers.egress import Egress
from workers.egress.errors import BadUrl, EgressError

IMAGE_BYTES_MAX = 20_000_000
NOT_FETCHED = "The image could not be fetched. Use a public URL that answers with the image, on port 80 or 443."

log = structlog.get_logger()


class InputImages:
    """The source of input images for an adapter's Setup.fetch."""

    def __init__(self, storage: Storage, egress: Egress) -> None:
        self._storage = storage
        self._egress = egress

    async def fetch(self, url: str) -> Blob:
        """Fetch an image of at most 20 MB. Raises Rejected with image_unreachable or bad_image."""
        data = await self._read(url)
        if len(data) > IMAGE_BYTES_MAX:
            raise Rejected(
                "bad_image", f"The image is larger than {IMAGE_BYTES_MAX // 1_000_000} MB. Use a smaller one."
            )
        try:
            header = read_header(data[:HEAD_BYTES_MAX], len(data))
        except DamagedImage as error:
            raise Rejected("bad_image", f"The file at imageUrl is not an image that can be read: it {error}.") from None
        if header is None:
            raise Rejected("bad_image", "The file at imageUrl is not a PNG, JPEG, WebP or GIF image.")
        return Blob(data, header.media_type)

    async def _read(self, url: str) -> bytes:
        if url.startswith("asset:"):
            return await self._read_asset(url.removeprefix("asset:"))
        if url.startswith("data:"):
            try:
                return await asyncio.to_thread(decode_data_url, url)
            except ValueError:
                raise Rejected("bad_image", "The data: URL must be base64.") from None
        try:
            fetched = await self._egress.get(url, body_bytes_max=IMAGE_BYTES_MAX)
        except BadUrl as error:
            raise Rejected("image_unreachable", f"The image could not be fetched: {error.message}.") from None
        except EgressError as error:
            # The customer gets no report of which of our addresses and ports answer.
            log.info("input_image.not_fetched", host=host_of(url), code=error.code, reason=error.message)
            raise Rejected("image_unreachable", NOT_FETCHED) from None
        if fetched.status != 200:
            raise Rejected(
                "image_unreachable", f"The server of imageUrl answered {fetched.status} instead of an image."
            )
        return fetched.data

    async def _read_asset(self, path: str) -> bytes:
        try:
            asset = await self._storage.find(path)
            if asset is None:
                raise Rejected("image_unreachable", "The asset does not exist, or it has expired. Upload it again.")
            return b"".join([chunk async for chunk in self._storage.read(path, 0, asset.size_bytes)])
        except StorageError as error:
            raise Rejected("image_unreachable", f"The image could not be read: {error}") from None
