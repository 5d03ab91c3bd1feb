"""The provider's reference of a submit whose answer was lost: it may be in a callback, or the provider may know it."""

import msgspec
import structlog

from workers.adapters.contract import Call, Callback
from workers.adapters.gate import clean_reference
from workers.calls import call_adapter
from workers.context import WorkerContext

log = structlog.get_logger()


async def find_reference(context: WorkerContext, call: Call, callback: bytes) -> str | None:
    """Return the reference from the stored callback ("" if none has come), or from the provider; None if unknown."""
    ref = await _read_callback(context, call, callback) if callback else None
    if ref is not None:
        return ref
    try:
        return await call_adapter(context, "find", call, context.adapter.find(call))
    except Exception as error:  # a failed search says nothing about the work (rule 5)
        reason = context.describe(error)
        log.warning("provider.find_failed", generation=call.generation_id, provider=context.provider, error=reason)
        return None


async def _read_callback(context: WorkerContext, call: Call, callback: bytes) -> str | None:
    try:
        await call_adapter(context, "load_callback_keys", call, context.adapter.load_callback_keys())
    except Exception as error:  # the keys of the catalogue, or of an earlier fetch, may do
        reason = context.describe(error)
        log.warning("provider.callback_keys_failed", provider=context.provider, error=reason)
    try:
        ref = context.adapter.callback(msgspec.msgpack.decode(callback, type=Callback))
        return None if ref is None else clean_reference(ref)
    except Exception as error:  # anybody who knows the callback URL may send anything
        log.warning("provider.callback_unreadable", generation=call.generation_id, error=context.describe(error))
        return None
