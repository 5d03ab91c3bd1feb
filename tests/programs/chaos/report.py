"""A run in figures: for people as tables, for machines as JSON."""

from collections import Counter, defaultdict
from typing import Any

from msgspec import structs
from rich.console import Console
from rich.table import Table

from shared.domain.generation import COMPLETED, FAILED, Generation
from tests.programs.chaos.plan import BEHAVIOURS, EVERYTHING
from tests.programs.chaos.scene import Evidence
from tests.programs.chaos.verdict import Violation, code

SHOWN_MAX = 30
NOT_A_TIME = -1.0


def figures(evidence: Evidence) -> dict[str, Any]:
    """What a run came to."""
    stories, made = evidence.stories, list(evidence.generations.values())
    outcomes = Counter(story.outcome for story in stories)
    received = [len(times) for inbox in evidence.inboxes for times in inbox.events.values()]
    ours = [evidence.paid.submits[generation.id] for generation in made if generation.provider == "paid"]
    return {
        "asked": len(stories),
        "asked of WokGen's calls": sum(bool(story.wish.call) for story in stories),
        "accepted": outcomes["accepted"],
        "refused": outcomes["refused"],
        "unknown to the client": outcomes["unknown"],
        "generations made": len(made),
        "completed": sum(generation.state == COMPLETED for generation in made),
        "refunded": sum(generation.state == FAILED for generation in made),
        "were uncertain": len(evidence.uncertain | {g.id for g in made if code(g) == "outcome_unknown"}),
        "ended otherwise than meant": len(harmed(evidence)),
        "late results": sum(generation.late is not None for generation in made),
        "submits to the paid provider": sum(ours),
        "most submits of one generation": max(ours, default=0),
        "most of them accepted": max(evidence.paid.accepted.values(), default=0),
        "callbacks taken": sum(evidence.paid.calls.values()),
        "kills": count(evidence, "kill"),
        "polite stops": count(evidence, "stop"),
        "pauses": count(evidence, "pause"),
        "blows to the store": sum(mark.target == "store" for mark in evidence.marks),
        "power cuts": sum(mark.target == EVERYTHING for mark in evidence.marks),
        "restarts of the store": sum(
            mark.target in ("store", EVERYTHING) and mark.action != "pause" for mark in evidence.marks
        ),
        "rescued generations": sum(rescue.action == "kill" for rescue in evidence.rescues),
        "worst rescue, s": worst(evidence, "kill", calm=True),
        "worst rescue without store or peer, s": worst(evidence, "kill", calm=False),
        "worst take-over from a paused worker, s": worst(evidence, "pause", calm=True),
        "worst end past the deadline, s": overrun_s(evidence),
        "events told": len(received),
        "told more than once": sum(times > 1 for times in received),
        "posts": sum(received),
        "accounts checked": evidence.books.accounts,
        "ledger lines checked": evidence.books.lines,
        "took, s": round(evidence.took_s, 1),
    }


def count(evidence: Evidence, action: str) -> int:
    """How often processes of ours, the store and power cuts not counted, were dealt that blow."""
    return sum(mark.action == action and mark.target not in ("store", EVERYTHING) for mark in evidence.marks)


def worst(evidence: Evidence, action: str, *, calm: bool) -> float:
    """The longest rescue of that kind; -1 for none."""
    times = [rescue.took_s for rescue in evidence.rescues if rescue.action == action and rescue.calm == calm]
    return round(max(times, default=NOT_A_TIME), 2)


def overrun_s(evidence: Evidence) -> float:
    """How long after its deadline the slowest generation ended."""
    ends = [g.closed_ms - g.deadline_ms for g in evidence.generations.values() if g.closed_ms is not None]
    return round(max(ends, default=0) / 1000, 2)


def harmed(evidence: Evidence) -> list[Generation]:
    """Generations of the paid provider that ended otherwise than it was told to end them, cancels not counted."""
    found = []
    for generation in evidence.generations.values():
        _, meant = BEHAVIOURS.get(behaviour_of(generation), (0, ""))
        end = code(generation) or generation.state
        if generation.provider == "paid" and meant and end not in (meant, "canceled"):
            found.append(generation)
    return found


def behaviour_of(generation: Generation) -> str:
    """What its provider was told to do."""
    return generation.spec.prompt.partition(": ")[2]


def story_of(evidence: Evidence, generation: Generation) -> dict[str, Any]:
    """A generation in a line, times in seconds after the start."""
    times = {"created": generation.created_ms, "started": generation.started_ms, "closed": generation.closed_ms}
    times["deadline"] = generation.deadline_ms
    return {
        "id": generation.id,
        "prompt": generation.spec.prompt,
        "buyer": next(n for n, one in enumerate(evidence.customers) if one.account == generation.account),
        "end": code(generation) or generation.state,
        "said": evidence.paid.said[generation.id],
        "looks": evidence.paid.looks[generation.id],
        "ref": generation.ref is not None,
        **{name: round((ms - evidence.began_ms) / 1000, 2) for name, ms in times.items() if ms is not None},
    }


def fates(evidence: Evidence) -> dict[str, dict[str, int]]:
    """By what the paid provider was told to do: how generations ended."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for generation in evidence.generations.values():
        behaviour = behaviour_of(generation) if generation.provider == "paid" else "(kinds)"
        found[behaviour][code(generation) or generation.state] += 1
    return {behaviour: dict(counts.most_common()) for behaviour, counts in sorted(found.items())}


def as_json(evidence: Evidence, wrong: list[Violation]) -> dict[str, Any]:
    """Everything worth keeping of a run."""
    plan = evidence.plan
    return {
        "seed": plan.seed,
        "load_s": plan.load_s,
        "figures": figures(evidence),
        "fates": fates(evidence),
        "answers": evidence.answers,
        "warnings": dict(evidence.logged.most_common()),
        "harmed": [story_of(evidence, generation) for generation in harmed(evidence)],
        "violations": [structs.asdict(violation) for violation in wrong],
        "errors": evidence.errors[:SHOWN_MAX],
        "books": {name: getattr(evidence.books, name) for name in ("accounts", "lines", "generations", "deliveries")},
        "blows": [structs.asdict(mark) for mark in evidence.marks],
        "rescues": [structs.asdict(rescue) for rescue in evidence.rescues],
        "samples": [structs.asdict(sample) for sample in evidence.samples],
    }


def show(screen: Console, evidence: Evidence, wrong: list[Violation]) -> None:
    """Print the figures, how generations ended, and what is wrong."""
    table = Table(title=f"chaos, seed {evidence.plan.seed}", title_justify="left")
    table.add_column("what")
    table.add_column("how much", justify="right")
    for name, value in figures(evidence).items():
        table.add_row(name, "none" if value == NOT_A_TIME else f"{value:,}")
    screen.print(table)
    ends = Table("the provider was to", "and the generations ended", title="fates", title_justify="left")
    for behaviour, counts in fates(evidence).items():
        ends.add_row(behaviour, ", ".join(f"{number} {word}" for word, number in counts.items()))
    screen.print(ends)
    if wrong:
        faults = Table("rule", "id", "detail", title=f"{len(wrong)} violations", title_justify="left", style="red")
        for violation in wrong[:SHOWN_MAX]:
            faults.add_row(violation.rule, violation.id, violation.detail[:400])
        screen.print(faults)
    else:
        screen.print("Nothing was lost, charged twice or bought twice, and the books add up.")
