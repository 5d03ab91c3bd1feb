"""The gate of adapters: results and errors are valid, bounded and without our secrets."""

import json
from typing import Any

import msgspec
import pytest

from shared.domain.foreign_text import ForeignText
from shared.domain.generation import Outcome, encode
from workers.adapters.chat import read_completion
from workers.adapters.contract import Blob, Call, Done, Down, Link, Pending, ProviderError, Rejected, Retry, Unknown
from workers.adapters.gate import COST_MICROS_MAX, TEXT_CHARS_MAX, clean_result
from workers.adapters.responses import PollFailed, ProviderResponse

SECRET = "sk-very-secret-key"
TEXT = ForeignText([SECRET])
CALL = Call(generation_id="g", kind="text", model="m", prompt="p", input={}, deadline_ms=0)


async def clean(answer: Any) -> Any:
    """Return an adapter's answer as the worker sees it; an exception is raised by the adapter."""

    async def work() -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return await clean_result(TEXT, work())


def storable(done: Done) -> Outcome:
    """Return a result as the store and the API write it, which fails for values that they cannot."""
    outcome = Outcome("p", text=done.text, facts=done.facts, cost_micros=done.cost_micros)
    msgspec.json.encode(outcome)
    return msgspec.msgpack.decode(encode(outcome), type=Outcome)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("an emoji \ud83d", "an emoji \ufffd"),
        ("\udc00 first", "\ufffd first"),
        ("two\r\nlines\tand a tab", "two\nlines\tand a tab"),
        ("bell\x07 null\x00 escape\x1b[31m", "bell\ufffd null\ufffd escape\ufffd[31m"),
        ("lines\u2028apart", "lines\ufffdapart"),
        (f"your key {SECRET} is", "your key [redacted] is"),
        ("an emoji 😀, ünïcode, 漢字", "an emoji 😀, ünïcode, 漢字"),
    ],
)
async def test_text_of_a_result_is_storable(text: str, expected: str) -> None:
    """A text with half an emoji, control characters or our key is a result that can be stored and shown."""
    done = await clean(Done(text=text, facts={"caption": text, "tags": [text], "nested": {text: 1}}))
    assert expected == storable(done).text
    assert (expected, [expected]) == (done.facts["caption"], done.facts["tags"])


async def test_long_text_is_cut_and_marked() -> None:
    """A text over the bound ends with a mark, and a fact says so."""
    done = await clean(Done(text="x" * (TEXT_CHARS_MAX + 1)))
    assert (TEXT_CHARS_MAX, True) == (len(done.text), done.facts["truncated"])
    assert {} == (await clean(Done(text="x" * TEXT_CHARS_MAX))).facts


@pytest.mark.parametrize("value", [2**64, -(2**70), 10**400, float("nan"), float("inf"), b"bytes", object(), None])
async def test_fact_that_cannot_be_stored_is_dropped(value: object) -> None:
    """Numbers that no encoder takes and values of other types are left out; the result stays."""
    done = await clean(Done(text="x", facts={"seed": value, "width": 8, "flag": True, "deep": {"a": [value, 1.5]}}))
    assert {"width": 8, "flag": True, "deep": {"a": [None, 1.5]}} == storable(done).facts


@pytest.mark.parametrize("cost", [-1, COST_MICROS_MAX + 1, 10**30])
async def test_cost_that_is_not_credible_is_unknown(cost: int) -> None:
    """A negative or absurd charge counts as none."""
    assert None is (await clean(Done(cost_micros=cost))).cost_micros
    rejected = Rejected("no", "no", cost_micros=cost)
    with pytest.raises(Rejected):
        await clean(rejected)
    assert None is rejected.cost_micros


@pytest.mark.parametrize("ref", ["", "a b", "a\nb", "\ud83d", "é", "x" * 1001])
async def test_reference_that_is_not_usable_is_unknown(ref: str) -> None:
    """A reference becomes a part of URLs and is stored, so anything else leaves the submit uncertain."""
    for answer in (Pending(ref, 1), ref):
        with pytest.raises(Unknown):
            await clean(answer)


