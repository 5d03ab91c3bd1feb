"""No command prints an escape sequence or a secret that is stored, whatever the text and wherever it is."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from operate import catalogue
from operate.cli.main import main, wokflow
from operate.cli.terminal import PIPE_WIDTH_CHARS, clean, open_console, write, write_json, write_renderables
from shared.domain.foreign_text import CONTROLS
from shared.domain.generation import FAILED, Outcome
from shared.ops import redaction
from shared.ops.settings import ROOT
from shared.store import admin_keys, audit, keys, ledger, processes, providers, steps, webhooks
from shared.store.connect import Store
from shared.store.webhooks import DeliveryAttempt
from tests.harness.factories import CENTS, SPEC, create_customer, make_order, write_catalogue
from tests.suites.integration.test_admin import commands
from tests.suites.integration.test_cli import with_store

KEY = "sk-shell-0123456789abcdef"
EVIL = f"\x1b]0;owned\x07\x1b[2J\x9b31m\u202eevil\r\x7f{KEY}"
STYLES = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[hl]|\r?\x1b\[[12][AK]")  # rich's own: colors, cursor, lines
PRINTERS = {"echo", "print", "secho", "Console", "print_json"}


async def prepare(store: Store) -> dict[str, tuple[str, ...]]:
    """Store hostile text wherever text is stored, and return the arguments of every command."""
    customer = await create_customer(store)
    account = customer.account
    await store.call("HSET", keys.account(account), "name", f"{EVIL}\u2028")
    await ledger.top_up(store, account, CENTS, EVIL)
    endpoint = await webhooks.create_endpoint(store, account, "https://example.com/hook")
    offer = structs.replace(SPEC, prompt=EVIL)
    failed, waiting, doubt = [(await ledger.accept(store, make_order(customer, spec=offer))).id for _ in range(3)]
    for token in "ab":
        await steps.start(store, doubt, provider="noop", repeatable=False, submit_limit_s=0, token=token)
    outcome = Outcome(error=EVIL, error_code="content_policy", provider=EVIL)
    await ledger.settle(store, failed, FAILED, cost_micros=0, outcome=outcome)
    delivery = f"evt_{failed}:{endpoint.id}"
    attempt = DeliveryAttempt(at_ms=1, duration_ms=5, status=500, answer=EVIL)
    await webhooks.record_attempt(store, delivery, 1, "dead", attempt, keep_ms=60_000, health="ill")
    url = f"https://example.com/{EVIL}"
    await store.call("HSET", keys.endpoint(endpoint.id), "url", url, "disabled_ms", 7, "disabled_why", EVIL)
    await webhooks.rotate_secret(store, account, endpoint.id)
    await providers.open_breaker(store, "noop", EVIL)
    await store.call("HSET", keys.generation(waiting), "attempts", f"7 noop {EVIL.replace(chr(13), chr(32))}")
    record = audit.AuditRecord(at_ms=7, who=EVIL, what=EVIL, on=EVIL, detail=EVIL, outcome=EVIL)
    await store.call("LPUSH", keys.AUDIT, msgspec.json.encode(record))
    alive = processes.Process(id=f"worker-{EVIL}", role="worker", version=EVIL, host=EVIL, pid=7, since_ms=7)
    await processes.send_heartbeat(store, structs.replace(alive, queue="noop", slots=1))
    admin_key, _ = await admin_keys.create(store, "Grace")
    await store.call("HSET", keys.ADMIN_KEYS, "adm_evil", f"hash 7 hint:owner {EVIL}")
    ids = {"ACCOUNT": account, "ENDPOINT": endpoint.id, "FAILED": failed, "WAITING": waiting, "DOUBT": doubt}
    ids |= {"DELIVERY": delivery, "ADMIN_KEY": admin_key}
    others = {" ".join(path): "" for path in commands(wokflow) if path[0] not in APART}
    return {name: tuple(ids.get(word, word) for word in line.split()) for name, line in (others | LINES).items()}


LINES = {  # the arguments of commands; one that is not here is run without any
    "account create": "--name Bob --plan pro",
    "account events": "ACCOUNT",
    "account list": "",
    "account show": "ACCOUNT",
    "account top-up": "ACCOUNT 5",
    "account warn-below": "ACCOUNT 5",
    "admin key create": "--name Ada --role read",
    "admin key list": "",
    "admin key revoke": "ADMIN_KEY",
    "audit list": "",
    "catalogue check": "",
    "catalogue import": "kie",
    "deadletter list": "",
    "deadletter replay": "DELIVERY",
    "generation explain": "WAITING",
    "generation refund": "WAITING",
    "generation retry": "WAITING",
    "generation show": "FAILED",
    "key create": "ACCOUNT",
    "key list": "ACCOUNT",
    "key revoke": "ACCOUNT key_evil",
    "ledger check": "",
    "ledger show": "ACCOUNT",
    "provider list": "",
    "provider test": "nobody",
    "queue drain": "noop",
    "queue list": "",
    "queue pause": "noop",
    "queue resume": "noop",
    "reconcile": "",
    "secret key": "",
    "secret rotate-callback": "",
    "secret seal": "",
    "store backup": "copy",
    "store restored": "",
    "top": "--once",
    "uncertain list": "",
    "uncertain resolve": "DOUBT --failed",
    "webhook create": "ACCOUNT https://example.com/other",
    "webhook delete": "ACCOUNT ep_evil",
    "webhook enable": "ACCOUNT ep_evil",
    "webhook list": "ACCOUNT",
    "webhook log": "ACCOUNT ENDPOINT",
    "webhook redeliver": "ACCOUNT ENDPOINT DELIVERY",
    "webhook replay": "ACCOUNT ENDPOINT missing --since 2026-01-01",
    "webhook rotate": "ACCOUNT ENDPOINT",
    "worker list": "",
}
APART = {"demo", "hello"}  # they run forever or need a gateway; their output passes the same functions


@pytest.fixture
def shell(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., int]]:
    """Return a function that runs a command, in a shell with a secret and on a store full of hostile text."""
    settings = {"REDIS_URL": store_url, "DATA_DIR": str(tmp_path), "CATALOGUE": str(write_catalogue(tmp_path))}
    for name, value in (settings | {"ODD_API_KEY": KEY}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(catalogue, "ANSWERS_S", 0.1)  # nobody answers
    yield lambda *words: main(words)
    redaction.remember([])


@pytest.mark.parametrize("form", ["plain", "--json", "styled"])
def test_no_command_prints_stored_escape_sequences(
    shell: Callable[..., int],
    store_url: str,
    form: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every command prints hostile text without control characters, as text, as JSON and with colors."""
    lines = with_store(store_url, prepare)
    if form == "styled":
        monkeypatch.setenv("FORCE_COLOR", "1")
    printed = {}
    for name, words in lines.items():
        shell(*name.split(), *words, *(["--json"] if form == "--json" else []))
        shown = capsys.readouterr()
        printed[name] = shown.out + shown.err
        ours = printed[name] if form != "styled" else STYLES.sub("", printed[name])
        assert not CONTROLS.findall(ours), (name, ours)
        assert KEY not in ours, name
    for name in ("account list", "audit list", "deadletter list", "provider list", "queue list", "worker list"):
        assert "evil" in printed[name], name


