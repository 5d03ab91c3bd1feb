"""The packages of the SDKs that `make dist` writes, served by the gateway."""

from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from gateway import static

TARBALL, WHEEL = "wokspec-sdk-2.1.0.tgz", "wokflow_sdk-2.1.0-py3-none-any.whl"


async def read(name: str) -> web.StreamResponse:
    """Return the response to a request for a package."""
    request = make_mocked_request("GET", f"/sdk/{name}", match_info={"name": name})
    return await static.sdk_packages()(request)


async def test_packages_are_served_by_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel has its own name, which pip needs, and a tarball also one without its version."""
    monkeypatch.setattr(static, "DIST", tmp_path)
    for name in (TARBALL, WHEEL, "notes.txt"):
        (tmp_path / name).write_bytes(name.encode())
    for asked, name, media_type in (
        (TARBALL, TARBALL, "application/gzip"),
        ("wokspec-sdk.tgz", TARBALL, "application/gzip"),
        (WHEEL, WHEEL, "application/zip"),
    ):
        response = await read(asked)
        assert isinstance(response, web.Response)
        assert (200, name.encode(), media_type) == (response.status, response.body, response.headers["Content-Type"])
    with pytest.raises(web.HTTPNotFound):
        await read("notes.txt")


async def test_installation_without_packages_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before `make dist`, every name is not found."""
    monkeypatch.setattr(static, "DIST", tmp_path / "dist")
    with pytest.raises(web.HTTPNotFound):
        await read("wokspec-sdk.tgz")
