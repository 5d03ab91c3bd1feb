"""The store over TLS: our clients check its certificate, present their own, and do the same with Sentinels."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
import trustme
from redis.asyncio.sentinel import SentinelManagedSSLConnection
from redis.exceptions import ConnectionError as Unreachable

from shared.domain.errors import StoreDown
from shared.ops.settings import Settings
from shared.store.connect import Store
from shared.store.queue import arq_pool
from tests.harness.processes import Process, make_folder, socket_answers, store_command

pytestmark = pytest.mark.asyncio(loop_scope="module")
Stream = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Place:
    """Ports of a server and of a Sentinel behind TLS, and the files that a client needs."""

    def __init__(self) -> None:
        self.authority, self.folder = trustme.CA(), make_folder("tls")
        self.authority.cert_pem.write_to_path(str(self.folder / "ca.pem"))
        own = self.authority.issue_cert("client")
        own.private_key_and_cert_chain_pem.write_to_path(str(self.folder / "client.pem"))
        self.port = self.sentinel = 0

    def context(self) -> ssl.SSLContext:
        """Return the context of a server that demands a certificate of its clients."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.authority.issue_cert("127.0.0.1").configure_cert(context)
        self.authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    @property
    def files(self) -> str:
        """Return the parameters of a URL that name the files."""
        return f"ca={self.folder}/ca.pem&cert={self.folder}/client.pem"


def forward_to(path: str) -> Stream:
    """Return a handler that connects its client with a unix socket."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_unix_connection(path)
        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer), return_exceptions=True)

    return handle


def name_primary(port: int) -> Stream:
    """Return a handler that answers as a Sentinel with a password, once."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.read(1000)
        assert b"AUTH\r\n$6\r\nsesame" in asked
        writer.write(b"+OK\r\n")
        asked += await reader.read(1000)
        assert b"GET-MASTER-ADDR-BY-NAME" in asked
        writer.write(f"*2\r\n$9\r\n127.0.0.1\r\n${len(str(port))}\r\n{port}\r\n".encode())
        writer.close()

    return handle


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Start a server, and both TLS ends."""
    settings, place = Settings(data_dir=str(make_folder("data"))), Place()
    server = Process("server", *store_command(settings)).start()
    await server.wait_until(lambda: socket_answers(settings.store_socket), "answer")
    front = await asyncio.start_server(forward_to(settings.store_socket), "127.0.0.1", 0, ssl=place.context())
    place.port = front.sockets[0].getsockname()[1]
    sentinel = await asyncio.start_server(name_primary(place.port), "127.0.0.1", 0, ssl=place.context())
    place.sentinel = sentinel.sockets[0].getsockname()[1]
    yield place
    front.close()
    sentinel.close()
    server.kill()


async def test_both_clients_speak_tls_with_certificates(place: Place) -> None:
    """The files of REDIS_URL are used by our own client and by arq's."""
    url = f"rediss://127.0.0.1:{place.port}/0?{place.files}"
    async with Store(url) as store:
        assert await store.call("PING", patience_s=5) == b"PONG"
    pool = arq_pool(url, "local")
    assert await pool.ping()
    await pool.aclose(close_connection_pool=True)


async def test_sentinels_are_reached_over_tls_too(place: Place) -> None:
    """With rediss+sentinel, the Sentinels and the primary that they name use TLS, with the Sentinels' own password."""
    at = f"127.0.0.1:{place.sentinel}/wokflow?sentinel_password=sesame&{place.files}"
    async with Store(f"rediss+sentinel://{at}") as store:
        assert await store.call("PING", patience_s=5) == b"PONG"
    pool = arq_pool(f"rediss+sentinel://ada:lovelace@{at}", "local").connection_pool
    assert pool.connection_class is SentinelManagedSSLConnection
    for options, login in ((pool.connection_kwargs, "lovelace"), (pool.sentinel_manager.sentinel_kwargs, "sesame")):
        assert (f"{place.folder}/ca.pem", login) == (options["ssl_ca_certs"], options["password"])


@pytest.mark.parametrize("files", ["ca=", "cert="])
async def test_store_without_a_trusted_certificate_is_not_used(place: Place, files: str) -> None:
    """An authority that we do not trust, and a client without its certificate, end in no connection."""
    stranger = Path(place.folder) / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(str(stranger))
    given = f"ca={stranger}" if files == "ca=" else f"ca={place.folder}/ca.pem"
    url = f"rediss://127.0.0.1:{place.port}?{given}"
    async with Store(url, timeout_s=0.5) as store:
        with pytest.raises(StoreDown):
            await store.call("PING", patience_s=0.5)
    pool = arq_pool(url, "local")
    with pytest.raises((Unreachable, OSError)):
        await pool.ping()
    await pool.aclose(close_connection_pool=True)
