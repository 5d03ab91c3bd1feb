"""From what a WokGen call asks for to an accepted generation: the first offer that can do it and is not down."""

from collections.abc import Sequence

from msgspec import structs

from gateway import routing
from gateway.accept import Choice, Made, Wanted, accept
from gateway.caller import Caller
from gateway.context import Desk
from gateway.dialects.wokgen_asks import Ask
from shared.domain.catalogue import Limit, Model
from shared.domain.errors import Refused
from shared.domain.inputs import InvalidInput, check_values, validate_input, validate_prompt
from shared.domain.kind import kind_of


async def order(desk: Desk, caller: Caller, asked: Ask, body: bytes, idempotency_key: str) -> Made:
    """Accept what was asked for, and wait for it unless it is to be `async`. Raises Refused, with nothing charged."""
    prompt = asked.words()
    choices = routing.of_kind(desk, asked.kind, asked.wanted_provider, asked.hint())
    given = {name: value for name, value in (await asked.input(desk, caller)).items() if value is not None}
    wanted = Wanted(
        dialect="wokgen",
        choices=fitting(choices, prompt, given, asked),
        prompt=prompt,
        input=None,
        body=body,
        key_hash=caller.key_hash,
        guest=caller.guest,
        payer="quota",
        idempotency_key=idempotency_key,
        wait_s=0 if asked.detached else desk.settings.wokgen_wait_s,
    )
    try:
        return await accept(desk, wanted)
    except Refused as refused:
        if refused.code == "invalid_input":
            raise renamed(asked, refused) from None
        raise


def fitting(choices: Sequence[Choice], prompt: str, given: dict[str, object], asked: Ask) -> list[Choice]:
    """Those whose model can do what is asked for, with what it knows of that.

    Raises Refused("invalid_input") if nobody could, or none here can.
    """
    try:
        check_values(kind_of(asked.kind), given, dict.fromkeys(given, Limit()))
    except InvalidInput as invalid:
        raise refusal_of(asked, invalid) from None
    found: list[Choice] = []
    refusals: list[Refused] = []
    for choice in choices:
        known = taken(choice.model, given)
        try:
            validate_prompt(prompt, choice.model)
            validate_input(choice.model, known)
        except InvalidInput as invalid:
            refusals.append(refusal_of(asked, invalid))
        else:
            found.append(structs.replace(choice, input=known))
    if not found:
        raise refusals[0]
    return found


def taken(model: Model, given: dict[str, object]) -> dict[str, object]:
    """What of it the model knows: the rest are wishes that it cannot grant."""
    return {name: value for name, value in given.items() if name in model.input}


def refusal_of(asked: Ask, invalid: InvalidInput) -> Refused:
    """Return the refusal of an input that cannot be used, its field named as this API names it."""
    return Refused("invalid_input", f"{invalid.message}.", field=asked.names.get(invalid.field, invalid.field))


def renamed(asked: Ask, refused: Refused) -> Refused:
    """Return a refusal of an input with its field named as this API names it."""
    return Refused(refused.code, refused.reason, field=asked.names.get(refused.field, refused.field))
