"""The acceptance figures of the style rules, measured over the product."""

import ast
import statistics
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from tests.programs.style.names import acting_nouns, shared_class_names
from tests.programs.style.prose import nominal_docstrings
from tests.programs.style.source import PRODUCT, Source, sources
from tests.programs.style.structure import long_functions

MEASURED = (*PRODUCT, "deploy")
MODULE_LINES_MEDIAN_MAX = 120
VERB_PERCENT_MIN = 97
FOLDER_PERCENT_MAX = 35
DIVIDED = ("gateway", "workers")


class Figure(NamedTuple):
    """A measured value, and the bound that it has to keep."""

    name: str
    value: float
    bound: str
    is_met: bool
    detail: str = ""

    def __str__(self) -> str:
        verdict = "met" if self.is_met else "MISSED"
        return f"{self.name:45} {self.value:>7g}   {self.bound:>7}   {verdict:6} {self.detail}".rstrip()


def measure() -> list[Figure]:
    """Return all figures of the product as it stands."""
    product = sources(*MEASURED)
    return [
        at_most(0, "functions over 50 lines", sum(len(long_functions(source)) for source in product)),
        at_most(MODULE_LINES_MEDIAN_MAX, "median lines of a module", median_lines(product)),
        at_most(0, "functions that act without a verb", sum(len(acting_nouns(source)) for source in product)),
        docstrings_with_verb(product),
        at_most(0, "public class names used twice", *counted(shared_class_names(product))),
        *(largest_share(product, top) for top in DIVIDED),
    ]


def at_most(bound: float, name: str, value: float, detail: str = "") -> Figure:
    """Return a figure that may not be above its bound."""
    return Figure(name, value, f"<= {bound:g}", value <= bound, detail)


def counted(offenders: list[str]) -> tuple[int, str]:
    """Return how many offenders there are, and their names."""
    return len(offenders), " ".join(offenders)


def median_lines(found: Iterable[Source]) -> float:
    """Return the median length of the modules that hold anything."""
    return statistics.median(source.lines for source in found if source.text)


def docstrings_with_verb(found: Iterable[Source]) -> Figure:
    """Return the percentage of docstrings of functions that begin with a verb."""
    documented = sum(bool(ast.get_docstring(function)) for source in found for function in source.functions)
    nominal = sum(len(nominal_docstrings(source)) for source in found)
    percent = round(100 * (documented - nominal) / max(documented, 1), 1)
    return Figure(
        "docstrings that begin with a verb, %", percent, f">= {VERB_PERCENT_MIN}", percent >= VERB_PERCENT_MIN
    )


def largest_share(found: Iterable[Source], top: str) -> Figure:
    """Return the largest percentage of `top`'s lines whose files stand directly in one folder."""
    lines: Counter[str] = Counter()
    for source in found:
        if source.path.startswith(f"{top}/"):
            lines[source.path.rpartition("/")[0]] += source.lines
    folder, most = lines.most_common(1)[0]
    percent = round(100 * most / lines.total(), 1)
    return at_most(FOLDER_PERCENT_MAX, f"largest folder of {top}/, % of its lines", percent, folder)