def test_commands_print_through_one_module() -> None:
    """Only operate/cli/terminal.py prints or opens a console."""
    for path in sorted((ROOT / "operate").rglob("*.py")):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        names = {one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "") for one in calls}
        assert path.name == "terminal.py" or not names & PRINTERS, path


def test_console_cleans_segments_and_keeps_line_breaks() -> None:
    """A live view shows hostile text as replacement characters, one for each, and folds it as usual."""
    console = open_console()
    with console.capture() as shown:
        console.print("a\x1b[2Jb\nc\x9bd")
    assert "a\N{REPLACEMENT CHARACTER}[2Jb\nc\N{REPLACEMENT CHARACTER}d\n" == shown.get()
    assert "x\N{REPLACEMENT CHARACTER}y\tz\n" == clean("x\u202ey\tz\n")


def test_every_kind_of_output_is_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    """A secret of the shell is in no text, no JSON and no table, also where the console would fold it."""
    redaction.remember([KEY])
    try:
        write(f"text {KEY}")
        write_json({"json": KEY})
        write_renderables([f"shown {KEY}", "x" * (PIPE_WIDTH_CHARS - 8) + KEY])
    finally:
        redaction.remember([])
    shown = capsys.readouterr().out
    assert ["text [redacted]", '{"json":"[redacted]"}', "shown [redacted]"] == shown.split("\n")[:3]
    assert not any(part in shown for part in (KEY[:8], KEY[8:]))
