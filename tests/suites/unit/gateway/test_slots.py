"""The work that one gateway does at a time, for each caller and for all of them."""

from types import SimpleNamespace
from typing import cast

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from gateway.admission.lists import LISTS_MAX, Lists
from gateway.admission.slots import Slots
from gateway.context import CONTEXT, GatewayContext
from gateway.listing import show_generations
from shared.domain.errors import Refused


def test_caller_has_its_slots_and_all_callers_have_theirs() -> None:
    """One caller past its slots is refused as too fast, and any caller past all slots as unlucky, until one ends."""
    slots = Slots(3, 2, "Send one after the other.")
    for caller in ("ada", "ada", "bob"):
        slots.take(caller)
    for caller, code in (("ada", "rate_limited"), ("bob", "unavailable"), ("eve", "unavailable")):
        with pytest.raises(Refused) as refused, slots.hold(caller):
            pass
        assert (code, 1) == (refused.value.code, refused.value.retry_after_s)
    slots.free("ada")
    with slots.hold("eve"):
        assert 3 == slots.taken
    assert 2 == slots.taken


async def test_account_reads_three_lists_at_a_time() -> None:
    """A further list of the same account is refused before it costs the store anything, and that of another is not."""
    lists, app = Lists(), web.Application()
    app[CONTEXT] = cast(GatewayContext, SimpleNamespace(lists=lists, store=None))
    request = make_mocked_request("GET", "/api/v1/generations", app=app)
    with lists.count("ada"), lists.count("ada"), lists.count("ada"):
        assert 3 == LISTS_MAX
        with pytest.raises(Refused, match="lists of this account"):
            await show_generations(request, "ada", lambda _, generation: generation)
        with lists.count("bob"):
            pass
    with lists.count("ada"):
        pass
