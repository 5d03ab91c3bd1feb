"""wokflow demo: an image and a video from request to webhook, through the public API alone."""

import asyncio
import re
from pathlib import Path, PurePosixPath
from typing import Any

import aiohttp
import click
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from operate.cli import terminal
from operate.cli.api import ApiClient
from operate.cli.command import Command, CommandContext, Failure, open_context
from operate.cli.demo_account import read_account
from operate.cli.demo_order import body_for, choose_models
from operate.cli.demo_receiver import Receiver, register
from operate.cli.show import plain, table
from shared.domain.foreign_url import path_of
from shared.domain.money import dollars
from shared.ops.settings import Settings

DONE_S = 180.0
POLL_EVERY_S = 0.3
EVENTS_S = 15.0
NO_EVENTS = "No webhook arrived within 15 s: check that `python -m workers deliver` is running."


@click.command("demo", cls=Command)
@click.option("--key", help="API key; default: the key of the demo account that `make run` creates.")
def run_demo(key: str | None) -> None:
    """Generate an image and a video. Files, cost and webhooks are shown at the end."""
    context = open_context()
    known = read_account(context.settings)
    chosen = key or (known.keys.get("wowflow") if known else None)
    if chosen is None:
        message = "DATA_DIR has no demo account yet: start everything with `make run`, or give an API key with --key."
        raise Failure("no_key", message)
    asyncio.run(_run(context, chosen))


async def _run(context: CommandContext, key: str) -> None:
    async with aiohttp.ClientSession() as session, Receiver() as receiver:
        api = ApiClient(session, context.settings.base_url, key)
        before = await api.request("GET", "/api/v1/balance")
        chosen = choose_models((await api.request("GET", "/api/v1/models"))["data"])
        async with register(api, receiver) as refusal:
            orders = [await api.request("POST", "/api/v1/generations", body_for(model)) for model in chosen]
            done = await _wait_finished(api, orders, quiet=context.json)
            folder = _folder(context.settings)
            files = [await _save(api, entry, folder) for entry in done]
            events = await receiver.wait({entry["id"] for entry in done}, 0 if refusal else EVENTS_S)
        after = await api.request("GET", "/api/v1/balance")
    delivered = [{"type": event.type, "generation": event.generation, "verified": event.verified} for event in events]
    facts = {
        "generations": [_outline(entry) | {"files": saved} for entry, saved in zip(done, files, strict=True)],
        "balance_micros": {"before": before["balance_micros"], "after": after["balance_micros"]},
        "events": delivered,
        "webhook_refused": refusal,
    }
    _show(context, facts)
    if any(entry["status"] != "completed" for entry in done) or not all(event.verified for event in events):
        raise click.exceptions.Exit(1)


async def _wait_finished(api: ApiClient, orders: list[dict[str, Any]], *, quiet: bool) -> list[dict[str, Any]]:
    """Return the generations once all have ended. Raises Failure after DONE_S."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    console = terminal.open_console(stderr=True)
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as progress:
        bars = [progress.add_task(f"{order['model']}: {order['stage']}", total=1) for order in orders]
        try:
            async with asyncio.timeout(DONE_S):
                while any(order["status"] == "processing" for order in orders):
                    await asyncio.sleep(POLL_EVERY_S)
                    orders = [await api.request("GET", f"/api/v1/generations?id={order['id']}") for order in orders]
                    for bar, order in zip(bars, orders, strict=True):
                        ended = order["status"] != "processing"
                        progress.update(bar, description=f"{order['model']}: {order['stage']}", completed=ended)
        except TimeoutError:
            message = f"The generations did not end within {DONE_S:.0f} s: check `wokflow worker list`."
            raise Failure("too_slow", message) from None
    return orders


def _folder(settings: Settings) -> Path:
    folder = Path(settings.data_dir) / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def _save(api: ApiClient, entry: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Save the outputs of a generation; return their files and sizes."""
    saved = []
    for number, url in enumerate(entry.get("result_urls", ())):
        suffix = PurePosixPath(path_of(url)).suffix
        ending = suffix if re.fullmatch(r"\.[a-z0-9]{1,8}", suffix) else ".bin"
        file = folder / f"{entry['type']}-{entry['id']}{f'-{number + 1}' if number else ''}{ending}"
        saved.append({"file": str(file), "size_bytes": await api.download(url, file)})
    return saved


def _outline(entry: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "model", "status", "cost_micros", "refunded_micros", "result_text", "error")
    return {name: entry[name] for name in names if name in entry}


def _refused(message: str) -> str:
    return (
        f"No webhook was sent: the gateway refused the endpoint ({plain(message.rstrip('.'))}). "
        "Set WEBHOOK_ALLOW_NETWORKS=127.0.0.0/8 for the gateway and the dispatcher to receive one here."
    )


def _show(context: CommandContext, facts: dict[str, Any]) -> None:
    rows = [
        (entry["model"], entry["status"], dollars(entry["cost_micros"]), saved.get("size_bytes"), saved.get("file"))
        for entry in facts["generations"]
        for saved in entry["files"] or [{"file": entry.get("error") or entry.get("result_text")}]
    ]
    signed = {True: "signature verified", False: "SIGNATURE INVALID"}
    events = [(event["type"], event["generation"], signed[event["verified"]]) for event in facts["events"]]
    balance = facts["balance_micros"]
    refused = facts["webhook_refused"]
    context.show(
        facts,
        table(("model", "status", "cost", "bytes", "file"), rows),
        f"\nbalance before {dollars(balance['before'])}, after {dollars(balance['after'])}\n",
        _refused(refused) if refused else table(("webhook", "generation", ""), events) if events else NO_EVENTS,
    )
