"""The metrics of all gateway processes on one port, as one page. Each serves its own on a unix socket to the others."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import aiohttp
from aiohttp import web
from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

PATIENCE_S = 2.0  # for the metrics of another process
SOCKET = "*.sock"
HEADERS = {"Content-Type": CONTENT_TYPE_LATEST}


class Siblings(Struct, frozen=True):
    """A gateway process and the others. Each has a socket, named by its number, in a folder."""

    number: int
    folder: Path

    async def serve(self) -> web.AppRunner:
        """Serve the metrics of this process to the others."""
        app = web.Application()
        app.router.add_get("/", answer_own)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.UnixSite(runner, str(self.folder / f"{self.number}.sock")).start()
        return runner

    async def collect(self) -> bytes:
        """Return the metrics of all processes that answer, each line labeled with its process."""
        others = [path for path in sorted(self.folder.glob(SOCKET)) if path.stem != str(self.number)]
        own, *found = await asyncio.gather(asyncio.to_thread(generate_latest), *map(read_page, others))
        pages = {str(self.number): own}
        pages |= {path.stem: page for path, page in zip(others, found, strict=True) if page}
        return await asyncio.to_thread(merge_pages, pages)


SIBLINGS = web.AppKey("siblings", Siblings)  # in the application of a process that has some


async def answer_own(_: web.Request) -> web.Response:
    """Answer the metrics of this process."""
    return web.Response(body=await asyncio.to_thread(generate_latest), headers=HEADERS)


async def read_page(path: Path) -> bytes:
    """Return the page of another process, empty if it does not answer."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
    try:
        async with (
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path)), timeout=timeout) as session,
            session.get("http://sibling/") as response,
        ):
            return await response.read() if response.status == 200 else b""
    except (aiohttp.ClientError, TimeoutError):
        return b""


def merge_pages(pages: Mapping[str, bytes]) -> bytes:
    """Return several pages in Prometheus's text format as one: a metric's head once, each sample with `process`."""
    heads: dict[bytes, dict[bytes, None]] = {}  # the lines of each, in order
    samples: dict[bytes, list[bytes]] = {}
    for process, page in pages.items():
        label, name = b'process="%s"' % process.encode(), b""
        for line in page.split(b"\n"):
            if line.startswith(b"# HELP "):
                name = line.split(b" ", 3)[2]
            if line.startswith(b"#"):
                heads.setdefault(name, {})[line] = None
            elif line:
                samples.setdefault(name, []).append(_with_label(line, label))
    return b"".join(line + b"\n" for name, head in heads.items() for line in (*head, *samples.get(name, ())))


def _with_label(line: bytes, label: bytes) -> bytes:
    """Return a sample with one more label. Its labels begin at the first brace, or there are none."""
    named, brace, rest = line.partition(b"{")
    if brace and b" " not in named:
        return named + b"{" + label + b"," + rest
    name, _, value = line.partition(b" ")
    return name + b"{" + label + b"} " + value
