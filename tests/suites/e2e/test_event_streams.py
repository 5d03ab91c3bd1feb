"""Server-sent events of a running deployment, read through gateways that are killed."""

import asyncio
import re
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from shared.store import feeds, keys
from tests.harness.bounds import WAIT_S, within
from tests.programs.streams.readers import Event, find_faults, read_events, read_while_killed
from tests.suites.e2e.caller import Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

READERS, ORDERS = 6, 8
EVENTS = "/api/v1/events"
WAITING = "test/paid"  # a model whose worker does not run here
PIECE, PIECES = "x" * 60_000, 160  # more text than the sockets between a gateway and a reader hold
WHOLE = re.compile(rb"id: (\S+)\nevent: \S+\ndata: (.*)\n\n")  # an event that has come to its end


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Run a deployment with two gateways."""
    env = {"EVENT_READERS_PER_KEY": str(READERS)}
    async with deploy(gateways=2, workers=("noop", "kinds"), deliver=0, sweep=0, env=env) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """Create a customer with a dollar."""
    return await place.create_caller(cents=100)


async def read_generation(caller: Caller, generation_id: str, last: str = "") -> list[Event]:
    """Return the events of one response for a generation."""
    url = f"{caller.place.stack.url}/api/v1/generations/{generation_id}/events"
    return [event async for event in read_events(caller.place.session, url, caller.customer.key, last)]


async def test_generation_is_streamed_to_its_end(caller: Caller) -> None:
    """Every change comes once and in order, the end with the generation, and a reader who has it gets no more."""
    made = await caller.create(model="test/image")
    async with within(WAIT_S):
        events, again = await read_generation(caller, made), await read_generation(caller, made)
        rest, none = [await read_generation(caller, made, events[place][0]) for place in (0, -1)]
    assert "generation.completed" == events[-1][1] == events[-1][2]["type"]
    assert (made, "completed") == (events[-1][2]["generation"]["id"], events[-1][2]["stage"])
    assert (events, events[1:], []) == (again, rest, none)


async def test_stream_of_others_is_not_found(caller: Caller) -> None:
    """A generation of another account has no events."""
    made, other = await caller.create(), await caller.place.create_caller()
    answer = await other.request("GET", f"/api/v1/generations/{made}/events")
    assert (404, "not_found") == (answer.status, answer.body["error"]["code"])


async def test_nothing_is_written_without_readers(caller: Caller) -> None:
    """The feed of an account that nobody reads stays empty."""
    await caller.wait_for_end(await caller.create())
    assert 0 == await caller.place.store.call("EXISTS", keys.feed(caller.customer.account))


async def read_until(caller: Caller, path: str, name: str, last: str = "") -> list[Event]:
    """Return the events of one response up to the first of a name."""
    found = list[Event]()
    async for event in read_events(caller.place.session, caller.place.stack.url + path, caller.customer.key, last):
        found.append(event)
        if event[1] == name:
            break
    return found


def open_stream(caller: Caller, path: str = EVENTS) -> Any:
    """Return the context of one response with events."""
    headers = {"Authorization": f"Bearer {caller.customer.key}"}
    return caller.place.session.get(caller.place.stack.url + path, headers=headers)


async def test_gap_comes_first_when_events_are_lost(caller: Caller) -> None:
    """A reader whose last event has left the feed gets a gap, of an account and of a generation."""
    store, account = caller.place.store, caller.customer.account
    async with within(WAIT_S):
        [ready] = await read_until(caller, EVENTS, "ready")
        made = await caller.create(model=WAITING)
        [queued] = await feeds.read(store, account, ready[0])
        paths = (EVENTS, f"/api/v1/generations/{made}/events")
        kept = [(await read_until(caller, path, "generation.queued", ready[0]))[0][1] for path in paths]
        await store.call("XTRIM", keys.feed(account), "MINID", queued.id)
        lost = [(await read_until(caller, path, "generation.queued", ready[0]))[0][1] for path in paths]
    assert (["generation.queued"] * 2, ["gap"] * 2) == (kept, lost)


async def test_readers_of_a_key_are_bounded(caller: Caller) -> None:
    """A reader beyond the limit of a key is refused, others are not, and one that leaves makes room."""
    other = await caller.place.create_caller()
    async with within(WAIT_S), AsyncExitStack() as readers:
        held = [await readers.enter_async_context(open_stream(caller)) for _ in range(READERS)]
        refused = await caller.request("GET", EVENTS)
        assert (429, "rate_limited") == (refused.status, refused.body["error"]["code"])
        assert ["ready"] == [event[1] for event in await read_until(other, EVENTS, "ready")]
        transport = held[0].connection.transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()  # with a reset: a client that only closes its half may still read
        while (await readers.enter_async_context(open_stream(caller))).status != 200:
            await asyncio.sleep(0.05)


async def test_position_progress_and_heartbeats_are_streamed(caller: Caller) -> None:
    """A generation that waits has a position and heartbeats, then the progress of its provider, then its end."""
    store, made = caller.place.store, await caller.create(model=WAITING)
    lines = list[bytes]()
    async with within(WAIT_S), open_stream(caller, f"/api/v1/generations/{made}/events") as response:
        async for line in response.content:
            lines.append(line)
            if lines.count(b":\n") == 2:  # the second comes after a pause
                break
        for progress in (0.25, 0.25, 0.5):
            await feeds.note_progress(store, made, progress)
        assert 200 == (await caller.request("DELETE", f"/api/v1/generations?id={made}")).status
        rest = await response.content.read()
    shown = b"".join(lines) + rest
    assert 1 == shown.count(b"event: generation.position\n")
    assert [b"0.25", b"0.5"] == re.findall(rb'"progress":([0-9.]+)', shown)
    assert rest.rstrip().splitlines()[-2] == b"event: generation.failed"


async def test_slow_reader_is_dropped_and_resumes(caller: Caller) -> None:
    """A reader that takes nothing is dropped, and gets every piece of a text once when it comes again."""
    store, (host, port) = caller.place.store, caller.place.stack.url.removeprefix("http://").split(":")
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    async with within(WAIT_S):
        await asyncio.get_running_loop().sock_connect(sock, (host, int(port)))
        reader, writer = await asyncio.open_connection(sock=sock, limit=4096)
        writer.write(
            f"GET {EVENTS} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {caller.customer.key}\r\n\r\n".encode()
        )
        got = await reader.readuntil(b"}\n\n")
        made = await caller.create(model=WAITING)
        for number in range(PIECES):
            await feeds.write_text(store, made, number * len(PIECE), PIECE)
        while not await check_dropped(caller):
            await asyncio.sleep(0.2)
        with suppress(ConnectionError):
            while chunk := await reader.read(1 << 20):
                got += chunk
        writer.close()
        whole = [(name.decode(), msgspec.json.decode(data)) for name, data in WHOLE.findall(got)]
        last, offsets = whole[-1][0], [data["offset"] for _, data in whole if "offset" in data]
        assert len(offsets) < PIECES
        while len(offsets) < PIECES:
            events = read_events(caller.place.session, caller.place.stack.url + EVENTS, caller.customer.key, last)
            async for event in events:
                last = event[0] or last
                offsets += [event[2]["offset"]] if event[1] == "text.delta" else []
                if len(offsets) == PIECES:
                    break
    assert [number * len(PIECE) for number in range(PIECES)] == offsets


async def check_dropped(caller: Caller) -> bool:
    """Return whether a gateway has dropped a slow reader."""
    async with caller.place.session.get(f"{caller.place.stack.url}/metrics") as response:
        return re.search(r'reason="slow_reader"[^}]*\} [1-9]', await response.text()) is not None


async def test_account_stream_resumes_at_another_gateway(caller: Caller) -> None:
    """Readers of an account get every event once, in one order, although their gateway is killed meanwhile."""
    place = caller.place
    async with within(WAIT_S):
        found, made = await read_while_killed(
            place.session, place.stack, [caller.customer.key], readers=READERS, orders=ORDERS
        )
    assert [] == find_faults(found, made)
    assert [found[0].events] * READERS == [reader.events for reader in found]
