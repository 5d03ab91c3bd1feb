"""Counts the steps of a backtracking search, so that a test can find expressions that are not linear.

The standard library's engine counts nothing, and a clock measures the machine. This one runs the same parsed
expression in the same order: greedy and lazy repeats, groups, assertions and branches.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)
ONE_SIGN = (ops.LITERAL, ops.NOT_LITERAL, ops.ANY, ops.IN)
CLASSES = {
    ops.CATEGORY_DIGIT: r"\d",
    ops.CATEGORY_NOT_DIGIT: r"\D",
    ops.CATEGORY_SPACE: r"\s",
    ops.CATEGORY_NOT_SPACE: r"\S",
    ops.CATEGORY_WORD: r"\w",
    ops.CATEGORY_NOT_WORD: r"\W",
}
SAMPLES = "a1 \n.-"  # one of each class, if a set has it
DEPTH_MAX = 50_000
SIGNS_MAX, PAIRS_MAX = 10, 8
SIZES = (40, 80)
REPEATS_MAX = 6  # a repeat with a bound counts as this long: its bound is a constant, whatever the text's length
GROWTH_MAX = 2.6  # 2 is linear, 4 is quadratic
STEPS_MIN = 400  # fewer say nothing about growth
STEPS_MAX = 30_000

Nodes = Sequence[tuple[Any, Any]]


class TooManySteps(Exception):
    """A search takes more steps than it may."""


class Search:
    """One search. `steps` counts the nodes that it tried."""

    def __init__(self, pattern: str, flags: int, text: str, steps_max: int, repeats_max: int = DEPTH_MAX) -> None:
        parsed = parser.parse(pattern, flags)
        self.nodes: Nodes = list(parsed)
        self.flags = parsed.state.flags
        self.text = text.lower() if self.flags & re.IGNORECASE else text
        self.steps, self.steps_max, self.repeats_max = 0, steps_max, repeats_max

    def run(self, *, anchored: bool, whole: bool) -> int:
        """Search from every place, or the first one if `anchored`, and return the steps."""
        start = 0
        while start <= len(self.text):
            ends = (end for end in self.match_nodes(self.nodes, 0, start) if not whole or end == len(self.text))
            end = next(ends, None)
            if anchored:
                break
            start = end if end is not None and end > start else start + 1
        return self.steps

    def match_nodes(self, nodes: Nodes, index: int, place: int) -> Iterator[int]:
        """Yield the places at which a match of `nodes[index:]` ends, in the engine's order."""
        self.steps += 1
        if self.steps > self.steps_max:
            raise TooManySteps
        if index == len(nodes):
            yield place
            return
        op, value = nodes[index]
        if op in ONE_SIGN:
            if place < len(self.text) and self.fits(op, value, self.text[place]):
                yield from self.match_nodes(nodes, index + 1, place + 1)
        else:
            for end in self.match_inner(op, value, place):
                yield from self.match_nodes(nodes, index + 1, end)

    def match_inner(self, op: Any, value: Any, place: int) -> Iterator[int]:
        """Yield the places at which a node that is not one sign ends."""
        if op is ops.SUBPATTERN:
            yield from self.match_nodes(list(value[3]), 0, place)
        elif op is ops.BRANCH:
            for branch in value[1]:
                yield from self.match_nodes(list(branch), 0, place)
        elif op is ops.ATOMIC_GROUP:
            yield from list(self.match_nodes(list(value), 0, place))[:1]
        elif op in REPEATS:
            yield from self.match_repeat(op, *value, place)
        elif op in (ops.ASSERT, ops.ASSERT_NOT):
            if self.holds(value[0], list(value[1]), place) == (op is ops.ASSERT):
                yield place
        elif op is ops.AT:
            if self.is_at(value, place):
                yield place
        else:
            raise NotImplementedError(str(op))

    def match_repeat(self, op: Any, low: int, high: int, item: Any, place: int) -> Iterator[int]:
        """Yield the places at which a repeat ends: the farthest first, or the nearest if it is lazy."""
        nodes = list(item)
        if high is not ops.MAXREPEAT:
            low, high = min(low, self.repeats_max), min(high, self.repeats_max)
        if len(nodes) == 1 and nodes[0][0] in ONE_SIGN:
            most = 0
            while most < high and place + most < len(self.text) and self.fits(*nodes[0], self.text[place + most]):
                most += 1
                self.steps += 1
            counts: Sequence[int] = range(low, most + 1)
            counts = counts if op is ops.MIN_REPEAT else counts[::-1]
            yield from (place + count for count in (counts[:1] if op is ops.POSSESSIVE_REPEAT else counts))
        else:
            ends = self.match_group(op, low, high, nodes, place)
            yield from list(ends)[:1] if op is ops.POSSESSIVE_REPEAT else ends

    def match_group(self, op: Any, low: int, high: int, nodes: Nodes, place: int) -> Iterator[int]:
        """Yield the places at which a repeated group ends."""
        if op is ops.MIN_REPEAT and low <= 0:
            yield place
        if high > 0:
            for end in self.match_nodes(nodes, 0, place):
                if end > place:
                    yield from self.match_group(op, low - 1, high - 1, nodes, end)
                elif low > 0:
                    yield end
        if op is not ops.MIN_REPEAT and low <= 0:
            yield place

    def holds(self, direction: int, nodes: Nodes, place: int) -> bool:
        """Return whether an assertion's expression matches here."""
        if direction > 0:
            return next(self.match_nodes(nodes, 0, place), None) is not None
        low, high = parser_width(nodes)
        starts = range(max(place - high, 0), place - low + 1)
        return any(place in self.match_nodes(nodes, 0, start) for start in starts)

    def is_at(self, where: Any, place: int) -> bool:
        """Return whether an anchor holds here."""
        lines = self.flags & re.MULTILINE
        match where:
            case ops.AT_BEGINNING:
                return place == 0 or bool(lines and self.text[place - 1] == "\n")
            case ops.AT_BEGINNING_STRING:
                return place == 0
            case ops.AT_END:
                rest = self.text[place : place + 2]
                return rest in ("", "\n") or bool(lines and rest[0] == "\n")
            case ops.AT_END_STRING:
                return place == len(self.text)
        around = [self.text[at : at + 1] if at >= 0 else "" for at in (place - 1, place)]
        edge = len({bool(re.match(r"\w", sign)) for sign in around}) == 2
        return edge == (where is ops.AT_BOUNDARY)

    def fits(self, op: Any, value: Any, sign: str) -> bool:
        """Return whether one sign matches a node."""
        if op is ops.ANY:
            return sign != "\n" or bool(self.flags & re.DOTALL)
        if op is ops.IN:
            negated = value[0][0] is ops.NEGATE
            return negated != any(self.in_set(*part, sign) for part in value[negated:])
        return (self.lower(value) == sign) == (op is ops.LITERAL)

    def in_set(self, op: Any, value: Any, sign: str) -> bool:
        """Return whether a sign is in one part of a set."""
        if op is ops.CATEGORY:
            return bool(re.match(CLASSES[value], sign))
        if op is ops.RANGE:
            return any(value[0] <= ord(form) <= value[1] for form in {sign, sign.upper()[:1], sign.lower()[:1]})
        return self.lower(value) == sign

    def lower(self, code: int) -> str:
        """Return a literal's sign as it is compared."""
        return chr(code).lower() if self.flags & re.IGNORECASE else chr(code)


