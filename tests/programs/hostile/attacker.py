"""The process of the hostile tenant: it attacks in the hostile slices.

It leaves the processor to others, because an attacker on a machine of his own takes no processor of ours. The work that
he causes here runs at the priority that the product gives it.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from pathlib import Path

import msgspec
import uvloop
from msgspec import Struct

from shared.ops.priority import yield_processor
from tests.programs.hostile.attacks import PACES, encode
from tests.programs.hostile.dead import DEAD_ENDPOINTS
from tests.programs.hostile.schedule import NICE, Slice, read_setup, report_ready, sleep_until, wait_for_start
from tests.programs.hostile.tenant import ADDRESS, HostileTenant
from tests.programs.hostile.wire import Wire

IDLE = 50
UNSENT = "unsent"


class AttackerSetup(Struct, frozen=True, kw_only=True):
    """The account that attacks, when, and where the counts of responses go."""

    url: str
    key: str
    dead: str  # URL of endpoints that never answer
    slices: tuple[Slice, ...]
    start: str
    out: str


async def send_attacks(setup: AttackerSetup) -> Counter[str]:
    """Send attacks in the hostile slices, and return the responses by name and status."""
    await add_endpoints(setup)
    tenant = HostileTenant(setup.url, setup.key, "local")
    tenant.prepare(PACES)
    report_ready()
    started_s = await wait_for_start(setup.start)
    hostile = [each for each in setup.slices if each.hostile]
    for each in hostile:
        await sleep_until(started_s + each.begin_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(started_s + each.end_s - asyncio.get_running_loop().time()):
                await tenant.run(PACES, IDLE)
    planned = sum(each.end_s - each.begin_s for each in hostile) * sum(PACES.values())
    tenant.responses[UNSENT] = max(int(planned) - tenant.responses.total(), 0)
    return tenant.responses


async def add_endpoints(setup: AttackerSetup) -> None:
    """Register endpoints that never answer."""
    headers = {"Authorization": f"Bearer {setup.key}", "Content-Type": "application/json"}
    wire = Wire(int(setup.url.rpartition(":")[2]), ADDRESS)
    for number in range(DEAD_ENDPOINTS):
        body = msgspec.json.encode({"url": f"{setup.dead}/{number}"})
        assert 201 == await wire.send(encode("POST", "/api/v1/webhooks", headers, body))


if __name__ == "__main__":
    yield_processor(NICE)
    found = read_setup(AttackerSetup)
    Path(found.out).write_bytes(msgspec.json.encode(dict(sorted(uvloop.run(send_attacks(found)).items()))))
