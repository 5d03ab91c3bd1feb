"""Every adapter against its provider's double over real HTTP: whatever happens, one submit and the right word for it.

The cases are in tests/suites/conformance/adapters; cases.py says how to add one. This file knows no provider.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec import structs

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
from workers.outputs import copy_outputs

STEPS_MAX = 20
NEW_STATE = "a_state_of_tomorrow"
STALE_S = 7_200
GETS_MAX = 2  # for one that was asked for: the HTTP client repeats a GET whose connection closed
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


def named(value: object) -> str:
    """A case's, a fault's or an answer's name in a test's id."""
    match value:
        case Case(name=name) | Fault(name=name):
            return name
        case Response(status=status):
            return str(status)
    return str(value)


every = pytest.mark.parametrize("case", CASES, ids=named)
tasks = pytest.mark.parametrize("case", [case for case in CASES if case.working], ids=named)


def adapter_of(case: Case) -> str:
    """The module in workers/providers."""
    return case.adapter or case.name.partition("-")[0]


@asynccontextmanager
async def scene(case: Case) -> AsyncIterator[tuple[Adapter, Double]]:
    """The case's adapter, talking to its double. In the end nothing was asked for that the provider does not serve."""
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


async def begun(case: Case, adapter: Adapter) -> str:
    """The reference of work that a submit began."""
    answer = await adapter.submit(case.call)
    assert isinstance(answer, Pending)
    return answer.ref


async def finished(case: Case, adapter: Adapter) -> Done:
    """The result, after as many looks as it takes."""
    answer = await adapter.submit(case.call)
    for _ in range(STEPS_MAX):
        if isinstance(answer, Done):
            return answer
        answer = await adapter.poll(case.call, answer.ref)
    raise AssertionError("it never ends")


async def kept(case: Case, done: Done, folder: Path) -> list[str]:
    """Media types of the outputs in our storage."""
    storage, named = Storage.open(str(folder)), {"token": "0" * 32, "now_ms": NOW_MS, "expires_ms": NOW_MS}
    async with Egress(allow_private=True) as egress:
        copies = await copy_outputs(storage, egress, done.outputs, kind=case.call.kind, **named)  # type: ignore[arg-type]
    return [copy.media_type for copy in copies]


@every
async def test_work_is_submitted_once_and_its_outputs_are_kept(case: Case, tmp_path: Path) -> None:
    """One submit, as many looks as needed, outputs of the promised types or a text, and the facts."""
    async with scene(case) as (adapter, double):
        done = await finished(case, adapter)
        assert list(case.outputs) == await kept(case, done, tmp_path)
        assert bool(done.outputs) or bool(done.text)
        assert case.facts.items() <= done.facts.items()
        assert (1, 1) == (double.counts["submit"], double.accepted)


@every
async def test_calls_at_once_do_not_mix(case: Case) -> None:
    """One adapter serves several generations at the same time, each with a reference of its own."""
    async with scene(case) as (adapter, double):
        answers = await asyncio.gather(*(adapter.submit(case.call) for _ in range(3)))
        refs = [answer.ref for answer in answers if isinstance(answer, Pending)]
        assert len(refs) == len(set(refs))
        assert (3, 3) == (double.counts["submit"], double.accepted)


@tasks
async def test_every_state_on_the_way_is_pending(case: Case) -> None:
    """A state that the provider documents for work in progress is Pending, and so is one that nobody has heard of."""
    async with scene(case) as (adapter, double):
        ref = await begun(case, adapter)
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
    ids=named,
)
async def test_a_documented_refusal_has_its_meaning(case: Case, name: str) -> None:
    """Each documented answer to a submit raises the error that says what to do next, with its code or its pause."""
    refusal = case.refusals[name]
    async with scene(case) as (adapter, double):
        double.overrides["submit"].append(refusal.answer)
        with pytest.raises(ProviderError) as caught:
            await adapter.submit(case.call)
        assert refusal.error is type(caught.value), caught.value
        assert refusal.code == getattr(caught.value, "code", None)
        assert refusal.after_s is None or refusal.after_s == getattr(caught.value, "after_s", None)
        assert str(caught.value)
        assert (1, 0) == (double.counts["submit"], double.accepted)


@every
@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
async def test_a_busy_provider_is_asked_again_later(case: Case, told: bool) -> None:
    """A rate limit is a Retry after the pause that was asked for, or after one of our own."""
    headers = {**case.busy.headers, "Retry-After": "7"} if told else case.busy.headers
    async with scene(case) as (adapter, double):
        double.overrides["submit"].append(structs.replace(case.busy, headers=headers))
        with pytest.raises(Retry) as caught:
            await adapter.submit(case.call)
        assert 7 == caught.value.after_s if told else 0 < caught.value.after_s <= 60
        assert isinstance(await adapter.submit(case.call), Pending | Done)
        assert 1 == double.accepted


