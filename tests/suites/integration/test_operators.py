"""What operators do to a store, by command: each does what it says, once, and leaves a line in the audit."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from operate.cli.main import main
from shared.domain.generation import COMPLETED, FAILED, Outcome
from shared.domain.ids import is_admin_key, key_hash
from shared.store import admin_keys, generations, keys, ledger, processes, webhooks
from shared.store.check import check
from shared.store.connect import Store
from shared.store.findings import Report
from shared.store.webhooks import Attempt
from tests.harness.factories import CENTS, SPEC, Customer, a_catalogue, a_customer, an_order
from tests.suites.integration.test_cli import Answer, Run, with_store


@pytest.fixture
def run(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `wokflow <words>` on an empty store and the tests' catalogue."""
    monkeypatch.setenv("REDIS_URL", store_url)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CATALOGUE", str(a_catalogue(tmp_path)))

    def shell(*words: str) -> Answer:
        capsys.readouterr()
        status = main(words)
        seen = capsys.readouterr()
        return Answer(status, seen.out, seen.err)

    return shell


async def ordered(store: Store, customer: Customer, **changes: object) -> str:
    """A generation's id."""
    return (await ledger.accept(store, an_order(customer, **changes))).id


async def asked(store: Store, name: str, *, limit_s: float = 60) -> str:
    """What a worker of the generation's provider is told to do next."""
    step = await generations.start(
        store, name, provider="noop", repeatable=False, submit_limit_s=limit_s, token=f"t{limit_s}"
    )
    return step.word


async def in_doubt(store: Store, customer: Customer) -> str:
    """A generation whose submit got no answer."""
    name = await ordered(store, customer)
    await asked(store, name)
    assert "uncertain" == await asked(store, name, limit_s=0)
    return name


async def settled(store: Store, name: str, state: str = COMPLETED, cost: int = 10 * CENTS) -> None:
    """It has ended."""
    await ledger.settle(store, name, state, cost_micros=cost, outcome=Outcome())


async def balance(store: Store, customer: Customer) -> int:
    """What is left, in cents; fails unless the books balance."""
    report = Report()
    await check(store, report)
    assert [] == report.findings
    topup, spent = await store.call("HMGET", keys.account(customer.account), "topup", "spent")
    return (int(topup) - int(spent)) // CENTS


def at(url: str, act: Callable[..., Awaitable[Any]], *args: Any, **more: Any) -> Any:
    """What a coroutine function comes to, given a store."""
    return with_store(url, lambda store: act(store, *args, **more))


def audited(run: Run) -> list[tuple[str, str, str]]:
    """The audit, oldest first: what, on what, and the outcome."""
    lines = run("audit", "list", "--json").json["lines"]
    assert all(line["who"].startswith("cli:") and line["at"].endswith("Z") for line in lines)
    return [(line["what"], line["on"], line["outcome"]) for line in lines[::-1]]


def test_a_pause_stops_submits_and_not_looks(run: Run, store_url: str) -> None:
    """While a provider is paused a worker submits nothing to it, and looks at what it has; `resume` ends that."""
    customer = at(store_url, a_customer)
    first, second = at(store_url, ordered, customer), at(store_url, ordered, customer)
    assert "submit" == at(store_url, asked, first)
    at(store_url, generations.submitted, first, "ref", provider="noop", patience_s=1)
    assert "pause" == run("queue", "pause", "noop", "--json").json["held"]
    assert ("check", "wait") == (at(store_url, asked, first), at(store_url, asked, second))
    assert ["pause"] == [q["held"] for q in run("queue", "list", "--json").json["queues"] if q["name"] == "noop"]
    assert "pause" == run("queue", "resume", "noop", "--json").json["before"]
    assert "submit" == at(store_url, asked, second)
    assert [("queue pause", "noop", "held"), ("queue resume", "noop", "held")] == audited(run)


