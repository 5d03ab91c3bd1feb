"""The wokflow command against a real store, and `hello` and `demo` against a whole deployment."""

import asyncio
import json
import signal
import socket
import stat
import sys
import time
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
from shared.ops.settings import Settings
from shared.store import accounts, generations, ledger, webhooks
from shared.store.connect import Store
from shared.store.webhooks import Attempt
from tests.harness.doubles.adapters.kinds import a_film
from tests.harness.doubles.provider import Provider, a_png
from tests.harness.factories import CENTS, Customer, a_catalogue, a_customer, an_order
from tests.harness.processes import Process, Stack, a_folder, free_port

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
name = "Film"
kind = "video"
price_cents = 20
routes = [{ provider = "kinds", model = "film" }]
"""


class Answer(Struct, frozen=True):
    """What a command came to."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its output, decoded."""
        assert 0 == self.status, self.err
        assert "" == self.err
        return json.loads(self.out)


Run = Callable[..., Answer]


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


def with_store(url: str, act: Callable[[Store], Coroutine[Any, Any, Any]]) -> Any:
    """What `act` returns, given the store."""

    async def serve() -> Any:
        async with Store(url) as store:
            return await act(store)

    return asyncio.run(serve())


async def a_history(store: Store) -> tuple[Customer, dict[str, str]]:
    """A customer with a completed, a failed and a waiting generation, and the ids of the three."""
    customer = await a_customer(store, cents=100)
    prompt = "a boat\x1b[2J"
    spec = Spec("wowflow", "image", "test/noop", "noop", prompt, {"seed": 7})
    names = {}
    for name in ("done", "failed", "queued"):
        names[name] = (await ledger.accept(store, an_order(customer, spec=spec))).id
    await generations.submitted(store, names["done"], "provider-ref-1", provider="noop", patience_s=1)
    made = Outcome("noop", (Output("2026/x.png", "image/png", 5, 64, 64),), cost_micros=2500)
    await ledger.settle(store, names["done"], COMPLETED, cost_micros=10 * CENTS, outcome=made)
    refused = Outcome("noop", error_code="content_policy", error="Refused.")
    await ledger.settle(store, names["failed"], FAILED, cost_micros=0, outcome=refused)
    return customer, names


def test_an_account_is_created_with_keys_and_money(run: Run, store_url: str) -> None:
    """`account create` prints the account and, once, a key of each kind that speaks for it."""
    made = run("account", "create", "--name", "Ada", "--plan", "pro", "--top-up-usd", "20", "--json").json
    assert ["account", "keys"] == list(made)
    assert ["wowflow", "wokgen"] == list(made["keys"])
    for prefix, key in zip(("wf_live_", "wok_"), made["keys"].values(), strict=True):
        assert key.startswith(prefix)
        assert is_key(key)
        assert made["account"] == with_store(store_url, lambda store, key=key: accounts.by_key(store, key_hash(key)))
    shown = run("account", "show", made["account"], "--json").json
    assert (20_000_000, 20_000_000, 0) == (shown["balance_micros"], shown["topup_micros"], shown["spent_micros"])
    assert ("Ada", "pro", 2) == (shown["name"], shown["plan"], shown["keys"])


def test_an_account_can_order_at_once(run: Run, store_url: str) -> None:
    """`account create` publishes the plans, so that a gateway need not have run before."""
    made = run("--json", "account", "create", "--name", "Ada", "--plan", "small", "--top-up-usd", "0.5").json
    customer = Customer(account=made["account"], key="", hash=key_hash(made["keys"]["wokgen"]))
    assert made["account"] == with_store(store_url, lambda store: ledger.accept(store, an_order(customer))).account


def test_people_see_accounts_too(run: Run) -> None:
    """Without --json the same is said in words and tables."""
    assert "no account yet" in run("account", "list").out
    made = run("account", "create", "--name", "Ada [bold]", "--plan", "pro", "--top-up-usd", "12.5").out
    assert "wf_live_" in made
    assert "not shown again" in made
    listed = run("account", "list").out
    assert "Ada [bold]" in listed
    assert "$12.50" in listed
    account = listed.splitlines()[1].split()[0]
    assert "$12.50" in run("account", "show", account).out
    assert [account] == [entry["account"] for entry in run("account", "list", "--json").json["accounts"]]


