"""Every process of a deployment is told to stop and started again, one after another, while orders come in."""

import asyncio

from tests.suites.e2e.caller import Place, deploy

AT_ONCE, PAUSE_S = 6, 0.1


async def test_a_rolling_restart_repeats_no_submit_and_fails_no_generation() -> None:
    """All that was ordered meanwhile completes, charged once and submitted once; each process leaves with 0."""
    async with deploy(gateways=2, workers=("paid", "paid"), deliver=1) as place:
        caller = await place.create_caller(cents=1_000_000, concurrency=1000)
        stop = asyncio.Event()
        made: list[str] = []

        async def load(first: int) -> None:
            number = first
            while not stop.is_set():
                made.append((await caller.submit_until_accepted(number, "test/paid"))[0])
                number += AT_ONCE
                await asyncio.sleep(PAUSE_S)

        loads = [asyncio.create_task(load(number)) for number in range(AT_ONCE)]
        await restarted(place)
        stop.set()
        await asyncio.gather(*loads)
        ends = {(await caller.wait_for_end(generation))["status"] for generation in made}
        assert {"completed"} == ends
        assert len(set(made)) == len(made) > 50
        assert {1} == {place.provider.submits[generation] for generation in made}
        assert 1_000_000 - 11 * len(made) == await caller.check_balance()


async def restarted(place: Place) -> None:
    """Stop and start each process but the store, and wait until it is at work again."""
    for name, process in place.stack.processes.items():
        if name == "store":
            continue
        begun = len(process.log.read_text(errors="replace"))
        assert 0 == await process.stop(), process.output
        process.start()
        if name.startswith("gateway"):
            await place.stack.wait_until_ready()
        else:
            await process.wait_until(lambda p=process, b=begun: "started" in p.log.read_text()[b:], "start")  # type: ignore[misc]
