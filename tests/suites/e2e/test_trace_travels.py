"""A caller's trace through all processes: the gateway, the worker and its provider, the dispatcher and its receiver."""

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
routes = [{{ provider = "fal", model = "fal-ai/flux/dev" }}]
"""


def logged(place: Place, generation_id: str) -> list[dict[str, Any]]:
    """The lines of all processes about a generation; everything but the store logs nothing but JSON."""
    ours = [process for name, process in place.stack.processes.items() if name != "store"]
    lines = [json.loads(line) for process in ours for line in process.log.read_text().splitlines()]
    return [line for line in lines if line.get("generation") == generation_id]


async def life(caller: Caller, fal: Double, hook: Receiver, **headers: str) -> tuple[str, str]:
    """Order something with these headers; its id, and the one traceparent that everybody else was sent."""
    requests, heard = len(fal.requests), len(hook.received)
    made = await caller.create("a red boat", "test/fal", **headers)
    await caller.wait_for_end(made)
    received = await hook.wait_for(heard + 1)
    sent = {one.headers["traceparent"] for one in fal.requests[requests:] if one.role != "file"}
    [traceparent] = sent | {received[-1].headers["traceparent"]}
    assert not any("traceparent" in one.headers for one in fal.requests if one.role == "file")
    return made, traceparent


async def test_a_trace_goes_all_the_way() -> None:
    """Provider and webhook are sent the caller's trace, or the generation's own, which each verb's one line names."""
    async with (
        Double() as fal,
        Receiver() as hook,
        deploy(models=MODELS.format(url=fal.url), workers=("fal",), env={"ADAPTERS": "workers.providers"}) as place,
    ):
        caller = await place.create_caller()
        assert 201 == (await caller.request("POST", "/api/v1/webhooks", json={"url": hook.url})).status
        given, sent = await life(caller, fal, hook, traceparent=f"00-{TRACE}-{SPAN}-01")
        assert f"00-{TRACE}-{given.replace('-', '')[-16:]}-01" == sent
        own, sent = await life(caller, fal, hook, traceparent="nonsense")
        assert f"00-{own.replace('-', '')}-{own.replace('-', '')[-16:]}-00" == sent
        await place.stack.processes["deliver"].wait_for_log(f'"generation":"{own}"')
        for name, trace in ((given, TRACE), (own, own.replace("-", ""))):
            lines = logged(place, name)
            assert sorted(VERBS) == sorted(line["event"] for line in lines)
            assert {(trace, caller.customer.account)} == {(line["trace"], line["account"]) for line in lines}
            assert [] == [line for line in lines if VERBS[line["event"]] - set(line)]
