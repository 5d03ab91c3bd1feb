"""wokflow demo: a picture and a film from request to webhook, over the public API alone."""

import asyncio
import re
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from operate.cli.api import Api
from operate.cli.command import Command, Desk, Failure, open_desk
from operate.cli.demo_account import remembered
from operate.cli.demo_order import choose, order_of
from operate.cli.demo_receiver import Receiver, registered
from operate.cli.show import dollars, plain, table
from shared.domain.money import MICROS_PER_CENT
from shared.ops.settings import Settings

DONE_S = 180.0
POLL_EVERY_S = 0.3
EVENTS_S = 15.0
NO_EVENTS = "No webhook arrived in time: is `python -m workers deliver` running?"


@click.command(cls=Command)
@click.option("--key", help="An API key; by default that of the demo account, which `make run` makes.")
def demo(key: str | None) -> None:
    """Order a picture and a film from the running system, save them, and show what it cost and what was delivered."""
    desk = open_desk()
    known = remembered(desk.settings)
    chosen = key or (known.keys.get("wowflow") if known else None)
    if chosen is None:
        message = "There is no demo account here yet: start everything with `make run`, or give a key with --key."
        raise Failure("no_key", message)
    asyncio.run(_demo(desk, chosen))


async def _demo(desk: Desk, key: str) -> None:
    """The whole story in its order."""
    async with aiohttp.ClientSession() as session, Receiver() as receiver:
        api = Api(session, desk.settings.base_url, key)
        before = await api.ask("GET", "/api/v1/balance")
        chosen = choose((await api.ask("GET", "/api/v1/models"))["data"])
        async with registered(api, receiver) as refusal:
            orders = [await api.ask("POST", "/api/v1/generations", order_of(model)) for model in chosen]
            done = await _finished(api, orders, quiet=desk.json)
            folder = _folder(desk.settings)
            files = [await _save(api, entry, folder) for entry in done]
            events = await receiver.wait({entry["id"] for entry in done}, 0 if refusal else EVENTS_S)
        after = await api.ask("GET", "/api/v1/balance")
    delivered = [{"type": event.type, "generation": event.generation, "verified": event.verified} for event in events]
    facts = {
        "generations": [_outline(entry) | {"files": saved} for entry, saved in zip(done, files, strict=True)],
        "balance_cents": {"before": before["balance_cents"], "after": after["balance_cents"]},
        "events": delivered,
        "webhook_refused": refusal,
    }
    _show(desk, facts)
    if any(entry["status"] != "completed" for entry in done) or not all(event.verified for event in events):
        raise click.exceptions.Exit(1)


async def _finished(api: Api, orders: list[dict[str, Any]], *, quiet: bool) -> list[dict[str, Any]]:
    """The generations, once all have ended. Raises Failure when that takes too long."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as progress:
        bars = [progress.add_task(f"{order['model']}: {order['stage']}", total=1) for order in orders]
        try:
            async with asyncio.timeout(DONE_S):
                while any(order["status"] == "processing" for order in orders):
                    await asyncio.sleep(POLL_EVERY_S)
                    orders = [await api.ask("GET", f"/api/v1/generations?id={order['id']}") for order in orders]
                    for bar, order in zip(bars, orders, strict=True):
                        ended = order["status"] != "processing"
                        progress.update(bar, description=f"{order['model']}: {order['stage']}", completed=ended)
        except TimeoutError:
            message = f"The generations did not end within {DONE_S:.0f} s: is a worker running?"
            raise Failure("too_slow", message) from None
    return orders


def _folder(settings: Settings) -> Path:
    folder = Path(settings.data_dir) / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def _save(api: Api, entry: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Fetch the outputs of a generation."""
    saved = []
    for number, url in enumerate(entry.get("result_urls", ())):
        suffix = PurePosixPath(urlsplit(url).path).suffix
        ending = suffix if re.fullmatch(r"\.[a-z0-9]{1,8}", suffix) else ".bin"
        file = folder / f"{entry['type']}-{entry['id']}{f'-{number + 1}' if number else ''}{ending}"
        saved.append({"file": str(file), "size_bytes": await api.download(url, file)})
    return saved


def _outline(entry: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "model", "status", "cost_cents", "refunded_cents", "result_text", "error")
    return {name: entry[name] for name in names if name in entry}


def _refused(message: str) -> str:
    return (
        f"No webhook was tried: the gateway refused the endpoint ({plain(message)}). "
        "Set WEBHOOK_ALLOW_PRIVATE=true for the gateway and the dispatcher to see one arrive here."
    )


def _price(cents: int) -> str:
    return dollars(cents * MICROS_PER_CENT)


def _show(desk: Desk, facts: dict[str, Any]) -> None:
    rows = [
        (entry["model"], entry["status"], _price(entry["cost_cents"]), saved.get("size_bytes"), saved.get("file"))
        for entry in facts["generations"]
        for saved in entry["files"] or [{"file": entry.get("error") or entry.get("result_text")}]
    ]
    signed = {True: "signature verified", False: "SIGNATURE IS WRONG"}
    events = [(event["type"], event["generation"], signed[event["verified"]]) for event in facts["events"]]
    cents = facts["balance_cents"]
    refused = facts["webhook_refused"]
    desk.show(
        facts,
        table(("model", "status", "cost", "bytes", "file"), rows),
        f"\nbalance before {_price(cents['before'])}, after {_price(cents['after'])}\n",
        _refused(refused) if refused else table(("webhook", "generation", ""), events) if events else NO_EVENTS,
    )
