"""Every adapter against its provider's double over real HTTP: one submit, and the right error for each failure.

The cases are in tests/suites/conformance/adapters, and cases.py explains how to add one. No provider is named here.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec import structs

from shared.domain.public_address import PRIVATE_NETWORKS
from shared.ops.memory_budget import MemoryBudget
from shared.ops.storage import Storage
from tests.harness.bounds import within
from tests.harness.doubles.double import Double, Fault, Response
from tests.harness.doubles.provider import a_png
from tests.harness.doubles.silent import Silent
from tests.suites.conformance.case import Case, fetch_image
from tests.suites.conformance.cases import CASES
from workers.adapters import http
from workers.adapters.contract import (
    Adapter,
    Blob,
    Done,
    Down,
    Link,
    Pending,
    ProviderError,
    Rejected,
    Retry,
    Setup,
    Unknown,
    load,
)
from workers.egress import Egress
from workers.media.errors import BadOutput, CopyFailed, OutputError
from workers.media.output_copy import READER_BYTES, Copier
from workers.outputs import copy_outputs

STEPS_MAX = 20
NEW_STATE = "a_future_state"
STALE_S = 7_200
GETS_MAX = 2  # per GET: the HTTP client repeats one whose connection closed
NOW_MS = 1_760_000_000_000

SUBMIT_FAULTS = [
    Fault.LOST_BEFORE,
    Fault.LOST_AFTER,
    Fault.CUT,
    Fault.GARBAGE,
    Fault.HUGE,
    Fault.BROKEN,
    Response(500, ""),
]
POLL_FAULTS = [*SUBMIT_FAULTS, *(Response(status, {}) for status in (400, 401, 403, 404, 422, 429, 503))]


def name_of(value: object) -> str:
    """Return the name of a case, a fault or a response for a test's id."""
    match value:
        case Case(name=name) | Fault(name=name):
            return name
        case Response(status=status):
            return str(status)
    return str(value)


each_case = pytest.mark.parametrize("case", CASES, ids=name_of)
each_task = pytest.mark.parametrize("case", [case for case in CASES if case.working], ids=name_of)


def adapter_of(case: Case) -> str:
    """Return the adapter's module in workers/providers."""
    return case.adapter or case.name.partition("-")[0]


@asynccontextmanager
async def connect(case: Case) -> AsyncIterator[tuple[Adapter, Double]]:
    """Run the case's double and connect its adapter. Assert at the end that every request had a route."""
    async with case.double() as double:
        setup = Setup(
            name=case.provider or adapter_of(case),
            base_url=double.base_url,
            key="a-key",
            callback_secret=case.callback_secret,
            fetch=fetch_image,
        )
        adapter = load(adapter_of(case))(setup)
        try:
            yield adapter, double
        finally:
            await adapter.close()
    assert [] == [(request.method, request.raw_path) for request in double.requests if request.role == "unrouted"]


async def start_work(case: Case, adapter: Adapter) -> str:
    """Submit, and return the reference."""
    answer = await adapter.submit(case.call)
    assert isinstance(answer, Pending)
    return answer.ref


async def finish_work(case: Case, adapter: Adapter) -> Done:
    """Submit, poll until the end, and return the result."""
    answer = await adapter.submit(case.call)
    for _ in range(STEPS_MAX):
        if isinstance(answer, Done):
            return answer
        answer = await adapter.poll(case.call, answer.ref)
    raise AssertionError("the work did not end")


async def copy_and_list_types(case: Case, done: Done, folder: Path) -> list[str]:
    """Copy the outputs to our storage, and return their media types."""
    storage, options = Storage.open(str(folder)), {"token": "0" * 32, "now_ms": NOW_MS, "expires_ms": NOW_MS}
    async with Egress(networks=PRIVATE_NETWORKS) as egress:
        copier = Copier(storage=storage, egress=egress, budget=MemoryBudget(READER_BYTES))
        copies = await copy_outputs(copier, done.outputs, kind=case.call.kind, **options)  # type: ignore[arg-type]
    return [copy.media_type for copy in copies]


@each_case
async def test_work_is_submitted_once_and_its_outputs_are_stored(case: Case, tmp_path: Path) -> None:
    """One submit and some polls return outputs of the expected types or a text, and the facts."""
    async with connect(case) as (adapter, double):
        done = await finish_work(case, adapter)
        assert list(case.outputs) == await copy_and_list_types(case, done, tmp_path)
        assert bool(done.outputs) or bool(done.text)
        assert case.facts.items() <= done.facts.items()
        assert (1, 1) == (double.counts["submit"], double.accepted)


@each_case
async def test_concurrent_calls_do_not_mix(case: Case) -> None:
    """One adapter serves several generations at the same time, each with its own reference."""
    async with connect(case) as (adapter, double):
        answers = await asyncio.gather(*(adapter.submit(case.call) for _ in range(3)))
        refs = [answer.ref for answer in answers if isinstance(answer, Pending)]
        assert len(refs) == len(set(refs))
        assert (3, 3) == (double.counts["submit"], double.accepted)


