"""The wokflow command against a real store; `hello` and `demo` against a whole deployment."""

import asyncio
import json
import signal
import socket
import stat
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click
import pytest
from msgspec import Struct

from operate.cli import demo_account
from operate.cli.main import main, wokflow
from shared.domain.generation import COMPLETED, FAILED, Outcome, Output, Spec
from shared.domain.ids import is_key, job_id, key_hash
from shared.ops.settings import ROOT, Settings
from shared.records.migrate import migrate
from shared.records.opening import open_records
from shared.store import accounts, ledger, steps, webhooks
from shared.store.connect import Store
from shared.store.webhooks import DeliveryAttempt
from tests.harness.bounds import BUSY_S
from tests.harness.doubles.adapters.kinds import a_video
from tests.harness.doubles.provider import Provider, a_png
from tests.harness.factories import CENTS, Customer, create_customer, make_order, write_catalogue
from tests.harness.processes import Process, Stack, free_port, make_folder

CATALOGUE = """
[plans.guest]
daily_quota = 10
concurrency = 2
backlog_max = 5
[plans.pro]
daily_quota = "unlimited"
concurrency = 100
backlog_max = 100
[providers.kinds]
[providers.paid]
base_url = "PAID_URL"
[[models]]
id = "local/artist"
name = "Artist"
kind = "image"
price_cents = 10
routes = [{ provider = "paid", model = "paid" }]
input.width = {}
input.height = {}
[[models]]
id = "local/film"
name = "Video"
kind = "video"
price_cents = 20
routes = [{ provider = "kinds", model = "video" }]
"""


class Result(Struct, frozen=True):
    """Exit status and output of a command."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return the decoded output; fail unless the command succeeded."""
        assert 0 == self.status, self.err
        assert "" == self.err
        return json.loads(self.out)


Run = Callable[..., Result]


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


def with_store(url: str, act: Callable[[Store], Coroutine[Any, Any, Any]]) -> Any:
    """Return what `act` returns for a connected store."""

    async def serve() -> Any:
        async with Store(url) as store:
            return await act(store)

    return asyncio.run(serve())


async def make_history(store: Store) -> tuple[Customer, dict[str, str]]:
    """Create a customer with a completed, a failed and a waiting generation; return the customer and the three ids."""
    customer = await create_customer(store, cents=100)
    prompt = "a boat\x1b[2J"
    spec = Spec("wowflow", "image", "test/noop", "noop", prompt, {"seed": 7})
    names = {}
    for name in ("done", "failed", "queued"):
        names[name] = (await ledger.accept(store, make_order(customer, spec=spec))).id
    await steps.store_reference(store, names["done"], "provider-ref-1", provider="noop", patience_s=1)
    created = Outcome("noop", (Output("2026/x.png", "image/png", 5, 64, 64),), cost_micros=2500)
    await ledger.settle(store, names["done"], COMPLETED, cost_micros=10 * CENTS, outcome=created)
    refused = Outcome("noop", error_code="content_policy", error="Refused.")
    await ledger.settle(store, names["failed"], FAILED, cost_micros=0, outcome=refused)
    return customer, names


def test_account_create_returns_keys_and_balance(run: Run, store_url: str) -> None:
    """`account create` prints the account and a working key of each kind."""
    created = run("account", "create", "--name", "Ada", "--plan", "pro", "--top-up-usd", "20", "--json").json
    assert ["account", "keys", "trial_micros"] == list(created)
    assert ["wowflow", "wokgen"] == list(created["keys"])
    for prefix, key in zip(("wf_live_", "wok_"), created["keys"].values(), strict=True):
        assert key.startswith(prefix)
        assert is_key(key)
        holder = with_store(store_url, lambda store, key=key: accounts.find_holder(store, key_hash(key)))
        assert created["account"] == holder.account
    shown = run("account", "show", created["account"], "--json").json
    assert (20_000_000, 20_000_000, 0) == (shown["balance_micros"], shown["topup_micros"], shown["spent_micros"])
    assert ("Ada", "pro", 2) == (shown["name"], shown["plan"], shown["keys"])


