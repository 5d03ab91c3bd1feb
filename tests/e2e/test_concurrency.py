"""Two gateways, many callers at once, one balance."""

import asyncio

from tests.e2e.caller import a_place


async def test_200_submits_against_a_balance_for_120() -> None:
    """Of 200 concurrent submits exactly 120 are accepted, 80 are 402, the balance ends at 0 and the books balance."""
    async with a_place(gateways=2, workers=("noop",), deliver=0) as place:
        caller = await place.caller(cents=120 * 11)
        urls = [url + "/api/v1/generations" for url in place.stack.urls] * 100
        sent = {"model": "test/noop", "prompt": "a red boat"}
        answers = await asyncio.gather(*[caller.ask("POST", url, json=sent) for url in urls])
        accepted = [answer.body["id"] for answer in answers if answer.status == 201]
        refused = [answer.body["error"]["code"] for answer in answers if answer.status == 402]
        assert (120, 80) == (len(accepted), len(refused))
        assert {"insufficient_balance"} == set(refused)
        ends = await asyncio.gather(*[caller.ended(made) for made in accepted])
        assert ["completed"] * 120 == [end["status"] for end in ends]
        assert 0 == await caller.balance()
        shown = (await caller.ask("GET", "/api/v1/balance")).body
        assert (0, 1320, 1320) == tuple(shown[f"{name}_cents"] for name in ("balance", "total_topup", "total_spent"))