@each_task
async def test_every_state_before_the_result_is_pending(case: Case) -> None:
    """A documented state of work in progress is Pending, and so is an unknown one."""
    async with connect(case) as (adapter, double):
        ref = await start_work(case, adapter)
        double.states.extend([*case.working, NEW_STATE])
        for state in [*double.states]:
            answer = await adapter.poll(case.call, ref)
            assert isinstance(answer, Pending), state
            assert ref == answer.ref
            assert 0 < answer.poll_after_s <= 60
        assert isinstance(await adapter.poll(case.call, ref), Done)
        assert 1 == double.counts["submit"]


@pytest.mark.parametrize(
    ("case", "name"),
    [(case, name) for case in CASES for name in case.refusals],
    ids=name_of,
)
async def test_documented_refusal_raises_its_error(case: Case, name: str) -> None:
    """Each documented response to a submit raises its error with its code or pause."""
    refusal = case.refusals[name]
    async with connect(case) as (adapter, double):
        double.overrides["submit"].append(refusal.response)
        with pytest.raises(ProviderError) as caught:
            await adapter.submit(case.call)
        assert refusal.error is type(caught.value), caught.value
        assert refusal.code == getattr(caught.value, "code", None)
        assert refusal.after_s is None or refusal.after_s == getattr(caught.value, "after_s", None)
        assert str(caught.value)
        assert (1, 0) == (double.counts["submit"], double.accepted)


@each_case
@pytest.mark.parametrize("with_pause", [True, False], ids=["pause", "no-pause"])
async def test_busy_provider_is_a_retry(case: Case, with_pause: bool) -> None:
    """A rate limit is a Retry after the provider's pause, or after a default."""
    headers = {**case.busy.headers, "Retry-After": "7"} if with_pause else case.busy.headers
    async with connect(case) as (adapter, double):
        double.overrides["submit"].append(structs.replace(case.busy, headers=headers))
        with pytest.raises(Retry) as caught:
            await adapter.submit(case.call)
        assert 7 == caught.value.after_s if with_pause else 0 < caught.value.after_s <= 60
        assert isinstance(await adapter.submit(case.call), Pending | Done)
        assert 1 == double.accepted


