"""The images of a request, before the order is accepted."""

import base64

import pytest

from gateway.admission.images import RequestImages
from shared.domain.errors import Refused
from tests.harness.doubles.provider import a_png

BASE = "https://gateway.example"
URL = "data:image/png;base64," + base64.b64encode(a_png()).decode()
OWN = f"{BASE}/assets/2026/01/01/{'0' * 32}-0.png"


async def test_input_is_taken_in_both_fields_of_images() -> None:
    """A `data:` URL and a URL of ours become paths, wherever an input has images; others stay as they are."""
    images = RequestImages(BASE)
    given = {"image_url": URL, "image_urls": [OWN, "https://example.com/a.png", 7], "seed": 1, "style": URL}
    taken = await images.take_all(given)
    assert isinstance(taken, dict)
    assert f"asset:{images.uploads[0].path}" == taken["image_url"]
    assert ["asset:" + OWN.partition("/assets/")[2], "https://example.com/a.png", 7] == taken["image_urls"]
    assert (1, URL) == (taken["seed"], taken["style"])
    assert 1 == len(images.uploads)
    for other in (None, [], "text", {"image_urls": [URL] * 20}):
        assert other == await images.take_all(other)


@pytest.mark.parametrize("url", ["data:image/png;base64,%%%", "data:,x", f"{BASE}/assets/x", "data:;base64,AAAA"])
async def test_invalid_image_is_refused_by_its_field(url: str) -> None:
    """An image that cannot be read is refused, and the message names the field as the caller does."""
    with pytest.raises(Refused) as caught:
        await RequestImages(BASE).take_all({"image_urls": [url]})
    assert ("invalid_input", "image_urls") == (caught.value.code, caught.value.field)


async def test_media_of_native_fields_are_taken_by_name() -> None:
    """A native field for media is taken like an input of ours; the same text in another field stays untouched."""
    images = RequestImages(BASE)
    link = "https://example.com/a.png"
    native = {"refs": [URL, OWN, link], "mask": URL, "caption": URL, "strength": 1, "none": None}
    taken = await images.take_native(native, {"refs": "images", "mask": "mask", "strength": "image", "none": "image"})
    first, second = (f"asset:{upload.path}" for upload in images.uploads)
    assert {**native, "refs": [first, "asset:" + OWN.partition("/assets/")[2], link], "mask": second} == taken


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ("file:///etc/passwd", "/native/refs"),
        ("asset:2026/01/01/x.png", "/native/refs"),
        ("http://127.0.0.1/", "/native/refs"),
        (["https://example.com/a.png", "data:,x"], "/native/refs/1"),
        (["https://user@10.0.0.1/a.png"], "/native/refs/0"),
        ([URL] * 17, "/native/refs"),
    ],
)
async def test_bad_media_of_a_native_field_is_refused_by_its_pointer(value: object, field: str) -> None:
    """Media of native fields pass the same checks as our own, and a refusal names the place by its JSON pointer."""
    with pytest.raises(Refused) as caught:
        await RequestImages(BASE).take_native({"refs": value}, {"refs": "images"})
    assert ("invalid_input", field) == (caught.value.code, caught.value.field)