def test_account_create_publishes_plans(run: Run, store_url: str) -> None:
    """A new account can submit a generation even if no gateway has run before."""
    created = run("--json", "account", "create", "--name", "Ada", "--plan", "small", "--top-up-usd", "0.5").json
    customer = Customer(account=created["account"], key="", hash=key_hash(created["keys"]["wokgen"]))
    assert created["account"] == with_store(store_url, lambda store: ledger.accept(store, make_order(customer))).account


def test_account_commands_print_tables_without_json(run: Run) -> None:
    """Without --json the account commands print sentences and tables."""
    assert "No accounts exist yet." in run("account", "list").out
    created = run("account", "create", "--name", "Ada [bold]", "--plan", "pro", "--top-up-usd", "12.5").out
    assert "wf_live_" in created
    assert "not shown again" in created
    listed = run("account", "list").out
    assert "Ada [bold]" in listed
    assert "$12.50" in listed
    account = listed.splitlines()[1].split()[0]
    shown = run("account", "show", account).out
    assert "$12.50" in shown
    assert "0, 0.0 MB" in shown
    assert [account] == [entry["account"] for entry in run("account", "list", "--json").json["accounts"]]


def test_account_create_names_the_known_plans_when_the_plan_is_unknown(run: Run) -> None:
    """A plan that the catalogue does not have is refused with the existing ones, and no account is created."""
    result = run("account", "create", "--name", "Ada", "--plan", "gold", "--json")
    assert (1, "") == (result.status, result.out)
    error = json.loads(result.err)["error"]
    assert "unknown_plan" == error["code"]
    assert "guest, small, plus, pro" in error["message"]
    assert [] == run("account", "list", "--json").json["accounts"]


def test_top_up_counts_once_for_each_reference(run: Run) -> None:
    """A repeated reference adds nothing, and another one, or none, adds again."""
    account = run("account", "create", "--name", "Ada", "--plan", "pro", "--json").json["account"]
    expected = [("a", True, 5), ("a", False, 5), ("b", True, 10)]
    for reference, added, usd in expected:
        result = run("account", "top-up", account, "5", "--reference", reference, "--json").json
        assert (added, usd * 1_000_000) == (result["topped_up"], result["balance_micros"])
    assert (
        "credited before (reference a). The balance is $10.00"
        in run("account", "top-up", account, "5", "--reference", "a").out
    )
    assert "The balance is $15.00" in run("account", "top-up", account, "5").out
    assert "$20.00" in run("account", "top-up", account, "5").out


@pytest.mark.parametrize("amount", ["0", "nan", "1e9", "0.0000001", "five"])
def test_top_up_refuses_an_invalid_amount(run: Run, amount: str) -> None:
    """An invalid amount is a usage error."""
    assert 2 == run("account", "top-up", "acct_x", amount).status


def test_key_commands_create_list_and_revoke(run: Run, store_url: str) -> None:
    """A key is shown once, listed by its hint, and stops working when it is revoked."""
    account = run("account", "create", "--name", "Ada", "--plan", "pro", "--json").json["account"]
    created = run("key", "create", account, "--kind", "wokgen", "--json").json
    listed = run("key", "list", account, "--json").json["keys"]
    assert 3 == len(listed)
    assert [f"wok_...{created['key'][-4:]}"] == [key["hint"] for key in listed if key["id"] == created["id"]]
    assert created["key"] not in run("key", "list", account).out
    assert run("key", "revoke", account, created["id"], "--json").json["revoked"]
    assert with_store(store_url, lambda store: accounts.find_holder(store, key_hash(created["key"]))) is None
    again = run("key", "revoke", account, created["id"])
    assert 1 == again.status
    assert f"wokflow key list {account}" in again.err


