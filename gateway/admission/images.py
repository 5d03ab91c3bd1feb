"""Input media of a request, for every dialect: `data:` URLs, uploads and our own URLs become paths in the storage.

Nothing is stored here. A `data:` URL is named at random, and stored after the generation is accepted: see `uploads.py`.
"""

import asyncio
from collections.abc import Mapping
from secrets import token_hex
from typing import Protocol

from msgspec import Struct, field

from shared.domain.errors import Refused
from shared.domain.foreign_url import BadForeignUrl, ForeignUrl
from shared.media.base64_text import NotBase64Url, decode_data_url
from shared.media.file_type import FORMATS, TYPE_BYTES, MediaKind, describe_file, input_type, kind_of_role
from shared.ops import clock
from shared.ops.storage import PATH, new_input_path

INLINE_CHARS_MAX = 256 * 1024  # decoding more would block the event loop for too long
URLS_MAX = 16  # more are refused by the validation
FORMS = "must be an https URL, a `data:` URL in base64, `asset:` with the id of an upload, or a result URL of ours."
FIELDS = ("image_url", "image_urls")  # of an input
ASSET, DATA, HTTPS = "asset:", "data:", "https://"


class Upload(Struct):
    """A file in a request, with the path that it gets in the storage. Its data are dropped once they are stored."""

    path: str
    data: bytes
    media_type: str


class StoredFiles(Protocol):
    """Files that are in the storage already."""

    async def find_upload(self, upload_id: str, name: str, kind: MediaKind) -> str:
        """Return the path of the caller's upload. Raises Refused naming the field."""

    async def require_output(self, path: str, name: str, kind: MediaKind) -> None:
        """Raise Refused naming the field, unless an output exists and is of this kind."""


class RequestImages(Struct):
    """The media of one request. `base_url` and `others` are the gateway's own; `uploads` are to be stored."""

    base_url: str
    stored: StoredFiles | None = None
    others: tuple[str, ...] = ()
    uploads: list[Upload] = field(default_factory=list)

    async def take(self, url: str, name: str, kind: MediaKind = "image") -> str:
        """Return a URL for the worker: https unchanged, ours as `asset:<path>`. Raises Refused naming the field."""
        own = next((start for start in self._own_starts() if url.startswith(start)), None)
        if own is not None:
            path = url.removeprefix(own).partition("?")[0].partition("#")[0]
            if not PATH.fullmatch(path):
                raise Refused("invalid_input", "is not the URL of an asset.", field=name)
            if self.stored is not None:
                await self.stored.require_output(path, name, kind)
            return ASSET + path
        if url.startswith(ASSET):
            if self.stored is None:
                raise Refused("invalid_input", FORMS, field=name)
            return ASSET + await self.stored.find_upload(url.removeprefix(ASSET), name, kind)
        if is_data_url(url):
            return ASSET + self._add(await _decode(url, name), name, kind)
        if url[: len(HTTPS)].lower() != HTTPS:
            raise Refused("invalid_input", FORMS, field=name)
        try:
            ForeignUrl.parse(url)
        except BadForeignUrl as error:
            raise Refused("invalid_input", f"{error}.", field=name) from None
        return url

    async def take_all(self, values: object) -> object:
        """Return an input whose `data:` URLs and URLs of ours are taken. Other values stay for the validation."""
        if not isinstance(values, dict):
            return values
        return values | {name: await self._take_value(values[name], name) for name in FIELDS if name in values}

    async def take_native(self, native: Mapping[str, object], media: Mapping[str, str]) -> dict[str, object]:
        """Return native fields whose `media`, by role, are taken. Raises Refused naming a field by its pointer."""
        taken = dict(native)
        for name in [name for name in native if name in media]:
            taken[name] = await self._take_media(native[name], f"/native/{name}", kind_of_role(media[name]))
        return taken

    async def _take_media(self, value: object, name: str, kind: MediaKind) -> object:
        if isinstance(value, list):
            if len(value) > URLS_MAX:
                raise Refused("invalid_input", f"must be a list of at most {URLS_MAX}.", field=name)
            return [await self._take_media(item, f"{name}/{index}", kind) for index, item in enumerate(value)]
        return await self.take(value, name, kind) if isinstance(value, str) else value

    async def _take_value(self, value: object, name: str) -> object:
        if isinstance(value, list) and len(value) <= URLS_MAX:
            return [await self._take_value(item, name) for item in value]
        if isinstance(value, str) and (is_data_url(value) or value.startswith((ASSET, *self._own_starts()))):
            return await self.take(value, name)
        return value

    def _own_starts(self) -> tuple[str, ...]:
        return tuple(f"{url}/assets/" for url in (self.base_url, *self.others))

    def _add(self, data: bytes, name: str, kind: MediaKind) -> str:
        media_type = input_type(data[:TYPE_BYTES]) or ""
        require_kind(media_type, describe_file(data[:TYPE_BYTES]), name, kind)
        path = new_input_path(token_hex(16), clock.now_ms())
        self.uploads.append(Upload(path, data, media_type))
        return path


def require_kind(media_type: str, described: str, name: str, kind: MediaKind) -> None:
    """Raise Refused naming the field, unless a file is of the kind that it takes."""
    if not media_type.startswith(f"{kind}/"):
        raise Refused("invalid_input", f"holds {described}. Send {FORMATS[kind]}.", field=name)


def is_data_url(url: str) -> bool:
    """Return whether a URL holds its data itself."""
    return url[: len(DATA)].lower() == DATA


async def _decode(url: str, name: str) -> bytes:
    """Return the bytes in a data: URL. Raises Refused("invalid_input")."""
    try:
        if len(url) <= INLINE_CHARS_MAX:
            return decode_data_url(url)
        return await asyncio.to_thread(decode_data_url, url)
    except ValueError as error:
        reason = FORMS if isinstance(error, NotBase64Url) else "has invalid base64 after the comma."
        raise Refused("invalid_input", reason, field=name) from None
