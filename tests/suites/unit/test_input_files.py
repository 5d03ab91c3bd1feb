"""The files of clients in the storage: their paths, signed uploads, and their retention."""

from pathlib import Path

import pytest

from shared.domain.times import DAY_MS
from shared.ops.storage import INPUTS, Storage, new_input_path, new_path

TOKEN = "0a" * 16


async def test_bucket_signs_an_upload_and_a_folder_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket's URL names the path below its prefix and expires; a folder has no URL."""
    for name, value in {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "REGION": "eu-west-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    path = new_input_path(TOKEN, DAY_MS)
    url = await Storage.open("s3://bucket/some/prefix").sign_put(path, 900)
    assert url is not None
    assert f"bucket/some/prefix/{path}?" in url
    assert "X-Amz-Expires=900" in url
    assert await Storage.open(str(tmp_path)).sign_put(path, 900) is None


async def test_input_is_copied_read_and_expires_by_its_day(tmp_path: Path) -> None:
    """An input has a retention of its own: outputs of the same day stay."""
    storage = Storage.open(str(tmp_path), synced=False)
    first, second = new_input_path(TOKEN, DAY_MS), new_input_path("0b" * 16, DAY_MS)
    output = new_path(TOKEN, "image/png", DAY_MS, 0)
    await storage.put(first, b"photo", "image/png")
    await storage.put(output, b"result", "image/png")
    await storage.copy(first, second)
    assert [b"photo"] == [chunk async for chunk in storage.read(second, 0, 5)]
    assert 0 == await storage.delete_before(DAY_MS, INPUTS)
    assert 2 == await storage.delete_before(3 * DAY_MS, INPUTS)
    assert await storage.find(first) is None
    assert await storage.find(output) is not None