def test_an_unknown_plan_is_answered_with_the_known_ones(run: Run) -> None:
    """A plan that the catalogue does not have is refused with those it has, and nothing is made."""
    answer = run("account", "create", "--name", "Ada", "--plan", "gold", "--json")
    assert (1, "") == (answer.status, answer.out)
    error = json.loads(answer.err)["error"]
    assert "unknown_plan" == error["code"]
    assert "guest, small, pro" in error["message"]
    assert [] == run("account", "list", "--json").json["accounts"]


def test_a_top_up_counts_once_for_each_reference(run: Run) -> None:
    """A repeated reference adds nothing; another one, or none, adds again."""
    account = run("account", "create", "--name", "Ada", "--plan", "pro", "--json").json["account"]
    expected = [("a", True, 5), ("a", False, 5), ("b", True, 10)]
    for reference, added, usd in expected:
        answer = run("account", "top-up", account, "5", "--reference", reference, "--json").json
        assert (added, usd * 1_000_000) == (answer["topped_up"], answer["balance_micros"])
    assert "The balance is $15.00" in run("account", "top-up", account, "5").out
    assert "$20.00" in run("account", "top-up", account, "5").out


@pytest.mark.parametrize("amount", ["0", "nan", "1e9", "0.0000001", "five"])
def test_an_odd_amount_is_a_usage_error(run: Run, amount: str) -> None:
    """What is no amount is refused before anything happens."""
    assert 2 == run("account", "top-up", "acct_x", amount).status


def test_keys_are_made_listed_and_revoked(run: Run, store_url: str) -> None:
    """A key is shown once, listed by its hint, and stops speaking for the account when it is revoked."""
    account = run("account", "create", "--name", "Ada", "--plan", "pro", "--json").json["account"]
    made = run("key", "create", account, "--kind", "wokgen", "--json").json
    listed = run("key", "list", account, "--json").json["keys"]
    assert 3 == len(listed)
    assert [f"wok_...{made['key'][-4:]}"] == [key["hint"] for key in listed if key["id"] == made["id"]]
    assert made["key"] not in run("key", "list", account).out
    assert run("key", "revoke", account, made["id"], "--json").json["revoked"]
    assert with_store(store_url, lambda store: accounts.by_key(store, key_hash(made["key"]))) is None
    again = run("key", "revoke", account, made["id"])
    assert 1 == again.status
    assert f"wokflow key list {account}" in again.err


def test_a_generation_is_shown_with_all_that_is_known(run: Run, store_url: str) -> None:
    """Prompt, reference, times, amounts and outcome, by UUID or job name; a terminal never obeys a prompt."""
    _, names = with_store(store_url, a_history)
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
    failed = run("generation", "show", names["failed"], "--json").json
    assert ("content_policy", 100_000) == (failed["error_code"], failed["refund_micros"])
    queued = run("generation", "show", names["queued"], "--json").json
    assert (0, None) == (queued["queue_position"], queued["refund_micros"])
    for unknown in ("nonsense", "01a1fde9-4078-71f1-bcdc-b6039964ad6f"):
        assert 1 == run("generation", "show", unknown).status


def test_ledger_lines_are_shown_newest_first(run: Run, store_url: str) -> None:
    """Every line, those that move nothing included, down to the limit."""
    customer, names = with_store(store_url, a_history)
    lines = run("ledger", "show", customer.account, "--json").json["lines"]
    assert ["settle", "settle", "reserve", "reserve", "reserve", "top_up"] == [line["kind"] for line in lines]
    assert (100_000, names["failed"]) == (lines[0]["amount_micros"], lines[0]["reference"])
    assert 1 + 2 == len(run("ledger", "show", customer.account, "--limit", "2").out.splitlines())
    assert "-$0.10" in run("ledger", "show", customer.account).out


