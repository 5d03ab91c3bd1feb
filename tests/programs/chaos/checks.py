"""The rules that hold after a run, whatever was killed. Each check yields its violations."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

import msgspec
from msgspec import Struct

from shared.domain.generation import COMPLETED, FAILED, Generation
from tests.harness.factories import CENTS
from tests.programs.chaos import archived, hostile
from tests.programs.chaos.client import ClientRecord
from tests.programs.chaos.logs import summarize
from tests.programs.chaos.orders import identity, identity_of
from tests.programs.chaos.plan import BUYERS
from tests.programs.chaos.rollback import faults_of
from tests.programs.chaos.scene import PAYMENT_CENTS, Evidence

RESCUE_S_MAX = 5.0
CLOCK_S = 1.0  # tolerance of times
AGAINST_PROVIDER = ("upstream_error", "provider_busy")
ACCEPTED_MIN = 0.5  # of the orders; a run in which everything is refused proves nothing
WARNING = "evt_low_"  # followed by the generation whose order lowered the balance


class Violation(Struct, frozen=True):
    """A broken rule, and the id that broke it."""

    rule: str
    id: str
    detail: str = ""


Check = Callable[[Evidence], Iterator[Violation]]


def violations(evidence: Evidence, *, timed: bool) -> list[Violation]:
    """List all violations. `timed` includes the time of rescues, which needs a machine without other load."""
    checks = (*CHECKS, check_rescue_times) if timed else CHECKS
    return [violation for check in checks for violation in check(evidence)]


def check_acceptances(evidence: Evidence) -> Iterator[Violation]:
    """Check that every accepted generation is in the store."""
    for record in evidence.records:
        for name in record.ids:
            if name not in evidence.generations:
                yield Violation("an accepted generation is missing", name, record.order.prompt)


def check_ends(evidence: Evidence) -> Iterator[Violation]:
    """Check that every generation ended, and none with an internal error."""
    for generation in (*evidence.generations.values(), *evidence.attacked.generations.values()):
        if generation.open:
            yield Violation("a generation did not end", generation.id, f"{generation.state}: {generation.spec.prompt}")
        elif error_code(generation) == "internal_error":
            yield Violation("a generation failed with an internal error", generation.id, generation.spec.prompt)


def check_duplicates(evidence: Evidence) -> Iterator[Violation]:
    """Check that an order and its copies create at most one generation, and a refused order none."""
    by_identity: defaultdict[str, list[Generation]] = defaultdict(list)
    for generation in evidence.generations.values():
        by_identity[identity_of(generation)].append(generation)
    for record in evidence.records:
        found = by_identity.pop(identity(record.order), [])
        if len(found) > 1:
            yield Violation("an order was charged twice", found[1].id, f"{record.order.prompt}: {len(found)}")
        if len(set(record.ids)) > 1:
            yield Violation(
                "an Idempotency-Key returned two ids", record.ids[0], f"{record.order.key}: {sorted(set(record.ids))}"
            )
        if found and record.outcome == "refused" and not failed_while_waiting(record, found[0]):
            yield Violation("a refused order was charged", found[0].id, f"{record.refused}: {record.order.prompt}")
    for strangers in by_identity.values():
        yield Violation("a generation has no order", strangers[0].id, strangers[0].spec.prompt)


def failed_while_waiting(record: ClientRecord, generation: Generation) -> bool:
    """Return whether the client got 502 because the accepted generation failed while the client waited."""
    return record.refused == 502 and record.order.wait_s > 0 and generation.state == FAILED


def check_purchases(evidence: Evidence) -> Iterator[Violation]:
    """Check that the provider was paid at most once, never after a refusal, and for every delivered generation."""
    for name, count in evidence.paid.accepted.items():
        if count > 1:
            yield Violation("a generation was bought twice", name, f"{count} times: {evidence.paid.prompts[name]}")
    for name in evidence.paid.resubmitted():
        yield Violation(
            "a generation was submitted again", name, f"{evidence.paid.prompts[name]}: {evidence.paid.statuses[name]}"
        )
    for generation in evidence.generations.values():
        done = generation.state == COMPLETED and generation.provider != "kinds"
        if done and not evidence.paid.accepted[generation.id]:
            yield Violation("a generation completed without a purchase", generation.id, generation.spec.prompt)


def check_odd_answers(evidence: Evidence) -> Iterator[Violation]:
    """Check that a model which is busy or forbidden does not count against the other model of its provider."""
    for generation in evidence.generations.values():
        if generation.spec.model == "chaos/odd" and error_code(generation) in AGAINST_PROVIDER:
            yield Violation("a model failed for another one", generation.id, generation.spec.prompt)


def check_charges(evidence: Evidence) -> Iterator[Violation]:
    """Check that a completed generation costs its reservation, and a failed one nothing, late results included."""
    for generation in (*evidence.generations.values(), *evidence.attacked.generations.values()):
        due = generation.reserved if generation.state == COMPLETED else 0
        if not generation.open and generation.cost != due:
            yield Violation("a generation has a wrong charge", generation.id, f"{generation.state}: {generation.cost}")


def check_payments(evidence: Evidence) -> Iterator[Violation]:
    """Check that each payment was credited once."""
    for account, micros in evidence.payments.items():
        if evidence.credited[account] != micros:
            yield Violation("a payment was lost or counted twice", account, f"{evidence.credited[account]} of {micros}")


def check_events(evidence: Evidence) -> Iterator[Violation]:
    """Check that each end has an event with a valid signature and one body, and that no other event exists."""
    for customer, inbox in zip(evidence.customers, evidence.inboxes, strict=True):
        mine = {g.id: g for g in evidence.generations.values() if g.account == customer.account and not g.open}
        for name, closed in mine.items():
            if f"evt_{name}" not in inbox.events:
                yield Violation("an end has no event", name, closed.spec.prompt)
        for event, received in inbox.events.items():
            generation = mine.get(event.removeprefix("evt_"))
            if not all(delivery.verified for delivery in received):
                yield Violation("a webhook has a wrong signature", event)
            if len({delivery.body for delivery in received}) > 1:
                yield Violation("an event was sent with two bodies", event)
            if generation is None and not event.startswith(WARNING):
                yield Violation("an event has no generation", event)
            elif generation is not None and msgspec.json.decode(received[0].body)["status"] != generation.state:
                yield Violation("an event has a wrong status", event, received[0].body.decode())


def check_low_balance_events(evidence: Evidence) -> Iterator[Violation]:
    """Check that an order caused each low-balance event, with at most one more for each payment."""
    for customer, inbox, buyer in zip(evidence.customers, evidence.inboxes, BUYERS, strict=True):
        order_ids = [event.removeprefix(WARNING) for event in inbox.events if event.startswith(WARNING)]
        mine = {name for name, generation in evidence.generations.items() if generation.account == customer.account}
        paid_later = evidence.payments[customer.account] - buyer.cents * CENTS
        if not mine.issuperset(order_ids) or len(order_ids) > 1 + paid_later // (PAYMENT_CENTS * CENTS):
            yield Violation("a low balance was reported too often, or without an order", customer.account)


def check_ledgers(evidence: Evidence) -> Iterator[Violation]:
    """Check that the ledgers add up, and that no queue holds anything."""
    for finding in evidence.books.findings:
        yield Violation(f"ledger check: {finding.fault}", finding.id, finding.detail or finding.at)
    if evidence.left_over:
        yield Violation("the store has leftovers", evidence.left_over[0], " ".join(evidence.left_over[:10]))


def check_records(evidence: Evidence) -> Iterator[Violation]:
    """Check that the database has each ended generation once, and the amounts of the store."""
    stored = {**evidence.generations, **evidence.attacked.generations}
    for rule, name, detail in archived.faults_of(evidence.archived, stored):
        yield Violation(rule, name, detail)


def check_archived_purchases(evidence: Evidence) -> Iterator[Violation]:
    """Check the database against the notes of provider, clients and receivers."""
    rows = evidence.archived.generations
    for name in evidence.purchases - rows.keys():
        yield Violation("a purchase is not in the database", name, evidence.paid.prompts[name])
    for record in evidence.records:
        for name in record.ids:
            row = rows.get(name)
            if row is None:
                yield Violation("a client's generation is not in the database", name, record.order.prompt)
            elif record.statuses and record.statuses[-1] in (COMPLETED, FAILED) and record.statuses[-1] != row.state:
                yield Violation("a client saw another end than the database", name, f"{record.statuses[-1]}")
    for inbox in evidence.inboxes:
        for event in inbox.events:
            if not evidence.archived.delivered[event]:
                yield Violation("a received event is not in the database", event)


def check_behaviour(evidence: Evidence) -> Iterator[Violation]:
    """Check that no process exited, no client saw an anomaly, no error was logged, and most orders were accepted."""
    for anomaly, count in Counter(evidence.anomalies).items():
        yield Violation("an anomaly was seen", "", f"{count} times: {anomaly}")
    accepted = sum(record.outcome == "accepted" for record in evidence.records)
    if accepted < len(evidence.records) * ACCEPTED_MIN:
        yield Violation("too few orders were accepted", "", f"{accepted} of {len(evidence.records)}")
    for record in evidence.records:
        for anomaly in record.anomalies:
            yield Violation("a client saw an anomaly", record.ids[0] if record.ids else "", anomaly)
    for first, count in Counter(summarize(error) for error in evidence.errors).items():
        yield Violation("an error was logged", "", f"{count} times: {first}")


def check_rescue_times(evidence: Evidence) -> Iterator[Violation]:
    """Check that other workers soon rescue the generations of a killed worker."""
    for rescue in evidence.rescues:
        if rescue.action == "kill" and rescue.calm and rescue.took_s > RESCUE_S_MAX:
            yield Violation("a rescue took too long", rescue.generation, f"{rescue.took_s:.1f} s after {rescue.worker}")


def check_clocks(evidence: Evidence) -> Iterator[Violation]:
    """Check that the store's clock gave every generation its times, and that wrong clocks were reported."""
    ended_ms = evidence.started_ms + int((evidence.took_s + CLOCK_S) * 1000)
    for generation in evidence.generations.values():
        times = (generation.created_ms, generation.started_ms, generation.closed_ms)
        if not all(evidence.started_ms - CLOCK_S * 1000 <= ms <= ended_ms for ms in times if ms is not None):
            yield Violation("a generation has a time of a wrong clock", generation.id, str(times))
    if not evidence.warnings["clock.skewed"]:
        yield Violation("no process reported its wrong clock", "")


def check_rollback(evidence: Evidence) -> Iterator[Violation]:
    """Check that processes stopped at an older store, and went on when an operator accepted it."""
    for rule, detail in faults_of(evidence.rollback) if evidence.rollback else ():
        yield Violation(rule, "", detail)


def check_hostile_tenant(evidence: Evidence) -> Iterator[Violation]:
    """Check that the hostile tenant gets what it is owed, too."""
    for rule, detail in hostile.faults_of(evidence.attacked):
        yield Violation(rule, "", detail)


def error_code(generation: Generation) -> str:
    """Return the error code of a generation, or an empty string if it did not fail."""
    return (generation.outcome.error_code or "") if generation.outcome else ""


CHECKS: tuple[Check, ...] = (
    *(check_acceptances, check_ends, check_duplicates, check_purchases, check_odd_answers),
    *(
        check_charges,
        check_payments,
        check_events,
        check_low_balance_events,
        check_ledgers,
        check_records,
        check_archived_purchases,
        check_behaviour,
        check_clocks,
        check_rollback,
        check_hostile_tenant,
    ),
)