def parser_width(nodes: Nodes) -> tuple[int, int]:
    """Return the least and most signs that a lookbehind matches."""
    return (1, 1) if all(op in ONE_SIGN for op, _ in nodes) and len(nodes) == 1 else (len(nodes), len(nodes))


@contextmanager
def allow_depth() -> Iterator[None]:
    """Let generators nest as deep as a repeat is long."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(DEPTH_MAX)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def count_steps(pattern: str, flags: int, text: str, steps_max: int, *, anchored: bool, whole: bool) -> int:
    """Return the steps of a search over the whole text. Raises TooManySteps."""
    with allow_depth():
        return Search(pattern, flags, text, steps_max, REPEATS_MAX).run(anchored=anchored, whole=whole)


def attacks(pattern: str, flags: int) -> list[tuple[str, str]]:
    """Return the beginnings and rows of hostile texts, made of everything that the expression is made of."""
    nodes: Nodes = list(parser.parse(pattern, flags))
    starts = dict.fromkeys(sample(nodes[:size]) for size in range(len(nodes) + 1))
    ends = [sample(nodes[place:]) for place in range(1, len(nodes))][-4:]
    signs = list(dict.fromkeys(signs_of(nodes)))[:SIGNS_MAX]
    pairs = [one + other for one, other in pairwise([*signs, *signs[::2], *signs[::3]])]
    rows = dict.fromkeys(filter(None, [*list(starts)[-4:], *ends, *signs, *pairs[:PAIRS_MAX]]))
    return [(start, row) for row in rows for start in dict.fromkeys(["", *list(starts)[-2:]])]


def is_linear(pattern: str, flags: int = 0, *, anchored: bool, whole: bool) -> bool:
    """Return whether no hostile text of twice the length takes more than about twice the steps."""
    for start, row in attacks(pattern, flags):
        steps = []
        for size in SIZES:
            text = start + row * (size // len(row)) + "\0"
            try:
                steps.append(count_steps(pattern, flags, text, STEPS_MAX, anchored=anchored, whole=whole))
            except TooManySteps:
                return False
        if steps[1] > GROWTH_MAX * steps[0] and steps[1] > STEPS_MIN:
            return False
    return True


def sample(nodes: Nodes) -> str:
    """Return a short text that the nodes match, as far as that is simple."""
    text = ""
    for op, value in nodes:
        if op is ops.SUBPATTERN:
            text += sample(list(value[3]))
        elif op is ops.BRANCH:
            text += sample(list(value[1][0]))
        elif op in REPEATS:
            text += sample(list(value[2])) * max(value[0], min(value[1], 1))
        elif op in ONE_SIGN:
            text += next(signs_of([(op, value)]), "")
    return text


def signs_of(nodes: Nodes) -> Iterator[str]:
    """Yield signs of every set and literal in the nodes."""
    for op, value in nodes:
        if op is ops.LITERAL:
            yield chr(value)
        elif op in ONE_SIGN:
            probe = Search("", 0, "", 1)
            literal = [chr(part[1]) for part in value if part[0] is ops.LITERAL] if op is ops.IN else []
            yield from [sign for sign in (*literal, *SAMPLES) if probe.fits(op, value, sign)][:6]
        elif op in REPEATS:
            yield from signs_of(list(value[2]))
        elif op is ops.SUBPATTERN:
            yield from signs_of(list(value[3]))
        elif op is ops.BRANCH:
            for branch in value[1]:
                yield from signs_of(list(branch))
        elif op is ops.ATOMIC_GROUP:
            yield from signs_of(list(value))
