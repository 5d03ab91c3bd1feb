"""Links of others as input images and as outputs: sent as given, redirects followed, and failures without details."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from shared.domain.generation import Output
from shared.domain.public_address import PRIVATE_NETWORKS
from shared.ops.memory_budget import MemoryBudget
from shared.ops.storage import Storage
from tests.harness.doubles.line import LineServer, redirect_to
from tests.harness.doubles.receiver import Receiver
from tests.harness.doubles.zone import Zone
from workers.adapters.contract import Link, Rejected, Retry
from workers.egress import Egress, GetResponse
from workers.egress.errors import OutOfSockets
from workers.media.errors import BadOutput
from workers.media.input_media import NOT_FETCHED, InputMedia
from workers.media.output_copy import READER_BYTES, Copier
from workers.media.pictures import Pictures
from workers.outputs import copy_outputs

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001f61738"
    "550000000049454e44ae426082"
)
IMAGE = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n" % len(PNG) + PNG
SIGNED = "/out%2Fputs/a%3Ab%7E.png?Expires=1&Signature=a%2Fb%3Dc%3A"


@pytest.fixture
async def server() -> AsyncIterator[LineServer]:
    async with LineServer({SIGNED: IMAGE, "/moved": redirect_to(SIGNED)}) as server:
        yield server


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage.open(str(tmp_path))


@pytest.mark.parametrize("path", [SIGNED, "/moved"])
async def test_signed_link_of_an_image_is_fetched(server: LineServer, storage: Storage, path: str) -> None:
    """An input image behind a signed link arrives, also after a redirect, and the link is sent as given."""
    async with Egress(networks=PRIVATE_NETWORKS, ports=(80, 443)) as egress:
        image = await InputMedia(storage, egress, Pictures()).fetch(server.origin + path)
    assert (PNG, SIGNED) == (image.data, server.targets[-1])


async def copy_link(storage: Storage, egress: Egress, url: str) -> Output:
    """Copy the image behind a link of a provider."""
    async with egress:
        copier = Copier(storage=storage, egress=egress, budget=MemoryBudget(READER_BYTES))
        [output] = await copy_outputs(copier, [Link(url)], kind="image", token="a" * 32, now_ms=1, expires_ms=2)
        return output


@pytest.mark.parametrize("path", [SIGNED, "/moved"])
async def test_signed_link_of_an_output_is_copied(server: LineServer, storage: Storage, path: str) -> None:
    """An output behind a signed link is stored, also after a redirect, and the link is sent as given."""
    output = await copy_link(storage, Egress(networks=PRIVATE_NETWORKS), server.origin + path)
    assert ("image/png", SIGNED) == (output.media_type, server.targets[-1])


@pytest.mark.parametrize(
    "url", ["http://[::1/x", "http://user:pw@a.example/", "ftp://a.example/x", "http://a.example:0/"]
)
async def test_invalid_link_of_an_output_is_a_bad_output(storage: Storage, url: str) -> None:
    """A URL that nobody can request is a bad output with a reason, and not an error of ours."""
    with pytest.raises(BadOutput, match=r"^an invalid URL did not deliver an output: the URL must"):
        await copy_link(storage, Egress(), url)


async def test_failure_of_the_reader_is_not_one_of_the_server(server: LineServer) -> None:
    """An error of whoever reads a response passes unchanged, and is not taken for a lost connection."""
    async with Egress(networks=PRIVATE_NETWORKS) as egress:
        for error in (OSError("disk full"), ValueError("ours"), TimeoutError("ours")):
            with pytest.raises(type(error), match=str(error)):
                async with egress.stream(server.origin + SIGNED, body_bytes_max=1000):
                    raise error


async def fetch_failure(storage: Storage, egress: Egress, url: str) -> str:
    """Return the message of an image that cannot be fetched."""
    async with egress:
        with pytest.raises(Rejected) as caught:
            await InputMedia(storage, egress, Pictures()).fetch(url)
    assert "image_unreachable" == caught.value.code
    return caught.value.message


async def test_customer_does_not_learn_why_an_image_was_not_fetched(storage: Storage) -> None:
    """A closed port, a private address and a dead name give one message; the log has the reason and the host."""
    async with Receiver() as receiver:
        url = f"http://a.example.com:{receiver.port}/secret?sig=1"
    here = Zone(("127.0.0.1",))
    failures = [  # the port is closed
        (url, Egress(networks=PRIVATE_NETWORKS, resolver=here)),
        (url, Egress(resolver=here)),
        (url, Egress(resolver=Zone(()))),
        (url, Egress(resolver=Zone((), delay_s=60), connect_s=0.1)),
        ("http://169.254.169.254/", Egress(networks=PRIVATE_NETWORKS)),
    ]
    with capture_logs() as logs:
        messages = {await fetch_failure(storage, egress, url) for url, egress in failures}
    assert {NOT_FETCHED.format(kind="image")} == messages
    told = [entry for entry in logs if entry["event"] == "input_image.not_fetched"]
    assert len(failures) == len(told)
    assert {"connect_failed", "blocked_address", "dns_failed", "timeout"} == {entry["code"] for entry in told}
    assert "sig=" not in str(told)


async def test_invalid_link_of_an_image_has_a_reason(storage: Storage) -> None:
    """A URL that nobody can request is explained, because that reveals nothing."""
    message = await fetch_failure(storage, Egress(), "https://[::1/x")
    assert "The image could not be fetched: the URL must have a valid host name and port." == message


async def test_image_waits_while_this_machine_has_no_socket(storage: Storage) -> None:
    """A process without sockets does not fail an order because of that: it is submitted later."""

    class Starved(Egress):
        async def get(self, url: str, *, body_bytes_max: int) -> GetResponse:
            raise OutOfSockets("our side has no free connection")

    with pytest.raises(Retry) as caught:
        await InputMedia(storage, Starved(), Pictures()).fetch("https://a.example/a.png")
    assert caught.value.ours
