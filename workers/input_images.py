"""Input pictures for adapters: our own from storage, data: URLs as they are, https through the guarded egress."""

import base64

from shared.ops.storage import Storage, StorageError
from workers.adapters.contract import Blob, Rejected
from workers.egress import Egress
from workers.egress_errors import EgressError
from workers.media import inspect
from workers.output_errors import OutputError

PICTURE_BYTES_MAX = 20_000_000


class Pictures:
    """What an adapter's Setup.fetch is."""

    def __init__(self, storage: Storage, egress: Egress) -> None:
        self._storage = storage
        self._egress = egress

    async def fetch(self, url: str) -> Blob:
        """The picture at `url`. Raises Rejected: image_unreachable, or bad_image if it is none of 20 MB at most."""
        data = await self._bytes(url)
        if len(data) > PICTURE_BYTES_MAX:
            raise Rejected("bad_image", f"The picture is larger than {PICTURE_BYTES_MAX // 1_000_000} MB.")
        try:
            media = inspect(data, "image")
        except OutputError as error:
            raise Rejected("bad_image", f"What imageUrl leads to is no picture: {error}") from None
        if not media.media_type.startswith("image/"):
            raise Rejected("bad_image", f"What imageUrl leads to is {media.media_type}, not a picture.")
        return Blob(data, media.media_type)

    async def _bytes(self, url: str) -> bytes:
        if url.startswith("asset:"):
            return await self._stored(url.removeprefix("asset:"))
        if url.startswith("data:"):
            try:
                return base64.b64decode(url.partition(",")[2], validate=True)
            except ValueError:
                raise Rejected("bad_image", "The data: URL is not base64.") from None
        try:
            fetched = await self._egress.get(url, body_bytes_max=PICTURE_BYTES_MAX)
        except EgressError as error:
            raise Rejected("image_unreachable", f"The picture could not be fetched: {error.message}") from None
        if fetched.status != 200:
            raise Rejected("image_unreachable", f"The picture's address answered {fetched.status}.")
        return fetched.data

    async def _stored(self, path: str) -> bytes:
        try:
            asset = await self._storage.head(path)
            if asset is None:
                raise Rejected("image_unreachable", "There is no such picture here, or it has expired.")
            return b"".join([chunk async for chunk in self._storage.read(path, 0, asset.size_bytes)])
        except StorageError as error:
            raise Rejected("image_unreachable", f"The picture could not be read: {error}") from None
