"""One generation on every adapter, through gateway, worker process, the provider's double, callback and webhook.

The adapters are those of the conformance suite: a new one is in here by itself. Each has a worker process and a double
for polling, and, if its requests name an address to call, another pair for callbacks. Everything
happens at once; each test looks at what became of its own.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from urllib.parse import unquote

import pytest
import pytest_asyncio
from msgspec import Struct, field

from shared.store import keys
from tests.harness.doubles.double import Double
from tests.harness.doubles.receiver import Receiver
from tests.suites.conformance.case import Case
from tests.suites.conformance.cases import CASES
from tests.suites.conformance.test_conformance import adapter_of
from tests.suites.e2e.caller import Caller, Place, deploy
from tests.suites.e2e.test_webhooks import subscribe
from workers.adapters.contract import Callback

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALLED, POLLED = "called", "polled"
FREE = ("openai", "pollinations", "stability", "huggingface", "elevenlabs", "runway")  # adapters that name no address
ENDED_S = 20.0
PROVIDER = """
[providers.{name}]
adapter = "{adapter}"
base_url = "{base_url}"
key_env = "KEY_OF_ALL"
callback_secret_env = "SECRET_OF_{upper}"

[[models]]
id = "{name}/model"
name = "{name}"
kind = "{kind}"
price_cents = 10
routes = [{{ provider = "{name}", model = "{model}" }}]
{fields}
"""


def cases() -> dict[str, Case]:
    """One for each adapter: without pictures to send along if there is such a one, and with something to wait for."""
    ranked = sorted(CASES, key=lambda case: (any("image" in name for name in case.call.input), not case.working))
    return {adapter_of(case): case for case in reversed(ranked)}


class Run(Struct, kw_only=True):
    """One adapter in one mode, and what became of its generation."""

    name: str
    mode: str
    case: Case
    double: Double
    made: str = ""
    due_ms: float = 0.0  # when it would have been looked at again
    closed_ms: int = 0
    shown: dict[str, object] = field(default_factory=dict)

    @property
    def entry(self) -> str:
        """Its provider and its model in the catalogue."""
        call, adapter = self.case.call, adapter_of(self.case)
        return PROVIDER.format(
            name=self.name,
            upper=self.name.upper(),
            adapter=adapter,
            base_url=self.double.base_url,
            kind=call.kind,
            model=call.model,
            fields="".join(f"input.{name} = {{}}\n" for name in call.input),
        )


class House(Struct):
    """Everybody, after everything has happened."""

    place: Place
    caller: Caller
    receiver: Receiver
    runs: dict[tuple[str, str], Run]


ALL = [(adapter, mode) for adapter in cases() for mode in (POLLED, CALLED) if mode == POLLED or adapter not in FREE]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[House]:
    """One gateway, dispatcher and sweeper, a worker for each adapter and mode, and one generation on each of them."""
    async with AsyncExitStack() as stack:
        runs = {}
        for adapter, mode in ALL:
            case = cases()[adapter]
            double = await stack.enter_async_context(case.double())
            name = adapter if mode == POLLED else f"{adapter}_called"
            runs[adapter, mode] = Run(name=name, mode=mode, case=case, double=double)
        models = "".join(run.entry for run in runs.values())
        env = {"ADAPTERS": "workers.providers", "KEY_OF_ALL": "a-key", "WORKER_SLOTS": "5"}
        env |= {f"SECRET_OF_{run.name.upper()}": run.case.callback_secret for run in runs.values()}
        place = await stack.enter_async_context(deploy(models=models, env=env, workers=()))
        for run in runs.values():
            called = {"CALLBACK_URL": place.stack.url} if run.mode == CALLED else {}
            place.stack.add(f"run-{run.name}", "-m", "workers", "run", run.name, env=called)
        receiver = await stack.enter_async_context(Receiver())
        caller = await place.create_caller(cents=100_000)
        await subscribe(caller, receiver)
        await asyncio.gather(*(one(place, caller, run) for run in runs.values()))
        yield House(place, caller, receiver, runs)


async def one(place: Place, caller: Caller, run: Run) -> None:
    """Order, call back, and wait for the end."""
    if run.mode == CALLED:
        await place.store.call("HSET", keys.provider(run.name), "calls_due", 50, "calls_came", 50)
    call = run.case.call
    sent = {"model": f"{run.name}/model", "prompt": call.prompt, "input": call.input}
    answer = await caller.request("POST", "/api/v1/generations", json=sent)
    assert 201 == answer.status, answer
    run.made = answer.body["id"]
    await place.stack.processes[f"run-{run.name}"].wait_until(lambda: run.double.accepted > 0, "a submit", ENDED_S)
    if run.mode == CALLED:
        await caller.wait_for_stage(run.made, "pending", ENDED_S)
        run.due_ms = await parked_until_ms(place, run)
        ref = (await place.store.call("HGET", keys.generation(run.made), "ref")).decode()
        request = run.case.callback(run.double, ref, int(time.time())) if run.case.callback else Callback({}, b"{}")
        posted = await caller.request("POST", address(run), data=request.body, headers=request.headers)
        assert 200 == posted.status, posted
    run.shown = await caller.wait_for_end(run.made, ENDED_S)
    run.closed_ms = int(await place.store.call("HGET", keys.generation(run.made), "closed_ms"))


async def parked_until_ms(place: Place, run: Run) -> float:
    """When the next look is due, once no worker has it in hand."""
    while await place.store.call("ZSCORE", keys.leases(run.name), run.made) is not None:
        await asyncio.sleep(0.01)
    return float(await place.store.call("ZSCORE", keys.queue(run.name), run.made))


def address(run: Run) -> str:
    """Where the provider was told to call."""
    submits = (request for request in run.double.requests if request.role == "submit")
    told = " ".join(unquote(request.raw_path) + request.body.decode(errors="replace") for request in submits)
    found = re.search(rf"http://[^\s\"]+/callbacks/{run.name}/[0-9a-f]{{64}}", told)
    assert found is not None, f"{run.name} was told no address: {told}"
    return found[0]


@pytest.mark.parametrize(("adapter", "mode"), ALL)
async def test_a_generation_is_made_from_request_to_webhook(house: House, adapter: str, mode: str) -> None:
    """It is submitted once, ends completed with what was ordered at its price, and its owner is told so once."""
    run = house.runs[adapter, mode]
    assert "completed" == run.shown["status"], run.shown
    assert (run.name, 11, 1) == (run.shown["provider"], run.shown["cost_cents"], run.double.accepted)
    assert (1, 0) == (run.double.counts["submit"], run.double.counts["unrouted"])
    urls = run.shown.get("result_urls", ())
    assert isinstance(urls, Iterable)
    assert list(run.case.outputs) == [await media_type(house.caller, url) for url in urls]
    assert bool(run.case.outputs) != bool(run.shown.get("result_text"))
    events = await told(house, run)
    assert [("generation.completed", True)] == events


@pytest.mark.parametrize("adapter", [adapter for adapter, mode in ALL if mode == CALLED])
async def test_a_callback_brings_it_before_the_next_look(house: House, adapter: str) -> None:
    """Where callbacks prove to come looks are further apart, and the callback brings the result before the next one."""
    run = house.runs[adapter, CALLED]
    assert run.closed_ms < run.due_ms


async def test_everything_was_charged_once(house: House) -> None:
    """The books balance over all of them."""
    assert 100_000 - 11 * len(ALL) == await house.caller.check_balance()


async def media_type(caller: Caller, url: str) -> str:
    """What our asset URL answers with."""
    answer = await caller.request("GET", url)
    assert 200 == answer.status, url
    return answer.headers["Content-Type"]


async def told(house: House, run: Run) -> list[tuple[str, bool | None]]:
    """The webhooks about it, after at least one has come: type, and whether its signature holds."""
    end_s = time.monotonic() + 10
    while True:
        bodies = [(json.loads(received.body), received.verified) for received in house.receiver.received]
        found = [(body["type"], verified) for body, verified in bodies if body.get("id") == run.made]
        if found:
            return found
        assert time.monotonic() < end_s, f"nobody was told of {run.name}"
        await asyncio.sleep(0.05)
