"""The refusals of bodies that do not fit their type."""

import msgspec
import pytest

from gateway.api.admin.bodies import ResolveDoubt, TopUp
from gateway.api.webhooks.bodies import CreateEndpoint, ReplayEvents
from gateway.dialects.wokgen.bodies import ImageRequest, VoiceRequest
from gateway.dialects.wowflow.bodies import CreateGeneration
from gateway.field_errors import refusal_of


@pytest.mark.parametrize(
    ("shape", "body", "message"),
    [
        (CreateGeneration, {"prompt": 3}, "`prompt` must be a string."),
        (ImageRequest, {"width": "5"}, "`width` must be a whole number from 64 to 2048."),
        (ImageRequest, {"quality": "best"}, "`quality` must be one of hd, standard."),
        (ImageRequest, {"async": 1}, "`async` must be true or false."),
        (ImageRequest, {"mode": "x" * 101}, "`mode` must be a string of at most 100 characters."),
        (VoiceRequest, {"speed": 9}, "`speed` must be a number from 0.25 to 4."),
        (CreateEndpoint, {}, "`url` is required."),
        (CreateEndpoint, {"url": "x", "events": 3}, "`events` must be a list."),
        (CreateEndpoint, {"url": "x", "events": [3]}, "`events[0]` must be a string."),
        (CreateEndpoint, {"url": "x", "more": 1}, "`more` is not a field of this request. Known: url, events."),
        (TopUp, {"amount_micros": 0}, "`amount_micros` must be a whole number from 1 to 1000000000000."),
        (ResolveDoubt, {"completed": [""]}, "`completed[0]` must be a string of 1 to 2000 characters."),
        (
            ReplayEvents,
            {"since": "yesterday", "which": "failed"},
            "`since` must be a time with its zone, such as 2026-05-01T09:00:00Z.",
        ),
        (CreateGeneration, [], "The body must be a JSON object."),
    ],
    ids=str,
)
def test_refusal_names_the_field_and_its_limits(shape: type, body: object, message: str) -> None:
    """The message names the field and the values that it accepts, in plain words."""
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(body, shape)
    assert message == refusal_of(caught.value, shape).message
