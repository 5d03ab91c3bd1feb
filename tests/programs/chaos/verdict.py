"""What must hold after a run, whatever was killed. Each check lists what is against it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

import msgspec
from msgspec import Struct

from shared.domain.generation import COMPLETED, FAILED, Generation
from tests.harness.factories import CENTS
from tests.programs.chaos.client import Story
from tests.programs.chaos.complaints import gist
from tests.programs.chaos.orders import mark, mark_of
from tests.programs.chaos.plan import BUYERS
from tests.programs.chaos.scene import PAYMENT_CENTS, Evidence

RESCUE_S_MAX = 5.0
ACCEPTED_MIN = 0.5  # of what was asked for; a run that is refused everything proves nothing
WARNING = "evt_low_"  # and the generation whose order took the balance there


class Violation(Struct, frozen=True):
    """A rule that was broken, and by what."""

    rule: str
    id: str
    detail: str = ""


Check = Callable[[Evidence], Iterator[Violation]]


def violations(evidence: Evidence, *, timed: bool) -> list[Violation]:
    """All that is wrong. `timed` also holds rescues to their time, which needs a machine to oneself."""
    checks = (*CHECKS, rescued_in_time) if timed else CHECKS
    return [violation for check in checks for violation in check(evidence)]


def kept(evidence: Evidence) -> Iterator[Violation]:
    """What was answered 201 is in the store."""
    for story in evidence.stories:
        for name in story.ids:
            if name not in evidence.generations:
                yield Violation("a 201 was forgotten", name, story.wish.prompt)


def ended(evidence: Evidence) -> Iterator[Violation]:
    """Every generation has ended, for a reason that is not a bug of ours."""
    for generation in evidence.generations.values():
        if generation.open:
            yield Violation("it did not end", generation.id, f"{generation.state}: {generation.spec.prompt}")
        elif code(generation) == "internal_error":
            yield Violation("it was given up", generation.id, generation.spec.prompt)


def made_once(evidence: Evidence) -> Iterator[Violation]:
    """A wish makes one generation at most, the same for each copy of it; a refused one makes none."""
    made: defaultdict[str, list[Generation]] = defaultdict(list)
    for generation in evidence.generations.values():
        made[mark_of(generation)].append(generation)
    for story in evidence.stories:
        found = made.pop(mark(evidence.customers[story.wish.buyer].account, story.wish), [])
        if len(found) > 1:
            yield Violation("a wish was charged twice", found[1].id, f"{story.wish.prompt}: {len(found)}")
        if len(set(story.ids)) > 1:
            yield Violation("a key gave two ids", story.ids[0], f"{story.wish.key}: {sorted(set(story.ids))}")
        if found and story.outcome == "refused" and not failed_while_waiting(story, found[0]):
            yield Violation("a refused wish was charged", found[0].id, f"{story.refused}: {story.wish.prompt}")
    for strangers in made.values():
        yield Violation("nobody asked for it", strangers[0].id, strangers[0].spec.prompt)


def failed_while_waiting(story: Story, generation: Generation) -> bool:
    """Whoever waits for the result is told 502 when it fails; it was accepted and is refunded."""
    return story.refused == 502 and story.wish.wait_s > 0 and generation.state == FAILED


def bought_once(evidence: Evidence) -> Iterator[Violation]:
    """The provider was paid once at most, never for what was refused, and always for what was delivered."""
    for name, count in evidence.paid.accepted.items():
        if count > 1:
            yield Violation("it was bought twice", name, f"{count} times: {evidence.paid.prompts[name]}")
    for name in evidence.paid.bought_again():
        yield Violation("it was sent again", name, f"{evidence.paid.prompts[name]}: {evidence.paid.said[name]}")
    for generation in evidence.generations.values():
        done = generation.state == COMPLETED and generation.provider == "paid"
        if done and not evidence.paid.accepted[generation.id]:
            yield Violation("it was made up", generation.id, generation.spec.prompt)


def charged_right(evidence: Evidence) -> Iterator[Violation]:
    """Completed costs what was reserved, failed costs nothing, late results included."""
    for generation in evidence.generations.values():
        due = generation.reserved if generation.state == COMPLETED else 0
        if not generation.open and generation.cost != due:
            yield Violation("it was charged wrongly", generation.id, f"{generation.state}: {generation.cost}")


def paid_in(evidence: Evidence) -> Iterator[Violation]:
    """Each payment was credited once."""
    for account, micros in evidence.payments.items():
        if evidence.paid_in[account] != micros:
            yield Violation("a payment was lost or counted twice", account, f"{evidence.paid_in[account]} of {micros}")


def told(evidence: Evidence) -> Iterator[Violation]:
    """Each end was told at least once, signed, always in the same words; nothing else was told."""
    for customer, inbox in zip(evidence.customers, evidence.inboxes, strict=True):
        mine = {g.id: g for g in evidence.generations.values() if g.account == customer.account and not g.open}
        for name, closed in mine.items():
            if f"evt_{name}" not in inbox.events:
                yield Violation("nobody was told of its end", name, closed.spec.prompt)
        for event, received in inbox.events.items():
            generation = mine.get(event.removeprefix("evt_"))
            if not all(one.verified for one in received):
                yield Violation("a webhook was not signed right", event)
            if len({one.body for one in received}) > 1:
                yield Violation("a webhook came with two bodies", event)
            if generation is None and not event.startswith(WARNING):
                yield Violation("a webhook told of nothing", event)
            elif generation is not None and msgspec.json.decode(received[0].body)["status"] != generation.state:
                yield Violation("a webhook told something else", event, received[0].body.decode())


def warned(evidence: Evidence) -> Iterator[Violation]:
    """A low balance was told by an order of the account, and once again at most for each payment."""
    for customer, inbox, buyer in zip(evidence.customers, evidence.inboxes, BUYERS, strict=True):
        orders = [event.removeprefix(WARNING) for event in inbox.events if event.startswith(WARNING)]
        mine = {name for name, made in evidence.generations.items() if made.account == customer.account}
        paid_later = evidence.payments[customer.account] - buyer.cents * CENTS
        if not mine.issuperset(orders) or len(orders) > 1 + paid_later // (PAYMENT_CENTS * CENTS):
            yield Violation("a low balance was told too often, or by nobody's order", customer.account)


def balanced(evidence: Evidence) -> Iterator[Violation]:
    """The books add up, and no queue holds anything any more."""
    for finding in evidence.books.findings:
        yield Violation(f"ledger check: {finding.fault}", finding.id, finding.detail or finding.at)
    if evidence.left_over:
        yield Violation("something was left over", evidence.left_over[0], " ".join(evidence.left_over[:10]))


def well_behaved(evidence: Evidence) -> Iterator[Violation]:
    """No process fell over, no client saw anything impossible, nobody logged an error, and most were served."""
    for fault, count in Counter(evidence.faults).items():
        yield Violation("a fault was seen", "", f"{count} times: {fault}")
    accepted = sum(story.outcome == "accepted" for story in evidence.stories)
    if accepted < len(evidence.stories) * ACCEPTED_MIN:
        yield Violation("hardly anything was accepted", "", f"{accepted} of {len(evidence.stories)}")
    for story in evidence.stories:
        for fault in story.faults:
            yield Violation("a client saw a fault", story.ids[0] if story.ids else "", fault)
    for first, count in Counter(gist(error) for error in evidence.errors).items():
        yield Violation("an error was logged", "", f"{count} times: {first}")


def rescued_in_time(evidence: Evidence) -> Iterator[Violation]:
    """A killed worker's generations are in other hands soon."""
    for rescue in evidence.rescues:
        if rescue.action == "kill" and rescue.calm and rescue.took_s > RESCUE_S_MAX:
            yield Violation("its rescue took long", rescue.generation, f"{rescue.took_s:.1f} s after {rescue.worker}")


def code(generation: Generation) -> str:
    """Its error code; empty for what did not fail."""
    return (generation.outcome.error_code or "") if generation.outcome else ""


CHECKS: tuple[Check, ...] = (
    *(kept, ended, made_once, bought_once, charged_right, paid_in),
    *(told, warned, balanced, well_behaved),
)
