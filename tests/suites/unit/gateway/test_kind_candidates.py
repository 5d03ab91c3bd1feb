"""The candidates of WokGen calls are found once for a catalogue, where they are the same each time."""

from types import SimpleNamespace
from typing import Any

import pytest

from gateway import routing
from gateway.dialects.wokgen import candidates
from gateway.dialects.wokgen.order import capable
from gateway.offers import OFFERS_MAX
from shared.domain.catalogue import KINDS
from shared.domain.errors import Refused
from tests.suites.unit.gateway.test_simulation import BODIES, DOCUMENTED, KEYED, SHIPPED, make_context


def keeping(policy: str, **took_ms: float) -> Any:
    """Return a context with keys that keeps what it finds."""
    context = make_context(*KEYED, policy=policy, **took_ms)
    context.live = SimpleNamespace(current=SimpleNamespace(candidates={}))
    return context


@pytest.mark.parametrize("kind", KINDS)
def test_candidates_of_a_call_are_found_once(kind: str) -> None:
    """A call gets what routing finds for it, the same object each time, and no name of a caller fills the memory."""
    context = keeping("order")
    for provider in (routing.AUTO, "kie", "local"):
        for preferred in ("", DOCUMENTED, "a model that nobody has"):
            for guest in (False, True):
                expected = list(routing.of_kind(context, kind, provider, preferred, guest=guest))
                found = candidates.of_call(context, kind, provider, preferred, guest=guest)
                assert expected == list(found)
                assert found is candidates.of_call(context, kind, provider, preferred, guest=guest)
    kept = len(context.live.current.candidates)
    for number in range(50):
        candidates.of_call(context, kind, "kie", f"junk-{number}", guest=False)
        with pytest.raises(Refused, match="Unknown provider"):
            candidates.of_call(context, kind, f"junk-{number}", "", guest=False)
    assert kept == len(context.live.current.candidates)


def test_no_more_providers_are_tested_than_an_order_tries() -> None:
    """With the keys of all providers, the first eight that can serve a call are its candidates, in their order."""
    context = keeping("order")
    context.configured = frozenset(SHIPPED.providers)
    body = BODIES["image"]
    offered = candidates.of_call(context, body.kind, routing.AUTO, "", guest=False)
    providers = list(dict.fromkeys(one.route.provider for one in offered))
    found = capable(offered, body.require_prompt(), {}, body)
    assert OFFERS_MAX < len(providers)
    assert [one for one in providers if one in {able.route.provider for able in found}] == [
        able.route.provider for able in found
    ]
    assert OFFERS_MAX == len(found)


def test_candidates_follow_a_policy_that_measures() -> None:
    """Under `fastest`, each call has the order of the newest speeds."""
    speeds = {"openai": 10.0, "kie": 20.0, "elevenlabs": 30.0}
    context = keeping("fastest")
    context.speeds = SimpleNamespace(of=lambda kind: speeds)
    firsts = set()
    for _ in range(40):
        speeds["openai"], speeds["kie"] = speeds["kie"], speeds["openai"]
        firsts.add(candidates.of_call(context, "image", routing.AUTO, "", guest=False)[0].route.provider)
    assert {"openai", "kie"} <= firsts
