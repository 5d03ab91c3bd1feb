"""One table of the catalogue file, and how to say what is wrong with it."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct, structs
from msgspec import inspect as types

from shared.domain.catalogue_lines import Path
from shared.domain.fields import expected

T = TypeVar("T", bound=Struct)


class Problem(Exception):
    """Something is wrong at `at`, which is not a line yet."""

    def __init__(self, at: Path, message: str) -> None:
        super().__init__(message)
        self.at, self.message = at, message


class Table:
    """A TOML table, where it stands, and what a message calls it."""

    def __init__(self, raw: object, at: Path, what: str) -> None:
        """Raises Problem unless `raw` is a table."""
        if not isinstance(raw, dict):
            raise Problem(at, f"{what} must be a table")
        self.raw: dict[str, object] = raw
        self.at, self.what = at, what

    def problem(self, key: str, message: str) -> Problem:
        """A problem at the line of `key`, or of the table where the key is not there."""
        return Problem((*self.at, key), f"{self.what}: {message}")

    def check_keys(self, required: Sequence[str], optional: Sequence[str]) -> None:
        """Raises Problem for the first key that is not known or not there."""
        for key in self.raw:
            if key not in required and key not in optional:
                raise self.problem(key, f"unknown key {key!r} (known: {', '.join([*required, *optional])})")
        for key in required:
            if key not in self.raw:
                raise self.problem(key, f"{key} is missing")

    def tables(self, key: str, noun: str) -> "list[tuple[str, Table]]":
        """Name and table of everything in table `key`; none where the key is not there."""
        inner = Table(self.raw.get(key, {}), (*self.at, key), key)
        return [(name, Table(raw, (*inner.at, name), f"{noun} {name!r}")) for name, raw in inner.raw.items()]

    def items(self, key: str) -> list[object]:
        """The entries of list `key`. Raises Problem if it is anything else."""
        raw = self.raw[key]
        if not isinstance(raw, list):
            raise self.problem(key, f"{key} must be a list")
        return raw

    def convert(self, values: Mapping[str, object], into: type[T]) -> T:
        """A Struct of `values`, which carry this table's keys. Raises Problem for a type or limit it breaks."""
        try:
            return msgspec.convert(values, into)
        except msgspec.ValidationError as error:
            key = str(error).rpartition("`$.")[2].rstrip("`").partition("[")[0]
            field = next(field for field in structs.fields(into) if field.name == key)
            raise self.problem(key, f"{key} must be {expected(types.type_info(field.type))}") from None
