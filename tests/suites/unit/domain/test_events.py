import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from shared.domain.catalogue import KINDS
from shared.domain.events import (
    BALANCE_LOW,
    BODY_BYTES_MAX,
    ENDPOINT_DISABLED,
    EVENT_TYPES,
    GENERATION_COMPLETED,
    GENERATION_FAILED,
    RESULT_FIELDS,
    GenerationEvent,
    balance_low_body,
    endpoint_disabled_body,
    generation_body,
)
from shared.domain.times import rfc3339

CLOSED_MS = 1_772_366_405_000
OUTCOME = GenerationEvent(
    id="0195c1f2-7a3b-7c4d-8e5f-0123456789ab",
    type=GENERATION_COMPLETED,
    kind="image",
    prompt="pixel art dragon",
    model="nano-banana",
    provider="local",
    urls=("https://cdn.example.com/a.png", "https://cdn.example.com/b.png"),
    created_ms=CLOSED_MS - 5_250,
    closed_ms=CLOSED_MS,
    cost_micros=105_000,
)


def body_of(**changes: object) -> dict[str, object]:
    """Return the parsed body for OUTCOME with `changes`."""
    body: dict[str, object] = json.loads(generation_body(structs.replace(OUTCOME, **changes)))
    return body


def test_completed_body_has_documented_fields_first() -> None:
    """A completed image has the five documented fields first, then ours, in a fixed order."""
    assert (
        '{"event":"generation.completed","jobId":"job_0195c1f27a3b7c4d8e5f0123456789ab",'
        '"imageUrl":"https://cdn.example.com/a.png","prompt":"pixel art dragon",'
        '"timestamp":"2026-03-01T12:00:05.000Z","type":"generation.completed",'
        '"id":"0195c1f2-7a3b-7c4d-8e5f-0123456789ab","status":"completed","kind":"image","model":"nano-banana",'
        '"provider":"local","urls":["https://cdn.example.com/a.png","https://cdn.example.com/b.png"],'
        '"costCents":11,"refundedCents":0,"costMicros":105000,"refundedMicros":0,"createdAt":"2026-03-01T11:59:59.750Z",'
        '"completedAt":"2026-03-01T12:00:05.000Z","simulated":false}'
    ) == generation_body(OUTCOME).decode()


def test_metadata_of_the_order_comes_last_and_is_never_cut() -> None:
    """The body has the caller's own facts, also if its prompt was cut; without any it has no such field."""
    facts = {"user": "u_1"}
    assert facts == body_of(metadata=facts)["metadata"] == body_of(metadata=facts, prompt="x" * 30_000)["metadata"]
    assert "metadata" not in body_of()


def test_simulated_generation_says_so() -> None:
    """The body says whether the local provider stood in for the model, also if it was cut."""
    assert True is body_of(simulated=True)["simulated"]
    cut = body_of(simulated=True, kind="text", text="x" * 30_000)
    assert (True, True) == (cut["simulated"], cut["truncated"])


@pytest.mark.parametrize(("kind", "field"), RESULT_FIELDS.items())
def test_result_is_in_field_of_kind(kind: str, field: str) -> None:
    """The result is in imageUrl, videoUrl, audioUrl or text, depending on the kind, and in no other field."""
    body = body_of(kind=kind, text="a red dragon", urls=("https://cdn.example.com/a",))
    result = {name: body[name] for name in ("imageUrl", "videoUrl", "audioUrl", "text") if name in body}
    assert {field: "a red dragon" if field == "text" else "https://cdn.example.com/a"} == result


def test_every_kind_has_result_field() -> None:
    """Each kind of the catalogue has a result field."""
    assert set() == set(KINDS) - set(RESULT_FIELDS)


def test_failed_body_has_error_and_refund() -> None:
    """A failed generation has the documented fields, no result, and its error and refund."""
    body = body_of(
        type=GENERATION_FAILED,
        urls=(),
        error="the provider refused the prompt",
        error_code="content_policy",
        cost_micros=0,
        refunded_micros=105_000,
    )
    assert ["event", "jobId", "imageUrl", "prompt", "timestamp"] == list(body)[:5]
    assert ("generation.failed", None, "failed") == (body["event"], body["imageUrl"], body["status"])
    assert ("the provider refused the prompt", "content_policy") == (body["error"], body["errorCode"])
    assert (0, 11, 105_000) == (body["costCents"], body["refundedCents"], body["refundedMicros"])


