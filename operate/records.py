"""The full record of a generation."""

from msgspec import UNSET, Struct, UnsetType

from operate.generations import find_generation
from operate.operator import Operator
from operate.times import moment
from shared.domain import ids
from shared.domain.generation import Generation, Outcome


class OutputRecord(Struct, kw_only=True):
    """An output of a generation."""

    place: str
    media_type: str
    size_bytes: int
    width: int | None
    height: int | None
    sha256: str | None  # of its bytes
    url: str
    expires_at: str | None  # when its provider deletes it; null if it is in our storage


class AttemptRecord(Struct, kw_only=True):
    """An attempt at a provider, and its outcome."""

    at: str | None
    provider: str
    outcome: str


class OutcomeRecord(Struct, kw_only=True):
    """The outcome of a generation, or a result that came after its refund."""

    served_by: str | None
    outputs: tuple[OutputRecord, ...] | None
    text: str | None
    facts: dict[str, object] | None
    error_code: str | None
    error: str | None


class GenerationRecord(Struct, kw_only=True):
    """Every field of a generation. The fields of its outcome are missing while it is open."""

    id: str
    job: str
    account: str
    state: str
    queue_position: int | None
    dialect: str
    kind: str
    model: str
    provider: str
    provider_model: str
    provider_reference: str | None
    attempts: tuple[AttemptRecord, ...] | None
    prompt: str
    input: dict[str, object] | None
    created_at: str | None
    started_at: str | None
    closed_at: str | None
    deadline_at: str | None
    served_by: str | UnsetType | None = UNSET
    outputs: tuple[OutputRecord, ...] | UnsetType | None = UNSET
    text: str | UnsetType | None = UNSET
    facts: dict[str, object] | UnsetType | None = UNSET
    error_code: str | UnsetType | None = UNSET
    error: str | UnsetType | None = UNSET
    late_result: OutcomeRecord | None = None
    reserved_micros: int
    cost_micros: int | None = None
    refund_micros: int | None = None
    credit_micros: int | None = None
    provider_cost_micros: int | None = None
    provider_cost_expected_micros: int | None = None


async def read_record(operator: Operator, named: str) -> GenerationRecord:
    """Return a generation's record by its UUID or job_... id, prompt included. Raises Refused if it does not exist."""
    found = await find_generation(operator, named)
    record, outcome = _of_generation(found), found.outcome
    if outcome is not None:
        ended = _of_outcome(outcome, operator.base_url)
        record.served_by, record.outputs, record.text = ended.served_by, ended.outputs, ended.text
        record.facts, record.error_code, record.error = ended.facts, ended.error_code, ended.error
        record.provider_cost_micros = outcome.cost_micros
        record.provider_cost_expected_micros = outcome.expected_micros
    record.late_result = None if found.late is None else _of_outcome(found.late, operator.base_url)
    return record


def _of_generation(found: Generation) -> GenerationRecord:
    spec = found.spec
    attempts = tuple(
        AttemptRecord(at=moment(one.at_ms), provider=one.provider, outcome=one.word) for one in found.attempts
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
