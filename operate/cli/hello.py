"""wokflow hello: the last line of the Procfile tells a newcomer where everything is."""

import asyncio
import json
import shlex
import signal

import aiohttp
import click

from operate.cli.catalogue import read_catalogue
from operate.cli.command import Command, Desk, Failure, open_desk, open_store
from operate.cli.demo_account import DemoAccount, ensure
from shared.ops.settings import Settings

READY_S = 60.0
LOOK_EVERY_S = 0.2
LOOK_S = 2.0
MODEL = "google/nano-banana-2-pro-1k"
PROMPT = "a lighthouse on a cliff at dusk"
EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104  # compared with, not bound to


@click.command(cls=Command)
def hello() -> None:
    """Wait for the gateway, make a demo account, say where everything is, and stay until told to stop."""
    asyncio.run(_stay(open_desk()))


async def _stay(desk: Desk) -> None:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    greeting, stop = asyncio.create_task(_greet(desk)), asyncio.create_task(told.wait())
    await asyncio.wait({greeting, stop}, return_when=asyncio.FIRST_COMPLETED)
    if greeting.done():
        greeting.result()
        await stop
    greeting.cancel()
    await asyncio.wait({greeting})


async def _greet(desk: Desk) -> None:
    await _ready(local_url(desk.settings))
    async with open_store(desk.settings) as store:
        demo = await ensure(store, desk.settings)
    url = desk.settings.base_url
    places = {"api": f"{url}/api/v1", "docs": f"{url}/docs", "metrics": f"{url}/metrics"}
    if desk.json:
        desk.show({"account": demo.account, "keys": demo.keys, **places})
    else:
        click.echo(_text(desk.settings, demo, places))


def local_url(settings: Settings) -> str:
    """Where the gateway answers on this machine; base_url may lead through somebody's proxy."""
    host = "127.0.0.1" if settings.host in EVERYWHERE else settings.host
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


async def _ready(url: str) -> None:
    """Return when the gateway is ready. Raises Failure when it is not in time."""
    seen = "nothing"
    try:
        async with (
            asyncio.timeout(READY_S),
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=LOOK_S)) as session,
        ):
            while True:
                try:
                    async with session.get(f"{url}/readyz") as answer:
                        if answer.status == 200:
                            return
                        seen = (await answer.text())[:300]
                except (aiohttp.ClientError, TimeoutError) as error:
                    seen = str(error) or "no answer"
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        message = f"The gateway at {url} was not ready within {READY_S:.0f} s, look at its log; last seen: {seen}"
        raise Failure("not_ready", message) from None


def _text(settings: Settings, demo: DemoAccount, places: dict[str, str]) -> str:
    models = read_catalogue(settings.catalogue).models
    key, url = demo.keys["wowflow"], f"{places['api']}/generations"
    order = json.dumps({"model": MODEL if MODEL in models else next(iter(models), MODEL), "prompt": PROMPT})
    bearer = f"-H 'Authorization: Bearer {key}'"
    return f"""
Wokflow is ready.

  API      {places["api"]}
  docs     {places["docs"]}
  metrics  {places["metrics"]}

  key      {key}
  account  {demo.account} (see `wokflow account show {demo.account}`)

Order a picture:
  curl -s {url} {bearer} -H 'Content-Type: application/json' -d {shlex.quote(order)}

Look at it, with the id from the answer in place of ID:
  curl -s '{url}?id=ID' {bearer}

See everything at work: make demo
"""