def test_key_commands_limit_and_rotate_keys(run: Run, store_url: str) -> None:
    """A key is made with limits, changed, rotated with an overlap, and freed of its limits."""
    account = run("account", "create", "--name", "Ada", "--plan", "pro", "--json").json["account"]
    limits = ("--name", "Workshop", "--scope", "generate", "--of-kind", "image", "--address", "192.0.2.7")
    created = run("key", "create", account, *limits, "--expires-days", "30", "--total-usd", "5", "--json").json
    changed = run("key", "change", account, created["id"], "--day-usd", "0.2", "--json").json
    assert ("Workshop", ["generate"], ["image"]) == (changed["name"], changed["scopes"], changed["kinds"])
    assert (200_000, None, 5_000_000) == tuple(changed[f"cap_{name}_micros"] for name in ("day", "month", "total"))
    rotated = run("key", "rotate", account, created["id"], "--overlap-hours", "1", "--json").json
    listed = {key["id"]: key for key in run("key", "list", account, "--json").json["keys"]}
    old, new = listed[created["id"]], listed[rotated["id"]]
    assert ("Workshop", "192.0.2.7/32", 200_000) == (new["name"], new["ip_addresses"][0], new["cap_day_micros"])
    assert old["expires_at"] < new["expires_at"]
    assert "no limits" in run("key", "change", account, rotated["id"], "--no-limits", "--reset-spent").out
    assert 1 == run("key", "change", account, "key_0").status
    assert 2 == run("key", "create", account, "--scope", "all").status
    assert "$0.50 a day" in run("account", "set-caps", account, "--day-usd", "0.5").out
    assert run("account", "set-caps", account, "--json").json["day_micros"] is None


def test_account_commands_lead_an_account(run: Run) -> None:
    """An account is renamed, moved, suspended, resumed and closed, and says so."""
    account = run("account", "create", "--name", "Ada", "--plan", "small", "--top-up-usd", "5", "--json").json[
        "account"
    ]
    assert "Grace" in run("account", "rename", account, "Grace").out
    assert "pro" in run("account", "change-plan", account, "pro").out
    assert "suspended" == run("account", "suspend", account, "--reason", "ticket 7", "--json").json["state"]
    assert "active" == run("account", "resume", account, "--json").json["state"]
    assert "--confirm" in run("account", "close", account, "--balance", "forfeited").err
    closed = run("account", "close", account, "--balance", "forfeited", "--confirm", account)
    assert "$5.00 forfeited" in closed.out
    assert "closed" == run("account", "show", account, "--json").json["state"]
    assert "closed" in run("account", "rename", account, "Ada").err


def test_payments_are_listed(run: Run) -> None:
    """Only what Stripe paid is listed, and an unknown account is an error."""
    account = run("account", "create", "--name", "Ada", "--plan", "pro", "--json").json["account"]
    assert "no payments yet" in run("payment", "list", account).out
    run("account", "top-up", account, "7", "--reference", "stripe pi_1")
    run("account", "top-up", account, "8", "--reference", "invoice-1")
    [payment] = run("payment", "list", account, "--json").json["payments"]
    assert (7_000_000, "stripe pi_1") == (payment["amount_micros"], payment["reference"])
    assert "$7.00" in run("payment", "list", account).out
    assert 1 == run("payment", "list", "acct_none").status


def test_voucher_commands_make_list_and_revoke(run: Run) -> None:
    """Vouchers are shown once, counted in their batch, and revoked with it."""
    made = run("voucher", "create", "--usd", "5", "--count", "3", "--name", "Launch", "--json").json
    assert (3, 5_000_000) == (len(set(made["vouchers"])), made["amount_micros"])
    [batch] = run("voucher", "list", "--json").json["batches"]
    assert (made["batch"], 3, 0) == (batch["batch"], batch["count"], batch["redeemed"])
    assert "0/3" in run("voucher", "list").out
    assert "Revoked 3" in run("voucher", "revoke", made["batch"]).out
    assert 1 == run("voucher", "revoke", "batch_0").status
    assert 2 == run("voucher", "create", "--usd", "1001").status


