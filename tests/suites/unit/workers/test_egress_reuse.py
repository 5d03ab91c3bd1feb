"""Connections that serve several posts, and when they are not."""

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest

from shared.domain.public_address import PRIVATE_NETWORKS, parse_networks
from tests.harness.doubles.receiver import Received, Receiver, Reply
from tests.harness.doubles.zone import Zone
from workers.egress import STALE_S, Egress, connector
from workers.egress.errors import BlockedAddress, ConnectionLost

LOOPBACK = parse_networks("127.0.0.0/8")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver


@pytest.fixture
async def keeper() -> AsyncIterator[Egress]:
    async with Egress(networks=PRIVATE_NETWORKS, reuse=True) as egress:
        yield egress


async def post_twice(egress: Egress, receiver: Receiver) -> tuple[Received, Received]:
    """Post two events, one after the other."""
    for number in range(2):
        await egress.post(receiver.url, b"%d" % number, {})
    first, second = receiver.received
    return first, second


async def test_posts_to_a_host_share_a_connection(keeper: Egress, receiver: Receiver) -> None:
    """The second post uses the connection of the first and is checked against the same address."""
    first, second = await post_twice(keeper, receiver)
    assert first.client_port == second.client_port
    assert "127.0.0.1" == (await keeper.post(receiver.url, b"{}", {})).address


async def test_posts_at_once_have_a_connection_each(keeper: Egress, receiver: Receiver) -> None:
    """A connection carries one post at a time."""
    receiver.default = Reply(delay_s=0.1)
    await asyncio.gather(*(keeper.post(receiver.url, b"{}", {}) for _ in range(4)))
    assert 4 == len({got.client_port for got in receiver.received})


async def test_post_goes_out_again_when_the_pooled_connection_was_closed(keeper: Egress, receiver: Receiver) -> None:
    """A receiver that closes a pooled connection instead of answering gets the same post on a new one."""
    receiver.queue_replies(Reply(), Reply(hang_up=True), Reply(body=b"second"))
    await keeper.post(receiver.url, b"0", {})
    assert b"second" == (await keeper.post(receiver.url, b"1", {})).body_start
    first, lost, again = receiver.received
    assert (b"1", b"1") == (lost.body, again.body)
    assert first.client_port == lost.client_port != again.client_port


async def test_post_is_repeated_once_at_most(keeper: Egress, receiver: Receiver) -> None:
    """A receiver that hangs up on the new connection too has failed the attempt."""
    receiver.queue_replies(Reply())
    receiver.default = Reply(hang_up=True)
    await keeper.post(receiver.url, b"0", {})
    with pytest.raises(ConnectionLost):
        await keeper.post(receiver.url, b"1", {})
    assert 3 == len(receiver.received)


async def test_late_loss_of_a_pooled_connection_is_a_failure(keeper: Egress, receiver: Receiver) -> None:
    """A receiver that took the event and its time before it hung up does not get it again at once."""
    receiver.queue_replies(Reply(), Reply(delay_s=STALE_S + 0.1, hang_up=True))
    await keeper.post(receiver.url, b"0", {})
    with pytest.raises(ConnectionLost):
        await keeper.post(receiver.url, b"1", {})
    assert 2 == len(receiver.received)


async def test_connection_with_an_unread_answer_is_closed(keeper: Egress, receiver: Receiver) -> None:
    """The rest of a long answer is dropped together with its connection."""
    receiver.default = Reply(body=b"x" * 1_000_000)
    first, second = await post_twice(keeper, receiver)
    assert first.client_port != second.client_port


@pytest.mark.parametrize("bound", ["IDLE_S", "AGE_S", "POOLED_MAX"])
async def test_bounds_of_pooled_connections(monkeypatch: pytest.MonkeyPatch, receiver: Receiver, bound: str) -> None:
    """A connection that is idle too long, too old, or one of too many is not used again."""
    monkeypatch.setattr(connector, bound, 0)
    async with Egress(networks=PRIVATE_NETWORKS, reuse=True) as egress:
        first, second = await post_twice(egress, receiver)
    assert first.client_port != second.client_port


async def test_closed_connections_are_forgotten(keeper: Egress, receiver: Receiver) -> None:
    """Connections that are gone do not count as pooled, so the bound does not end the reuse for good."""
    receiver.default = Reply(headers={"Connection": "close"})
    for _ in range(20):
        await keeper.post(receiver.url, b"{}", {})
    await asyncio.sleep(0.1)
    gc.collect()
    assert len(keeper._session.connector._made_s) <= 1  # type: ignore[union-attr]


async def test_address_is_checked_again_after_a_pooled_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads to a private address later is refused as soon as its pooled connection is gone."""
    zone = Zone(("127.0.0.1",), ("10.0.0.1",))
    async with Receiver() as receiver, Egress(networks=LOOPBACK, reuse=True, resolver=zone) as egress:
        url = f"http://hooks.example.com:{receiver.port}/"
        for _ in range(2):
            await egress.post(url, b"{}", {})
        monkeypatch.setattr(connector, "AGE_S", 0)
        egress._session.connector.clear_dns_cache()  # type: ignore[union-attr]
        with pytest.raises(BlockedAddress):
            await egress.post(url, b"{}", {})
        assert 2 == len(receiver.received)
