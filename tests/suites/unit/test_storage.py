import asyncio
import io
import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import MemoryStore
from PIL import Image

from shared.domain.catalogue import KINDS
from shared.domain.times import DAY_MS
from shared.media.file_type import served_type
from shared.ops import disk_sync
from shared.ops import storage as module
from shared.ops.storage import CHUNK_BYTES, EXTENSIONS, AssetMissing, Storage, StorageError, media_type_of, new_path
from workers.media import OUTPUT_BYTES_MAX, inspect
from workers.media.errors import BadOutput

NOW_MS = 1_772_323_199_999  # 2026-02-28T23:59:59.999Z
TOKEN = "0123456789abcdef" * 2
PATH = f"2026/02/28/{TOKEN}-0.png"


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return Storage.open(str(tmp_path / "assets")) if request.param == "folder" else Storage(MemoryStore())


async def read_all(storage: Storage, path: str, start: int, length: int) -> bytes:
    return b"".join([chunk async for chunk in storage.read(path, start, length)])


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def test_file_and_new_folders_are_written_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file and its folder are synced each time, and the folders above with the first file of a day."""
    synced: list[Path] = []
    monkeypatch.setattr(disk_sync, "write_to_disk", synced.append)
    storage = Storage.open(str(tmp_path))
    paths = [PATH, PATH.replace("-0.", "-1."), f"2026/03/01/{TOKEN}-0.png"]
    found = []
    for path in paths:
        await storage.put(path, b"pixels", "image/png")
        found.append([str(step.relative_to(tmp_path)) for step in synced])
        synced.clear()
    assert [PATH, "2026/02/28", "2026/02", "2026", "."] == found[0]
    assert [paths[1], "2026/02/28"] == found[1]
    assert [paths[2], "2026/03/01", "2026/03", "2026", "."] == found[2]


def test_path_has_day_token_index_and_type() -> None:
    """A path has the UTC day, the token, the index and the type's extension, without the type's parameters."""
    assert PATH == new_path(TOKEN, "image/png", NOW_MS, 0)
    assert f"2026/03/01/{TOKEN}-12.txt" == new_path(TOKEN, "Text/Plain; charset=utf-8", NOW_MS + 1, 12)


@given(st.sampled_from(sorted(EXTENSIONS)), st.integers(0, 4_000_000_000_000), st.integers(0, 999))
def test_media_type_is_read_back_from_path(media_type: str, now_ms: int, index: int) -> None:
    """The media type of a new path is read back from its extension."""
    assert media_type == media_type_of(new_path(TOKEN, media_type, now_ms, index))


@pytest.mark.parametrize("token", ["", "a" * 31, "A" * 32, "../" * 11, "a" * 129, "a" * 32 + "\n"])
def test_short_token_is_refused(token: str) -> None:
    """A token of less than 128 bits, or not in lower-case hex, is refused."""
    with pytest.raises(ValueError, match="token"):
        new_path(token, "image/png", NOW_MS, 0)


@pytest.mark.parametrize("media_type", ["image/svg+xml", "text/html", "", "application/octet-stream"])
def test_unsupported_media_type_is_refused(media_type: str) -> None:
    """SVG, HTML and unknown types have no extension, so they cannot be stored."""
    with pytest.raises(ValueError, match="not a supported type"):
        new_path(TOKEN, media_type, NOW_MS, 0)
    assert "application/octet-stream" == media_type_of("page.html")


@pytest.mark.parametrize("size_bytes", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 6_000_000])
async def test_output_is_read_back_in_chunks(storage: Storage, size_bytes: int) -> None:
    """Bytes, size and any slice are read back unchanged in bounded chunks, also for multipart sizes."""
    data = os.urandom(size_bytes)
    await storage.put(PATH, data, "image/png")
    asset = await storage.find(PATH)
    assert asset is not None
    assert size_bytes == asset.size_bytes
    assert '"' not in asset.etag
    chunks = [chunk async for chunk in storage.read(PATH, 0, size_bytes)]
    assert data == b"".join(chunks)
    assert all(len(chunk) <= CHUNK_BYTES for chunk in chunks)
    assert data[size_bytes // 2 :] == await read_all(storage, PATH, size_bytes // 2, size_bytes - size_bytes // 2)


async def test_etag_changes_with_bytes(storage: Storage) -> None:
    """Replacing an output changes its ETag."""
    await storage.put(PATH, b"first", "image/png")
    first = await storage.find(PATH)
    await storage.put(PATH, b"other", "image/png")
    second = await storage.find(PATH)
    assert first is not None
    assert second is not None
    assert first.etag != second.etag


async def test_reader_sees_one_complete_version(storage: Storage) -> None:
    """While an output is replaced repeatedly, a reader gets one complete version."""
    versions = [bytes([number]) * 100_000 for number in range(2)]
    await storage.put(PATH, versions[0], "image/png")

    async def replace() -> None:
        for number in range(30):
            await storage.put(PATH, versions[number % 2], "image/png")

    writer = asyncio.create_task(replace())
    while not writer.done():
        assert await read_all(storage, PATH, 0, 100_000) in versions
    await writer


@pytest.mark.parametrize("path", ["", "x", "../x", f"/{PATH}", f"{PATH}/", f"a/../{PATH}", f"{PATH}\0", f"{PATH}\n"])
async def test_foreign_path_is_refused(storage: Storage, path: str) -> None:
    """A path not made by new_path is never written, found or read, even if the file exists."""
    await storage.put(PATH, b"secret", "image/png")
    with pytest.raises(StorageError, match="not the path of an output"):
        await storage.put(path, b"", "image/png")
    assert await storage.find(path) is None
    with pytest.raises(AssetMissing):
        await read_all(storage, path, 0, 1)


async def test_missing_output_raises_asset_missing(storage: Storage) -> None:
    """An output that does not exist is not found, and reading it raises; the storage itself is healthy."""
    await storage.check()
    assert await storage.find(PATH) is None
    with pytest.raises(AssetMissing, match="ASSET_RETENTION_DAYS"):
        await read_all(storage, PATH, 0, 1)


async def test_retention_deletes_whole_days(storage: Storage) -> None:
    """Days before the cutoff's day are deleted, over months and years; that day and later ones stay."""
    days = {ago: new_path(TOKEN, "image/png", NOW_MS - ago * DAY_MS, 0) for ago in (0, 1, 29, 30, 31, 400)}
    for path in days.values():
        await storage.put(path, b"bytes", "image/png")
    assert 2 == await storage.delete_before(NOW_MS - 30 * DAY_MS)
    assert [0, 1, 29, 30] == [ago for ago, path in days.items() if await storage.find(path)]
    assert 0 == await storage.delete_before(NOW_MS - 30 * DAY_MS)


