"""wokflow top"""

import asyncio
import contextlib
import os
import sys
import termios
import time
import tty
from collections.abc import Iterator

import click
from rich.live import Live
from rich.text import Text

from operate import overview
from operate.cli import terminal
from operate.cli.command import Command, CommandContext
from operate.cli.operator import with_operator
from operate.cli.top_view import view
from operate.operator import Operator
from shared.domain.errors import StoreDown

QUIT = b"qQ\x1b\x03"  # q, Escape, Ctrl-C
ROWS_MIN, OTHER_LINES, TABLES = 3, 12, 3


@click.command(cls=Command)
@click.option("--once", is_flag=True, help="Print one screen and exit; the default without a terminal.")
@click.option(
    "--every", type=click.FloatRange(0.2, 60), default=2.0, show_default=True, help="Seconds between updates."
)
@with_operator
async def top(context: CommandContext, operator: Operator, *, once: bool, every: float) -> None:
    """Watch the whole deployment live. Press q to quit."""
    if once or context.json or not (sys.stdout.isatty() and sys.stdin.isatty()):
        found = await overview.read_overview(operator)
        context.show(found, view(found))
    else:
        await _watch(operator, every)


async def _watch(operator: Operator, every_s: float) -> None:
    """Update the screen until a key ends it."""
    stop, console = asyncio.Event(), terminal.open_console()
    with _keys(stop), Live(console=console, screen=True, auto_refresh=False) as live:
        while not stop.is_set():
            rows = max(ROWS_MIN, (console.height - OTHER_LINES) // TABLES)
            title = f"wokflow top   {time.strftime('%H:%M:%S')}   every {every_s:g} s   q quits"
            try:
                shown = view(await overview.read_overview(operator), title=title, rows_max=rows)
            except StoreDown:
                shown = Text(f"{title}\n\nThe store does not respond; trying again.", style="red")
            live.update(shown, refresh=True)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(every_s):
                    await stop.wait()


@contextlib.contextmanager
def _keys(stop: asyncio.Event) -> Iterator[None]:
    """Read single keys without echo within the block, then restore the terminal."""
    terminal, loop = sys.stdin.fileno(), asyncio.get_running_loop()
    before = termios.tcgetattr(terminal)

    def read() -> None:
        if any(key in QUIT for key in os.read(terminal, 64)):
            stop.set()

    tty.setcbreak(terminal)
    loop.add_reader(terminal, read)
    try:
        yield
    finally:
        loop.remove_reader(terminal)
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
