"""The operators' commands against a real store: each acts once and writes a line to the audit."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from operate.cli.main import main
from shared.domain.generation import COMPLETED, FAILED, Outcome
from shared.domain.ids import is_admin_key, key_hash
from shared.store import admin_keys, keys, ledger, processes, providers, steps, webhooks
from shared.store.check import check_ledger
from shared.store.connect import Store
from shared.store.findings import Report
from shared.store.webhooks import DeliveryAttempt
from tests.harness.factories import CENTS, SPEC, Customer, create_customer, make_order, write_catalogue
from tests.suites.integration.test_cli import Result, Run, with_store


@pytest.fixture
def run(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs `wokflow <words>` on an empty store and the tests' catalogue."""
    monkeypatch.setenv("REDIS_URL", store_url)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CATALOGUE", str(write_catalogue(tmp_path)))

    def shell(*words: str) -> Result:
        capsys.readouterr()
        status = main(words)
        printed = capsys.readouterr()
        return Result(status, printed.out, printed.err)

    return shell


async def submit(store: Store, customer: Customer, **changes: object) -> str:
    """Accept a generation and return its id."""
    return (await ledger.accept(store, make_order(customer, **changes))).id


async def start_step(store: Store, name: str, *, limit_s: float = 60) -> type:
    """Start a step of a generation and return the type of the worker's step."""
    step = await steps.start(
        store, name, provider="noop", repeatable=False, submit_limit_s=limit_s, token=f"t{limit_s}"
    )
    return type(step)


async def make_uncertain(store: Store, customer: Customer) -> str:
    """Accept a generation whose submit gets no response, and return its id."""
    name = await submit(store, customer)
    await start_step(store, name)
    assert steps.Uncertain is await start_step(store, name, limit_s=0)
    return name


async def settle(store: Store, name: str, state: str = COMPLETED, cost: int = 10 * CENTS) -> None:
    """Settle a generation with a state and a cost."""
    await ledger.settle(store, name, state, cost_micros=cost, outcome=Outcome())


async def read_balance(store: Store, customer: Customer) -> int:
    """Return an account's balance in cents; fail unless the ledger balances."""
    report = Report()
    await check_ledger(store, report)
    assert [] == report.findings
    topup, spent = await store.call("HMGET", keys.account(customer.account), "topup", "spent")
    return (int(topup) - int(spent)) // CENTS


def at(url: str, act: Callable[..., Awaitable[Any]], *args: Any, **more: Any) -> Any:
    """Return what a coroutine function returns for a connected store."""
    return with_store(url, lambda store: act(store, *args, **more))


def read_audit(run: Run) -> list[tuple[str, str, str]]:
    """Return action, target and outcome of every audit line, oldest first."""
    lines = run("audit", "list", "--json").json["lines"]
    assert all(line["who"].startswith("cli:") and line["at"].endswith("Z") for line in lines)
    return [(line["what"], line["on"], line["outcome"]) for line in lines[::-1]]


def test_queue_pause_stops_submits_and_keeps_polling(run: Run, store_url: str) -> None:
    """Workers submit nothing to a paused provider but poll its tasks, until `queue resume`."""
    customer = at(store_url, create_customer)
    first, second = at(store_url, submit, customer), at(store_url, submit, customer)
    assert steps.Submit is at(store_url, start_step, first)
    at(store_url, steps.store_reference, first, "ref", provider="noop", patience_s=1)
    assert "pause" == run("queue", "pause", "noop", "--json").json["held"]
    assert (steps.Poll, steps.ProviderPaused) == (at(store_url, start_step, first), at(store_url, start_step, second))
    assert ["pause"] == [q["held"] for q in run("queue", "list", "--json").json["queues"] if q["name"] == "noop"]
    assert "pause" == run("queue", "resume", "noop", "--json").json["before"]
    assert steps.Submit is at(store_url, start_step, second)
    assert [("queue pause", "noop", "paused"), ("queue resume", "noop", "resumed")] == read_audit(run)


def test_queue_drain_refuses_new_orders_and_runs_waiting_ones(run: Run, store_url: str) -> None:
    """A drained provider gets no new order, and its waiting generations are submitted."""
    customer = at(store_url, create_customer)
    waiting = at(store_url, submit, customer)
    run("queue", "drain", "noop")
    with pytest.raises(Exception, match="down"):
        at(store_url, submit, customer)
    assert steps.Submit is at(store_url, start_step, waiting)
    run("queue", "resume", "noop")
    assert at(store_url, submit, customer)


