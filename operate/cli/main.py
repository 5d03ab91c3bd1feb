"""`wokflow`: operate a deployment from the shell."""

import io
import os
import sys
from collections.abc import Sequence

import click

from operate.cli import terminal
from operate.cli.account_life import account
from operate.cli.admin import admin
from operate.cli.audit import audit
from operate.cli.catalogue import catalogue
from operate.cli.catalogue_reload import run_reload
from operate.cli.command import Failure, Group
from operate.cli.deadletter import deadletter
from operate.cli.demo import run_demo
from operate.cli.doctor import run_doctor
from operate.cli.export import run_export
from operate.cli.generation import generation
from operate.cli.hello import run_hello
from operate.cli.key import key
from operate.cli.ledger import ledger
from operate.cli.margin import run_margin
from operate.cli.payment import payment
from operate.cli.provider import provider
from operate.cli.queue import queue
from operate.cli.receipt import receipt
from operate.cli.reconcile import reconcile
from operate.cli.records import records
from operate.cli.secret import secret
from operate.cli.statement import run_statement
from operate.cli.store import store
from operate.cli.store_repair import run_repair
from operate.cli.top import top
from operate.cli.uncertain import uncertain
from operate.cli.voucher import voucher
from operate.cli.webhook import webhook
from operate.cli.worker import worker
from shared.version import VERSION

FAILED, MISUSED, INTERRUPTED = 1, 2, 130


HELP = """Operate a Wokflow deployment.

Commands use the same store as the gateway: REDIS_URL, or else the one in DATA_DIR (default: data).
"""
print_version = click.version_option(VERSION, prog_name="wokflow", message="%(prog)s %(version)s")
wokflow = print_version(Group("wokflow", help=HELP))

ACCOUNTS = (account, key, voucher, payment, generation, ledger, receipt, webhook)
PROVIDERS = (catalogue, provider, reconcile)
OPERATIONS = (top, queue, worker, uncertain, deadletter, audit, admin, *PROVIDERS, secret, store, records)
store.add_command(run_repair)
catalogue.add_command(run_reload)
for command in (*ACCOUNTS, *OPERATIONS, run_margin, run_statement, run_export, run_doctor, run_hello, run_demo):
    wokflow.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in `arguments`, by default the process's own, and return the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    try:
        return wokflow.main(words, prog_name="wokflow", standalone_mode=False) or 0
    except Failure as failure:
        return _report(failure.code, failure.message, as_json)
    except click.UsageError as error:
        return _report_misuse(error, as_json)
    except click.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output closed the pipe, as `head` does. Python must not flush into it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        return _report("file", f"Cannot use {error.filename}: {error.strerror or error}.", as_json)


def _report(code: str, message: str, as_json: bool) -> int:
    error = {"error": {"code": code, "message": message}}
    if as_json:
        terminal.write_json(error, err=True)
    else:
        terminal.write(message, err=True)
    return FAILED


def _report_misuse(error: click.UsageError, as_json: bool) -> int:
    if as_json:
        _report("usage", error.format_message(), as_json)
    else:
        shown = io.StringIO()
        error.show(shown)
        terminal.write(shown.getvalue().rstrip("\n"), err=True)
    return MISUSED


if __name__ == "__main__":
    sys.exit(main())
