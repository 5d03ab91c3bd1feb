"""python -m tests.programs.style [FOLDER ...]: figures of the style rules, and all offenders below FOLDERs."""

import ast
import statistics
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.programs.style.rules import (
    Source,
    acting_nouns,
    banned_words,
    functions,
    long_sentences,
    nominal_docstrings,
    pictures,
    public_classes,
)

ROOT = Path(__file__).resolve().parents[3]
PRODUCT = ("gateway", "workers", "shared", "operate", "offline", "deploy")
RULES: dict[str, Callable[[Source], list[str]]] = {
    "functions that act without a verb": acting_nouns,
    "docstrings without a verb": nominal_docstrings,
    "banned words": banned_words,
    "pictures that are images": pictures,
    "long sentences": long_sentences,
}


def sources(*folders: str) -> list[Source]:
    """Return the Python files below some folders of the repository."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")) or [ROOT / folder]]
    return [Source(path.relative_to(ROOT).as_posix(), path.read_text()) for path in found]


def shared_names(found: list[Source]) -> list[str]:
    """Return public class names that more than one module defines. Every adapter is called Adapter, by contract."""
    count = Counter(name for source in found for name in public_classes(source) if name != "Adapter")
    return sorted(name for name, times in count.items() if times > 1)


def largest_share(found: list[Source], top: str) -> str:
    """Return the folder of `top` that holds most of its lines, and its share in percent."""
    lines: Counter[str] = Counter()
    for source in found:
        if source.path.startswith(f"{top}/"):
            parts = source.path.split("/")
            lines[parts[1] if len(parts) > 2 else "."] += len(source.text.splitlines())
    folder, most = lines.most_common(1)[0]
    return f"{top}/{folder} {100 * most / lines.total():.0f} %"


def main(folders: list[str]) -> int:
    """Print the figures of the product, then the offenders below `folders`; return the exit status."""
    product = sources(*PRODUCT)
    all_functions = [function for source in product for function in functions(source.tree)]
    documented = [function for function in all_functions if ast.get_docstring(function)]
    nominal = sum(len(nominal_docstrings(source)) for source in product)
    lengths = [len(source.text.splitlines()) for source in product if source.text]
    sizes = [(function.end_lineno or 0) - function.lineno + 1 for function in all_functions]
    print(f"functions over 50 lines: {sum(size > 50 for size in sizes)} of {len(sizes)}")
    print(f"module lines, median: {statistics.median(lengths):.0f}")
    print(f"functions that act without a verb: {sum(len(acting_nouns(source)) for source in product)}")
    print(f"docstrings that start with a verb: {100 * (1 - nominal / max(len(documented), 1)):.1f} %")
    print(f"public class names used twice: {len(shared_names(product))} {' '.join(shared_names(product))}")
    print(f"largest folder: {largest_share(product, 'gateway')}, {largest_share(product, 'workers')}")
    for folder in folders:
        for name, rule in RULES.items():
            found = [offender for source in sources(folder) for offender in rule(source)]
            print(f"\n{folder}: {name}: {len(found)}", *found, sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
