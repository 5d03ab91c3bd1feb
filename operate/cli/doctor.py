"""wokflow doctor"""

import asyncio

import click
import msgspec

from operate.checks import Check, wrong
from operate.cli.command import JSON, Command, CommandContext
from operate.cli.show import table
from operate.doctor import examine
from shared.ops.settings import Settings, SettingsError, load

MARKS = {"ok": "ok", "warning": "warning", "wrong": "WRONG"}


@click.command("doctor", cls=Command)
def run_doctor() -> None:
    """Check this deployment: settings, store, database, storage, addresses, keys, clock, disk and processes.

    Run it where the processes run, with their environment. Exit status 1 if something is wrong; warnings do not count.
    """
    as_json = JSON in click.get_current_context().meta
    try:
        settings = load()
    except SettingsError as error:
        lines = str(error).split("\n")
        checks = [wrong("settings", line.partition(" is not valid")[0], line) for line in lines]
        _show(CommandContext(Settings(), as_json), checks)
    else:
        _show(CommandContext(settings, as_json), asyncio.run(examine(settings)))


def _show(context: CommandContext, checks: list[Check]) -> None:
    rows = [(MARKS[check.result], check.part, check.found, check.fix) for check in checks]
    faults = sum(check.result == "wrong" for check in checks)
    facts = {"ok": not faults, "checks": msgspec.to_builtins(checks)}
    summary = f"\n{faults} of {len(checks)} checks failed." if faults else f"\nAll {len(checks)} checks passed."
    context.show(facts, table(("", "part", "found", "fix"), rows), summary)
    if faults:
        click.get_current_context().exit(1)
