"""Columns of the tables and of the migrations. A migration is never changed, so these are not either."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Double, Integer, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def text(name: str, *, key: bool = False) -> Column[str]:
    """Return a text that is never NULL."""
    return Column(name, Text, nullable=False, server_default=None if key else "", primary_key=key)


def number(name: str) -> Column[int]:
    """Return a whole number that is never NULL: a time, an amount or a count."""
    return Column(name, BigInteger, nullable=False, server_default="0")


def position(name: str) -> Column[int]:
    """Return a number that is part of the primary key."""
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def day(name: str = "day") -> Column[int]:
    """Return a UTC day since 1970, as part of the primary key."""
    return Column(name, Integer, primary_key=True, autoincrement=False)


def measure(name: str) -> Column[float]:
    """Return a number with a fraction that is never NULL."""
    return Column(name, Double, nullable=False, server_default="0")


def optional_text(name: str) -> Column[str]:
    """Return a text that may be NULL."""
    return Column(name, Text)


def optional_number(name: str) -> Column[int]:
    """Return a whole number that may be NULL."""
    return Column(name, BigInteger)


def optional_measure(name: str) -> Column[float]:
    """Return a number with a fraction that may be NULL."""
    return Column(name, Double)


def document(name: str) -> Column[object]:
    """Return a JSON value, or NULL."""
    return Column(name, Json)


def blob(name: str) -> Column[bytes]:
    """Return bytes, or NULL."""
    return Column(name, LargeBinary)


def seal_columns() -> tuple[Column[Any], ...]:
    """Return the columns of a sealed row: see shared/records/seal.py. NULL: it was written before there were any."""
    return blob("salt"), blob("digest"), optional_number("day"), document("erased")
