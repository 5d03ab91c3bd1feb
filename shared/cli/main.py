"""`wokflow`: run and look after a deployment from the shell."""

import os
import sys
from collections.abc import Sequence

import click
import msgspec

from shared.cli.account import account
from shared.cli.admin import admin
from shared.cli.audit import audit
from shared.cli.catalogue import catalogue
from shared.cli.command import Failure, Group
from shared.cli.deadletter import deadletter
from shared.cli.demo import demo
from shared.cli.generation import generation
from shared.cli.hello import hello
from shared.cli.key import key
from shared.cli.ledger import ledger
from shared.cli.provider import provider
from shared.cli.queue import queue
from shared.cli.reconcile import reconcile
from shared.cli.store import store
from shared.cli.top import top
from shared.cli.uncertain import uncertain
from shared.cli.webhook import webhook
from shared.cli.worker import worker

FAILED, MISUSED, INTERRUPTED = 1, 2, 130


@click.group(cls=Group)
def wokflow() -> None:
    """Run and look after a Wokflow deployment.

    The store is found as the gateway finds it: by REDIS_URL, or else in DATA_DIR (default: data).
    """


ACCOUNTS = (account, key, generation, ledger, webhook)
OPERATIONS = (top, queue, worker, uncertain, deadletter, audit, admin, catalogue, provider, reconcile, store)
for command in (*ACCOUNTS, *OPERATIONS, hello, demo):
    wokflow.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in `arguments`, by default those of the process; the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    try:
        return wokflow.main(words, prog_name="wokflow", standalone_mode=False) or 0
    except Failure as failure:
        return _tell(failure.code, failure.message, as_json)
    except click.UsageError as error:
        return _misused(error, as_json)
    except click.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output left, as `head` does; nobody is there to be told, and nothing to be flushed at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        return _tell("file", f"Cannot use {error.filename}: {error.strerror or error}.", as_json)


def _tell(code: str, message: str, as_json: bool) -> int:
    error = {"error": {"code": code, "message": message}}
    click.echo(msgspec.json.encode(error) if as_json else message, err=True)
    return FAILED


def _misused(error: click.UsageError, as_json: bool) -> int:
    if as_json:
        _tell("usage", error.format_message(), as_json)
    else:
        error.show()
    return MISUSED


if __name__ == "__main__":
    sys.exit(main())
