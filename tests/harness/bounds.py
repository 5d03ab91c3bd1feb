"""Bounds in seconds: a machine whose cores are all busy is slow, and not broken.

A test asserts no speed. It bounds a wait generously, or holds a promise of the product in seconds with `within`.
"""

import asyncio

BUSY_S = 6.0  # how late a process may be because others have the cores
WAIT_S = 30.0  # for what comes at once on an idle machine


def within(promise_s: float) -> asyncio.Timeout:
    """Bound a block by a promise of the product, with room for a busy machine; it raises TimeoutError after that."""
    return asyncio.timeout(promise_s + BUSY_S)