def test_a_drained_provider_gets_no_new_order(run: Run, store_url: str) -> None:
    """While a provider is drained an order goes to another route or is refused, and what waits there is submitted."""
    customer = at(store_url, a_customer)
    waiting = at(store_url, ordered, customer)
    run("queue", "drain", "noop")
    with pytest.raises(Exception, match="down"):
        at(store_url, ordered, customer)
    assert "submit" == at(store_url, asked, waiting)
    run("queue", "resume", "noop")
    assert at(store_url, ordered, customer)


def test_an_unknown_provider_is_not_held(run: Run) -> None:
    """A provider that the catalogue does not have is refused, and those that it has are named."""
    refused = run("queue", "pause", "nobody")
    assert 1 == refused.status
    assert "Known: " in refused.err
    assert "noop" in refused.err
    assert [] == audited(run)


def test_workers_are_listed_while_they_live(run: Run, store_url: str) -> None:
    """A process is listed with what it does until it leaves or falls silent."""
    assert "Nothing runs" in run("worker", "list").out

    async def live(store: Store) -> list[processes.Process]:
        async with processes.living(store, "worker", queue="noop", slots=7, running=lambda: 3):
            while not (found := await processes.living_processes(store)):
                pass
            await processes.beat(store, structs.replace(found[0], id="silent"))
        return found

    [found] = at(store_url, live)
    assert ("worker", "noop", 7, 3) == (found.role, found.queue, found.slots, found.running)
    listed = run("worker", "list", "--json").json["workers"]
    assert [("silent", 3, "noop")] == [(one["id"], one["running"], one["queue"]) for one in listed]
    assert "silent" in run("worker", "list").out
    at(store_url, lambda store: store.call("DEL", keys.process("silent")))
    assert [] == run("worker", "list", "--json").json["workers"]


def test_an_open_generation_is_refunded_by_failing(run: Run, store_url: str) -> None:
    """`generation refund` ends an open one as failed with its reservation back, and tells whoever asks twice."""
    customer = at(store_url, a_customer)
    name = at(store_url, ordered, customer)
    done = run("generation", "refund", name, "--reason", "ticket 7", "--json").json
    assert ("refund", 10 * CENTS) == (done["kind"], done["amount_micros"])
    assert 100 == at(store_url, balance, customer)
    again = run("generation", "refund", name)
    assert (1, True) == (again.status, "refunded then" in again.err)
    assert [("generation refund", name, "settled")] == audited(run)
    assert "ticket 7" in run("audit", "list").out


@pytest.mark.parametrize(("usd", "back"), [((), 10), (("--usd", "0.04"), 4)])
def test_a_completed_generation_is_credited_once(run: Run, store_url: str, usd: tuple[str, ...], back: int) -> None:
    """Of a completed one what it cost, or less, is given back by a ledger line of its own, and only once."""
    customer = at(store_url, a_customer)
    name = at(store_url, ordered, customer)
    at(store_url, settled, name)
    assert 90 == at(store_url, balance, customer)
    done = run("generation", "refund", name, *usd, "--json").json
    assert ("credit", back * CENTS) == (done["kind"], done["amount_micros"])
    assert 90 + back == at(store_url, balance, customer)
    again = run("generation", "refund", name)
    assert (1, True) == (again.status, "credited once" in again.err)
    assert 90 + back == at(store_url, balance, customer)
    assert ["credit", "settle"] == [
        line["kind"] for line in run("ledger", "show", customer.account, "--json").json["lines"]
    ][:2]
    assert [("generation refund", name, "credited"), ("generation refund", name, "already")] == audited(run)


def test_no_more_is_credited_than_it_cost(run: Run, store_url: str) -> None:
    """A credit above the cost, of what failed, or of what is not there, is refused and moves nothing."""
    customer = at(store_url, a_customer)
    dear, failed = at(store_url, ordered, customer), at(store_url, ordered, customer)
    at(store_url, settled, dear, cost=6 * CENTS)
    at(store_url, settled, failed, FAILED, 0)
    for words in ((dear, "--usd", "0.07"), (failed,), ("00000000-0000-7000-8000-999999999999",)):
        assert 1 == run("generation", "refund", *words).status
    assert 94 == at(store_url, balance, customer)


