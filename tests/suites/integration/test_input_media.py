"""Inputs become files that every provider reads, and a file that cannot be read is refused by its format."""

import base64
import io
from collections.abc import AsyncIterator
from hashlib import sha256

import pytest
import pytest_asyncio
from PIL import Image

from shared.ops.storage import Storage
from shared.sandbox.pool import Unavailable
from tests.harness.doubles.provider import a_png
from tests.harness.media import a_wav, an_mp4
from tests.harness.phone_photos import HEIGHT, WIDTH, photo, saved
from workers.adapters.contract import Blob, Rejected, Setup
from workers.adapters.media import publish
from workers.egress import Egress
from workers.media import pictures as pictures_module
from workers.media.input_media import InputMedia
from workers.media.pictures import Pictures

pytestmark = pytest.mark.asyncio(loop_scope="module")
MP4 = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"\0\0\0\x08free"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def media(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[InputMedia]:
    """Provide the inputs of a worker."""
    pictures = Pictures()
    async with Egress() as egress:
        yield InputMedia(Storage.open(str(tmp_path_factory.mktemp("assets")), synced=False), egress, pictures)
    await pictures.close()


async def store(media: InputMedia, data: bytes) -> str:
    """Store a file, and return its URL for workers."""
    path = f"2026/01/01/{sha256(data).hexdigest()[:32]}-0.png"
    await media._storage.put(path, data, "image/png")
    return f"asset:{path}"


def opened(blob: Blob) -> Image.Image:
    """Return the pixels of an image."""
    return Image.open(io.BytesIO(blob.data))


@pytest.mark.parametrize("form", ["JPEG", "HEIF", "AVIF", "WEBP", "TIFF", "PNG"])
async def test_photo_on_its_side_is_turned_upright(media: InputMedia, form: str) -> None:
    """In every format, the result is an upright JPEG or PNG without a note of how to turn it."""
    image = await media.fetch(await store(media, photo(form)))
    assert image.media_type in ("image/jpeg", "image/png")
    upright = opened(image)
    assert (HEIGHT, WIDTH) == upright.size
    above, below = (upright.convert("RGB").getpixel((9, row)) for row in (9, WIDTH - 9))
    assert isinstance(above, tuple)
    assert isinstance(below, tuple)
    assert above[2] > above[0] + 200
    assert below[0] > below[2] + 200
    assert not upright.getexif()


async def test_colours_are_converted_to_eight_bits_of_rgb_or_grey(media: InputMedia) -> None:
    """Four inks and 16 bits become what every provider reads, and white stays white."""
    deep = Image.new("I;16", (8, 8), 65_535)
    for data in (saved(Image.new("CMYK", (8, 8), 0), "JPEG"), saved(deep, "PNG")):
        image = opened(await media.fetch(await store(media, data)))
        assert image.mode in ("L", "RGB")
        assert (255, 255, 255) == image.convert("RGB").getpixel((4, 4))


async def test_animation_becomes_its_first_frame(media: InputMedia) -> None:
    """An animated image keeps its first frame."""
    frames = [Image.new("RGBA", (8, 8), colour) for colour in ("white", "red")]
    for form in ("GIF", "WEBP", "PNG"):
        data = saved(frames[0], form, save_all=True, append_images=frames[1:], lossless=True)
        image = opened(await media.fetch(await store(media, data)))
        assert (255, 255, 255) == image.convert("RGB").getpixel((4, 4))
        assert 1 == getattr(image, "n_frames", 1)


async def test_image_that_everybody_reads_stays_as_it_is(media: InputMedia) -> None:
    """An ordinary file is not decoded, nor encoded again."""
    plain = Image.new("RGB", (8, 8), "teal")
    for data in (a_png(), saved(plain, "JPEG"), saved(plain, "WEBP"), saved(plain, "JPEG", exif=b"Exif\0\0")):
        assert data == (await media.fetch(await store(media, data))).data


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"%PDF-1.7", "a PDF document"),
        (b"<?xml version='1.0'?><svg/>", "an SVG drawing"),
        (b"<!DOCTYPE html><p>", "a web page"),
        (b"8BPS\0\1", "a Photoshop document"),
        (MP4, "an MP4 video"),
        (b"\x01\x02\x03", "a file of an unknown format"),
    ],
)
async def test_file_that_is_no_image_is_refused_by_its_format(media: InputMedia, data: bytes, name: str) -> None:
    """The message names the format of the file, and those that can be read."""
    with pytest.raises(Rejected, match=f"The input is {name}, and no image.* HEIC") as caught:
        await media.fetch(await store(media, data))
    assert "bad_image" == caught.value.code


