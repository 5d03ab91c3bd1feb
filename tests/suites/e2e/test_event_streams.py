"""Server-sent events of a running deployment, read through gateways that are killed."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from shared.store import keys
from tests.harness.bounds import WAIT_S, within
from tests.programs.streams.readers import Event, find_faults, read_events, read_while_killed
from tests.suites.e2e.caller import Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

READERS, ORDERS = 6, 8


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


async def test_account_stream_resumes_at_another_gateway(caller: Caller) -> None:
    """Readers of an account get every event once, in one order, although their gateway is killed meanwhile."""
    place = caller.place
    async with within(WAIT_S):
        found, made = await read_while_killed(
            place.session, place.stack, [caller.customer.key], readers=READERS, orders=ORDERS
        )
    assert [] == find_faults(found, made)
    assert [found[0].events] * READERS == [reader.events for reader in found]
