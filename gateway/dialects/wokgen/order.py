"""Accept a WokGen call: find the models that can serve it, and submit it to the first available one."""

from collections.abc import Sequence

from msgspec import structs

from gateway.accept import AcceptedGeneration, accept
from gateway.admission.webhook_url import check_webhook_url
from gateway.caller import Caller
from gateway.context import GatewayContext
from gateway.dialects.wokgen import candidates
from gateway.dialects.wokgen.bodies import JobRequest
from gateway.offers import OFFERS_MAX, Candidate, GenerationRequest
from gateway.stored_files import request_images
from shared.domain.catalogue import Limit, Model
from shared.domain.errors import Refused
from shared.domain.inputs import InvalidInput, check_values, validate_input, validate_prompt
from shared.domain.key_limits import forbids
from shared.domain.kind import kind_of
from shared.domain.metadata import check_metadata


async def submit(
    context: GatewayContext, caller: Caller, body: JobRequest, raw: bytes, idempotency_key: str
) -> AcceptedGeneration:
    """Accept a call, and wait for its result unless it is `async`. Raises Refused, with nothing charged."""
    prompt = body.require_prompt()
    if body.webhook_url is not None and caller.guest:
        raise Refused("missing_api_key", "Send your API key to use `webhookUrl`.")
    found = allowed(
        caller,
        body.kind,
        candidates.of_call(context, body.kind, body.preferred_provider, body.preferred_model, guest=bool(caller.guest)),
    )
    images = request_images(context, caller.key_hash)
    fields = await body.build_input(context, images)
    given = {name: value for name, value in fields.items() if value is not None}
    request = GenerationRequest(
        dialect="wokgen",
        candidates=capable(found, prompt, given, body),
        prompt=prompt,
        input=None,
        body=raw,
        key_hash=caller.key_hash,
        guest=caller.guest,
        networks=caller.networks,
        address=caller.address,
        uploads=tuple(images.uploads),
        payer="quota",
        idempotency_key=idempotency_key,
        wait_s=0 if body.detached else context.settings.wokgen_wait_s,
        metadata=check_metadata(body.metadata),
        webhook_url=check_webhook_url(body.webhook_url, context.settings.webhook_networks, field="webhookUrl")
        if body.webhook_url is not None
        else "",
    )
    try:
        return await accept(context, request)
    except Refused as refused:
        if refused.code == "invalid_input":
            raise renamed(body, refused) from None
        raise


def allowed(caller: Caller, kind: str, offered: Sequence[Candidate]) -> Sequence[Candidate]:
    """Return the candidates that the caller's key may order. The script checks them again. Raises Refused."""
    if not caller.limits.models and not caller.limits.kinds:
        return offered
    found = [one for one in offered if caller.limits.allows_model(kind, one.model.id)]
    if not found:
        raise forbids("kind", kind)
    return found


def capable(offered: Sequence[Candidate], prompt: str, given: dict[str, object], body: JobRequest) -> list[Candidate]:
    """Return each provider's first candidate whose model can serve the request, with the input that its model knows.

    Providers after the first OFFERS_MAX are left out, because an order never tries them.
    Raises Refused("invalid_input") if the input breaks the limits of its kind, or of every model.
    """
    try:
        check_values(kind_of(body.kind), given, dict.fromkeys(given, Limit()))
    except InvalidInput as invalid:
        raise refusal_of(body, invalid) from None
    found: dict[str, Candidate] = {}  # by provider: only the first model of each counts
    refusals: list[Refused] = []
    for candidate in offered:
        if candidate.route.provider in found:
            continue
        known = known_input(candidate.model, given)
        try:
            validate_prompt(prompt, candidate.model)
            validate_input(candidate.model, known)
        except InvalidInput as invalid:
            refusals.append(refusal_of(body, invalid))
        else:
            found[candidate.route.provider] = structs.replace(candidate, input=known)
            if len(found) == OFFERS_MAX:
                break
    if not found:
        raise refusals[0]
    return list(found.values())


def known_input(model: Model, given: dict[str, object]) -> dict[str, object]:
    """Return the fields that the model knows. The others are preferences that it cannot follow."""
    return {name: value for name, value in given.items() if name in model.input}


def refusal_of(body: JobRequest, invalid: InvalidInput) -> Refused:
    """Return the refusal of an invalid input, its field named as this API names it."""
    return Refused("invalid_input", f"{invalid.message}.", field=body.names.get(invalid.field, invalid.field))


def renamed(body: JobRequest, refused: Refused) -> Refused:
    """Return a refusal of an input with its field named as this API names it."""
    return Refused(refused.code, refused.reason, field=body.names.get(refused.field, refused.field))
