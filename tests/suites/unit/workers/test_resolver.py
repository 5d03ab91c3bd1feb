"""Names are looked up without threads, once at a time for each host, and each within its own limit."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from shared.domain.public_address import PRIVATE_NETWORKS
from tests.harness.doubles.receiver import Receiver
from workers.egress import Egress
from workers.egress.errors import EgressError
from workers.egress.resolver import Resolver

NAMES = 200  # far more than the threads of any pool


class SilentServer:
    """A name server that receives questions and never answers."""

    def __init__(self) -> None:
        self.questions: list[bytes] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    def _read(self) -> None:
        self.questions.append(self._socket.recv(1000))

    def close(self) -> None:
        """Close the socket."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def count(self, name: str) -> int:
        """Return how many questions were about a name."""
        return sum(name.encode() in question for question in self.questions)


@pytest.fixture
async def server() -> AsyncIterator[SilentServer]:
    server = SilentServer()
    yield server
    server.close()


async def test_dead_names_do_not_delay_another(server: SilentServer) -> None:
    """While the look-ups of 200 names have no answer, a request to a name that is known goes through."""
    resolver = Resolver(30, servers=[server.address])
    async with Receiver() as receiver, Egress(networks=PRIVATE_NETWORKS, resolver=resolver) as egress:
        dead = [asyncio.create_task(egress.post(f"http://n{n}.invalid/", b"{}", {})) for n in range(NAMES)]
        while server.count("invalid") < NAMES:
            await asyncio.sleep(0.01)
        answer = await egress.post(f"http://localhost:{receiver.port}/hook", b"{}", {})
        assert (200, 0) == (answer.status, sum(task.done() for task in dead))
        for task in dead:
            task.cancel()
        await asyncio.gather(*dead, return_exceptions=True)


async def test_host_has_one_lookup_at_a_time(server: SilentServer) -> None:
    """Requests to the same host share one look-up, and one that is canceled does not end it for the others."""
    resolver = Resolver(0.4, servers=[server.address])
    same = [asyncio.create_task(resolver.resolve("Dead.invalid", port)) for port in range(50)]
    while not server.count("invalid"):
        await asyncio.sleep(0.01)
    same[0].cancel()
    results = await asyncio.gather(*same, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert all(isinstance(result, OSError) for result in results[1:])
    assert server.count("invalid") <= 2  # tries
    await resolver.close()


async def test_lookup_of_a_silent_server_is_a_failed_request(server: SilentServer) -> None:
    """A name whose server does not answer fails within the limit, with an error of ours."""
    async with Egress(resolver=Resolver(0.2, servers=[server.address]), connect_s=30) as egress:
        with pytest.raises(EgressError) as caught:
            await asyncio.wait_for(egress.post("http://dead.invalid/", b"{}", {}), 10)
    assert caught.value.code in ("dns_failed", "timeout")


async def test_closed_resolver_ends_its_lookups(server: SilentServer) -> None:
    """A running look-up ends with the resolver."""
    resolver = Resolver(30, servers=[server.address])
    running = asyncio.create_task(resolver.resolve("dead.invalid", 80, socket.AF_INET))
    while not server.questions:
        await asyncio.sleep(0.01)
    await resolver.close()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 10)