async def test_retention_is_bounded_per_call(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """One call deletes less than twice its limit, and the next calls finish the work."""
    monkeypatch.setattr(module, "DELETE_MAX", 10)
    for index in range(35):
        await storage.put(new_path(TOKEN, "image/png", 0, index), b"bytes", "image/png")
    counts = [await storage.delete_before(NOW_MS) for _ in range(5)]
    assert 35 == sum(counts)
    assert max(counts) < 20


async def test_concurrent_deletion_succeeds(storage: Storage) -> None:
    """Several sweepers that delete the same outputs finish without an error."""
    for index in range(40):
        await storage.put(new_path(TOKEN, "image/png", 0, index), b"bytes", "image/png")
    await asyncio.gather(*(storage.delete_before(NOW_MS) for _ in range(4)))
    assert 0 == await storage.delete_before(NOW_MS)
    assert await storage.find(new_path(TOKEN, "image/png", 0, 39)) is None


async def test_retention_keeps_foreign_files_and_removes_partial_ones(tmp_path: Path) -> None:
    """Files outside our folders stay; partial files of a killed worker are deleted with their day."""
    storage = Storage.open(str(tmp_path))
    await storage.put(new_path(TOKEN, "image/png", 0, 0), b"bytes", "image/png")
    for name in ("1970/01/01/unfinished.png#1", "notes/1970/01/01/mine.png", "1970-01-01/mine.png", "mine.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert 1 == await storage.delete_before(NOW_MS)
    assert ["1970-01-01/mine.png", "mine.png", "notes/1970/01/01/mine.png"] == files(tmp_path)
    assert not (tmp_path / "1970" / "01" / "01").exists()


@pytest.mark.parametrize("location", ["ftp://host/x", "https://example.org/assets", "az://container", "s3:///", "://"])
def test_invalid_location_is_refused(location: str) -> None:
    """A URL that is not a supported bucket is an error that names the setting."""
    with pytest.raises(StorageError, match="ASSET_URL"):
        Storage.open(location)


async def test_file_url_opens_folder(tmp_path: Path) -> None:
    """A file:// URL opens a folder and creates it; an unwritable folder is an error that says what to check."""
    storage = Storage.open(f"file://{tmp_path}/deep/assets")
    await storage.put(PATH, b"bytes", "image/png")
    assert [f"deep/assets/{PATH}"] == files(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="permissions and free space"):
        Storage.open(str(tmp_path / "file" / "below"))


async def test_unreachable_bucket_raises_storage_error(monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int) -> None:
    """The provider's variables are used, each call to an unreachable bucket ends, and no secret is shown."""
    for name, value in {"ENDPOINT_URL": f"http://127.0.0.1:{unused_tcp_port}", "ALLOW_HTTP": "true"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    storage = Storage.open("s3://bucket/prefix")
    for call in (
        storage.put(PATH, b"x", "image/png"),
        storage.find(PATH),
        storage.delete_before(NOW_MS),
        storage.check(),
    ):
        with pytest.raises(StorageError, match=r"after 3 retries.*ASSET_URL") as caught:
            await call
        assert "very-secret" not in str(caught.value)


def make_image(media_type: str, size: tuple[int, int] = (33, 21)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (10, 200, 30)).save(file, media_type.rpartition("/")[2])
    return file.getvalue()


def make_recording(container: str, codec: str) -> bytes:
    """Return a file of `container`: ten video frames, or a second of silence."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        if codec in ("mpeg4", "libvpx"):
            video = output.add_stream(codec, rate=10)
            video.width, video.height, video.pix_fmt, video.time_base = 32, 32, "yuv420p", Fraction(1, 10)
            for number in range(10):
                frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
                frame.pts = number
                output.mux(video.encode(frame))
            output.mux(video.encode(None))
        else:
            sound = output.add_stream(codec, rate=48_000)
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.int16), format="s16", layout="mono")
            silence.sample_rate = 48_000
            output.mux(sound.encode(silence))
            output.mux(sound.encode(None))
    return file.getvalue()


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "image/webp", "image/gif"])
def test_image_type_and_size_are_detected(media_type: str) -> None:
    """The four image types are detected by their bytes, the size comes from the header, and damage is noticed."""
    data = make_image(media_type)
    media = inspect(data, "image")
    assert (media_type, (33, 21)) == (media.media_type, media.size)
    with pytest.raises(BadOutput, match="damaged"):
        inspect(data[:16], "image")


@pytest.mark.parametrize(
    ("media_type", "container", "codec"),
    [
        ("video/mp4", "mp4", "mpeg4"),
        ("video/webm", "webm", "libvpx"),
        ("audio/wav", "wav", "pcm_s16le"),
        ("audio/mpeg", "mp3", "libmp3lame"),
        ("audio/ogg", "ogg", "libopus"),
        ("audio/flac", "flac", "flac"),
    ],
)
def test_recording_type_is_detected(media_type: str, container: str, codec: str) -> None:
    """Video and audio files of a real encoder are detected by their bytes and have no size here."""
    data = make_recording(container, codec)
    media = inspect(data, "video" if media_type.startswith("video/") else "voice")
    assert (media_type, None) == (media.media_type, media.size)
    if media_type == "audio/mpeg":
        frame = data[data.index(b"\xff\xfb") :]
        assert "audio/mpeg" == served_type(frame)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!doctype html>",
        b'{"error": "not an image"}',
        b"RIFF\0\0\0\0AVI LIST",
        b"\0\0\0\x20ftypavif" + bytes(20),
        b"\x1aE\xdf\xa3\x93B\x82\x88matroska",
        b"\xff\xf1\x50\x80" + bytes(20),
        "text".encode("utf-16"),
    ],
)
def test_other_data_is_refused(data: bytes) -> None:
    """Empty data, markup, error messages and similar formats are refused for every kind."""
    for kind in KINDS:
        with pytest.raises(BadOutput):
            inspect(data, kind)


@given(st.binary(max_size=200))
def test_random_bytes_are_inspected_or_refused(noise: bytes) -> None:
    """Random bytes after an image's first bytes give a result or BadOutput."""
    for media_type in ("image/png", "image/jpeg", "image/webp"):
        try:
            assert media_type == inspect(make_image(media_type)[:40] + noise, "image").media_type
        except BadOutput as error:
            assert media_type in str(error)


def test_bytes_are_bounded_and_pixels_are_not() -> None:
    """An image beyond a decoder's limit is measured; bytes beyond the limit are refused unread."""
    bits = io.BytesIO()
    Image.new("1", (20_000, 15_000)).save(bits, "png")
    assert (20_000, 15_000) == inspect(bits.getvalue(), "image").size
    with pytest.raises(BadOutput, match="at most 536870912"):
        inspect(bytes(OUTPUT_BYTES_MAX + 1), "image")
