"""Every adapter's probe against its double: it bills nothing, and each failure has a name."""

import pytest
from msgspec import structs

from tests.harness.doubles.double import Fault, Response
from tests.suites.conformance.case import Case
from tests.suites.conformance.cases import CASES
from tests.suites.conformance.test_conformance import adapter_of, connect
from workers.adapters.contract import Adapter, Down, load
from workers.probe import probe

PROBED = {
    case.provider or adapter_of(case): case
    for case in reversed(CASES)
    if load(adapter_of(case)).probe is not Adapter.probe
}
KEYED = [case for case in CASES if "bad key" in case.refusals and case in PROBED.values()]

each = pytest.mark.parametrize("case", PROBED.values(), ids=list(PROBED))


@each
async def test_probe_succeeds_and_bills_nothing(case: Case) -> None:
    """A provider that accepts the key is reported as ok, and no work has begun."""
    async with connect(case) as (adapter, double):
        result = await probe("it", adapter)
        assert (True, True, None) == (result.checked, result.ok, result.error)
        assert result.said
        assert "None" not in result.said
        assert (1, 0) == (len(double.requests), double.accepted)
        assert ("GET", "other") == (double.requests[0].method, double.requests[0].role)


@pytest.mark.parametrize("case", KEYED, ids=lambda case: case.name)
async def test_probe_is_down_for_a_bad_key(case: Case) -> None:
    """A key that the provider does not accept is reported as Down with the provider's reason."""
    async with connect(case) as (adapter, double):
        double.overrides["other"].append(case.refusals["bad key"].response)
        result = await probe("it", adapter)
        assert (True, False, "Down") == (result.checked, result.ok, result.error)
        assert result.said


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
async def test_failed_probe_reports_its_error(case: Case, override: Fault | Response, error: str) -> None:
    """A failed probe has the same error as a submit with that response."""
    async with connect(case) as (adapter, double):
        double.overrides["other"].append(override)
        result = await probe("it", adapter)
        assert (True, False, error) == (result.checked, result.ok, result.error)
        assert result.said and 300 >= len(result.said)


@each
async def test_probe_is_down_without_a_server(case: Case) -> None:
    """If no server listens, the probe is Down."""
    async with connect(case) as (adapter, double):
        await double.__aexit__()
        assert "Down" == (await probe("it", adapter)).error


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("kie", {"code": 200, "data": 0}),
        ("stability", {"credits": -0.5}),
        ("runway", {"creditBalance": 0}),
        ("pollinations", {"balance": 0}),
        ("luma", {"credit_balance": 0}),
    ],
)
async def test_probe_is_down_without_credit(name: str, body: dict[str, object]) -> None:
    """An account without credit is Down, which proves that a refusal for lack of credit is about all models."""
    async with connect(PROBED[name]) as (adapter, double):
        double.overrides["other"].append(Response(200, body))
        with pytest.raises(Down) as caught:
            await adapter.probe()
        assert "account" == caught.value.cause


async def test_openrouter_probe_checks_the_key() -> None:
    """OpenRouter lists its models without a key, so the probe reads the key's own credit."""
    [case] = [case for case in CASES if case.name == "openai-openrouter"]
    async with connect(structs.replace(case, provider="openrouter")) as (adapter, double):
        assert "credit used: 1.5 of 20" == (await probe("openrouter", adapter)).said
        assert ["/v1/key"] == [request.path for request in double.requests]


async def test_adapter_without_a_probe_is_not_checked() -> None:
    """An adapter without a probe is reported as not checked."""
    [case] = [case for case in CASES if case.name == "openai-text"]
    async with connect(case) as (adapter, _):
        result = await probe("it", Adapter(adapter.setup))
        assert (False, True, None) == (result.checked, result.ok, result.said)