def test_generation_show_prints_the_whole_record(run: Run, store_url: str) -> None:
    """The record has prompt, reference, times, amounts and outcome, with control characters escaped."""
    _, names = with_store(store_url, make_history)
    done = run("generation", "show", names["done"], "--json").json
    assert ("completed", "a boat\x1b[2J", {"seed": 7}) == (done["state"], done["prompt"], done["input"])
    assert ("provider-ref-1", 100_000, 2500) == (
        done["provider_reference"],
        done["cost_micros"],
        done["provider_cost_micros"],
    )
    assert "http://127.0.0.1:8080/assets/2026/x.png" == done["outputs"][0]["url"]
    assert done["created_at"] <= done["closed_at"]
    shown = run("generation", "show", job_id(names["done"])).out
    for expected in ("provider-ref-1", "$0.10", "$0.0025", "a boat\\x1b[2J", "2026/x.png", done["closed_at"]):
        assert expected in shown
    assert "\x1b" not in shown
    assert "(image/png, 5 bytes)" in shown
    assert "[" not in shown.replace("\\x1b[2J", "")
    failed = run("generation", "show", names["failed"], "--json").json
    assert ("content_policy", 100_000) == (failed["error_code"], failed["refund_micros"])
    queued = run("generation", "show", names["queued"], "--json").json
    assert (0, None) == (queued["queue_position"], queued["refund_micros"])
    for unknown in ("nonsense", "01a1fde9-4078-71f1-bcdc-b6039964ad6f"):
        assert 1 == run("generation", "show", unknown).status


def test_ledger_show_prints_entries_newest_first(run: Run, store_url: str) -> None:
    """Every entry is listed up to the limit, those that move no money included."""
    customer, names = with_store(store_url, make_history)
    lines = run("ledger", "show", customer.account, "--json").json["lines"]
    assert ["settle", "settle", "reserve", "reserve", "reserve", "top_up"] == [line["kind"] for line in lines]
    assert (100_000, names["failed"]) == (lines[0]["amount_micros"], lines[0]["reference"])
    assert 1 + 2 == len(run("ledger", "show", customer.account, "--limit", "2").out.splitlines())
    assert "-$0.10" in run("ledger", "show", customer.account).out


def test_ledger_check_fails_with_the_ids_of_damaged_generations(run: Run, store_url: str) -> None:
    """A healthy ledger is exit status 0, a damaged one 1 with the ids, with and without --json."""
    _, names = with_store(store_url, make_history)
    healthy = run("ledger", "check", "--json").json
    assert (1, 6, 3, []) == (healthy["accounts"], healthy["lines"], healthy["generations"], healthy["findings"])
    assert "The ledger balances." in run("ledger", "check").out
    with_store(store_url, lambda store: store.call("ZREM", "gw:open", names["queued"]))
    damaged = run("ledger", "check", "--json")
    assert 1 == damaged.status
    assert [(names["queued"], "not_in_open")] == [
        (finding["id"], finding["fault"]) for finding in json.loads(damaged.out)["findings"]
    ]
    printed = run("ledger", "check")
    assert 1 == printed.status
    assert names["queued"] in printed.out


def test_catalogue_check_prints_prices_or_the_wrong_line(run: Run, tmp_path: Path) -> None:
    """A valid catalogue is listed with both prices; an invalid one is refused with its line."""
    expected = {"test/noop": [100_000, 110_000], "test/free": [0, 0], "test/paid": [100_000, 110_000]}
    found = run("catalogue", "check", "--json").json["models"]
    prices = {model["id"]: [model["ui_price_micros"], model["price_micros"]] for model in found}
    assert expected == {name: prices[name] for name in expected}
    assert "$0.11" in run("catalogue", "check").out
    bad = tmp_path / "bad.toml"
    bad.write_text(CATALOGUE.replace("PAID_URL", "http://127.0.0.1:1").replace("price_cents = 20", "price_cents = -1"))
    result = run("catalogue", "check", str(bad))
    assert (1, "") == (result.status, result.out)
    line = CATALOGUE.splitlines().index("price_cents = 20") + 1
    assert f"{bad}: line {line}: " in result.err
    assert (
        "give the path of a catalogue, or set CATALOGUE" in run("catalogue", "check", str(tmp_path / "none.toml")).err
    )