def test_a_retry_submits_nothing_that_a_provider_may_have(run: Run, store_url: str) -> None:
    """`generation retry` makes what waits due at once, and refuses what may be with a provider or has ended."""
    customer = at(store_url, a_customer)
    name, doubt = at(store_url, ordered, customer), at(store_url, in_doubt, customer)
    at(store_url, lambda store: store.call("DEL", keys.arq_job(name)))
    assert "due" == run("generation", "retry", name, "--json").json["done"]
    assert 1 == at(store_url, lambda store: store.call("EXISTS", keys.arq_job(name)))
    refused = run("generation", "retry", doubt)
    assert (1, True) == (refused.status, "paid twice" in refused.err)
    at(store_url, settled, name)
    assert "ended" in run("generation", "retry", name).err
    assert ["due", "with_provider", "closed"] == [outcome for _, _, outcome in audited(run)]


def test_a_life_is_told_from_order_to_delivery(run: Run, store_url: str) -> None:
    """`generation explain` has every moment in its order: accepted, asked, submitted, looked at, settled, posted."""
    customer = at(store_url, a_customer)
    endpoint = at(store_url, webhooks.create_endpoint, customer.account, "https://example.com/hook")
    name = at(store_url, ordered, customer)
    at(store_url, asked, name)
    at(store_url, generations.submitted, name, "ref-1", provider="noop", patience_s=1)
    for _ in range(3):
        at(store_url, asked, name)
    at(store_url, settled, name)
    posted = Attempt(at_ms=32_503_680_000_000, duration_ms=12, status=200)
    delivery = f"evt_{name}:{endpoint.id}"
    at(store_url, webhooks.record, delivery, 1, "delivered", posted, keep_ms=60_000, health="well")
    life = run("generation", "explain", name, "--json").json
    told = [one["what"] for one in life["moments"]]
    assert ["accepted", "started", "asked", "submitted", "looked", "settled", "event", "posted"] == told
    details = {one["what"]: one["detail"] for one in life["moments"]}
    assert "ref-1" in details["submitted"]
    assert "3 looks" in details["looked"]
    assert "200 after 12 ms" in details["posted"]
    assert all(one["after_ms"] >= 0 for one in life["moments"])
    shown = run("generation", "explain", name).out
    assert all(what in shown for what in told)


def test_a_doubt_is_listed_and_resolved(run: Run, store_url: str) -> None:
    """`uncertain` lists what nobody knows the outcome of, and ends it as completed or failed, and nothing else."""
    customer = at(store_url, a_customer)
    made, lost = at(store_url, in_doubt, customer), at(store_url, in_doubt, customer)
    sure = at(store_url, ordered, customer)
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
    assert "Nothing is uncertain" in run("uncertain", "list").out
    assert 80 == at(store_url, balance, customer)


def test_what_was_refunded_in_doubt_is_listed(run: Run, store_url: str) -> None:
    """`uncertain list --refunded` has what its deadline refunded, until a provider is heard of."""
    customer = at(store_url, a_customer)
    silent, heard, resolved = [at(store_url, in_doubt, customer) for _ in range(3)]
    for name in (silent, heard):
        at(store_url, settled, name, FAILED, 0)
    run("uncertain", "resolve", resolved, "--failed")
    at(store_url, generations.submitted, heard, "ref", provider="noop", patience_s=1)
    assert [silent] == [one["id"] for one in run("uncertain", "list", "--refunded", "--json").json["uncertain"]]
    assert [] == run("uncertain", "list", "--json").json["uncertain"]


def test_dead_letters_are_posted_again(run: Run, store_url: str) -> None:
    """`deadletter` lists what was given up with its last answer, and posts what is named, or all, again."""
    customer = at(store_url, a_customer)
    endpoint = at(store_url, webhooks.create_endpoint, customer.account, "https://example.com/hook")
    names = [at(store_url, ordered, customer) for _ in range(3)]
    for name in names:
        at(store_url, settled, name)
        refused = Attempt(at_ms=1, duration_ms=5, status=500, answer="oh no")
        delivery = f"evt_{name}:{endpoint.id}"
        at(store_url, webhooks.record, delivery, 1, "dead", refused, keep_ms=60_000, health="ill")
    listed = run("deadletter", "list", "--json").json["deliveries"]
    assert names[::-1] == [one["generation_id"] for one in listed]
    assert {("500 oh no", 1)} == {(one["last"], one["attempts"]) for one in listed}
    assert 2 == run("deadletter", "replay").status
    assert 1 == run("deadletter", "replay", "evt_x:ep_y").status
    assert 1 == run("deadletter", "replay", listed[0]["id"], "--json").json["queued"]
    assert 2 == run("deadletter", "replay", "--all", "--json").json["queued"]
    assert "No delivery was given up" in run("deadletter", "list").out
    assert [("deadletter replay", "queued")] * 3 == [(what, outcome) for what, _, outcome in audited(run)]


