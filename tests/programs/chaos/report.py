"""The figures of a run: for people as tables, for machines as JSON."""

from collections import Counter, defaultdict
from typing import Any

from msgspec import structs
from rich.console import Console
from rich.table import Table

from shared.domain.generation import COMPLETED, FAILED, Generation
from tests.programs.chaos.checks import Violation, error_code
from tests.programs.chaos.plan import BEHAVIOURS, DATABASE, EVERYTHING, PARTITIONS
from tests.programs.chaos.scene import Evidence

SHOWN_MAX = 30
NOT_A_TIME = -1.0


def figures(evidence: Evidence) -> dict[str, Any]:
    """Return the figures of a run by name."""
    records, generations = evidence.records, list(evidence.generations.values())
    outcomes = Counter(record.outcome for record in records)
    deliveries = [len(times) for inbox in evidence.inboxes for times in inbox.events.values()]
    submits = [evidence.paid.submits[generation.id] for generation in generations if generation.provider == "paid"]
    return {
        "ordered": len(records),
        "ordered through WokGen's calls": sum(bool(record.order.call) for record in records),
        "accepted": outcomes["accepted"],
        "refused": outcomes["refused"],
        "unknown to the client": outcomes["unknown"],
        "generations created": len(generations),
        "completed": sum(generation.state == COMPLETED for generation in generations),
        "refunded": sum(generation.state == FAILED for generation in generations),
        "were uncertain": len(evidence.uncertain | {g.id for g in generations if error_code(g) == "outcome_unknown"}),
        "ended differently than instructed": len(diverged(evidence)),
        "late results": sum(generation.late is not None for generation in generations),
        "submits to the paid provider": sum(submits),
        "most submits of one generation": max(submits, default=0),
        "most purchases of one generation": max(evidence.paid.accepted.values(), default=0),
        "callbacks accepted": sum(evidence.paid.calls.values()),
        "kills": count(evidence, "kill"),
        "stops": count(evidence, "stop"),
        "pauses": count(evidence, "pause"),
        "partitions": sum(count(evidence, action) for action in PARTITIONS),
        "warnings of wrong clocks": evidence.warnings["clock.skewed"],
        "faults of the store": sum(fault.target == "store" for fault in evidence.injected),
        "power cuts": sum(fault.target == EVERYTHING for fault in evidence.injected),
        "restarts of the store": sum(
            fault.target in ("store", EVERYTHING) and fault.action != "pause" for fault in evidence.injected
        ),
        "rescued generations": sum(rescue.action == "kill" for rescue in evidence.rescues),
        "worst rescue, s": worst(evidence, "kill", calm=True),
        "worst rescue without a store or peer, s": worst(evidence, "kill", calm=False),
        "worst takeover from a paused worker, s": worst(evidence, "pause", calm=True),
        "worst end past the deadline, s": overrun_s(evidence),
        "events delivered": len(deliveries),
        "delivered more than once": sum(times > 1 for times in deliveries),
        "webhook requests": sum(deliveries),
        "orders of the hostile tenant": len(evidence.attacked.generations),
        "posts that its endpoints left unanswered": evidence.attacked.hung,
        "kills of the database": sum(fault.target == DATABASE for fault in evidence.injected),
        "generations in the database": len(evidence.archived.generations),
        "ledger lines in the database": sum(len(lines) for lines in evidence.archived.lines.values()),
        "orders lost by the rollback": evidence.rollback.lost if evidence.rollback else NOT_A_TIME,
        "accounts checked": evidence.books.accounts,
        "ledger entries checked": evidence.books.lines,
        "duration, s": round(evidence.took_s, 1),
    }


def count(evidence: Evidence, action: str) -> int:
    """Count the faults of one kind, without power cuts and faults of store and database."""
    return sum(
        fault.action == action and fault.target not in ("store", DATABASE, EVERYTHING) for fault in evidence.injected
    )


def worst(evidence: Evidence, action: str, *, calm: bool) -> float:
    """Return the longest rescue of that kind, or -1 without one."""
    times = [rescue.took_s for rescue in evidence.rescues if rescue.action == action and rescue.calm == calm]
    return round(max(times, default=NOT_A_TIME), 2)