def test_balance_low_body_has_both_amounts() -> None:
    """A low-balance event has balance and threshold in cents."""
    assert {
        "event": BALANCE_LOW,
        "timestamp": "2026-03-01T12:00:05.000Z",
        "type": BALANCE_LOW,
        "id": "evt_1",
        "balanceCents": 99,
        "thresholdCents": 100,
        "balanceMicros": 999_999,
    } == json.loads(
        balance_low_body(event_id="evt_1", balance_micros=999_999, threshold_micros=1_000_000, now_ms=CLOSED_MS)
    )


def test_endpoint_disabled_body_has_reason_and_time() -> None:
    """The event of a disabled endpoint has the endpoint, the reason and the start of its failures."""
    body = json.loads(
        endpoint_disabled_body(
            event_id="evt_2",
            endpoint_id="ep_1",
            url="https://example.com/hook",
            reason="failing",
            failing_since_ms=CLOSED_MS - 86_400_000,
            now_ms=CLOSED_MS,
        )
    )
    assert (ENDPOINT_DISABLED, "ep_1", "https://example.com/hook", "failing", "2026-02-28T12:00:05.000Z") == tuple(
        body[name] for name in ("event", "endpointId", "url", "reason", "failingSince")
    )


def test_event_types_are_unique() -> None:
    """The list of event types has each type once."""
    assert len(EVENT_TYPES) == len(set(EVENT_TYPES))
    assert ("generation.completed", "generation.failed", "balance.low", "endpoint.disabled") == EVENT_TYPES[:4]


def test_short_body_is_not_marked_truncated() -> None:
    """`truncated` appears only if something is missing."""
    assert "truncated" not in body_of()


def test_long_prompt_is_cut() -> None:
    """A prompt that does not fit is cut at its end, and the body says so."""
    prompt = "é" * 30_000
    body = body_of(prompt=prompt)
    assert body["truncated"] is True
    assert prompt.startswith(str(body["prompt"]))
    assert BODY_BYTES_MAX - 2 <= len(generation_body(structs.replace(OUTCOME, prompt=prompt))) <= BODY_BYTES_MAX


def test_long_text_leaves_prompt_whole() -> None:
    """A prompt of modest size stays whole when the result does not fit."""
    body = body_of(kind="text", prompt="p" * 3000, text="t" * 100_000)
    assert (True, 3000) == (body["truncated"], len(str(body["prompt"])))
    assert len(str(body["text"])) > 15_000


def test_long_prompt_and_text_share_the_room() -> None:
    """If both prompt and text are too long, each gets about half of the room."""
    body = body_of(kind="text", prompt="p" * 100_000, text="t" * 100_000)
    assert len(str(body["text"])) > 9_000
    assert len(str(body["prompt"])) > 9_000


def test_urls_are_cut_after_last_that_fits() -> None:
    """A list of URLs that is too long keeps its first URLs whole."""
    urls = tuple(f"https://cdn.example.com/{n}/{'x' * 1000}" for n in range(30))
    body = body_of(urls=urls)
    assert (True, list(urls[:5]), urls[0]) == (body["truncated"], body["urls"], body["imageUrl"])
    assert "pixel art dragon" == body["prompt"]


TEXTS = st.text(st.characters(codec="utf-8"), max_size=50)


@settings(deadline=None)
@given(
    kind=st.sampled_from([*RESULT_FIELDS, "something new"]),
    event=st.sampled_from([GENERATION_COMPLETED, GENERATION_FAILED]),
    prompt=TEXTS,
    text=TEXTS | st.none(),
    error=TEXTS | st.none(),
    times=st.integers(1, 3000),
    urls=st.lists(TEXTS, max_size=4),
)
def test_body_is_valid_and_bounded(
    *, kind: str, event: str, prompt: str, text: str | None, error: str | None, times: int, urls: list[str]
) -> None:
    """For any sizes and characters, a body is valid JSON within its limit, and complete unless it is marked."""
    outcome = structs.replace(
        OUTCOME,
        kind=kind,
        type=event,
        prompt=prompt * times,
        text=text and text * times,
        error=error and error * times,
        urls=tuple(url * (times // 4) for url in urls),
    )
    raw = generation_body(outcome)
    body = json.loads(raw)
    assert len(raw) <= BODY_BYTES_MAX
    assert outcome.prompt.startswith(body["prompt"])
    assert body.get("truncated") or (outcome.prompt, list(outcome.urls)) == (body["prompt"], body["urls"])


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (1_772_366_405_000, "2026-03-01T12:00:05.000Z"),
        (1_772_366_405_999, "2026-03-01T12:00:05.999Z"),
        (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ],
)
def test_rfc3339_has_three_decimals(ms: int, text: str) -> None:
    """Times are UTC with exactly three decimals, without loss of milliseconds."""
    assert text == rfc3339(ms)
