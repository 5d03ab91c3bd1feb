"""Input media for adapters: our own from storage, data: URLs as they are, https URLs through the guarded egress."""

import asyncio

import structlog

from shared.domain.foreign_url import host_of
from shared.media.base64_text import decode_data_url
from shared.media.file_type import FORMATS, TYPE_BYTES, MediaKind, describe_file, input_type
from shared.media.image_header import HEAD_BYTES_MAX, DamagedImage, read_header
from shared.ops.storage import Storage, StorageError
from workers.adapters.contract import Blob, Rejected, Retry
from workers.egress import Egress
from workers.egress.errors import BadUrl, EgressError, OutOfSockets, TooLarge
from workers.media.pictures import Pictures

MB = 1_000_000
BYTES_MAX: dict[MediaKind, int] = {"image": 20 * MB, "video": 100 * MB, "audio": 100 * MB}
OWN_FAULT_S = 5.0  # until an input is fetched again that could not be on this machine
NOT_FETCHED = "The {kind} could not be fetched. Use a public URL that answers with it, on port 80 or 443."

log = structlog.get_logger()


class InputMedia:
    """The source of input media for the `fetch` and `fetch_media` of an adapter's Setup."""

    def __init__(self, storage: Storage, egress: Egress, pictures: Pictures) -> None:
        self._storage = storage
        self._egress = egress
        self._pictures = pictures

    async def fetch(self, url: str) -> Blob:
        """Fetch an image, as every provider reads it. Raises Rejected or Retry: see `fetch_media`."""
        return await self.fetch_media(url, "image")

    async def fetch_media(self, url: str, kind: MediaKind) -> Blob:
        """Fetch an input, an image as every provider reads it. Raises Rejected: `<kind>_unreachable` or `bad_<kind>`.

        Raises Retry while too many images are being prepared, or while this process has no free socket.
        """
        bytes_max = BYTES_MAX[kind]
        data = await self._read(url, kind, bytes_max)
        if len(data) > bytes_max:
            raise too_large(kind)
        media_type = input_type(data[:TYPE_BYTES])
        if media_type is None or not media_type.startswith(f"{kind}/"):
            name = describe_file(data[:TYPE_BYTES])
            raise Rejected(f"bad_{kind}", f"The input is {name}, and no {kind} that can be read. Send {FORMATS[kind]}.")
        if kind != "image":
            return Blob(data, media_type)
        try:
            read_header(data[:HEAD_BYTES_MAX], len(data))
        except DamagedImage as error:
            raise Rejected("bad_image", f"The input is not an image that can be read: it {error}.") from None
        return await self._pictures.prepare(Blob(data, media_type))

    async def _read(self, url: str, kind: MediaKind, bytes_max: int) -> bytes:
        if url.startswith("asset:"):
            return await self._read_asset(url.removeprefix("asset:"), kind, bytes_max)
        if url.startswith("data:"):
            try:
                return await asyncio.to_thread(decode_data_url, url)
            except ValueError:
                raise Rejected(f"bad_{kind}", "The data: URL must be base64.") from None
        return await self._download(url, kind, bytes_max)

    async def _download(self, url: str, kind: MediaKind, bytes_max: int) -> bytes:
        try:
            fetched = await self._egress.get(url, body_bytes_max=bytes_max)
        except BadUrl as error:
            raise Rejected(f"{kind}_unreachable", f"The {kind} could not be fetched: {error.message}.") from None
        except TooLarge:
            raise too_large(kind) from None
        except OutOfSockets as error:
            raise Retry(error.message, after_s=OWN_FAULT_S, ours=True) from None
        except EgressError as error:
            # The customer gets no report of which of our addresses and ports answer.
            log.info("input_image.not_fetched", host=host_of(url), code=error.code, reason=error.message)
            raise Rejected(f"{kind}_unreachable", NOT_FETCHED.format(kind=kind)) from None
        if fetched.status != 200:
            reason = f"The server of its URL answered {fetched.status} instead of the {kind}."
            raise Rejected(f"{kind}_unreachable", reason)
        return fetched.data

    async def _read_asset(self, path: str, kind: MediaKind, bytes_max: int) -> bytes:
        try:
            asset = await self._storage.find(path)
            if asset is None:
                reason = "The asset does not exist, or it has expired. Upload it again."
                raise Rejected(f"{kind}_unreachable", reason)
            if asset.size_bytes > bytes_max:
                raise too_large(kind)
            return b"".join([chunk async for chunk in self._storage.read(path, 0, asset.size_bytes)])
        except StorageError as error:
            raise Rejected(f"{kind}_unreachable", f"The {kind} could not be read: {error}") from None


def too_large(kind: MediaKind) -> Rejected:
    """Return the rejection of an input above the limit of its kind."""
    return Rejected(f"bad_{kind}", f"The {kind} is larger than {BYTES_MAX[kind] // MB} MB. Use a smaller one.")