def test_queue_pause_refuses_an_unknown_provider(run: Run) -> None:
    """An unknown provider is refused with the names of known ones."""
    refused = run("queue", "pause", "nobody")
    assert 1 == refused.status
    assert "Known: " in refused.err
    assert "noop" in refused.err
    assert [] == read_audit(run)


def test_worker_list_shows_running_processes(run: Run, store_url: str) -> None:
    """A process is listed with its queue and jobs until it ends or sends no heartbeat."""
    assert "No processes are running" in run("worker", "list").out

    async def run_process(store: Store) -> list[processes.Process]:
        async with processes.announce(store, "worker", queue="noop", slots=7, running=lambda: 3):
            while not (found := await processes.list_processes(store)):
                pass
            await processes.send_heartbeat(store, structs.replace(found[0], id="silent"))
        return found

    [found] = at(store_url, run_process)
    assert ("worker", "noop", 7, 3) == (found.role, found.queue, found.slots, found.running)
    listed = run("worker", "list", "--json").json["workers"]
    assert [("silent", 3, "noop")] == [(one["id"], one["running"], one["queue"]) for one in listed]
    assert "silent" in run("worker", "list").out
    at(store_url, lambda store: store.call("DEL", keys.process("silent")))
    assert [] == run("worker", "list", "--json").json["workers"]


def test_refund_fails_an_open_generation(run: Run, store_url: str) -> None:
    """`generation refund` settles an open generation as failed, and refuses to do it twice."""
    customer = at(store_url, create_customer)
    name = at(store_url, submit, customer)
    done = run("generation", "refund", name, "--reason", "ticket 7", "--json").json
    assert ("refund", 10 * CENTS) == (done["kind"], done["amount_micros"])
    assert 100 == at(store_url, read_balance, customer)
    again = run("generation", "refund", name)
    assert (1, True) == (again.status, "refunded already" in again.err)
    assert [("generation refund", name, "settled")] == read_audit(run)
    assert "ticket 7" in run("audit", "list").out


@pytest.mark.parametrize(("usd", "back"), [((), 10), (("--usd", "0.04"), 4)])
def test_refund_credits_a_completed_generation_once(run: Run, store_url: str, usd: tuple[str, ...], back: int) -> None:
    """`generation refund` credits a completed generation with its cost or less, once, by a ledger entry."""
    customer = at(store_url, create_customer)
    name = at(store_url, submit, customer)
    at(store_url, settle, name)
    assert 90 == at(store_url, read_balance, customer)
    done = run("generation", "refund", name, *usd, "--json").json
    assert ("credit", back * CENTS) == (done["kind"], done["amount_micros"])
    assert 90 + back == at(store_url, read_balance, customer)
    again = run("generation", "refund", name)
    assert (1, True) == (again.status, "credited once" in again.err)
    assert 90 + back == at(store_url, read_balance, customer)
    assert ["credit", "settle"] == [
        line["kind"] for line in run("ledger", "show", customer.account, "--json").json["lines"]
    ][:2]
    assert [("generation refund", name, "credited"), ("generation refund", name, "already")] == read_audit(run)


def test_refund_moves_nothing_when_it_exceeds_the_cost(run: Run, store_url: str) -> None:
    """A credit above the cost, of a failed or of an unknown generation is refused and moves no money."""
    customer = at(store_url, create_customer)
    dear, failed = at(store_url, submit, customer), at(store_url, submit, customer)
    at(store_url, settle, dear, cost=6 * CENTS)
    at(store_url, settle, failed, FAILED, 0)
    for words in ((dear, "--usd", "0.07"), (failed,), ("00000000-0000-7000-8000-999999999999",)):
        assert 1 == run("generation", "refund", *words).status
    assert 94 == at(store_url, read_balance, customer)


