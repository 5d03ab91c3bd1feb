"""wokflow hello: the last line of the Procfile prints the URLs and a key for newcomers."""

import asyncio
import contextlib
import json
import shlex
import signal

import aiohttp
import click

from operate.cli import terminal
from operate.cli.catalogue_reading import read_catalogue
from operate.cli.command import Command, CommandContext, Failure, open_context, open_store
from operate.cli.demo_account import DemoAccount, ensure_account
from operate.people import make_operator_link
from shared.ops.settings import Settings
from shared.records.errors import RecordsDown, RecordsRefused, RecordsUnfit

READY_S = 60.0
DATABASE_S = 10.0  # until an archiver has set up the database
OPERATOR = """
Become the operator (once, within a day):
  {}
"""
POLL_EVERY_S = 0.2
POLL_TIMEOUT_S = 2.0
MODEL = "google/nano-banana-2-pro-1k"
PROMPT = "a lighthouse on a cliff at dusk"


@click.command("hello", cls=Command)
def run_hello() -> None:
    """Print URLs and the key of a demo account. Waits for the gateway, and runs until stopped."""
    asyncio.run(_run(open_context()))


async def _run(context: CommandContext) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    greeting, stop = asyncio.create_task(_print_greeting(context)), asyncio.create_task(stopped.wait())
    await asyncio.wait({greeting, stop}, return_when=asyncio.FIRST_COMPLETED)
    if greeting.done():
        greeting.result()
        await stop
    greeting.cancel()
    await asyncio.wait({greeting})


async def _print_greeting(context: CommandContext) -> None:
    await _wait_ready(context.settings.local_url)
    async with open_store(context.settings) as store:
        demo = await ensure_account(store, context.settings)
    first = await _read_first_link(context.settings)
    url = context.settings.base_url
    urls = {"api": f"{url}/api/v1", "docs": f"{url}/docs", "metrics": f"{url}/metrics"}
    if context.json:
        context.show({"account": demo.account, "keys": demo.keys, **urls, **({"operator": first} if first else {})})
    else:
        terminal.write(_text(context.settings, demo, urls) + (OPERATOR.format(first) if first else ""))


async def _read_first_link(settings: Settings) -> str:
    """Return the link that makes its first user the operator. Empty if there is one, or if nobody can sign up."""
    if not settings.records_url or settings.sign_up == "closed":
        return ""
    for _ in range(int(DATABASE_S / POLL_EVERY_S)):
        with contextlib.suppress(RecordsDown, RecordsUnfit, RecordsRefused):
            return await make_operator_link(settings.records_url, settings.base_url)
        await asyncio.sleep(POLL_EVERY_S)
    return ""


async def _wait_ready(url: str) -> None:
    """Return when the gateway is ready. Raises Failure after READY_S."""
    last = "nothing"
    try:
        async with (
            asyncio.timeout(READY_S),
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=POLL_TIMEOUT_S)) as session,
        ):
            while True:
                try:
                    async with session.get(f"{url}/readyz") as response:
                        if response.status == 200:
                            return
                        last = (await response.text())[:300]
                except (aiohttp.ClientError, TimeoutError) as error:
                    last = str(error) or "no response"
                await asyncio.sleep(POLL_EVERY_S)
    except TimeoutError:
        message = f"The gateway at {url} was not ready within {READY_S:.0f} s ({last}): see its log."
        raise Failure("not_ready", message) from None


def _text(settings: Settings, demo: DemoAccount, urls: dict[str, str]) -> str:
    models = read_catalogue(settings.catalogue).models
    key, url = demo.keys["wowflow"], f"{urls['api']}/generations"
    body = json.dumps({"model": MODEL if MODEL in models else next(iter(models), MODEL), "prompt": PROMPT})
    bearer = f"-H 'Authorization: Bearer {key}'"
    return f"""
Wokflow is ready.

  API      {urls["api"]}
  docs     {urls["docs"]}
  metrics  {urls["metrics"]}

  key      {key}
  account  {demo.account} (see `wokflow account show {demo.account}`)

Generate an image:
  curl -sS --fail-with-body {url} {bearer} -H 'Content-Type: application/json' -d {shlex.quote(body)}

Get its result, with the id from the response in place of ID:
  curl -sS --fail-with-body '{url}?id=ID' {bearer}

See the whole flow: make demo
"""