@pytest.mark.parametrize(
    ("pending", "expected"),
    [
        (Pending("a", -5), Pending("a", 0)),
        (Pending("a", 1e308), Pending("a", 600)),
        (Pending("a", float("nan")), Pending("a", 5)),
        (Pending("a", 1, float("nan")), Pending("a", 1)),
        (Pending("a", 1, 7), Pending("a", 1)),
        (Pending("https://queue.example/r/1?x=%2F", 1, 0.5), Pending("https://queue.example/r/1?x=%2F", 1, 0.5)),
    ],
)
async def test_pending_work_is_polled_within_bounds(pending: Pending, expected: Pending) -> None:
    """The time of the next poll is finite and bounded, and progress is a share."""
    assert expected == await clean(pending)


@pytest.mark.parametrize(
    "url",
    ["http://[::1/x", "https://a.example/\ud83d", "https://a b/", "ftp://a", "https:///x", "https://a/" + "x" * 9000],
)
async def test_link_that_is_not_a_url_cannot_be_fetched(url: str) -> None:
    """Anything that no URL parser takes becomes one known invalid URL."""
    assert Link("invalid:") == (await clean(Done((Link(url, "text/html; \ud83d"),)))).outputs[0]


async def test_signed_link_is_unchanged() -> None:
    """A valid URL stays byte for byte, and so does a file."""
    outputs = (Link("https://a.example/%2F%3A?sig=a%2Fb%3D&x=ü", "video/mp4"), Blob(b"\x00", "image/png"))
    assert outputs == (await clean(Done(outputs))).outputs


@pytest.mark.parametrize("kind", [Rejected, Retry, Down, Unknown, PollFailed])
async def test_message_of_an_error_is_one_clean_line(kind: Any) -> None:
    """The words of every error are one bounded line without our key or half an emoji."""
    words = f"no \ud83d\x1b[1m\n{SECRET} " + "x" * 1000
    error = (
        Rejected("Bad Code!", words) if kind is Rejected else kind(words, after_s=1) if kind is Retry else kind(words)
    )
    with pytest.raises(kind) as caught:
        await clean(error)
    message = str(caught.value)
    assert message.startswith("no [1m [redacted] xxx") and 500 == len(message)
    if isinstance(caught.value, Rejected):
        assert ("provider_failed", message) == (caught.value.code, caught.value.message)


@pytest.mark.parametrize(
    ("after_s", "expected"), [(1e308, 600), (float("inf"), 5), (float("nan"), 5), (-1, 0.1), (7, 7)]
)
async def test_pause_of_an_error_is_bounded(after_s: float, expected: float) -> None:
    """The pause that an adapter read is finite and at most ten minutes."""
    with pytest.raises(Retry) as caught:
        await clean(Retry("busy", after_s=after_s))
    assert expected == caught.value.after_s


async def test_other_answers_pass_unchanged() -> None:
    """None passes, and so does an exception that is not an adapter's error."""
    assert None is await clean(None)
    with pytest.raises(KeyError):
        await clean(KeyError("x"))


@pytest.mark.parametrize("error", [Down("x"), Unknown("x")])
def test_causes_have_a_default(error: ProviderError) -> None:
    """An outage is one of its model unless the adapter says otherwise."""
    assert "route" == getattr(error, "cause", "route")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"a": "cut \\ud83d"}', {"a": "cut \ufffd"}),
        (b'{"\\uDE00 a": ["\\ud83d\\ude00", {"b": "\\uD83D"}]}', {"\ufffd a": ["😀", {"b": "\ufffd"}]}),
        (b'{"a": "\xed\xa0\xbd"}', {"a": "\ufffd\ufffd\ufffd"}),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": NaN, "b": -Infinity, "c": 1e999, "d": 1.5}', {"a": None, "b": None, "c": None, "d": 1.5}),
    ],
)
def test_json_of_a_response_is_valid_unicode_with_finite_numbers(body: bytes, expected: dict[str, Any]) -> None:
    """A response is decoded into text that can be encoded, and numbers that can be computed with."""
    fields = ProviderResponse(200, {}, body).fields
    assert expected == fields
    msgspec.json.encode(fields)


def test_completion_cut_inside_an_emoji_is_a_result() -> None:
    """A text answer that ends in half an emoji is delivered, because it was billed."""
    body = json.dumps(
        {"choices": [{"message": {"content": "well \ud83d"}}], "usage": {"prompt_tokens": 1e999}}
    ).encode()
    done = read_completion(CALL, ProviderResponse(200, {}, body.replace(b"Infinity", b"1e999")))
    assert ("well \ufffd", {}) == (done.text, done.facts)