def test_retry_refuses_a_generation_that_a_provider_may_have(run: Run, store_url: str) -> None:
    """`generation retry` makes a waiting generation due, and refuses an uncertain or ended one."""
    customer = at(store_url, create_customer)
    name, uncertain = at(store_url, submit, customer), at(store_url, make_uncertain, customer)
    at(store_url, lambda store: store.call("DEL", keys.arq_job(name)))
    assert "due" == run("generation", "retry", name, "--json").json["done"]
    assert 1 == at(store_url, lambda store: store.call("EXISTS", keys.arq_job(name)))
    refused = run("generation", "retry", uncertain)
    assert (1, True) == (refused.status, "paid twice" in refused.err)
    at(store_url, settle, name)
    assert "ended" in run("generation", "retry", name).err
    assert ["due", "with_provider", "closed"] == [outcome for _, _, outcome in read_audit(run)]


def test_explain_shows_every_event_in_order(run: Run, store_url: str) -> None:
    """`generation explain` lists all events in order, from accepted to the webhook's post."""
    customer = at(store_url, create_customer)
    endpoint = at(store_url, webhooks.create_endpoint, customer.account, "https://example.com/hook")
    name = at(store_url, submit, customer)
    at(store_url, start_step, name)
    at(store_url, steps.store_reference, name, "ref-1", provider="noop", patience_s=1)
    for _ in range(3):
        at(store_url, start_step, name)
    at(store_url, settle, name)
    posted = DeliveryAttempt(at_ms=32_503_680_000_000, duration_ms=12, status=200)
    delivery = f"evt_{name}:{endpoint.id}"
    at(store_url, webhooks.record_attempt, delivery, 1, "delivered", posted, keep_ms=60_000, health="well")
    life = run("generation", "explain", name, "--json").json
    events = [one["what"] for one in life["moments"]]
    assert ["accepted", "started", "asked", "submitted", "looked", "settled", "event", "posted"] == events
    details = {one["what"]: one["detail"] for one in life["moments"]}
    assert "ref-1" in details["submitted"]
    assert "3 polls" in details["looked"]
    assert "200 after 12 ms" in details["posted"]
    assert all(one["after_ms"] >= 0 for one in life["moments"])
    shown = run("generation", "explain", name).out
    assert all(event in shown for event in events)


def test_uncertain_lists_and_resolves(run: Run, store_url: str) -> None:
    """`uncertain` lists uncertain generations and settles them as completed or failed, and no others."""
    customer = at(store_url, create_customer)
    made, lost = at(store_url, make_uncertain, customer), at(store_url, make_uncertain, customer)
    sure = at(store_url, submit, customer)
    assert [made, lost] == [one["id"] for one in run("uncertain", "list", "--json").json["uncertain"]]
    assert lost in run("uncertain", "list").out
    for words in (
        (made,),
        (made, "--failed", "--completed", "https://a.example/x.png"),
        (made, "--completed", "ftp://x"),
    ):
        assert 1 == run("uncertain", "resolve", *words).status
    assert 1 == run("uncertain", "resolve", sure, "--failed").status
    done = run("uncertain", "resolve", made, "--completed", "https://a.example/x.png", "--json").json
    assert ("completed", 0) == (done["state"], done["refund_micros"])
    assert 10 * CENTS == run("uncertain", "resolve", lost, "--failed", "--json").json["refund_micros"]
    shown = run("generation", "show", made, "--json").json
    assert [("https://a.example/x.png", "image/png")] == [(o["url"], o["media_type"]) for o in shown["outputs"]]
    assert "No uncertain generations." in run("uncertain", "list").out
    assert 80 == at(store_url, read_balance, customer)


def test_uncertain_lists_refunded_generations(run: Run, store_url: str) -> None:
    """`uncertain list --refunded` lists those refunded at their deadline until their provider reports."""
    customer = at(store_url, create_customer)
    silent, heard, resolved = [at(store_url, make_uncertain, customer) for _ in range(3)]
    for name in (silent, heard):
        at(store_url, settle, name, FAILED, 0)
    run("uncertain", "resolve", resolved, "--failed")
    at(store_url, steps.store_reference, heard, "ref", provider="noop", patience_s=1)
    assert [silent] == [one["id"] for one in run("uncertain", "list", "--refunded", "--json").json["uncertain"]]
    assert [] == run("uncertain", "list", "--json").json["uncertain"]