@every
@pytest.mark.parametrize("fault", SUBMIT_FAULTS, ids=named)
async def test_a_submit_whose_outcome_nobody_knows_is_unknown(
    case: Case, fault: Fault | Response, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost, broken, cut, endless or senseless answer is Unknown after one submit, whether it was accepted or not."""
    monkeypatch.setattr(http, "RESPONSE_BYTES_MAX", 1_000_000)
    async with scene(case) as (adapter, double):
        double.overrides["submit"].extend([fault] * (GETS_MAX if adapter.repeatable else 1))
        with pytest.raises(Unknown):
            await adapter.submit(case.call)
        assert 1 == double.counts["submit"] or (adapter.repeatable and double.counts["submit"] <= 2)
        assert not double.drained


@every
async def test_an_absent_provider_is_down(case: Case) -> None:
    """A provider that nobody can connect to has accepted nothing."""
    async with scene(case) as (adapter, double):
        await double.__aexit__()
        with pytest.raises(Down):
            await adapter.submit(case.call)


@pytest.mark.parametrize("case", {adapter_of(case): case for case in CASES}.values(), ids=named)
async def test_a_provider_that_nobody_gets_through_to_is_down(case: Case) -> None:
    """A connection that never comes about is given up in the catalogue's time, and nothing was accepted."""
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
    ("case", "role"), [(case, role) for case in CASES if case.working for role in case.poll_roles], ids=named
)
@pytest.mark.parametrize("fault", POLL_FAULTS, ids=named)
async def test_a_failed_look_says_nothing_about_the_work(
    case: Case, role: str, fault: Fault | Response, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens to a look, it is no failure of the work: the next one finds the result, without a new submit."""
    monkeypatch.setattr(http, "RESPONSE_BYTES_MAX", 1_000_000)
    async with scene(case) as (adapter, double):
        ref = await begun(case, adapter)
        double.overrides[role].extend([fault] * GETS_MAX)
        try:
            answer = await adapter.poll(case.call, ref)
        except Rejected as rejection:
            raise AssertionError(f"a failed look rejected the work: {rejection}") from rejection
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
    ids=named,
)
async def test_a_documented_end_without_a_result_is_a_refusal(case: Case, name: str) -> None:
    """Each documented way for accepted work to fail is Rejected with its code and words for the caller."""
    ending = case.endings[name]
    async with scene(case) as (adapter, double):
        ending.arrange(double)
        with pytest.raises(Rejected) as caught:
            await finished(case, adapter)
        assert (ending.code, True) == (caught.value.code, bool(caught.value.message))
        assert 1 == double.counts["submit"]


LINK_FAULTS = [
    Response(404, "gone"),
    Response(410, "expired"),
    Response(403, "expired signature"),
    Response(302, "", {"Location": "/files/elsewhere.png"}),
    Response(200, "<html>not what you think</html>", {"Content-Type": "image/png"}),
    Response(200, b"", {"Content-Type": "image/png"}),
    Response(200, a_png()[:20], {"Content-Type": "image/png"}),
    Fault.CUT,
    Fault.LOST_BEFORE,
]


@every
@pytest.mark.parametrize("fault", LINK_FAULTS, ids=named)
async def test_an_output_that_cannot_be_copied_is_not_made_again(
    case: Case, fault: Fault | Response, tmp_path: Path
) -> None:
    """An output that is gone, moved, cut or of a wrong type is a failed copy; where it is there later, it is kept."""
    async with scene(case) as (adapter, double):
        done = await finished(case, adapter)
        if not any(isinstance(output, Link) for output in done.outputs):
            assert all(isinstance(output, Blob) for output in done.outputs)
            return
        double.overrides["file"].extend([fault] * GETS_MAX)
        with pytest.raises(OutputError) as caught:
            await kept(case, done, tmp_path)
        double.overrides.clear()
        assert isinstance(caught.value, CopyFailed | BadOutput)
        assert list(case.outputs) == await kept(case, done, tmp_path)
        assert 1 == double.counts["submit"]


@tasks
async def test_work_that_is_cancelled_ends(case: Case) -> None:
    """Where the provider can stop, it is told so once and the next look says so; where it cannot, it is left alone."""
    async with scene(case) as (adapter, double):
        ref = await begun(case, adapter)
        double.states.extend([case.working[-1]] * 3)
        await adapter.cancel(case.call, ref)
        assert (1 if case.canceled else 0) == double.counts["cancel"]
        if case.canceled == "rejected":
            with pytest.raises(Rejected) as caught:
                await adapter.poll(case.call, ref)
            assert "canceled" == caught.value.code
        elif case.canceled == "unseen":
            with pytest.raises(Exception, match=r"\S") as lost:
                await adapter.poll(case.call, ref)
            assert not isinstance(lost.value, Rejected)
        else:
            assert isinstance(await adapter.poll(case.call, ref), Pending)


@tasks
async def test_a_cancel_that_comes_too_late_takes_nothing_away(case: Case) -> None:
    """A result that was there before the cancel is still the result, and the cancel is no error."""
    async with scene(case) as (adapter, double):
        ref = await begun(case, adapter)
        assert isinstance(await adapter.poll(case.call, ref), Done)
        await adapter.cancel(case.call, ref)
        if case.canceled != "unseen":
            assert isinstance(await adapter.poll(case.call, ref), Done)
        assert 1 == double.counts["submit"]


@pytest.mark.parametrize("case", [case for case in CASES if case.callback], ids=named)
async def test_a_callback_is_believed_if_it_is_signed_and_fresh(case: Case) -> None:
    """A fresh callback with our secret's signature names the reference; any other names nothing."""
    assert case.callback is not None
    loaded = load(adapter_of(case))
    async with scene(case) as (adapter, double):
        ref, now_s = await begun(case, adapter), int(time.time())
        request = case.callback(double, ref, now_s)
        found = adapter.callback(request)
        assert found is not None
        assert isinstance(await adapter.poll(case.call, found), Done)
        bare = structs.replace(request, headers={"content-type": "application/json"})
        strange = [bare, case.callback(double, ref, now_s - STALE_S), structs.replace(request, body=b"[]")]
        assert [None] * 3 == [adapter.callback(other) for other in strange]
        for secret in (case.other_secret, None):
            assert loaded(structs.replace(adapter.setup, callback_secret=secret)).callback(request) is None


@every
def test_an_adapter_says_how_long_a_submit_may_take(case: Case) -> None:
    """A submit's time limit is a bound that a worker can wait for."""
    assert 0 < load(adapter_of(case)).submit_limit_s <= 900