def test_webhook_commands_manage_an_endpoint(run: Run, store_url: str) -> None:
    """An endpoint is created with its secret, listed without it, logged, replayed, rotated and deleted."""
    account = run("account", "create", "--name", "Ada", "--plan", "pro", "--top-up-usd", "1", "--json").json["account"]
    assert "--event" in run("webhook", "create", account, "https://example.com/h", "--event", "nonsense").err
    assert 1 == run("webhook", "create", account, "http://127.0.0.1:9/h").status
    url = "https://example.com/h"
    created = run("webhook", "create", account, url, "--event", "generation.failed", "--json").json
    assert created["secret"].startswith("whsec_")
    assert created["secret"] not in run("webhook", "list", account).out
    listed = run("webhook", "list", account, "--json").json["endpoints"]
    assert [(created["id"], ["generation.failed"])] == [(entry["id"], entry["events"]) for entry in listed]
    assert "Nothing was sent to this endpoint yet." in run("webhook", "log", account, created["id"]).out

    async def deliver(store: Store) -> None:
        _, secret = await accounts.create_key(store, account, "wowflow")
        order = make_order(Customer(account=account, key=secret, hash=key_hash(secret)))
        await ledger.accept(store, order)
        await ledger.settle(store, order.id, FAILED, cost_micros=0, outcome=Outcome())
        attempt = DeliveryAttempt(at_ms=1, duration_ms=2, status=500, answer="oh\x1b[2J no")
        await webhooks.record_attempt(
            store, f"evt_{order.id}:{created['id']}", 1, "dead", attempt, keep_ms=9_000, health="gone"
        )

    with_store(store_url, deliver)
    entry = run("webhook", "log", account, created["id"], "--json").json["deliveries"][0]
    assert ("dead", 500) == (entry["state"], entry["attempts"][0]["status"])
    assert "500 oh\\x1b[2J no" in run("webhook", "log", account, created["id"]).out
    assert "answered 410 Gone" in run("webhook", "list", account).out
    endpoint = (account, created["id"])
    assert "enable it first" in run("webhook", "redeliver", *endpoint, entry["id"]).err
    assert run("webhook", "enable", *endpoint, "--json").json["enabled"]
    assert None is run("webhook", "list", account, "--json").json["endpoints"][0]["disabled_at"]
    replay = ("webhook", "replay", *endpoint)
    for expected, which, since in (
        (0, "missing", "2026-01-01"),
        (1, "failed", "2026-01-01"),
        (0, "failed", "2099-01-01"),
    ):
        assert expected == run(*replay, which, "--since", since, "--json").json["queued"]
    assert "--since" in run(*replay, "failed").err
    assert 1 == run("webhook", "redeliver", *endpoint, entry["id"], "--json").json["queued"]
    rotated = run("webhook", "rotate", *endpoint, "--json").json
    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != created["secret"]
    assert run("webhook", "delete", account, created["id"], "--json").json["deleted"]
    for gone in ("log", "delete", "enable", "rotate"):
        assert "webhook list" in run("webhook", gone, account, created["id"]).err


def test_warn_below_sets_and_removes_the_low_balance_alert(run: Run) -> None:
    """The threshold of the low-balance alert can be set, shown and removed."""
    account = run("account", "create", "--name", "Ada", "--plan", "pro", "--json").json["account"]
    assert 500_000 == run("account", "show", account, "--json").json["low_micros"]
    for text, micros in (("2.50", 2_500_000), ("0", 0)):
        assert micros == run("account", "warn-below", account, text, "--json").json["low_micros"]
        assert micros == run("account", "show", account, "--json").json["low_micros"]
    assert "USD" in run("account", "warn-below", account, "-1").err + run("account", "warn-below", account, "no").err


