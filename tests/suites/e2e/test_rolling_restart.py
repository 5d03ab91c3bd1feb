"""Every process of a deployment is restarted, one after another, while clients order."""

import asyncio

from tests.suites.e2e.caller import Place, deploy

CLIENTS, PAUSE_S = 6, 0.1


async def test_rolling_restart_repeats_no_submit_and_fails_no_generation() -> None:
    """All orders complete, charged once and submitted once, and each process exits with 0."""
    async with deploy(gateways=2, workers=("paid", "paid"), deliver=1) as place:
        caller = await place.create_caller(cents=1_000_000, concurrency=1000)
        stop = asyncio.Event()
        created: list[str] = []

        async def load(first: int) -> None:
            number = first
            while not stop.is_set():
                created.append((await caller.submit_until_accepted(number, "test/paid"))[0])
                number += CLIENTS
                await asyncio.sleep(PAUSE_S)

        loads = [asyncio.create_task(load(number)) for number in range(CLIENTS)]
        await restart_processes(place)
        stop.set()
        await asyncio.gather(*loads)
        ends = {(await caller.wait_for_end(generation))["status"] for generation in created}
        assert {"completed"} == ends
        assert len(set(created)) == len(created) > 50
        assert {1} == {place.provider.submits[generation] for generation in created}
        assert 1_000_000 - 11 * len(created) == await caller.check_balance()


async def restart_processes(place: Place) -> None:
    """Restart each process but the store, and wait until it is ready."""
    for name, process in place.stack.processes.items():
        if name == "store":
            continue
        log_size = len(process.log.read_text(errors="replace"))
        assert 0 == await process.stop(), process.output
        process.start()
        if name.startswith("gateway"):
            await place.stack.wait_until_ready()
        else:
            await process.wait_until(lambda p=process, b=log_size: "started" in p.log.read_text()[b:], "start")  # type: ignore[misc]
