"""Input images of a request, for every dialect: a `data:` URL becomes an upload, our own URLs become asset paths.

Nothing is stored here. An upload is named at random, and stored after the generation is accepted: see `uploads.py`.
"""

import asyncio
from collections.abc import Collection, Mapping
from secrets import token_hex

from msgspec import Struct, field

from shared.domain.errors import Refused
from shared.domain.foreign_url import BadForeignUrl, ForeignUrl
from shared.media.base64_text import NotBase64Url, decode_data_url
from shared.media.image_header import image_type
from shared.ops import clock
from shared.ops.storage import PATH, new_path

INLINE_CHARS_MAX = 256 * 1024  # decoding more would block the event loop for too long
URLS_MAX = 16  # more are refused by the validation
FORMS = "must be an https URL, a `data:` URL with an image in base64, or one of your own asset URLs."
FIELDS = ("image_url", "image_urls")  # of an input
ASSET, DATA, HTTPS = "asset:", "data:", "https://"


class Upload(Struct, frozen=True):
    """An image of a request, with the path that it gets in the storage."""

    path: str
    data: bytes
    media_type: str


class RequestImages(Struct):
    """The images of one request. `base_url` is the gateway's own; `uploads` are to be stored."""

    base_url: str
    uploads: list[Upload] = field(default_factory=list)

    async def take(self, url: str, name: str) -> str:
        """Return a URL for the worker: https unchanged, ours as `asset:<path>`. Raises Refused naming the field."""
        own = f"{self.base_url}/assets/"
        if url.startswith(own):
            path = url.removeprefix(own).partition("?")[0].partition("#")[0]
            if not PATH.fullmatch(path):
                raise Refused("invalid_input", "is not the URL of an asset.", field=name)
            return ASSET + path
        if is_data_url(url):
            return ASSET + self._add(await _decode(url, name), name)
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

    async def take_native(self, native: Mapping[str, object], media: Collection[str]) -> dict[str, object]:
        """Return native fields whose `media` are taken. Raises Refused naming the field by its JSON pointer."""
        return {
            name: await self._take_media(value, f"/native/{name}") if name in media else value
            for name, value in native.items()
        }

    async def _take_media(self, value: object, name: str) -> object:
        if isinstance(value, list):
            if len(value) > URLS_MAX:
                raise Refused("invalid_input", f"must be a list of at most {URLS_MAX}.", field=name)
            return [await self._take_media(item, f"{name}/{index}") for index, item in enumerate(value)]
        return await self.take(value, name) if isinstance(value, str) else value

    async def _take_value(self, value: object, name: str) -> object:
        if isinstance(value, list) and len(value) <= URLS_MAX:
            return [await self._take_value(item, name) for item in value]
        if isinstance(value, str) and (is_data_url(value) or value.startswith(f"{self.base_url}/assets/")):
            return await self.take(value, name)
        return value

    def _add(self, data: bytes, name: str) -> str:
        media_type = image_type(data)
        if media_type is None:
            raise Refused("invalid_input", "must hold a PNG, JPEG, WebP or GIF image.", field=name)
        path = new_path(token_hex(16), media_type, clock.now_ms(), len(self.uploads))
        self.uploads.append(Upload(path, data, media_type))
        return path


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
