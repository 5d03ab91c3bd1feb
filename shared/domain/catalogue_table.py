"""A table of a catalogue file, with checks that report a mistake by its place."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct, structs
from msgspec import inspect as types

from shared.domain.catalogue_lines import Path
from shared.domain.fields import expected

T = TypeVar("T", bound=Struct)


class Problem(Exception):
    """A mistake at the path `at`; `catalogue_file.py` adds the line."""

    def __init__(self, at: Path, message: str) -> None:
        super().__init__(message)
        self.at, self.message = at, message


class Table:
    """A TOML table with its path and its name in messages."""

    def __init__(self, raw: object, at: Path, what: str) -> None:
        """Raise Problem unless `raw` is a table."""
        if not isinstance(raw, dict):
            raise Problem(at, f"{what} must be a table")
        self.raw: dict[str, object] = raw
        self.at, self.what = at, what

    def problem(self, key: str, message: str) -> Problem:
        """Return a Problem at `key`, or at the table if the key is missing."""
        return Problem((*self.at, key), f"{self.what}: {message}")

    def check_keys(self, required: Sequence[str], optional: Sequence[str]) -> None:
        """Raise Problem for the first key that is unknown or missing."""
        for key in self.raw:
            if key not in required and key not in optional:
                raise self.problem(key, f"unknown key {key!r}: use one of {', '.join([*required, *optional])}")
        for key in required:
            if key not in self.raw:
                raise self.problem(key, f"{key} is missing")

    def tables(self, key: str, noun: str) -> "list[tuple[str, Table]]":
        """Return name and table of each entry of table `key`; nothing if the key is missing."""
        inner = Table(self.raw.get(key, {}), (*self.at, key), key)
        return [(name, Table(raw, (*inner.at, name), f"{noun} {name!r}")) for name, raw in inner.raw.items()]

    def items(self, key: str) -> list[object]:
        """Return the entries of list `key`. Raises Problem if the value is not a list."""
        raw = self.raw[key]
        if not isinstance(raw, list):
            raise self.problem(key, f"{key} must be a list")
        return raw

    def convert(self, values: Mapping[str, object], into: type[T]) -> T:
        """Return `values`, which have this table's keys, as a Struct. Raises Problem for a wrong type or limit."""
        try:
            return msgspec.convert(values, into)
        except msgspec.ValidationError as error:
            key = str(error).rpartition("`$.")[2].rstrip("`").partition("[")[0]
            field = next(field for field in structs.fields(into) if field.name == key)
            raise self.problem(key, f"{key} must be {expected(types.type_info(field.type))}") from None
