"""A bucket that speaks S3 over HTTP: whole objects, parts, copies, ranges and lists. Signatures are not checked."""

import hashlib
from collections import Counter
from email.utils import formatdate
from itertools import count
from typing import Self
from urllib.parse import unquote
from xml.sax.saxutils import escape

from aiohttp import web

NAME = "bucket"
COPIED = "x-amz-copy-source"
BODY_BYTES_MAX = 64 << 20


class Bucket:
    """`async with Bucket() as bucket:`. The variables in `env` lead to it under the URL s3://bucket."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, str]] = {}  # by key: the bytes and the media type
        self.parts: dict[str, dict[int, bytes]] = {}  # of open uploads
        self.bodies: list[int] = []  # the size of each body that arrived
        self.calls: Counter[str] = Counter()
        self.fail_part = 0  # the number of the part that is refused
        self._types: dict[str, str] = {}
        self._ids = count(1)
        self._port = 0

    @property
    def env(self) -> dict[str, str]:
        """Return the variables of S3 clients."""
        names = {"ENDPOINT_URL": f"http://127.0.0.1:{self._port}", "ALLOW_HTTP": "true", "REGION": "us-east-1"}
        return {f"AWS_{name}": value for name, value in names.items()} | {
            "AWS_ACCESS_KEY_ID": "key-id",
            "AWS_SECRET_ACCESS_KEY": "very-secret",
        }

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=BODY_BYTES_MAX)
        app.router.add_route("*", f"/{NAME}/{{key:.*}}", self._answer)
        app.router.add_get(f"/{NAME}", self._list)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        key, upload = request.match_info["key"], request.query.get("uploadId", "")
        body = await request.read()
        if body:
            self.bodies.append(len(body))
        match request.method:
            case "PUT" if upload:
                return self._put_part(upload, int(request.query["partNumber"]), body)
            case "PUT":
                source = unquote(request.headers.get(COPIED, ""))
                return self._copy(source, key) if source else self._put(key, body, request.content_type)
            case "POST":
                return self._complete(key, upload) if upload else self._start(key, request.content_type)
            case "GET" | "HEAD" if key in self.objects:
                return self._read(key, request)
            case "DELETE":
                self.objects.pop(key, None)
                return web.Response(status=204)
        return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")

    def _put(self, key: str, body: bytes, media_type: str) -> web.Response:
        self.calls["put"] += 1
        self.objects[key] = (body, media_type)
        return web.Response(headers={"ETag": etag(body)})

    def _copy(self, source: str, key: str) -> web.Response:
        self.calls["copy"] += 1
        self.objects[key] = self.objects[source.removeprefix("/").removeprefix(f"{NAME}/")]
        return xml("CopyObjectResult", f"<ETag>{etag(self.objects[key][0])}</ETag>")

    def _start(self, key: str, media_type: str) -> web.Response:
        self.calls["start"] += 1
        upload = f"upload-{next(self._ids)}"
        self.parts[upload], self._types[upload] = {}, media_type
        named = f"<Bucket>{NAME}</Bucket><Key>{escape(key)}</Key><UploadId>{upload}</UploadId>"
        return xml("InitiateMultipartUploadResult", named)

    def _put_part(self, upload: str, number: int, body: bytes) -> web.Response:
        self.calls["part"] += 1
        if number == self.fail_part:
            return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")
        self.parts[upload][number] = body
        return web.Response(headers={"ETag": etag(body)})

    def _complete(self, key: str, upload: str) -> web.Response:
        self.calls["complete"] += 1
        parts = self.parts.pop(upload)
        data = b"".join(parts[number] for number in sorted(parts))
        self.objects[key] = (data, self._types[upload])
        return xml("CompleteMultipartUploadResult", f"<Key>{escape(key)}</Key><ETag>{etag(data)}</ETag>")

    def _read(self, key: str, request: web.Request) -> web.Response:
        data, media_type = self.objects[key]
        headers = {"ETag": etag(data), "Last-Modified": formatdate(usegmt=True), "Content-Type": media_type}
        span = request.http_range
        if span.start is None and span.stop is None:
            return web.Response(body=data, headers=headers)
        start, stop = span.start or 0, min(span.stop or len(data), len(data))
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
        return web.Response(status=206, body=data[start:stop], headers=headers)

    async def _list(self, request: web.Request) -> web.Response:
        return xml("ListBucketResult", f"<Name>{NAME}</Name><IsTruncated>false</IsTruncated>")


def etag(data: bytes) -> str:
    """Return the entity tag of bytes."""
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def xml(name: str, body: str) -> web.Response:
    """Return an answer in XML."""
    return web.Response(text=f"<{name}>{body}</{name}>", content_type="application/xml")