def test_dead_letters_of_a_dead_endpoint_are_left(run: Run, store_url: str) -> None:
    """What cannot be posted because its endpoint is gone stays, and the exit status says so."""
    customer = at(store_url, a_customer)
    endpoint = at(store_url, webhooks.create_endpoint, customer.account, "https://example.com/hook")
    name = at(store_url, ordered, customer)
    at(store_url, settled, name)
    gone = Attempt(at_ms=1, duration_ms=5, status=410)
    at(store_url, webhooks.record, f"evt_{name}:{endpoint.id}", 1, "dead", gone, keep_ms=60_000, health="gone")
    left = run("deadletter", "replay", "--all")
    assert (1, True) == (left.status, "Left" in left.out)


def test_every_action_on_accounts_is_audited(run: Run) -> None:
    """Accounts, money and keys: each action of an operator is a line that says by whom, on what, and how it went."""
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
    ] == audited(run)
    assert "inv-1" in run("audit", "list").out
    assert SPEC.model not in run("audit", "list").out


def test_admin_keys_are_made_listed_and_revoked(run: Run, store_url: str) -> None:
    """`admin key` makes a key that is shown once and kept as its hash alone, lists it, and stops it at once."""
    assert "There is none" in run("admin", "key", "list").out
    made = run("admin", "key", "create", "--name", "Grace Hopper", "--json").json
    assert is_admin_key(made["key"])
    assert "Grace Hopper" in str(at(store_url, admin_keys.owner, key_hash(made["key"])))
    [listed] = run("admin", "key", "list", "--json").json["keys"]
    assert (made["id"], "Grace Hopper", f"wok_admin_...{made['key'][-4:]}") == (
        listed["id"],
        listed["name"],
        listed["hint"],
    )
    dumped = at(store_url, lambda store: store.call("HGETALL", keys.ADMIN_KEYS))
    assert made["key"].encode() not in b" ".join(dumped)
    assert run("admin", "key", "revoke", made["id"], "--json").json["revoked"]
    assert at(store_url, admin_keys.owner, key_hash(made["key"])) is None
    assert 1 == run("admin", "key", "revoke", made["id"]).status
    assert ["created", "revoked", "missing"] == [outcome for _, _, outcome in audited(run)]


def test_top_is_printed_once_without_a_terminal(run: Run, store_url: str) -> None:
    """`top` prints what is open, held up, slow and failing, and the money of the last minutes, or the same as JSON."""
    customer = at(store_url, a_customer)
    endpoint = at(store_url, webhooks.create_endpoint, customer.account, "https://example.com/hook")
    name, slow = at(store_url, ordered, customer), at(store_url, ordered, customer)
    at(store_url, settled, name)
    refused = Attempt(at_ms=1, duration_ms=5, status=500)
    at(store_url, webhooks.record, f"evt_{name}:{endpoint.id}", 1, "dead", refused, keep_ms=60_000, health="ill")
    run("queue", "pause", "noop")
    shown = run("top").out
    assert all(text in shown for text in (slow, endpoint.id, "pause", "open 1", "dead letters 1", "ordered $0.04/min"))
    seen = run("top", "--json").json
    assert (1, slow) == (seen["totals"]["open"], seen["slowest"][0]["id"])
    assert (20 * CENTS, 10 * CENTS, 0) == tuple(
        seen["money"][f"{what}_micros"] for what in ("reserved", "settled", "refunded")
    )
