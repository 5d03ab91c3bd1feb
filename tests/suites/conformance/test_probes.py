"""Every adapter's probe against its double: it asks for something that bills nothing, and its failures have names."""

import pytest
from msgspec import structs

from tests.harness.doubles.double import Fault, Response
from tests.suites.conformance.case import Case
from tests.suites.conformance.cases import CASES
from tests.suites.conformance.test_conformance import adapter_of, scene
from workers.adapters.contract import Adapter, load
from workers.probe import probe

PROBED = {
    case.provider or adapter_of(case): case
    for case in reversed(CASES)
    if load(adapter_of(case)).probe is not Adapter.probe
}
KEYED = [case for case in CASES if "bad key" in case.refusals and case in PROBED.values()]

each = pytest.mark.parametrize("case", PROBED.values(), ids=list(PROBED))


@each
async def test_a_probe_is_answered_and_bills_nothing(case: Case) -> None:
    """A provider that is there and knows the key says so, and no work has begun."""
    async with scene(case) as (adapter, double):
        found = await probe("it", adapter)
        assert (True, True, None) == (found.checked, found.ok, found.error)
        assert found.said
        assert "None" not in found.said
        assert (1, 0) == (len(double.requests), double.accepted)
        assert ("GET", "other") == (double.requests[0].method, double.requests[0].role)


@pytest.mark.parametrize("case", KEYED, ids=lambda case: case.name)
async def test_a_bad_key_is_found_out(case: Case) -> None:
    """What the provider says to a key it does not know is told as Down, with its words."""
    async with scene(case) as (adapter, double):
        double.overrides["other"].append(case.refusals["bad key"].answer)
        found = await probe("it", adapter)
        assert (True, False, "Down") == (found.checked, found.ok, found.error)
        assert found.said


@each
@pytest.mark.parametrize(
    ("override", "error"),
    [
        (Fault.GARBAGE, "Unknown"),
        (Fault.BROKEN, "Unknown"),
        (Response(429, {"error": "slow down"}, {"Retry-After": "7"}), "Retry"),
        (Response(503, {"error": "out"}), "Down"),
    ],
    ids=["garbage", "500", "429", "503"],
)
async def test_a_probe_that_fails_says_how(case: Case, override: Fault | Response, error: str) -> None:
    """An answer that is none is told by the name of what it means for a submit."""
    async with scene(case) as (adapter, double):
        double.overrides["other"].append(override)
        found = await probe("it", adapter)
        assert (True, False, error) == (found.checked, found.ok, found.error)
        assert found.said and 300 >= len(found.said)


@each
async def test_a_provider_that_is_not_there_is_down(case: Case) -> None:
    """Where nobody listens the probe is Down."""
    async with scene(case) as (adapter, double):
        await double.__aexit__()
        assert "Down" == (await probe("it", adapter)).error


async def test_openrouter_is_asked_about_the_key() -> None:
    """Its list of models is for anybody: the key is what tells whether it is known."""
    [case] = [case for case in CASES if case.name == "openai-openrouter"]
    async with scene(structs.replace(case, provider="openrouter")) as (adapter, double):
        assert "credit used: 1.5 of 20" == (await probe("openrouter", adapter)).said
        assert ["/v1/key"] == [request.path for request in double.requests]


async def test_who_has_no_such_call_is_not_checked() -> None:
    """An adapter without a probe says that there is nothing to ask."""
    [case] = [case for case in CASES if case.name == "openai-text"]
    async with scene(case) as (adapter, _):
        found = await probe("it", Adapter(adapter.setup))
        assert (False, True, None) == (found.checked, found.ok, found.said)
