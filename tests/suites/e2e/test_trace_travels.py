"""A caller's trace through all processes: gateway, worker, provider, dispatcher and receiver."""

import json
from typing import Any

from tests.harness.doubles.fal import Double
from tests.harness.doubles.receiver import Receiver
from tests.suites.e2e.caller import Caller, Place, deploy

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
VERBS = {
    "generation.accepted": {"generation", "account", "provider", "model", "reserved_micros", "took_ms", "trace"},
    "generation.submitted": {"generation", "account", "provider", "kind", "took_ms", "waited_ms", "trace"},
    "generation.settled": {"generation", "account", "provider", "state", "cost_micros", "took_ms", "trace"},
    "webhook.attempted": {"generation", "account", "state", "status", "duration_ms", "since_ms", "trace"},
}
MODELS = """
[providers.fal]
base_url = "{url}"

[[models]]
id = "test/fal"
name = "Fal"
kind = "image"
price_cents = 10
api_price_cents = 11
routes = [{{ provider = "fal", model = "fal-ai/flux/dev" }}]
"""


def logged_events(place: Place, generation_id: str) -> list[dict[str, Any]]:
    """Return the log lines of all processes about a generation. Every process but the store logs only JSON."""
    ours = [process for name, process in place.stack.processes.items() if name != "store"]
    lines = [json.loads(line) for process in ours for line in process.log.read_text().splitlines()]
    return [line for line in lines if line.get("generation") == generation_id]


async def run_generation(caller: Caller, fal: Double, hook: Receiver, **headers: str) -> tuple[str, str]:
    """Run a generation with these headers. Return its id and the one traceparent that provider and webhook received."""
    requests, events = len(fal.requests), len(hook.received)
    generation_id = await caller.create("a red boat", "test/fal", **headers)
    await caller.wait_for_end(generation_id)
    received = await hook.wait_for(events + 1)
    traceparents = {request.headers["traceparent"] for request in fal.requests[requests:] if request.role != "file"}
    [traceparent] = traceparents | {received[-1].headers["traceparent"]}
    assert not any("traceparent" in request.headers for request in fal.requests if request.role == "file")
    return generation_id, traceparent


async def test_trace_reaches_every_process() -> None:
    """Provider and webhook receive the caller's trace, or the generation's own, and each log event names it."""
    async with (
        Double() as fal,
        Receiver() as hook,
        deploy(models=MODELS.format(url=fal.url), workers=("fal",), env={"ADAPTERS": "workers.providers"}) as place,
    ):
        caller = await place.create_caller()
        assert 201 == (await caller.request("POST", "/api/v1/webhooks", json={"url": hook.url})).status
        given, traceparents = await run_generation(caller, fal, hook, traceparent=f"00-{TRACE}-{SPAN}-01")
        assert f"00-{TRACE}-{given.replace('-', '')[-16:]}-01" == traceparents
        own, traceparents = await run_generation(caller, fal, hook, traceparent="nonsense")
        assert f"00-{own.replace('-', '')}-{own.replace('-', '')[-16:]}-00" == traceparents
        await place.stack.processes["deliver"].wait_for_log(f'"generation":"{own}"')
        for name, trace in ((given, TRACE), (own, own.replace("-", ""))):
            lines = logged_events(place, name)
            assert sorted(VERBS) == sorted(line["event"] for line in lines)
            assert {(trace, caller.customer.account)} == {(line["trace"], line["account"]) for line in lines}
            assert [] == [line for line in lines if VERBS[line["event"]] - set(line)]
