"""The public address check of requests to customers' URLs."""

from collections.abc import AsyncIterator

import pytest

from shared.domain.public_address import PRIVATE_NETWORKS, parse_networks
from tests.harness.doubles.receiver import Receiver
from tests.harness.doubles.zone import Zone
from workers.egress import Egress
from workers.egress.errors import (
    BadUrl,
    BlockedAddress,
    DnsFailed,
)

NAME = "hooks.example.com"


ONE_HOST = parse_networks("127.0.0.1")  # stands for the public network; the rest of loopback is private


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    async with Egress(networks=PRIVATE_NETWORKS) as egress:
        yield egress


@pytest.fixture
async def guarded() -> AsyncIterator[Egress]:
    async with Egress() as egress:
        yield egress


REFUSED_LITERALS = [
    "127.0.0.1",
    "127.0.0.2",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "0.0.0.0",
    "127.0.0.1.",
    "①②⑦.0.0.1",
    "localhost",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.168.1.1",
    "224.0.0.1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fc00::1]",
    "[fd00:ec2::254]",
]


@pytest.mark.parametrize("host", REFUSED_LITERALS)
async def test_private_literals_are_refused(guarded: Egress, receiver: Receiver, host: str) -> None:
    """An address that is not public is refused in every spelling, for POST and for GET, and nothing arrives."""
    url = f"http://{host}:{receiver.port}/hook"
    with pytest.raises((BlockedAddress, BadUrl, DnsFailed)):
        await guarded.post(url, b"{}", {})
    with pytest.raises((BlockedAddress, BadUrl, DnsFailed)):
        await guarded.get(url, body_bytes_max=100)
    assert [] == receiver.received


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1.", "①②⑦.0.0.1", "localhost"])
async def test_loopback_spellings_reach_loopback_when_unguarded(
    egress: Egress, guarded: Egress, receiver: Receiver, host: str
) -> None:
    """Without the check these spellings reach loopback, and with it they are blocked by address."""
    url = f"http://{host}:{receiver.port}/hook"
    assert 200 == (await egress.post(url, b"{}", {})).status
    with pytest.raises(BlockedAddress):
        await guarded.post(url, b"{}", {})
    assert 1 == len(receiver.received)


async def test_literals_are_checked_although_they_skip_the_resolver(receiver: Receiver) -> None:
    """An IP literal never reaches the resolver, and yet the address is refused."""
    zone = Zone(("127.0.0.1",))
    async with Egress(resolver=zone) as guarded:
        with pytest.raises(BlockedAddress, match=r"127\.0\.0\.1 is not a public address \(loopback\)"):
            await guarded.post(receiver.url, b"{}", {})
    assert ([], []) == (zone.asked, receiver.received)


async def test_name_is_refused_when_it_resolves_to_a_private_address(receiver: Receiver) -> None:
    """A harmless name that resolves to loopback is refused before anything is sent."""
    async with Egress(resolver=Zone(("127.0.0.1", "127.0.0.2"))) as guarded:
        with pytest.raises(BlockedAddress) as caught:
            await guarded.post(f"http://{NAME}:{receiver.port}/", b"{}", {})
    assert "blocked_address" == caught.value.code
    assert [] == receiver.received


async def test_rebinding_is_harmless() -> None:
    """The checked address is the one that is contacted, because each request looks the name up once."""
    zone = Zone(("127.0.0.1",), ("127.0.0.2",))
    async with Receiver() as public, Receiver(host="127.0.0.2", port=public.port) as private:
        url = f"http://{NAME}:{public.port}/"
        async with Egress(networks=ONE_HOST, resolver=zone) as guarded:
            answer = await guarded.post(url, b"{}", {})
        assert ("127.0.0.1", [NAME]) == (answer.address, zone.asked)
        async with Egress(networks=ONE_HOST, resolver=zone) as guarded:
            with pytest.raises(BlockedAddress):
                await guarded.post(url, b"{}", {})
        assert ([NAME, NAME], 1, []) == (zone.asked, len(public.received), private.received)


@pytest.mark.parametrize("answers", [("127.0.0.2", "127.0.0.1"), ("127.0.0.1", "127.0.0.2")])
async def test_mixed_answer_reaches_the_public_address_only(answers: tuple[str, ...]) -> None:
    """Only the public addresses of a name with several addresses are contacted."""
    async with Receiver() as public, Receiver(host="127.0.0.2", port=public.port) as private:
        async with Egress(networks=ONE_HOST, resolver=Zone(answers)) as guarded:
            answer = await guarded.post(f"http://{NAME}:{public.port}/", b"{}", {})
        assert ("127.0.0.1", []) == (answer.address, private.received)


async def test_private_address_is_refused_for_each_request_of_a_session() -> None:
    """A private address is refused even after a request to a public address in the same session."""
    async with Receiver() as public, Receiver(host="127.0.0.2", port=public.port) as private:
        async with Egress(networks=ONE_HOST) as guarded:
            await guarded.post(public.url, b"{}", {})
            with pytest.raises(BlockedAddress):
                await guarded.post(private.url, b"{}", {})
            await guarded.post(public.url, b"{}", {})
        assert (2, 0) == (len(public.received), len(private.received))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "no url",
        "/hook",
        "http://",
        "http:///hook",
        "http:hook",
        "ftp://example.com/",
        "file:///etc/passwd",
        "ws://example.com/",
        "tcp://example.com:80/",
        "unix:///run/store.sock",
        "http://user:secret@example.com/",
        "http://user@example.com/",
        "http://example.com:0/",
        "http://example.com:65536/",
        "http://[::1/",
        "http://example.com\\@127.0.0.1/",
        "http://example.com/" + "x" * 8000,
    ],
)
async def test_bad_url_is_refused_without_a_lookup(url: str) -> None:
    """A URL with another scheme, without a host or with a password is refused without a look-up."""
    zone = Zone(("127.0.0.1",))
    async with Egress(networks=PRIVATE_NETWORKS, resolver=zone) as egress:
        with pytest.raises(BadUrl) as caught:
            await egress.post(url, b"{}", {})
    assert ("bad_url", []) == (caught.value.code, zone.asked)