@pytest.mark.parametrize(
    "words",
    [
        ("account", "show", "acct_none"),
        ("account", "top-up", "acct_none", "5"),
        ("account", "warn-below", "acct_none", "5"),
        ("key", "create", "acct_none"),
        ("key", "list", "acct_none"),
        ("ledger", "show", "acct_none"),
        ("webhook", "list", "acct_none"),
        ("webhook", "create", "acct_none", "https://example.com/h"),
    ],
)
def test_commands_refuse_an_unknown_account(run: Run, words: tuple[str, ...]) -> None:
    """Every command that takes an account refuses an unknown one on stderr, with and without --json."""
    result = run(*words)
    assert (1, "") == (result.status, result.out)
    assert "ccount acct_none does not exist" in result.err
    as_json = run("--json", *words)
    assert (1, "") == (as_json.status, as_json.out)
    assert "unknown_account" == json.loads(as_json.err)["error"]["code"]


def test_json_option_works_anywhere_in_the_command(run: Run) -> None:
    """--json works before, between and after the words of a command."""
    for words in (("--json", "account", "list"), ("account", "--json", "list"), ("account", "list", "--json")):
        assert {"accounts": []} == run(*words).json


def test_usage_errors_have_exit_status_2(run: Run) -> None:
    """A usage error is exit status 2 and names --help, and is JSON with --json."""
    for words in (("account", "create"), ("account", "fly"), ("--fly",), ("key", "create", "a", "--kind", "x")):
        result = run(*words)
        assert 2 == result.status
        assert "--help" in result.err
        as_json = run(*words, "--json")
        assert 2 == as_json.status
        assert "usage" == json.loads(as_json.err)["error"]["code"]


def test_every_command_has_a_help_text_and_takes_json() -> None:
    """Each command and group takes --json and has a help text that starts with a verb."""

    def flatten(command: click.Command) -> list[click.Command]:
        inner = command.commands.values() if isinstance(command, click.Group) else ()
        return [command, *(found for child in inner for found in flatten(child))]

    found = flatten(wokflow)
    assert len(found) > 20
    verbs = (ROOT / "tests" / "programs" / "style" / "verbs.txt").read_text().split()
    assert [] == [command.name for command in found if (command.help or "-").split()[0].strip(",").lower() not in verbs]
    options = [(command.name, one) for command in found for one in command.params if isinstance(one, click.Option)]
    assert [] == [(name, option.name) for name, option in options if not option.help]
    assert [] == [command.name for command in found if "json" not in [param.name for param in command.params]]


@pytest.mark.timeout(3 + BUSY_S)
@pytest.mark.parametrize("hangs", [False, True])
def test_commands_name_a_store_they_cannot_reach(run: Run, monkeypatch: pytest.MonkeyPatch, hangs: bool) -> None:
    """A store that refuses or hangs is named within three seconds, with its address and without its password."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if hangs:
            listener.listen()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        monkeypatch.setenv("REDIS_URL", f"redis://somebody:secret@{address}/0")
        result = run("account", "list")
    assert (1, "") == (result.status, result.out)
    assert f"Cannot reach the store at {address}: start it, or check REDIS_URL and DATA_DIR.\n" == result.err


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "http"), ("REDIS_URL", "memcached://x"), ("REDIS_URL", "redis://x/y")]
)
def test_commands_name_a_setting_they_cannot_use(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """An environment variable that cannot be used is named in one line."""
    monkeypatch.setenv(name, value)
    result = run("account", "list")
    assert (1, 1) == (result.status, len(result.err.splitlines()))
    assert name in result.err


def test_demo_names_make_run_when_nothing_runs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a demo account or a gateway, the demo says how to start everything."""
    monkeypatch.setenv("PORT", str(free_port()))
    for words in ((), ("--key", "wf_live_x")):
        result = run("demo", *words)
        assert (1, "") == (result.status, result.out)
        assert "start" in result.err
        assert "`make run`" in result.err


