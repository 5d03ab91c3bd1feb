"""A short fuzz of the HTTP API over our own document, with a fixed seed. `make fuzz` runs longer with a new seed."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio
from msgspec import structs

from gateway.api.admin.operations import OPERATIONS
from tests.programs.fuzz.exact import operations
from tests.programs.fuzz.passes import EXACT, JOBS, PASSES, REST
from tests.programs.fuzz.target import DOCUMENT, Result, Target, deploy_target

pytestmark = [pytest.mark.long, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]

SEED = 20_260_508
EACH, EACH_GUEST, *LINKED = PASSES
FEW = ("--seed", str(SEED), "--max-examples")
RUN_S = 250.0  # on a busy machine; a quarter of it on an idle one
MANGLED, MANGLE_SEED = 1000, 1  # several of these orders are still right


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def target() -> AsyncIterator[Target]:
    """Deploy one target for all tests; the one of the admin API, which revokes keys, comes last."""
    async with deploy_target() as target:
        yield target


async def test_every_response_is_documented(target: Target) -> None:
    """Every response to a customer or guest is documented and not a server error."""
    exact = structs.replace(EACH, phases=EXACT)
    each, (jobs, rest, *others) = await asyncio.gather(
        target.fuzz(exact, *FEW, "1", limit_s=RUN_S), fuzz_others(target)
    )
    every = len(operations(msgspec.json.decode((target.folder / DOCUMENT).read_bytes())["paths"])) - len(OPERATIONS)
    assert every == each.operations["tested"] == jobs.operations["tested"] + rest.operations["tested"]
    assert {0} == {result.operations["errored"] for result in (each, jobs, rest, *others)}
    assert 300 < (await target.check_state()).generations


async def fuzz_others(target: Target) -> list[Result]:
    """Run the passes as a guest, with random values, and along the links, in order.

    Operations without jobs refuse a guest before they read anything, or read no key: one request is enough.
    """
    passes = (
        (structs.replace(EACH_GUEST, phases=EXACT, arguments=JOBS), "3"),
        (structs.replace(EACH_GUEST, name="rest-guest", phases="fuzzing", arguments=REST), "1"),
        (structs.replace(EACH, name="random", phases="fuzzing"), "2"),
        *((linked, "3") for linked in LINKED),
    )
    return [await target.fuzz(one, *FEW, count, limit_s=RUN_S) for one, count in passes]


async def test_mangled_requests_are_refused(target: Target) -> None:
    """A request with changed bytes gets a documented refusal or none, and leaves nothing behind."""
    statuses = await target.mangle(MANGLE_SEED, MANGLED)
    assert {200, 201, 400, 401, 404, 405, 415} <= statuses.keys()
    await target.check_state()


async def test_every_admin_response_is_documented(target: Target) -> None:
    """Every response of the admin API is documented, and the ledgers balance afterwards."""
    admin = await target.fuzz_admin(*FEW, "1", limit_s=RUN_S)
    assert (len(OPERATIONS), 0) == (admin.operations["tested"], admin.operations["errored"])
    await target.check_state()
