"""The result of one check of `wokflow doctor`."""

from typing import Literal

from msgspec import Struct


class Check(Struct, frozen=True, kw_only=True):
    """A checked part of a deployment. A warning does not make the deployment wrong."""

    part: str
    result: Literal["ok", "warning", "wrong"]
    found: str
    fix: str | None = None  # None if all is well


def right(part: str, found: str) -> Check:
    """Return the check of a part that is as it should be."""
    return Check(part=part, result="ok", found=found)


def doubtful(part: str, found: str, fix: str) -> Check:
    """Return the check of a part that works, but may surprise."""
    return Check(part=part, result="warning", found=found, fix=fix)


def wrong(part: str, found: str, fix: str) -> Check:
    """Return the check of a part that does not work, or would lose data."""
    return Check(part=part, result="wrong", found=found, fix=fix)
