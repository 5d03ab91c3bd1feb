"""python -m tests.programs.style [FOLDER ...]: print the acceptance figures, then every offender below the FOLDERs."""

import sys

from tests.programs.style.figures import measure
from tests.programs.style.rules import RULES


def main(folders: list[str]) -> int:
    """Print the figures of the product and the offenders below `folders`; return 1 if a figure is missed."""
    figures = measure()
    print(*figures, sep="\n")
    for folder in folders:
        for rule in RULES:
            offenders = rule.offenders(folder)
            print(f"\n{folder}: {rule.demand} Offenders: {len(offenders)}", *offenders, sep="\n  ")
    return 0 if all(figure.is_met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
