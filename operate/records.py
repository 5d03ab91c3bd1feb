"""The full record of a generation."""

from typing import Annotated

from msgspec import UNSET, Struct, UnsetType

from operate.generations import find_generation
from operate.operator import Operator
from operate.times import moment
from shared.domain import ids
from shared.domain.described import doc, timestamp
from shared.domain.generation import Generation, Outcome
from shared.store.providers import BreakerState, read_state

CLOSED_MAX = 5  # models of one provider


class OutputRecord(Struct, kw_only=True):
    """An output of a generation."""

    place: Annotated[str, doc("The path in our storage, below `/assets/`.")]
    media_type: Annotated[str, doc("The media type of the file.")]
    size_bytes: Annotated[int, doc("The file's size in bytes.")]
    width: Annotated[int | None, doc("Width in pixels. Null if unknown.")]
    height: Annotated[int | None, doc("Height in pixels. Null if unknown.")]
    sha256: Annotated[str | None, doc("SHA-256 of the file in hexadecimal. Null if the file is not in our storage.")]
    url: Annotated[str, doc("The URL.")]
    expires_at: Annotated[
        str | None, timestamp("When the provider deletes this output. Null if the output is in our storage.")
    ]


class AttemptRecord(Struct, kw_only=True):
    """An attempt at a provider, and its outcome."""

    at: Annotated[str | None, timestamp("The time.")]
    provider: Annotated[str, doc("The provider's name in the catalogue.")]
    outcome: Annotated[str, doc("The outcome of the attempt.")]


class ClosedRecord(Struct, kw_only=True):
    """A provider, or one of its models, that takes no orders now: its circuit breaker is open, or it is paused."""

    provider: Annotated[str, doc("The provider's name in the catalogue.")]
    model: Annotated[str | None, doc("The provider's name of the model. Null: all of its models are closed.")]
    state: Annotated[str, doc("The state.", enum=["down", "gone", "trying", "paused"])]
    why: Annotated[str | None, doc("The reason.")]
    until: Annotated[str | None, timestamp("Until when. Null: the next order is a probe.")]


class OutcomeRecord(Struct, kw_only=True):
    """The outcome of a generation, or a result that came after its refund."""

    served_by: Annotated[str | None, doc("The provider that served it.")]
    outputs: Annotated[tuple[OutputRecord, ...] | None, doc("The outputs.")]
    text: Annotated[str | None, doc("The result of a text generation.")]
    facts: Annotated[dict[str, object] | None, doc("Data that the provider reported about the result.")]
    error_code: Annotated[str | None, doc("The reason for the failure, for programs.")]
    error: Annotated[str | None, doc("The reason for the failure, for people.")]


class GenerationRecord(Struct, kw_only=True):
    """Every field of a generation. The fields of its outcome are missing while it is open."""

    id: Annotated[str, doc("The generation's id.")]
    job: Annotated[str, doc("The generation's id in the WokGen API.")]
    account: Annotated[str, doc("The account's id.")]
    state: Annotated[str, doc("The state.")]
    queue_position: Annotated[int | None, doc("How many generations are ahead of it, while it waits.")]
    dialect: Annotated[str, doc("The API that it was submitted through.")]
    kind: Annotated[str, doc("The kind of model.")]
    model: Annotated[str, doc("The model's id in the catalogue.")]
    provider: Annotated[str, doc("The provider's name in the catalogue.")]
    provider_model: Annotated[str, doc("The model's name at the provider.")]
    provider_reference: Annotated[str | None, doc("The provider's id of the task.")]
    attempts: Annotated[tuple[AttemptRecord, ...] | None, doc("Every attempt at a provider, oldest first.")]
    closed: Annotated[
        tuple[ClosedRecord, ...] | None, doc("Which of the providers and models that it needs are closed now, and why.")
    ] = None
    prompt: Annotated[str, doc("The prompt as sent.")]
    input: Annotated[dict[str, object] | None, doc("The input fields besides the prompt.")]
    metadata: Annotated[dict[str, str] | None, doc("The caller's own facts about the order.")] = None
    created_at: Annotated[str | None, timestamp("When it was created.")]
    started_at: Annotated[str | None, timestamp("When a worker started it.")]
    closed_at: Annotated[str | None, timestamp("When it was settled.")]
    deadline_at: Annotated[str | None, timestamp("When it fails and is refunded if it has not ended.")]
    served_by: Annotated[str | UnsetType | None, doc("The provider that served it.")] = UNSET
    outputs: Annotated[tuple[OutputRecord, ...] | UnsetType | None, doc("The outputs.")] = UNSET
    text: Annotated[str | UnsetType | None, doc("The result of a text generation.")] = UNSET
    facts: Annotated[dict[str, object] | UnsetType | None, doc("Data that the provider reported about the result.")] = (
        UNSET
    )
    error_code: Annotated[str | UnsetType | None, doc("The reason for the failure, for programs.")] = UNSET
    error: Annotated[str | UnsetType | None, doc("The reason for the failure, for people.")] = UNSET
    late_result: Annotated[OutcomeRecord | None, doc("The result that the provider delivered after the refund.")] = None
    reserved_micros: Annotated[int, doc("The reservation in micro-dollars.")]
    cost_micros: Annotated[int | None, doc("The charge in micro-dollars.")] = None
    refund_micros: Annotated[int | None, doc("The refund at settlement, in micro-dollars.")] = None
    credit_micros: Annotated[int | None, doc("The credit that an operator gave afterwards, in micro-dollars.")] = None
    provider_cost_micros: Annotated[int | None, doc("Cost of the provider by its own report, in micro-dollars.")] = None
    provider_cost_expected_micros: Annotated[
        int | None, doc("Cost of the provider according to the catalogue, in micro-dollars.")
    ] = None


