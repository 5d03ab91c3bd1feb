"""The aliases of a catalogue: names that clients have built in, and the models that serve them here."""

import re
from collections.abc import Container

from shared.domain.catalogue import ID_PATTERN
from shared.domain.catalogue_table import Table

NAME_CHARS_MAX = 100


def read_aliases(table: Table, models: Container[str]) -> dict[str, tuple[str, ...]]:
    """Return the models of each alias, in the order to try them. Raises Problem."""
    aliases = Table(table.raw.get("aliases", {}), (*table.at, "aliases"), "aliases")
    return {name: _targets(aliases, name, models) for name in aliases.raw}


def _targets(aliases: Table, name: str, models: Container[str]) -> tuple[str, ...]:
    if len(name) > NAME_CHARS_MAX or not re.match(ID_PATTERN, name):
        raise aliases.problem(name, f"{name[:NAME_CHARS_MAX]!r} is not a name that a model could have")
    if name in models:
        raise aliases.problem(name, f"{name!r} is the id of a model: an alias needs a name of its own")
    value = aliases.raw[name]
    targets = value if isinstance(value, list) else [value]
    unknown = [one for one in targets if not isinstance(one, str) or one not in models]
    if unknown or not targets:
        reason = f"there is no model {unknown[0]!r}" if unknown else "the list is empty"
        raise aliases.problem(name, f"{name!r} must name models of the catalogue: {reason}")
    return tuple(targets)
