"""Waiting and blocking work without an event loop."""

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def sleep(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)


def run_blocking(function: Callable[..., Result], *arguments: object) -> Result:
    """Run a function that blocks."""
    return function(*arguments)