def test_ledger_check_fails_with_the_ids(run: Run, store_url: str) -> None:
    """Healthy books end with 0, damaged ones with 1 and the ids, for people and for programs."""
    _, names = with_store(store_url, a_history)
    healthy = run("ledger", "check", "--json").json
    assert (1, 6, 3, []) == (healthy["accounts"], healthy["lines"], healthy["generations"], healthy["findings"])
    assert "Everything adds up" in run("ledger", "check").out
    with_store(store_url, lambda store: store.call("ZREM", "gw:open", names["queued"]))
    damaged = run("ledger", "check", "--json")
    assert 1 == damaged.status
    assert [(names["queued"], "not_in_open")] == [
        (finding["id"], finding["fault"]) for finding in json.loads(damaged.out)["findings"]
    ]
    seen = run("ledger", "check")
    assert 1 == seen.status
    assert names["queued"] in seen.out


def test_the_catalogue_is_checked(run: Run, tmp_path: Path) -> None:
    """A good catalogue is shown with both prices; a bad one is refused with its line."""
    expected = {"test/noop": [100_000, 110_000], "test/free": [0, 0], "test/paid": [100_000, 110_000]}
    found = run("catalogue", "check", "--json").json["models"]
    prices = {model["id"]: [model["ui_price_micros"], model["price_micros"]] for model in found}
    assert expected == {name: prices[name] for name in expected}
    assert "$0.11" in run("catalogue", "check").out
    bad = tmp_path / "bad.toml"
    bad.write_text(CATALOGUE.replace("PAID_URL", "http://127.0.0.1:1").replace("price_cents = 20", "price_cents = -1"))
    answer = run("catalogue", "check", str(bad))
    assert (1, "") == (answer.status, answer.out)
    line = CATALOGUE.splitlines().index("price_cents = 20") + 1
    assert f"{bad}: line {line}: " in answer.err
    assert "name the file" in run("catalogue", "check", str(tmp_path / "none.toml")).err


def test_webhooks_are_looked_after(run: Run, store_url: str) -> None:
    """An endpoint is made with its secret, listed without, has a log, and goes; a private address is refused."""
    account = run("account", "create", "--name", "Ada", "--plan", "pro", "--top-up-usd", "1", "--json").json["account"]
    assert "--event" in run("webhook", "create", account, "https://example.com/h", "--event", "nonsense").err
    assert 1 == run("webhook", "create", account, "http://127.0.0.1:9/h").status
    url = "https://example.com/h"
    made = run("webhook", "create", account, url, "--event", "generation.failed", "--json").json
    assert made["secret"].startswith("whsec_")
    assert made["secret"] not in run("webhook", "list", account).out
    listed = run("webhook", "list", account, "--json").json["endpoints"]
    assert [(made["id"], ["generation.failed"])] == [(entry["id"], entry["events"]) for entry in listed]
    assert "Nothing was sent" in run("webhook", "log", account, made["id"]).out

    async def deliver(store: Store) -> None:
        _, secret = await accounts.create_key(store, account, "wowflow")
        order = an_order(Customer(account=account, key=secret, hash=key_hash(secret)))
        await ledger.accept(store, order)
        await ledger.settle(store, order.id, FAILED, cost_micros=0, outcome=Outcome())
        attempt = Attempt(at_ms=1, duration_ms=2, status=500, answer="oh\x1b[2J no")
        await webhooks.record(store, f"evt_{order.id}:{made['id']}", 1, "dead", attempt, keep_ms=9_000, health="gone")

    with_store(store_url, deliver)
    entry = run("webhook", "log", account, made["id"], "--json").json["deliveries"][0]
    assert ("dead", 500) == (entry["state"], entry["attempts"][0]["status"])
    assert "500 oh\\x1b[2J no" in run("webhook", "log", account, made["id"]).out
    assert "answered 410 Gone" in run("webhook", "list", account).out
    place = (account, made["id"])
    assert "enable it first" in run("webhook", "redeliver", *place, entry["id"]).err
    assert run("webhook", "enable", *place, "--json").json["enabled"]
    assert None is run("webhook", "list", account, "--json").json["endpoints"][0]["disabled_at"]
    replay = ("webhook", "replay", *place)
    for expected, which, since in (
        (0, "missing", "2026-01-01"),
        (1, "failed", "2026-01-01"),
        (0, "failed", "2099-01-01"),
    ):
        assert expected == run(*replay, which, "--since", since, "--json").json["queued"]
    assert "--since" in run(*replay, "failed").err
    assert 1 == run("webhook", "redeliver", *place, entry["id"], "--json").json["queued"]
    rotated = run("webhook", "rotate", *place, "--json").json
    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != made["secret"]
    assert run("webhook", "delete", account, made["id"], "--json").json["deleted"]
    for gone in ("log", "delete", "enable", "rotate"):
        assert "webhook list" in run("webhook", gone, account, made["id"]).err


