"""Input images of a request: the same in each dialect, and stored under names that nobody can compute."""

import base64

import pytest

from gateway.admission.images import RequestImages
from shared.domain.errors import Refused

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(100))
TEXT = base64.b64encode(PNG).decode()
LINES = base64.encodebytes(PNG).decode()  # wrapped at 76, with a final line break
ACCEPTED = [
    f"data:image/png;base64,{TEXT}",
    f"data:image/png;charset=utf-8;base64,{TEXT}",
    f"data:image/png;name=a.png;base64,{TEXT}",
    f"DATA:IMAGE/PNG;BASE64,{TEXT}",
    f"data:application/octet-stream;base64,{TEXT}",
    f"data:;base64,{TEXT}",
    f"data:image/jpeg;base64,{TEXT}",
    f"data:image/png;base64,{LINES}",
    f"data:image/png;base64,{LINES}".replace("\n", "\r\n"),
    f"data:image/png;base64, {TEXT}",
    f"data:image/png;base64,{TEXT.rstrip('=')}",
]
REFUSED = ["data:image/png,abc", "data:image/png;base64,%%%", "data:image/png;base64,", "data:image/png;base64,AAAA="]


@pytest.mark.parametrize("url", ACCEPTED, ids=lambda url: repr(url[:45]))
async def test_data_url_is_accepted_in_each_dialect(url: str) -> None:
    """The bytes decide, whatever the media type, spelling, white space and padding."""
    images = RequestImages("https://api.example.com")
    await images.take(url, "imageUrl")
    await images.take_all({"image_url": url, "image_urls": [url]})
    assert [(PNG, "image/png")] * 3 == [(upload.data, upload.media_type) for upload in images.uploads]


@pytest.mark.parametrize("url", REFUSED)
async def test_data_url_is_refused_before_the_charge_in_each_dialect(url: str) -> None:
    """A URL without an image in base64 is refused, and the message names the dialect's field."""
    for take, name in (("take", "imageUrl"), ("take_all", "image_url")):
        images = RequestImages("https://api.example.com")
        with pytest.raises(Refused) as caught:
            await (images.take(url, name) if take == "take" else images.take_all({name: url}))
        assert ("invalid_input", name) == (caught.value.code, caught.value.field)


async def test_name_of_an_upload_cannot_be_computed() -> None:
    """The same bytes get another path each time, so that nobody finds an image by its content."""
    images = RequestImages("https://api.example.com")
    assert await images.take(ACCEPTED[0], "imageUrl") != await images.take(ACCEPTED[0], "imageUrl")
