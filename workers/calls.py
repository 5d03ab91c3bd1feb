"""Calls of an adapter: each is measured, and each answer and error passes the gate."""

from collections.abc import Awaitable
from typing import TypeVar

from workers.adapters.contract import Call
from workers.adapters.gate import clean_result
from workers.context import WorkerContext
from workers.telemetry import measure_call

Result = TypeVar("Result")


async def call_adapter(context: WorkerContext, verb: str, call: Call, work: Awaitable[Result]) -> Result:
    """Await an adapter's `work` on behalf of `call`. `verb` is the method, for metrics. Raises what it raises."""
    return await measure_call(context.provider, verb, call, clean_result(context.text, work))
