"""The rules that every module keeps, each with the folders it is about."""

from collections.abc import Callable
from typing import NamedTuple

from tests.programs.style import names, prose, structure
from tests.programs.style.source import EVERYTHING, PRODUCT, Source, sources


class Rule(NamedTuple):
    """A check that lists a module's offenders, and what it demands in one sentence."""

    check: Callable[[Source], list[str]]
    demand: str
    scope: tuple[str, ...] = EVERYTHING
    beyond: tuple[str, ...] = ()  # paths below the scope that the rule is not about

    def is_about(self, source: Source) -> bool:
        """Return whether the rule holds for a module."""
        return source.path.startswith(self.scope) and not source.path.startswith(self.beyond or "/")

    def offenders(self, *folders: str) -> list[str]:
        """List the offenders below some folders, where the rule is about them."""
        found = (source for source in sources(*folders) if self.is_about(source))
        return [offender for source in found for offender in self.check(source)]


EXAMPLES = ("tests/programs/style/prose.py", "tests/suites/unit/test_prose_rules.py")  # they quote what they forbid
OWN_CLOCKS = (  # the clock itself, the times of log lines, and samples that run on customers' machines
    "shared/ops/clock.py",
    "shared/ops/logs.py",
    "gateway/openapi/snippets.py",
)
VOCABULARIES = (  # words of prompts and for a language model: data, not prose
    "offline/artist/vocabulary.py",
    "offline/band/vocabulary.py",
    "offline/language/prompt_styles.py",
    "offline/language/text_types.py",
)

RULES = (
    Rule(structure.long_functions, "A function has at most 50 lines."),
    Rule(structure.long_modules, "A module has at most 300 lines.", (*PRODUCT, "sdk/python/wokflow")),
    Rule(structure.vague_module_names, "A module is named after its contents."),
    Rule(structure.forbidden_imports, "Imports point down, and redis and arq are reserved to their places.", PRODUCT),
    Rule(structure.impure_calls, "The domain is handed time, chance and files.", ("shared/domain",)),
    Rule(structure.foreign_line_ends, "Text is split on line feeds alone.", PRODUCT),
    Rule(structure.wall_clock_reads, "The store's clock decides: shared/ops/clock.py.", PRODUCT, OWN_CLOCKS),
    Rule(structure.dumped_errors, "Nothing writes the repr of an exception: ForeignText.error.", PRODUCT),
    Rule(structure.environment_reads, "Settings alone read the environment.", PRODUCT, ("shared/ops/settings.py",)),
    Rule(structure.too_many_comments, "A module has at most 5 comment lines in 100.", PRODUCT),
    Rule(names.acting_nouns, "A function that awaits, writes or returns nothing begins with a verb."),
    Rule(prose.nominal_docstrings, "A function's docstring begins with a verb."),
    Rule(prose.banned_words, "Prose uses the field's words.", beyond=(*VOCABULARIES, *EXAMPLES)),
    Rule(
        prose.pictures,
        "Prose says image, except about art.",
        beyond=("offline/", "tests/suites/unit/offline/", *EXAMPLES),
    ),
    Rule(prose.long_sentences, "A sentence has at most 25 words."),
    Rule(prose.undescribed_tests, "A test's docstring is one sentence.", ("tests",)),
)
