"""One generation on every adapter, through gateway, worker process, the provider's double, callback and webhook.

The adapters are those of the conformance suite, so a new one is included automatically. Each has a worker process and a
double for polling. If its requests have a callback URL, it has another pair for callbacks. All generations run at once,
and each test checks its own.
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
WITHOUT_CALLBACKS = (
    "openai",
    "pollinations",
    "stability",
    "huggingface",
    "elevenlabs",
    "runway",
    "luma_agents",
)  # adapters that send no callback URL
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
api_price_cents = 11
routes = [{{ provider = "{name}", model = "{model}" }}]
{fields}
"""


def cases() -> dict[str, Case]:
    """Return one case for each adapter, preferably without input images and with a task to poll."""
    ranked = sorted(CASES, key=lambda case: (any("image" in name for name in case.call.input), not case.working))
    return {adapter_of(case): case for case in reversed(ranked)}


class Run(Struct, kw_only=True):
    """One adapter in one mode, and its generation."""

    name: str
    mode: str
    case: Case
    double: Double
    generation_id: str = ""
    due_ms: float = 0.0  # the time of its next poll
    closed_ms: int = 0
    shown: dict[str, object] = field(default_factory=dict)

    @property
    def entry(self) -> str:
        """Return its provider and model as a catalogue entry."""
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


class Deployment(Struct):
    """The deployment and its runs, after all of them have ended."""

    place: Place
    caller: Caller
    receiver: Receiver
    runs: dict[tuple[str, str], Run]


ALL = [
    (adapter, mode)
    for adapter in cases()
    for mode in (POLLED, CALLED)
    if mode == POLLED or adapter not in WITHOUT_CALLBACKS
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deployment() -> AsyncIterator[Deployment]:
    """Deploy a worker for each adapter and mode, and run one generation on each of them."""
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
        await asyncio.gather(*(run_generation(place, caller, run) for run in runs.values()))
        yield Deployment(place, caller, receiver, runs)


async def run_generation(place: Place, caller: Caller, run: Run) -> None:
    """Submit a generation, post its callback, and wait for its end."""
    if run.mode == CALLED:
        await place.store.call("HSET", keys.provider(run.name), "calls_due", 50, "calls_came", 50)
    call = run.case.call
    sent = {"model": f"{run.name}/model", "prompt": call.prompt, "input": call.input}
    answer = await caller.request("POST", "/api/v1/generations", json=sent)
    assert 201 == answer.status, answer
    run.generation_id = answer.body["id"]
    await place.stack.processes[f"run-{run.name}"].wait_until(lambda: run.double.accepted > 0, "a submit", ENDED_S)
    if run.mode == CALLED:
        await caller.wait_for_stage(run.generation_id, "pending", ENDED_S)
        run.due_ms = await get_next_poll_ms(place, run)
        ref = (await place.store.call("HGET", keys.generation(run.generation_id), "ref")).decode()
        request = run.case.callback(run.double, ref, int(time.time())) if run.case.callback else Callback({}, b"{}")
        posted = await caller.request("POST", find_callback_url(run), data=request.body, headers=request.headers)
        assert 200 == posted.status, posted
    run.shown = await caller.wait_for_end(run.generation_id, ENDED_S)
    run.closed_ms = int(await place.store.call("HGET", keys.generation(run.generation_id), "closed_ms"))


async def get_next_poll_ms(place: Place, run: Run) -> float:
    """Wait until no worker holds the job, and return the time of its next poll."""
    while await place.store.call("ZSCORE", keys.leases(run.name), run.generation_id) is not None:
        await asyncio.sleep(0.01)
    return float(await place.store.call("ZSCORE", keys.queue(run.name), run.generation_id))


def find_callback_url(run: Run) -> str:
    """Return the callback URL in the requests that the provider received."""
    submits = (request for request in run.double.requests if request.role == "submit")
    sent = " ".join(unquote(request.raw_path) + request.body.decode(errors="replace") for request in submits)
    found = re.search(rf"http://[^\s\"]+/callbacks/{run.name}/[0-9a-f]{{64}}", sent)
    assert found is not None, f"{run.name} received no callback URL: {sent}"
    return found[0]


@pytest.mark.parametrize(("adapter", "mode"), ALL)
async def test_generation_runs_from_request_to_webhook(deployment: Deployment, adapter: str, mode: str) -> None:
    """It is submitted once, completes with the expected outputs at its price, and sends one webhook."""
    run = deployment.runs[adapter, mode]
    assert "completed" == run.shown["status"], run.shown
    assert (run.name, 11, 1) == (run.shown["provider"], run.shown["cost_cents"], run.double.accepted)
    assert (1, 0) == (run.double.counts["submit"], run.double.counts["unrouted"])
    urls = run.shown.get("result_urls", ())
    assert isinstance(urls, Iterable)
    assert list(run.case.outputs) == [await fetch_media_type(deployment.caller, url) for url in urls]
    assert bool(run.case.outputs) != bool(run.shown.get("result_text"))
    events = await wait_for_webhooks(deployment, run)
    assert [("generation.completed", True)] == events


@pytest.mark.parametrize("adapter", [adapter for adapter, mode in ALL if mode == CALLED])
async def test_callback_completes_it_before_the_next_poll(deployment: Deployment, adapter: str) -> None:
    """With reliable callbacks polls are further apart, and the callback completes it before the next one."""
    run = deployment.runs[adapter, CALLED]
    assert run.closed_ms < run.due_ms


async def test_each_generation_was_charged_once(deployment: Deployment) -> None:
    """The balance is reduced by the price of each generation."""
    assert 100_000 - 11 * len(ALL) == await deployment.caller.check_balance()


async def fetch_media_type(caller: Caller, url: str) -> str:
    """Return the Content-Type of one of our asset URLs."""
    answer = await caller.request("GET", url)
    assert 200 == answer.status, url
    return answer.headers["Content-Type"]


async def wait_for_webhooks(deployment: Deployment, run: Run) -> list[tuple[str, bool | None]]:
    """Wait for a webhook about the run, and return (type, whether the signature holds) of each."""
    end_s = time.monotonic() + 10
    while True:
        bodies = [(json.loads(received.body), received.verified) for received in deployment.receiver.received]
        found = [(body["type"], verified) for body, verified in bodies if body.get("id") == run.generation_id]
        if found:
            return found
        assert time.monotonic() < end_s, f"no webhook about {run.name}"
        await asyncio.sleep(0.05)