def test_a_low_balance_has_a_threshold(run: Run) -> None:
    """Below which balance an account is told can be set, seen, and switched off."""
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
def test_an_unknown_account_is_said_to_be_unknown(run: Run, words: tuple[str, ...]) -> None:
    """Every command that takes an account says so when there is none, in words or JSON, on stderr."""
    answer = run(*words)
    assert (1, "") == (answer.status, answer.out)
    assert "no account acct_none" in answer.err
    told = run("--json", *words)
    assert (1, "") == (told.status, told.out)
    assert "unknown_account" == json.loads(told.err)["error"]["code"]


def test_json_may_stand_anywhere(run: Run) -> None:
    """--json is taken before, between and after the command's words."""
    for words in (("--json", "account", "list"), ("account", "--json", "list"), ("account", "list", "--json")):
        assert {"accounts": []} == run(*words).json


def test_usage_errors_are_2(run: Run) -> None:
    """A wrong call ends with 2 and says how to get help, as JSON too."""
    for words in (("account", "create"), ("account", "fly"), ("--fly",), ("key", "create", "a", "--kind", "x")):
        answer = run(*words)
        assert 2 == answer.status
        assert "--help" in answer.err
        told = run(*words, "--json")
        assert 2 == told.status
        assert "usage" == json.loads(told.err)["error"]["code"]


def test_every_command_explains_itself() -> None:
    """Each command and group has a help text and takes --json."""

    def every(command: click.Command) -> list[click.Command]:
        inner = command.commands.values() if isinstance(command, click.Group) else ()
        return [command, *(found for child in inner for found in every(child))]

    found = every(wokflow)
    assert len(found) > 20
    assert [] == [command.name for command in found if not command.help]
    assert [] == [command.name for command in found if "json" not in [param.name for param in command.params]]


@pytest.mark.parametrize("hangs", [False, True])
def test_a_missing_store_is_said_to_be_missing(run: Run, monkeypatch: pytest.MonkeyPatch, hangs: bool) -> None:
    """Refusing or silent, it is named within three seconds: where it was looked for, and without the password."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if hangs:
            listener.listen()
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        monkeypatch.setenv("REDIS_URL", f"redis://somebody:secret@{place}/0")
        began_s = time.monotonic()
        answer = run("account", "list")
    assert time.monotonic() - began_s < 3
    assert (1, "") == (answer.status, answer.out)
    assert f"Cannot reach the store at {place}: is `make run` running?\n" == answer.err


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "http"), ("REDIS_URL", "memcached://x"), ("REDIS_URL", "redis://x/y")]
)
def test_a_bad_setting_is_named(run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """An environment variable that cannot be used is named in one line."""
    monkeypatch.setenv(name, value)
    answer = run("account", "list")
    assert (1, 1) == (answer.status, len(answer.err.splitlines()))
    assert name in answer.err


def test_the_demo_says_what_is_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an account, or without a gateway, the demo says how to start."""
    monkeypatch.setenv("PORT", str(free_port()))
    for words in ((), ("--key", "wf_live_x")):
        answer = run("demo", *words)
        assert (1, "") == (answer.status, answer.out)
        assert "start" in answer.err
        assert "`make run`" in answer.err


