"""How `wokflow top` looks."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from operate.cli import queue as queues
from operate.cli.show import plain, table
from operate.overview import Overview, SlowEntry
from operate.queues import QueueEntry
from operate.workers import WorkerEntry
from shared.domain.money import dollars

WORKERS_SHOWN = 12
OLD_S, LATE_S = 10.0, 60.0  # age of the oldest job from which its row turns yellow, then red


def view(seen: Overview, *, title: str = "", rows_max: int | None = None) -> RenderableType:
    """Return the overview as tables of at most `rows_max` rows, urgent facts first."""
    parts: list[RenderableType] = [_head(seen, title), Text(""), _queues(seen)]
    if seen.slowest:
        parts += [Text("\nslowest open", style="bold"), _slowest(seen.slowest[:rows_max])]
    if seen.failing_endpoints:
        rows = (
            (e.since, "disabled" if e.disabled else "retrying", e.account, e.id, e.url) for e in seen.failing_endpoints
        )
        heads = ("failing since", "state", "account", "endpoint", "url")
        parts += [Text("\nfailing endpoints", style="bold"), table(heads, list(rows)[:rows_max])]
    parts += [Text(""), _workers(seen.workers, rows_max or WORKERS_SHOWN)]
    return Group(*parts)


def _head(seen: Overview, title: str) -> Text:
    totals, money, ledger = seen.totals, seen.money, seen.ledger
    head = Text(title and f"{title}\n", style="bold")
    for name, count, alarming in (
        ("open", totals.open, False),
        ("uncertain", totals.uncertain, True),
        ("late", totals.late, False),
        ("deliveries", totals.deliveries, False),
        ("dead letters", totals.dead_letters, True),
    ):
        head.append(f"{name} ").append(f"{count:,}   ", style="bold red" if alarming and count else "bold")
    rates = {"reserved": money.reserved_micros, "settled": money.settled_micros, "refunded": money.refunded_micros}
    amounts = "   ".join(f"{name} {dollars(micros // money.minutes)}/min" for name, micros in rates.items())
    head.append(f"\n{amounts}   in the last {money.minutes} min   ledger ")
    wrong = ledger is not None and ledger.findings > 0
    state = "not checked yet" if ledger is None else f"{ledger.findings} faults" if wrong else "balances"
    return head.append(state, style="bold red" if wrong else "bold")


def _queues(seen: Overview) -> Table:
    """Return a table of the active queues, with the number of idle ones."""
    found, count = seen.queues, queues.count_workers(seen.workers)
    busy = [one for one in found if _busy(one)]
    shown = table(queues.HEADS, (queues.row(one, count[one.name]) for one in busy))
    for number, one in enumerate(busy):
        oldest = max(one.oldest_s, one.backlog_oldest_s)
        wrong = one.breaker == "open" or oldest >= LATE_S
        shown.rows[number].style = "red" if wrong else "yellow" if one.held or oldest >= OLD_S else ""
    if len(busy) < len(found):
        shown.add_row(Text(f"{len(found) - len(busy)} idle", style="dim"))
    return shown


def _busy(one: QueueEntry) -> bool:
    return bool(one.due or one.running or one.parked or one.backlog or one.held or one.down_why or one.busy_s)


def _slowest(found: tuple[SlowEntry, ...]) -> Table:
    rows = ((queues.age(s.age_s), s.state, s.provider, queues.age(max(s.left_s, 0)), s.account, s.id) for s in found)
    return table(("age", "state", "provider", "refunded in", "account", "generation"), rows)


def _workers(found: tuple[WorkerEntry, ...], rows_max: int) -> Table:
    shown = table(
        ("process", "queue", "running", "slots", "version", "host", "since"),
        ((w.id, w.queue, w.running, w.slots, w.version, w.host, w.since) for w in found[:rows_max]),
    )
    if len(found) > rows_max:
        shown.add_row(Text(plain(f"{len(found) - rows_max} more"), style="dim"))
    return shown
