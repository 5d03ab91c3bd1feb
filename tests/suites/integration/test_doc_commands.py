"""Every `wokflow` command that the docs name runs as it is written."""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from operate.cli.main import main
from shared.domain.generation import COMPLETED, Outcome
from shared.ops.sealing import new_sealing_key
from shared.ops.settings import ROOT, SECRETS_KEY
from shared.records.opening import open_records
from shared.store import admin_keys, ledger, steps, webhooks
from shared.store.connect import Store
from shared.store.webhooks import DeliveryAttempt
from tests.harness.factories import CENTS, create_customer, make_order, write_catalogue
from tests.suites.integration.test_cli import with_store
from workers.archive.archiver import Archiver

PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md"])
PLACEHOLDER = re.compile(r"\b[A-Z][A-Z_]+\b")
ELSEWHERE = ("demo", "hello")  # they need a running gateway: tests/suites/integration/test_cli.py
REFUSED = (
    "provider test",
    "catalogue check --live",
    "catalogue import",
    "store repair",
    "account erase",
    "account export",
    "receipt show",
    "receipt verify",
)  # the tests have another adapter, REDIS_URL, no database, and open generations
ARCHIVED = ("records", "margin", "statement", "export")  # commands that read the database
HOT_MS = 86_400_000
BACKUPS = "/backups/"


def commands_of(text: str) -> Iterator[str]:
    """Yield the commands of a page: inline code, and the lines of its code blocks."""
    for line in re.findall(r"(?m)^ *(wokflow .*)$", text):
        yield line.partition("  #")[0].strip()
    for code in re.findall(r"`(wokflow [^`]+)`", text):
        yield " ".join(code.split())


PAGES_OF: dict[str, str] = {}  # command -> the pages that name it
for page in PAGES:
    for command in sorted({*commands_of(page.read_text())}):
        PAGES_OF[command] = f"{PAGES_OF[command]}, {page.name}" if command in PAGES_OF else page.name


async def prepare(store: Store) -> dict[str, str]:
    """Create one of everything that commands act on, and return values for their placeholders."""
    customer = await create_customer(store)
    endpoint = await webhooks.create_endpoint(store, customer.account, "https://example.com/hook")
    completed, uncertain, waiting = [(await ledger.accept(store, make_order(customer))).id for _ in range(3)]
    await ledger.settle(store, completed, COMPLETED, cost_micros=10 * CENTS, outcome=Outcome())
    delivery = f"evt_{completed}:{endpoint.id}"
    attempt = DeliveryAttempt(at_ms=1, duration_ms=5, status=500)
    await webhooks.record_attempt(store, delivery, 1, "dead", attempt, keep_ms=60_000, health="ill")
    for token in "ab":
        await steps.start(store, uncertain, provider="noop", repeatable=False, submit_limit_s=0, token=token)
    key_id, _ = await admin_keys.create(store, "Grace")
    return {
        "ACCOUNT": customer.account,
        "DELIVERY": delivery,
        "ENDPOINT": endpoint.id,
        "FILE": "gateway-1.log",
        "ID": completed,
        "KEY_ID": key_id,
        "NAME": "noop",
        "PROVIDER": "noop",
        "URL": "https://a.example/x.png",
        "generation retry ID": f"generation retry {waiting}",
        "uncertain resolve ID": f"uncertain resolve {uncertain}",
    }


async def archive_all(store: Store, folder: Path) -> None:
    """Archive everything that has ended."""
    async with open_records(f"sqlite:///{folder}/records.db") as records:
        archiver = Archiver(store, records, hot_ms=HOT_MS)
        await archiver.start()
        await archiver.sweep()
        while await archiver.run_once():
            pass


def fill_in(command: str, values: dict[str, str]) -> str:
    """Return a command line with values in place of placeholders; the store stands in for a date of the shell."""
    for words in (key for key in values if " " in key):
        command = command.replace(words, values[words])
    return PLACEHOLDER.sub(lambda found: values.get(found[0], found[0]), re.sub(r"\$\(.*?\)", "now", command))


@pytest.fixture
def shell(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], int]:
    """Return a function that runs a command of the docs on a prepared store, in a folder with the gateways' logs."""
    settings = {"REDIS_URL": store_url, "DATA_DIR": str(tmp_path), "CATALOGUE": str(write_catalogue(tmp_path))}
    settings[SECRETS_KEY] = new_sealing_key()
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        (tmp_path / f"gateway-{number}.log").write_text("reference,amount\n")
    values = with_store(store_url, prepare)
    here = f"{tmp_path}/"

    def run(command: str) -> int:
        if command.removeprefix("wokflow ").startswith(ARCHIVED):
            monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/records.db")
            with_store(store_url, lambda store: archive_all(store, tmp_path))
        return main(shlex.split(fill_in(command, values).replace(BACKUPS, here))[1:])

    return run


@pytest.mark.parametrize("command", PAGES_OF)
def test_documented_command_runs(shell: Callable[[str], int], capsys: pytest.CaptureFixture[str], command: str) -> None:
    """A command of the docs succeeds as it is written, with real ids in place of its placeholders."""
    words = command.removeprefix("wokflow ")
    if words.startswith(ELSEWHERE):
        return
    status = shell(command)
    printed = capsys.readouterr()
    assert (1 if words.startswith(REFUSED) else 0) == status, (PAGES_OF[command], command, printed)


def test_docs_name_commands() -> None:
    """The runbook and the guide for operators are read, and name many commands."""
    assert 30 < len(PAGES_OF)
    assert {"runbook.md", "operate.md"} <= {page for pages in PAGES_OF.values() for page in pages.split(", ")}