async def test_demo_account_is_reused_while_it_exists(store_url: str, tmp_path: Path) -> None:
    """The demo account is reused, gets new keys when one was revoked, and is created again when it is lost."""
    settings = Settings(data_dir=str(tmp_path / "new"), redis_url=store_url, catalogue=str(write_catalogue(tmp_path)))
    async with Store(store_url) as store:
        first = await demo_account.ensure_account(store, settings)
        assert first == await demo_account.ensure_account(store, settings) == demo_account.read_account(settings)
        revoked = (await accounts.list_keys(store, first.account))[0]
        await accounts.revoke_key(store, first.account, revoked.id)
        second = await demo_account.ensure_account(store, settings)
        assert first.account == second.account
        assert not set(first.keys.values()) & set(second.keys.values())
        await store.call("FLUSHALL")
        third = await demo_account.ensure_account(store, settings)
        assert first.account != third.account
        (tmp_path / "new" / "demo.json").write_text("{")
        assert third.account != (await demo_account.ensure_account(store, settings)).account


def catches(process: Process, number: signal.Signals) -> bool:
    """Return whether a process has a handler for a signal."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    [mask] = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")]
    return bool(int(mask, 16) & 1 << number - 1)


async def test_hello_stops_while_it_waits_for_the_gateway() -> None:
    """Before the gateway is ready, SIGTERM ends hello at once and without output."""
    env = {"DATA_DIR": str(make_folder("hello")), "PORT": str(free_port())}
    process = Process("hello", sys.executable, "-m", "operate.cli.main", "hello", env=env).start()
    await process.wait_until(lambda: catches(process, signal.SIGTERM), "handler of SIGTERM")
    assert 0 == await process.stop(2)
    assert "" == process.output


async def test_hello_and_demo_work_against_a_deployment(tmp_path: Path) -> None:
    """hello creates one account for a DATA_DIR; the demo runs an image and a video through to the webhook."""
    async with Provider() as provider:
        catalogue = tmp_path / "catalogue.toml"
        catalogue.write_text(CATALOGUE.replace("PAID_URL", provider.url))
        env = {"CATALOGUE": str(catalogue), "ADAPTERS": "tests.harness.doubles.adapters", "SIGN_UP": "open"}
        async with Stack(workers=("paid", "kinds"), env=env) as stack:
            async with open_records(stack.settings.records_url) as records:
                await migrate(records)
            hello = stack.add("hello", "-m", "operate.cli.main", "hello")
            await hello.wait_for_log("Wokflow is ready.")
            file = stack.data_dir / "demo.json"
            assert 0o600 == stat.S_IMODE(file.stat().st_mode)
            known = json.loads(file.read_text())
            for expected in (
                known["keys"]["wowflow"],
                f"curl -sS --fail-with-body {stack.url}/api/v1/generations ",
                f"{stack.url}/docs",
                f"Become the operator (once, within a day):\n  {stack.url}/join?token=",
            ):
                assert expected in hello.output

            facts = await stack.run_cli("demo")
            assert ["local/artist", "local/film"] == [entry["model"] for entry in facts["generations"]]
            assert ["completed", "completed"] == [entry["status"] for entry in facts["generations"]]
            assert {"before": 20_000_000, "after": 20_000_000 - 105_000 - 210_000} == facts["balance_micros"]
            files = [Path(saved["file"]) for entry in facts["generations"] for saved in entry["files"]]
            assert [a_png(), a_video()] == [file.read_bytes() for file in files]
            assert {(entry["id"], "generation.completed", True) for entry in facts["generations"]} == {
                (event["generation"], event["type"], event["verified"]) for event in facts["events"]
            }
            assert {"endpoints": []} == await stack.run_cli("webhook", "list", known["account"])
            assert [] == (await stack.run_cli("ledger", "check"))["findings"]

            assert 0 == await hello.stop()
            again = stack.add("hello", "-m", "operate.cli.main", "hello")
            await again.wait_for_log(known["keys"]["wowflow"])
            assert known == json.loads(file.read_text())
            assert 1 == len((await stack.run_cli("account", "list"))["accounts"])
            assert 0 == await again.stop()