def overrun_s(evidence: Evidence) -> float:
    """Return how long after its deadline the slowest generation ended."""
    ends = [g.closed_ms - g.deadline_ms for g in evidence.generations.values() if g.closed_ms is not None]
    return round(max(ends, default=0) / 1000, 2)


def diverged(evidence: Evidence) -> list[Generation]:
    """List the paid provider's generations that ended differently from their instructions, without cancellations."""
    ends = []
    for generation in evidence.generations.values():
        _, meant = BEHAVIOURS.get(behaviour_of(generation), (0, ""))
        end = error_code(generation) or generation.state
        if generation.provider == "paid" and meant and end not in (meant, "canceled"):
            ends.append(generation)
    return ends


def behaviour_of(generation: Generation) -> str:
    """Return the instruction to the provider."""
    return generation.spec.prompt.partition(": ")[2]


def describe_generation(evidence: Evidence, generation: Generation) -> dict[str, Any]:
    """Describe a generation, with times in seconds after the start."""
    times = {"created": generation.created_ms, "started": generation.started_ms, "closed": generation.closed_ms}
    times["deadline"] = generation.deadline_ms
    return {
        "id": generation.id,
        "prompt": generation.spec.prompt,
        "buyer": next(n for n, customer in enumerate(evidence.customers) if customer.account == generation.account),
        "end": error_code(generation) or generation.state,
        "submit_statuses": evidence.paid.statuses[generation.id],
        "polls": evidence.paid.polls[generation.id],
        "ref": generation.ref is not None,
        **{name: round((ms - evidence.started_ms) / 1000, 2) for name, ms in times.items() if ms is not None},
    }


def ends_by_behaviour(evidence: Evidence) -> dict[str, dict[str, int]]:
    """Count how generations ended, by the instruction to the provider."""
    ends: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for generation in evidence.generations.values():
        behaviour = behaviour_of(generation) if generation.provider != "kinds" else "(kinds)"
        ends[behaviour][error_code(generation) or generation.state] += 1
    return {behaviour: dict(counts.most_common()) for behaviour, counts in sorted(ends.items())}


def as_json(evidence: Evidence, broken: list[Violation]) -> dict[str, Any]:
    """Return the whole run as JSON."""
    plan = evidence.plan
    return {
        "seed": plan.seed,
        "load_s": plan.load_s,
        "shifts_s": plan.shifts_s,
        "figures": figures(evidence),
        "ends": ends_by_behaviour(evidence),
        "responses": evidence.responses,
        "responses to the hostile tenant": dict(sorted(evidence.attacked.responses.items())),
        "warnings": dict(evidence.warnings.most_common()),
        "diverged": [describe_generation(evidence, generation) for generation in diverged(evidence)],
        "violations": [structs.asdict(violation) for violation in broken],
        "errors": evidence.errors[:SHOWN_MAX],
        "books": {name: getattr(evidence.books, name) for name in ("accounts", "lines", "generations", "deliveries")},
        "faults": [structs.asdict(fault) for fault in evidence.injected],
        "rescues": [structs.asdict(rescue) for rescue in evidence.rescues],
        "samples": [structs.asdict(sample) for sample in evidence.samples],
    }


def print_report(screen: Console, evidence: Evidence, broken: list[Violation]) -> None:
    """Print the figures, how generations ended, and the violations."""
    table = Table(title=f"chaos, seed {evidence.plan.seed}", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in figures(evidence).items():
        table.add_row(name, "none" if value == NOT_A_TIME else f"{value:,}")
    screen.print(table)
    ends = Table("instruction to the provider", "ends of the generations", title="ends", title_justify="left")
    for behaviour, counts in ends_by_behaviour(evidence).items():
        ends.add_row(behaviour, ", ".join(f"{number} {word}" for word, number in counts.items()))
    screen.print(ends)
    if broken:
        found = Table("rule", "id", "detail", title=f"{len(broken)} violations", title_justify="left", style="red")
        for violation in broken[:SHOWN_MAX]:
            found.add_row(violation.rule, violation.id, violation.detail[:400])
        screen.print(found)
    else:
        screen.print("Nothing was lost, charged twice or bought twice, and the ledgers add up.")
