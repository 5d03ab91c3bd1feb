"""Waiting and blocking work for asyncio. The synchronous client has its own module of this name."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


async def sleep(seconds: float) -> None:
    """Wait."""
    await asyncio.sleep(seconds)


async def run_blocking(function: Callable[..., Result], *arguments: object) -> Result:
    """Run a function that blocks, in a thread."""
    return await asyncio.to_thread(function, *arguments)