async def read_record(operator: Operator, named: str) -> GenerationRecord:
    """Return a generation's record by its UUID or job_... id, prompt included. Raises Refused if it does not exist."""
    found = await find_generation(operator, named)
    record, outcome = _of_generation(found), found.outcome
    record.closed = await _find_closed(operator, found) or None
    if outcome is not None:
        ended = _of_outcome(outcome, operator.base_url)
        record.served_by, record.outputs, record.text = ended.served_by, ended.outputs, ended.text
        record.facts, record.error_code, record.error = ended.facts, ended.error_code, ended.error
        record.provider_cost_micros = outcome.cost_micros
        record.provider_cost_expected_micros = outcome.expected_micros
    record.late_result = None if found.late is None else _of_outcome(found.late, operator.base_url)
    return record


async def _find_closed(operator: Operator, found: Generation) -> tuple[ClosedRecord, ...]:
    """Return what is closed now of the routes that a generation was tried at, or still can be."""
    spec = found.spec
    ways = {(found.provider, spec.target), *((route.provider, route.target) for route in spec.routes)}
    # The record of an earlier attempt does not say which model of its provider it was.
    left = {one.provider for one in found.attempts} - {provider for provider, _ in ways}
    closed: list[ClosedRecord] = []
    for name in sorted(left | {provider for provider, _ in ways}):
        state = await read_state(operator.store, name)
        closed += [_closed(name, None, state)] if state.status != "up" else []
        routes = [one for one in state.routes if name in left or (name, one.target) in ways]
        closed += [_closed(name, one.target, one) for one in routes[:CLOSED_MAX]]
    return tuple(closed)


def _closed(provider: str, model: str | None, state: BreakerState) -> ClosedRecord:
    until_ms = state.paused_until_ms if state.status == "paused" else state.down_until_ms
    return ClosedRecord(
        provider=provider,
        model=model,
        state=state.status,
        why=(state.down_why or None) if state.downs else "rate limit",
        until=None if state.status == "trying" else moment(until_ms),
    )


def _of_generation(found: Generation) -> GenerationRecord:
    spec = found.spec
    attempts = tuple(
        AttemptRecord(at=moment(one.at_ms), provider=one.provider, outcome=one.outcome) for one in found.attempts
    )
    return GenerationRecord(
        id=found.id,
        job=ids.job_id(found.id),
        account=found.account,
        state=found.state,
        queue_position=found.position,
        dialect=spec.dialect,
        kind=spec.kind,
        model=spec.model,
        provider=found.provider,
        provider_model=spec.target,
        provider_reference=found.ref,
        attempts=attempts or None,
        prompt=spec.prompt,
        input=spec.input or None,
        metadata=spec.metadata,
        created_at=moment(found.created_ms),
        started_at=moment(found.started_ms),
        closed_at=moment(found.closed_ms),
        deadline_at=moment(found.deadline_ms),
        reserved_micros=found.reserved,
        cost_micros=found.cost,
        refund_micros=None if found.open else found.refund_micros,
        credit_micros=found.credit,
    )


def _of_outcome(outcome: Outcome, base_url: str) -> OutcomeRecord:
    outputs = tuple(
        OutputRecord(
            place=output.place,
            media_type=output.media_type,
            size_bytes=output.size_bytes,
            width=output.width,
            height=output.height,
            sha256=output.sha256 or None,
            url=output.url(base_url),
            expires_at=moment(output.expires_ms),
        )
        for output in outcome.outputs
    )
    return OutcomeRecord(
        served_by=outcome.provider,
        outputs=outputs or None,
        text=outcome.text,
        facts=outcome.facts or None,
        error_code=outcome.error_code,
        error=outcome.error,
    )