async def test_the_demo_account_is_kept_as_long_as_it_is_there(store_url: str, tmp_path: Path) -> None:
    """It is found again, gets new keys when one was revoked, and is made anew when store or file lost it."""
    settings = Settings(data_dir=str(tmp_path / "new"), redis_url=store_url, catalogue=str(a_catalogue(tmp_path)))
    async with Store(store_url) as store:
        first = await demo_account.ensure(store, settings)
        assert first == await demo_account.ensure(store, settings) == demo_account.remembered(settings)
        revoked = (await accounts.active_keys(store, first.account))[0]
        await accounts.revoke_key(store, first.account, revoked.id)
        second = await demo_account.ensure(store, settings)
        assert first.account == second.account
        assert not set(first.keys.values()) & set(second.keys.values())
        await store.call("FLUSHALL")
        third = await demo_account.ensure(store, settings)
        assert first.account != third.account
        (tmp_path / "new" / "demo.json").write_text("{")
        assert third.account != (await demo_account.ensure(store, settings)).account


def catches(process: Process, number: signal.Signals) -> bool:
    """Whether a process has a handler for a signal."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    [mask] = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")]
    return bool(int(mask, 16) & 1 << number - 1)


async def test_hello_stops_while_it_waits() -> None:
    """Told to stop before the gateway is there, hello leaves at once and without complaint."""
    env = {"DATA_DIR": str(a_folder("hello")), "PORT": str(free_port())}
    process = Process("hello", sys.executable, "-m", "operate.cli.main", "hello", env=env).start()
    await process.until(lambda: catches(process, signal.SIGTERM), "handler of SIGTERM")
    assert 0 == await process.stop(2)
    assert "" == process.output


async def test_hello_and_demo_against_a_deployment(tmp_path: Path) -> None:
    """hello makes one account for a data folder and stays; the demo shows a picture and a film down to the webhook."""
    async with Provider() as provider:
        catalogue = tmp_path / "catalogue.toml"
        catalogue.write_text(CATALOGUE.replace("PAID_URL", provider.url))
        env = {"CATALOGUE": str(catalogue), "ADAPTERS": "tests.harness.doubles.adapters"}
        async with Stack(workers=("paid", "kinds"), env=env) as stack:
            hello = stack.add("hello", "-m", "operate.cli.main", "hello")
            await hello.logged("Wokflow is ready.")
            file = stack.data_dir / "demo.json"
            assert 0o600 == stat.S_IMODE(file.stat().st_mode)
            known = json.loads(file.read_text())
            for expected in (known["keys"]["wowflow"], f"curl -s {stack.url}/api/v1/generations ", f"{stack.url}/docs"):
                assert expected in hello.output

            facts = await stack.cli("demo")
            assert ["local/artist", "local/film"] == [entry["model"] for entry in facts["generations"]]
            assert ["completed", "completed"] == [entry["status"] for entry in facts["generations"]]
            assert {"before": 2000, "after": 2000 - 11 - 21} == facts["balance_cents"]
            files = [Path(saved["file"]) for entry in facts["generations"] for saved in entry["files"]]
            assert [a_png(), a_film()] == [file.read_bytes() for file in files]
            assert {(entry["id"], "generation.completed", True) for entry in facts["generations"]} == {
                (event["generation"], event["type"], event["verified"]) for event in facts["events"]
            }
            assert {"endpoints": []} == await stack.cli("webhook", "list", known["account"])
            assert [] == (await stack.cli("ledger", "check"))["findings"]

            assert 0 == await hello.stop()
            again = stack.add("hello", "-m", "operate.cli.main", "hello")
            await again.logged(known["keys"]["wowflow"])
            assert known == json.loads(file.read_text())
            assert 1 == len((await stack.cli("account", "list"))["accounts"])
            assert 0 == await again.stop()
