"""Our own pages and their parts, read once at the start and served from memory. They load nothing from elsewhere."""

import gzip
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path

from aiohttp import ETag, web
from aiohttp.typedefs import Handler

from gateway.dialects.error_bodies import is_public_api
from shared.ops.settings import ROOT

FOLDER = Path(__file__).parent / "console"
DIST = ROOT / "dist"  # written by `make dist`
PACKAGE_TYPES = {".whl": "application/zip", ".tgz": "application/gzip"}
TARBALL_VERSION = re.compile(r"-[0-9][^-]*(?=\.tgz$)")
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
NO_BASE_URL = 'BASE_URL_DEFAULT: string = "";'  # in sdk/wokgen.ts
WEIGHT = re.compile(r"[01](\.[0-9]{0,3})?")
ALWAYS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}


def handler(body: bytes, media_type: str, headers: Mapping[str, str] = {}) -> Handler:
    """Return a handler that answers `body`, compressed if the client accepts gzip, or 304 for a current copy.

    The body is compressed once, here, because compressing it for each request would let a few clients fill a core.
    """
    sent = ALWAYS | dict(headers)
    # Weak, because the compressed bytes differ from these.
    etag = ETag(blake2b(body, digest_size=12).hexdigest(), is_weak=True)
    charset = None if media_type.startswith("application/") else "utf-8"
    packed = gzip.compress(body, mtime=0)

    async def serve(request: web.Request) -> web.Response:
        if any(known.value in ("*", etag.value) for known in request.if_none_match or ()):
            response = web.Response(status=304, headers=sent)
        elif len(packed) < len(body) and accepts_gzip(request.headers.get("Accept-Encoding", "")):
            response = web.Response(body=packed, content_type=media_type, charset=charset, headers=sent)
            response.headers["Content-Encoding"] = "gzip"
        else:
            response = web.Response(body=body, content_type=media_type, charset=charset, headers=sent)
        response.etag = etag
        return response

    return serve


@lru_cache(256)
def accepts_gzip(accepted: str) -> bool:
    """Return whether a client that sends this Accept-Encoding header takes gzip: by name, or by `*`."""
    found = {"*": 0.0}
    for part in accepted.lower().split(","):
        name, *parameters = (word.strip() for word in part.split(";"))
        weights = [word.partition("=")[2] for word in parameters if word.startswith("q=")]
        found[name] = float(weights[0]) if weights and WEIGHT.fullmatch(weights[0]) else 1.0
    return found.get("gzip", found["*"]) > 0


def page(name: str) -> Handler:
    """Return the handler of an HTML page, such as console/docs.html for docs. Raises OSError if it is missing."""
    return handler((FOLDER / f"{name}.html").read_bytes(), "text/html")


@cache
def missing_page() -> bytes:
    """Return the page for an address that leads nowhere. Raises OSError if it is missing."""
    return (FOLDER / "missing.html").read_bytes()


def missing_response(request: web.Request) -> web.Response | None:
    """Return the page for an address that leads nowhere, if a person opened it in a browser."""
    opened = request.method in ("GET", "HEAD") and "text/html" in request.headers.get("Accept", "")
    if not opened or is_public_api(request.path) or request.path.startswith("/api/"):
        return None
    return web.Response(body=missing_page(), status=404, content_type="text/html", charset="utf-8", headers=ALWAYS)


def sdk(base_url: str) -> Handler:
    """Return the handler of the TypeScript SDK in one file, which calls `base_url` by default.

    Raises OSError if the file is missing.
    """
    text = (
        (ROOT / "sdk" / "wokgen.ts").read_text().replace(NO_BASE_URL, f'BASE_URL_DEFAULT: string = "{base_url}/api";')
    )
    return handler(text.encode(), "text/plain", {"Access-Control-Allow-Origin": "*"})


def page_parts() -> Handler:
    """Return the handler of `/pages/{name}`: stylesheets, scripts and images. The handler raises HTTPNotFound."""
    return by_name(read_folder(FOLDER, MEDIA_TYPES))


def sdk_packages() -> Handler:
    """Return the handler of `/sdk/{name}`: the packages of `make dist`, if there are any.

    The npm tarball also has a name without its version, for URLs that stay. The handler raises HTTPNotFound.
    """
    packages = read_folder(DIST, PACKAGE_TYPES, {"Access-Control-Allow-Origin": "*"}) if DIST.is_dir() else {}
    return by_name({TARBALL_VERSION.sub("", name): handler for name, handler in packages.items()} | packages)


def read_folder(folder: Path, media_types: Mapping[str, str], headers: Mapping[str, str] = {}) -> dict[str, Handler]:
    """Return the handlers of a folder's files of some types, by name."""
    files = [path for path in folder.iterdir() if path.suffix in media_types]
    return {path.name: handler(path.read_bytes(), media_types[path.suffix], headers) for path in files}


def by_name(handlers: Mapping[str, Handler]) -> Handler:
    """Return the handler of files by the `name` in the path. It raises HTTPNotFound."""

    async def serve(request: web.Request) -> web.StreamResponse:
        found = handlers.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        return await found(request)

    return serve