async def test_broken_and_huge_images_are_refused(media: InputMedia) -> None:
    """Half a photo, and one of more megapixels than are decoded, are refused with the reason."""
    with pytest.raises(Rejected, match="a HEIC image that cannot be used"):
        await media.fetch(await store(media, photo("HEIF")[:-400]))
    with pytest.raises(Rejected, match=r"a TIFF image that cannot be used.* at most 64 megapixels"):
        await media.fetch(await store(media, saved(Image.new("1", (9_000, 9_000)), "TIFF", compression="group4")))


async def test_other_media_are_fetched_by_their_kind(media: InputMedia) -> None:
    """A video is taken as a video only."""
    url = await store(media, MP4)
    assert Blob(MP4, "video/mp4") == await media.fetch_media(url, "video")
    with pytest.raises(Rejected, match="an MP4 video, and no audio") as caught:
        await media.fetch_media(url, "audio")
    assert "bad_audio" == caught.value.code


async def test_input_is_published_as_its_provider_reads_it(media: InputMedia) -> None:
    """A public URL stays, a small file travels in the request, and a large one is uploaded."""
    setup = Setup(name="x", fetch=media.fetch, fetch_media=media.fetch_media)
    video, png = await store(media, MP4), await store(media, a_png())

    async def upload(file: Blob) -> str:
        return f"https://provider.example/{file.media_type}"

    assert "https://example.com/a.png" == await publish(setup, "https://example.com/a.png")
    assert "https://example.com/a.heic" == await publish(setup, "https://example.com/a.heic", kind="video")
    inline = "data:image/png;base64," + base64.b64encode(a_png()).decode()
    assert inline == await publish(setup, png) == await publish(setup, png, upload=upload, inline_bytes_max=9_999)
    assert "https://provider.example/video/mp4" == await publish(setup, video, kind="video", upload=upload)


async def test_measured_input_must_not_be_longer_than_its_order(media: InputMedia) -> None:
    """A longer video is refused whatever its header claims, and so is a file that does not say its length."""
    setup = Setup(name="x", fetch=media.fetch, fetch_media=media.fetch_media)
    for data, kind in ((an_mp4(5), "video"), (a_wav(5), "audio")):
        url = await store(media, data)
        assert await publish(setup, url, kind=kind, seconds_max=5)
        with pytest.raises(Rejected, match=r"is 5\.00 s long, but `seconds` is 4. .* 5 `seconds`") as caught:
            await publish(setup, url, kind=kind, seconds_max=4)
        assert f"bad_{kind}" == caught.value.code
    with pytest.raises(Rejected, match=r"is 60\.00 s long"):
        await publish(setup, await store(media, an_mp4(60, claimed_s=1)), kind="video", seconds_max=4)
    with pytest.raises(Rejected, match="an MP4 video that does not say its length"):
        await publish(setup, await store(media, MP4), kind="video", seconds_max=4)


async def test_usual_image_passes_where_the_decoder_is_missing(
    media: InputMedia, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the packages of [local], a JPEG goes out as it is, and a HEIC is refused."""

    async def raise_missing(*_: object, **__: object) -> None:
        raise Unavailable("no Pillow")

    monkeypatch.setattr(pictures_module.Sandbox, "run", raise_missing)
    assert photo("JPEG") == (await media.fetch(await store(media, photo("JPEG")))).data
    with pytest.raises(Rejected, match="a HEIC image, which cannot be converted here"):
        await media.fetch(await store(media, photo("HEIF")))
