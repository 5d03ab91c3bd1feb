"""A short fuzz of the HTTP API over our own document, under one seed; `make fuzz` is a long one under a new seed."""

import asyncio

import msgspec
from msgspec import structs

from gateway.api.admin.operations import OPERATIONS
from tests.programs.fuzz.exact import operations
from tests.programs.fuzz.ground import DOCUMENT, Ground, Result, a_ground
from tests.programs.fuzz.passes import EXACT, PASSES

SEED = 20_260_508
EACH, EACH_GUEST, *LINKED = PASSES
FEW = ("--seed", str(SEED), "--max-examples")
RUN_S = 100.0
MANGLED = 1000


async def test_every_answer_is_as_documented() -> None:
    """Whatever is sent, with a key or without: no failure of ours, no answer that the document does not tell of."""
    async with a_ground() as ground:
        each, others = await asyncio.gather(ground.fuzz(EACH, *FEW, "2", limit_s=RUN_S), the_others(ground))
        every = len(operations(msgspec.json.decode((ground.folder / DOCUMENT).read_bytes())["paths"]))
        for result in (each, others[0]):
            assert (every - len(OPERATIONS), 0) == (result.operations["tested"], result.operations["errored"])
        assert 300 < (await ground.proven()).generations


async def test_every_answer_to_an_operator_is_as_documented() -> None:
    """Whatever is sent to the admin API with an operator's key, the same holds, and the books balance afterwards."""
    async with a_ground() as ground:
        admin = await ground.fuzz_admin(*FEW, "2", limit_s=RUN_S)
        assert (len(OPERATIONS), 0) == (admin.operations["tested"], admin.operations["errored"])
        await ground.proven()


async def the_others(ground: Ground) -> list[Result]:
    """The passes as a guest and along the links, one after the other."""
    exact = structs.replace(EACH_GUEST, phases=EXACT)
    return [await ground.fuzz(each, *FEW, "6", limit_s=RUN_S) for each in (exact, *LINKED)]


async def test_what_is_nearly_http_is_refused() -> None:
    """A request with anything wrong in its bytes gets a documented refusal or none, and leaves nothing behind."""
    async with a_ground() as ground:
        answers = await ground.mangle(SEED, MANGLED)
        assert {200, 201, 400, 401, 404, 405, 415} <= answers.keys()
        await ground.proven()