@each_case
@pytest.mark.parametrize("fault", SUBMIT_FAULTS, ids=name_of)
async def test_submit_without_a_proper_response_is_unknown(
    case: Case, fault: Fault | Response, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost, broken, cut, endless or invalid response is Unknown after one submit, accepted or not."""
    monkeypatch.setattr(http, "RESPONSE_BYTES_MAX", 1_000_000)
    async with connect(case) as (adapter, double):
        double.overrides["submit"].extend([fault] * (GETS_MAX if adapter.repeatable else 1))
        with pytest.raises(Unknown):
            await adapter.submit(case.call)
        assert 1 == double.counts["submit"] or (adapter.repeatable and double.counts["submit"] <= 2)
        assert not double.drained


@each_case
async def test_submit_is_down_without_a_server(case: Case) -> None:
    """A provider without a listening server has accepted nothing."""
    async with connect(case) as (adapter, double):
        await double.__aexit__()
        with pytest.raises(Down):
            await adapter.submit(case.call)


@pytest.mark.parametrize("case", {adapter_of(case): case for case in CASES}.values(), ids=name_of)
async def test_submit_is_down_when_the_connection_hangs(case: Case) -> None:
    """A connection that is never established times out as the catalogue says, and nothing was accepted."""
    with Silent() as silent:
        setup = Setup(
            name=case.provider or adapter_of(case), base_url=silent.url, key="k", connect_s=0.1, fetch=fetch_image
        )
        adapter = load(adapter_of(case))(setup)
        async with within(0.1):
            with pytest.raises(Down):
                await adapter.submit(case.call)
        await adapter.close()


@pytest.mark.parametrize(
    ("case", "role"), [(case, role) for case in CASES if case.working for role in case.poll_roles], ids=name_of
)
@pytest.mark.parametrize("fault", POLL_FAULTS, ids=name_of)
async def test_failed_poll_does_not_fail_the_work(
    case: Case, role: str, fault: Fault | Response, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After any failure of a poll the next poll finds the result, without another submit."""
    monkeypatch.setattr(http, "RESPONSE_BYTES_MAX", 1_000_000)
    async with connect(case) as (adapter, double):
        ref = await start_work(case, adapter)
        double.overrides[role].extend([fault] * GETS_MAX)
        try:
            answer = await adapter.poll(case.call, ref)
        except Rejected as rejection:
            raise AssertionError(f"a failed poll rejected the work: {rejection}") from rejection
        except Exception:
            answer = Pending(ref, 0)
        assert isinstance(answer, Pending)
        assert not double.drained
        double.overrides.clear()
        assert isinstance(await adapter.poll(case.call, ref), Done)
        assert 1 == double.counts["submit"]


@pytest.mark.parametrize(
    ("case", "name"),
    [(case, name) for case in CASES for name in case.endings],
    ids=name_of,
)
async def test_documented_failure_is_rejected(case: Case, name: str) -> None:
    """Each documented failure of accepted work is Rejected with its code and a message for the caller."""
    ending = case.endings[name]
    async with connect(case) as (adapter, double):
        ending.arrange(double)
        with pytest.raises(Rejected) as caught:
            await finish_work(case, adapter)
        assert (ending.code, True) == (caught.value.code, bool(caught.value.message))
        assert 1 == double.counts["submit"]


LINK_FAULTS = [
    Response(404, "gone"),
    Response(410, "expired"),
    Response(403, "expired signature"),
    Response(302, "", {"Location": "/files/elsewhere.png"}),
    Response(200, "<html>not an image</html>", {"Content-Type": "image/png"}),
    Response(200, b"", {"Content-Type": "image/png"}),
    Response(200, a_png()[:20], {"Content-Type": "image/png"}),
    Fault.CUT,
    Fault.LOST_BEFORE,
]


@each_case
@pytest.mark.parametrize("fault", LINK_FAULTS, ids=name_of)
async def test_output_that_cannot_be_copied_is_not_submitted_again(
    case: Case, fault: Fault | Response, tmp_path: Path
) -> None:
    """An output that is gone, moved, cut or of a wrong type fails the copy; once it is available it is stored."""
    async with connect(case) as (adapter, double):
        done = await finish_work(case, adapter)
        if not any(isinstance(output, Link) for output in done.outputs):
            assert all(isinstance(output, Blob) for output in done.outputs)
            return
        double.overrides["file"].extend([fault] * GETS_MAX)
        with pytest.raises(OutputError) as caught:
            await copy_and_list_types(case, done, tmp_path)
        double.overrides.clear()
        assert isinstance(caught.value, CopyFailed | BadOutput)
        assert list(case.outputs) == await copy_and_list_types(case, done, tmp_path)
        assert 1 == double.counts["submit"]


@each_task
async def test_cancelled_work_ends(case: Case) -> None:
    """A provider that can stop work receives one cancel and the next poll shows it; others receive no request."""
    async with connect(case) as (adapter, double):
        ref = await start_work(case, adapter)
        double.states.extend([case.working[-1]] * 3)
        await adapter.cancel(case.call, ref)
        assert (1 if case.canceled else 0) == double.counts["cancel"]
        if case.canceled == "rejected":
            with pytest.raises(Rejected) as caught:
                await adapter.poll(case.call, ref)
            assert "canceled" == caught.value.code
        elif case.canceled == "unseen":
            with pytest.raises(Exception, match=r"\S") as failure:
                await adapter.poll(case.call, ref)
            assert not isinstance(failure.value, Rejected)
        else:
            assert isinstance(await adapter.poll(case.call, ref), Pending)


@each_task
async def test_late_cancel_keeps_the_result(case: Case) -> None:
    """A result from before the cancel stays available, and the cancel does not fail."""
    async with connect(case) as (adapter, double):
        ref = await start_work(case, adapter)
        assert isinstance(await adapter.poll(case.call, ref), Done)
        await adapter.cancel(case.call, ref)
        if case.canceled != "unseen":
            assert isinstance(await adapter.poll(case.call, ref), Done)
        assert 1 == double.counts["submit"]


@pytest.mark.parametrize("case", [case for case in CASES if case.callback], ids=name_of)
async def test_callback_is_accepted_if_signed_and_fresh(case: Case) -> None:
    """A fresh callback with our secret's signature names the reference; any other does not."""
    assert case.callback is not None
    adapter_class = load(adapter_of(case))
    async with connect(case) as (adapter, double):
        ref, now_s = await start_work(case, adapter), int(time.time())
        request = case.callback(double, ref, now_s)
        found = adapter.callback(request)
        assert found is not None
        assert isinstance(await adapter.poll(case.call, found), Done)
        bare = structs.replace(request, headers={"content-type": "application/json"})
        others = [bare, case.callback(double, ref, now_s - STALE_S), structs.replace(request, body=b"[]")]
        assert [None] * 3 == [adapter.callback(other) for other in others]
        for secret in (case.other_secret, None):
            assert adapter_class(structs.replace(adapter.setup, callback_secret=secret)).callback(request) is None


@each_case
def test_adapter_limits_the_time_of_a_submit(case: Case) -> None:
    """A submit's time limit is short enough for a worker to wait."""
    assert 0 < load(adapter_of(case)).submit_limit_s <= 900