def test_generation_show_says_what_is_closed(run: Run, store_url: str) -> None:
    """A generation that waits for a closed provider or model names it, with the reason and the time."""
    customer = at(store_url, create_customer)
    name = at(store_url, submit, customer)
    assert run("generation", "show", name, "--json").json["closed"] is None
    with_store(store_url, lambda store: providers.open_breaker(store, "noop", "HTTP 503", target="noop", scope="route"))
    with_store(store_url, lambda store: providers.open_breaker(store, "noop", "HTTP 404", target="other", scope="gone"))
    [closed] = run("generation", "show", name, "--json").json["closed"]
    assert ("noop", "noop", "down", "HTTP 503") == tuple(
        closed[field] for field in ("provider", "model", "state", "why")
    )
    assert f"noop, noop: breaker open until {closed['until']}: HTTP 503" in run("generation", "show", name).out
    with_store(store_url, lambda store: providers.open_breaker(store, "noop", "no credit"))
    assert "noop, all models: breaker open until" in run("generation", "show", name).out


def test_deadletter_lists_and_redelivers(run: Run, store_url: str) -> None:
    """`deadletter` lists failed deliveries with their last response, and redelivers some or all."""
    customer = at(store_url, create_customer)
    endpoint = at(store_url, webhooks.create_endpoint, customer.account, "https://example.com/hook")
    names = [at(store_url, submit, customer) for _ in range(3)]
    for name in names:
        at(store_url, settle, name)
        refused = DeliveryAttempt(at_ms=1, duration_ms=5, status=500, answer="oh no")
        delivery = f"evt_{name}:{endpoint.id}"
        at(store_url, webhooks.record_attempt, delivery, 1, "dead", refused, keep_ms=60_000, health="ill")
    listed = run("deadletter", "list", "--json").json["deliveries"]
    assert names[::-1] == [one["generation_id"] for one in listed]
    assert {("500 oh no", 1)} == {(one["last"], one["attempts"]) for one in listed}
    assert 2 == run("deadletter", "replay").status
    assert 1 == run("deadletter", "replay", "evt_x:ep_y").status
    assert 1 == run("deadletter", "replay", listed[0]["id"], "--json").json["queued"]
    assert 2 == run("deadletter", "replay", "--all", "--json").json["queued"]
    assert "No dead letters." in run("deadletter", "list").out
    assert [("deadletter replay", "queued")] * 3 == [(action, outcome) for action, _, outcome in read_audit(run)]


def test_deadletter_skips_a_disabled_endpoint(run: Run, store_url: str) -> None:
    """A delivery to a disabled endpoint is skipped, and the exit status is 1."""
    customer = at(store_url, create_customer)
    endpoint = at(store_url, webhooks.create_endpoint, customer.account, "https://example.com/hook")
    name = at(store_url, submit, customer)
    at(store_url, settle, name)
    gone = DeliveryAttempt(at_ms=1, duration_ms=5, status=410)
    at(store_url, webhooks.record_attempt, f"evt_{name}:{endpoint.id}", 1, "dead", gone, keep_ms=60_000, health="gone")
    left = run("deadletter", "replay", "--all")
    assert (1, True) == (left.status, "Skipped evt_" in left.out)


def test_audit_lists_every_action_on_accounts(run: Run) -> None:
    """Each action on accounts, money and keys is an audit line with operator, target and outcome."""
    made = run("account", "create", "--name", "Ada", "--plan", "pro", "--top-up-usd", "1", "--json").json["account"]
    run("account", "top-up", made, "2", "--reference", "inv-1")
    run("account", "top-up", made, "2", "--reference", "inv-1")
    run("account", "warn-below", made, "1")
    key = run("key", "create", made, "--json").json["id"]
    run("key", "revoke", made, key)
    run("key", "revoke", made, key)
    assert [
        ("account create", made, "created"),
        ("account top-up", made, "topped_up"),
        *[("key create", made, "created")] * 2,
        ("account top-up", made, "topped_up"),
        ("account top-up", made, "already"),
        ("account warn-below", made, "set"),
        ("key create", made, "created"),
        *[("key revoke", made, outcome) for outcome in ("revoked", "missing")],
    ] == read_audit(run)
    assert "inv-1" in run("audit", "list").out
    assert SPEC.model not in run("audit", "list").out


