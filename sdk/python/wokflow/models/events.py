"""The JSON of the API: events. Generated from the OpenAPI document by sdk/scripts/python_models.py."""

from dataclasses import dataclass
from datetime import datetime

from wokflow.models.generations import Generation


@dataclass(frozen=True, kw_only=True)
class StreamedEvent:
    """The data of one event. Its `type` is the name of the event, too."""

    type: str
    """The kind of event. New ones may come."""

    generation_id: str | None = None
    """The generation that it is about."""

    at: datetime | None = None
    """When it happened. RFC 3339, UTC, milliseconds."""

    stage: str | None = None
    """The stage that the generation is in now."""

    progress: float | None = None
    """The progress that the provider reports, from 0 to 1."""

    queue_position: int | None = None
    """How many generations are before this one."""

    text: str | None = None
    """The text that follows the last `text.delta`."""

    offset: int | None = None
    """How many characters of the text came before."""

    generation: Generation | None = None
    """The generation, once it has ended."""
