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
    cost_micros=110_000,
)


def told(**changes: object) -> dict[str, object]:
    """The body for OUTCOME with `changes`, parsed."""
    body: dict[str, object] = json.loads(generation_body(structs.replace(OUTCOME, **changes)))
    return body


def test_the_whole_body() -> None:
    """A completed image: the five documented fields first, then ours, in a fixed order."""
    assert (
        '{"event":"generation.completed","jobId":"job_0195c1f27a3b7c4d8e5f0123456789ab",'
        '"imageUrl":"https://cdn.example.com/a.png","prompt":"pixel art dragon",'
        '"timestamp":"2026-03-01T12:00:05.000Z","type":"generation.completed",'
        '"id":"0195c1f2-7a3b-7c4d-8e5f-0123456789ab","status":"completed","kind":"image","model":"nano-banana",'
        '"provider":"local","urls":["https://cdn.example.com/a.png","https://cdn.example.com/b.png"],'
        '"costCents":11,"refundedCents":0,"createdAt":"2026-03-01T11:59:59.750Z",'
        '"completedAt":"2026-03-01T12:00:05.000Z"}'
    ) == generation_body(OUTCOME).decode()


@pytest.mark.parametrize(("kind", "field"), RESULT_FIELDS.items())
def test_each_kind_has_its_result_field(kind: str, field: str) -> None:
    """The result is under imageUrl, videoUrl, audioUrl or text, as the kind has it, and under no other of them."""
    body = told(kind=kind, text="a red dragon", urls=("https://cdn.example.com/a",))
    result = {name: body[name] for name in ("imageUrl", "videoUrl", "audioUrl", "text") if name in body}
    assert {field: "a red dragon" if field == "text" else "https://cdn.example.com/a"} == result


def test_every_kind_of_the_catalogue_has_a_result_field() -> None:
    """A kind added to the catalogue needs its field named here."""
    assert set() == set(KINDS) - set(RESULT_FIELDS)


def test_a_failure() -> None:
    """A failed generation keeps the documented fields, with no result, and tells error and refund."""
    body = told(
        type=GENERATION_FAILED,
        urls=(),
        error="the provider refused the prompt",
        error_code="content_policy",
        cost_micros=0,
        refunded_micros=110_000,
    )
    assert ["event", "jobId", "imageUrl", "prompt", "timestamp"] == list(body)[:5]
    assert ("generation.failed", None, "failed") == (body["event"], body["imageUrl"], body["status"])
    assert ("the provider refused the prompt", "content_policy") == (body["error"], body["errorCode"])
    assert (0, 11) == (body["costCents"], body["refundedCents"])


def test_balance_low() -> None:
    """A warning of a low balance names both amounts in cents."""
    assert {
        "event": BALANCE_LOW,
        "timestamp": "2026-03-01T12:00:05.000Z",
        "type": BALANCE_LOW,
        "id": "evt_1",
        "balanceCents": 99,
        "thresholdCents": 100,
    } == json.loads(
        balance_low_body(event_id="evt_1", balance_micros=999_999, threshold_micros=1_000_000, now_ms=CLOSED_MS)
    )


def test_endpoint_disabled() -> None:
    """The notice of a disabled endpoint says which, why and since when it failed."""
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


def test_event_types_are_listed_once() -> None:
    """What an endpoint may subscribe to."""
    assert ("generation.completed", "generation.failed", "balance.low", "endpoint.disabled") == EVENT_TYPES


def test_a_short_body_is_not_marked() -> None:
    """`truncated` appears only where something is missing."""
    assert "truncated" not in told()


def test_a_long_prompt_is_cut() -> None:
    """A prompt that does not fit is cut at its end and the body says so."""
    prompt = "é" * 30_000
    body = told(prompt=prompt)
    assert body["truncated"] is True
    assert prompt.startswith(str(body["prompt"]))
    assert BODY_BYTES_MAX - 2 <= len(generation_body(structs.replace(OUTCOME, prompt=prompt))) <= BODY_BYTES_MAX


def test_a_long_text_leaves_the_prompt_whole() -> None:
    """A prompt of modest size survives a result that does not fit."""
    body = told(kind="text", prompt="p" * 3000, text="t" * 100_000)
    assert (True, 3000) == (body["truncated"], len(str(body["prompt"])))
    assert len(str(body["text"])) > 15_000


def test_a_long_prompt_leaves_a_text_its_half() -> None:
    """Where both are too long each keeps about half of the room."""
    body = told(kind="text", prompt="p" * 100_000, text="t" * 100_000)
    assert len(str(body["text"])) > 9_000
    assert len(str(body["prompt"])) > 9_000


def test_too_many_urls_are_cut_after_the_last_that_fits() -> None:
    """A list of links too long for a webhook keeps its first ones whole."""
    urls = tuple(f"https://cdn.example.com/{n}/{'x' * 1000}" for n in range(30))
    body = told(urls=urls)
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
def test_no_body_is_too_large(
    *, kind: str, event: str, prompt: str, text: str | None, error: str | None, times: int, urls: list[str]
) -> None:
    """Whatever the sizes and characters, a body is valid JSON within its limit, and whole unless it says otherwise."""
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
def test_rfc3339(ms: int, text: str) -> None:
    """Times are UTC with exactly three decimals; no millisecond is lost to rounding."""
    assert text == rfc3339(ms)