def test_admin_key_commands_create_list_and_revoke(run: Run, store_url: str) -> None:
    """`admin key` creates a key that is shown once and stored as a hash, lists it, and revokes it at once."""
    assert "No admin keys exist yet" in run("admin", "key", "list").out
    made = run("admin", "key", "create", "--name", "Grace Hopper", "--json").json
    assert is_admin_key(made["key"])
    assert "Grace Hopper" in str(at(store_url, admin_keys.find_owner, key_hash(made["key"])))
    [listed] = run("admin", "key", "list", "--json").json["keys"]
    assert (made["id"], "Grace Hopper", f"wok_admin_...{made['key'][-4:]}") == (
        listed["id"],
        listed["name"],
        listed["hint"],
    )
    dumped = at(store_url, lambda store: store.call("HGETALL", keys.ADMIN_KEYS))
    assert made["key"].encode() not in b" ".join(dumped)
    assert run("admin", "key", "revoke", made["id"], "--json").json["revoked"]
    assert at(store_url, admin_keys.find_owner, key_hash(made["key"])) is None
    assert 1 == run("admin", "key", "revoke", made["id"]).status
    assert ["created", "revoked", "missing"] == [outcome for _, _, outcome in read_audit(run)]


def test_top_prints_one_screen_without_a_terminal(run: Run, store_url: str) -> None:
    """`top` prints open, paused, slow and failing things and the money of the last minutes, as text or JSON."""
    customer = at(store_url, create_customer)
    endpoint = at(store_url, webhooks.create_endpoint, customer.account, "https://example.com/hook")
    name, slow = at(store_url, submit, customer), at(store_url, submit, customer)
    at(store_url, settle, name)
    refused = DeliveryAttempt(at_ms=1, duration_ms=5, status=500)
    at(
        store_url,
        webhooks.record_attempt,
        f"evt_{name}:{endpoint.id}",
        1,
        "dead",
        refused,
        keep_ms=60_000,
        health="ill",
    )
    run("queue", "pause", "noop")
    shown = run("top").out
    assert all(
        text in shown for text in (slow, endpoint.id, "paused", "open 1", "dead letters 1", "reserved $0.04/min")
    )
    seen = run("top", "--json").json
    assert (1, slow) == (seen["totals"]["open"], seen["slowest"][0]["id"])
    assert (20 * CENTS, 10 * CENTS, 0) == tuple(
        seen["money"][f"{name}_micros"] for name in ("reserved", "settled", "refunded")
    )


def test_queue_list_shows_which_queues_have_no_worker(run: Run, store_url: str) -> None:
    """A queue is listed with its number of workers; a paused and then resumed one shows its state."""

    async def list_with_a_worker(store: Store) -> str:
        async with processes.announce(store, "worker", queue="noop", slots=7, running=lambda: 3):
            while not await processes.list_processes(store):
                pass
            return await asyncio.to_thread(lambda: run("queue", "list").out)

    rows = {line.split()[0]: line.split()[1:] for line in at(store_url, list_with_a_worker).splitlines()[1:]}
    assert ("1", "closed", "-") == (rows["noop"][0], rows["noop"][-2], rows["noop"][-1])
    assert ("0", "closed", "-") == (rows["paid"][0], rows["paid"][-2], rows["paid"][-1])
    assert ("0", "-", "-") == (rows["webhooks"][0], rows["webhooks"][-2], rows["webhooks"][-1])
    run("queue", "drain", "noop")
    [row] = [line for line in run("queue", "list").out.splitlines() if line.startswith("noop")]
    assert row.endswith("draining")


def test_mistyped_top_up_is_corrected_once_with_a_reason(run: Run, store_url: str) -> None:
    """A correction takes back what is not spent, counts once, and is in the audit and in the account's ledger."""

    async def prepare(store: Store) -> str:
        customer = await create_customer(store, cents=200)
        await submit(store, customer)
        return customer.account

    account = with_store(store_url, prepare)
    typed = (
        "account",
        "adjust",
        account,
        "--usd",
        "-1.5",
        "--reason",
        "typed 2 instead of 0.50",
        "--reference",
        "fix-1",
    )
    assert "Adjusted by -$1.50 (reference fix-1)." in run(*typed).out
    assert "Nothing changed" in run(*typed).out
    refused = run("account", "adjust", account, "--usd", "-1", "--reason", "more")
    assert (1, True) == (refused.status, "no more than that can be taken back" in refused.err)
    assert 2 == run("account", "adjust", account, "--usd", "-1").status
    entries = run("ledger", "show", account).out
    assert "fix-1" in entries
    audited = run("audit", "list").out
    assert "account adjust" in audited
    assert "typed 2 instead of 0.50" in audited
    assert 0 == run("ledger", "check").status
