"""The files of an import: TOML entries of models with their schemas next to it, and the changes since the last."""

import re
from collections.abc import Iterable
from difflib import unified_diff
from pathlib import Path

from msgspec import Struct

from operate.importing.model import MARK, ImportedModel

HEADER = """# Models from the catalogue of {provider}. `wokflow catalogue import {provider}` writes this file again.
# Review each price before you sell: it is the provider's list price with a margin, and the comment quotes its source.

"""
ENTRY = re.compile(rf"(?m)^{re.escape(MARK)}(.+)$")
PATH = re.compile(r'native = "(native/[A-Za-z0-9._/-]+\.json)"')
CONTEXT_LINES = 1


class Changes(Struct, frozen=True, kw_only=True):
    """The ids of models that an import adds, removes and changes, and the lines that differ."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    lines: tuple[str, ...]


class ImportFiles:
    """A TOML file of imported models, and the folder `native` next to it."""

    def __init__(self, file: Path, provider: str) -> None:
        self._file, self._provider = file, provider
        text = file.read_text() if file.exists() else ""
        starts = [*ENTRY.finditer(text)]
        ends = [found.start() for found in starts[1:]] + [len(text)] * bool(starts)
        self._entries = {found[1]: text[found.start() : end] for found, end in zip(starts, ends, strict=True)}
        self._paths = {name: found[1] for name, entry in self._entries.items() if (found := PATH.search(entry))}

    @property
    def is_new(self) -> bool:
        """Return whether nothing has been imported yet."""
        return not self._entries

    def compare(self, models: Iterable[ImportedModel], matched: Iterable[str]) -> Changes:
        """Return what `models` change. Earlier models that are not `matched` stay."""
        new, gone = {model.id: model for model in models}, self._gone(models, matched)
        before = {name: self._shown(name) for name in self._entries}
        after = {name: [*_lines(model.entry), *_lines(model.schema)] for name, model in new.items()}
        changed = [name for name in new if name in before and before[name] != after[name]]
        lines = [
            line
            for name in changed
            for line in unified_diff(before[name], after[name], name, name, lineterm="", n=CONTEXT_LINES)
        ]
        return Changes(
            added=tuple(sorted(name for name in new if name not in before)),
            removed=tuple(gone),
            changed=tuple(sorted(changed)),
            lines=tuple(lines),
        )

    def write(self, models: Iterable[ImportedModel], matched: Iterable[str]) -> None:
        """Write the models and their schemas, and delete those that are gone."""
        for name in self._gone(models, matched):
            path = self._paths.get(name)
            if path:
                (self._file.parent / path).unlink(missing_ok=True)
            del self._entries[name]
        for model in models:
            path = self._file.parent / model.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(model.schema)
            self._entries[model.id] = model.entry
        entries = [self._entries[name].rstrip("\n") + "\n" for name in sorted(self._entries)]
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(HEADER.format(provider=self._provider) + "\n".join(entries))

    def _gone(self, models: Iterable[ImportedModel], matched: Iterable[str]) -> list[str]:
        kept = {model.id for model in models}
        return sorted(name for name in self._entries if name in set(matched) and name not in kept)

    def _shown(self, name: str) -> list[str]:
        path = self._file.parent / self._paths.get(name, "")
        schema = path.read_text() if path.is_file() else ""
        return [*_lines(self._entries[name]), *_lines(schema)]

    def earlier(self) -> list[str]:
        """Return the ids of the models that are imported already."""
        return list(self._entries)


def _lines(text: str) -> list[str]:
    return text.rstrip("\n").split("\n")
