"""The bodies of the events that are streamed."""

from typing import Annotated

from msgspec import UNSET, Struct, UnsetType

from gateway.dialects.wowflow.bodies import STAGES, GenerationEntry
from shared.domain.described import count, doc, timestamp

TYPES = (*(f"generation.{stage}" for stage in STAGES), "generation.progress", "generation.position", "text.delta")


class StreamedEvent(Struct, kw_only=True, omit_defaults=True):
    """The data of one event. Its `type` is the name of the event, too."""

    type: Annotated[str, doc("The kind of event. New ones may come.", examples=list(TYPES))]
    generation_id: Annotated[str | UnsetType, doc("The generation that it is about.", format="uuid")] = UNSET
    at: Annotated[str | UnsetType, timestamp("When it happened.")] = UNSET
    stage: Annotated[str | UnsetType, doc("The stage that the generation is in now.", examples=STAGES)] = UNSET
    progress: Annotated[float | UnsetType, doc("The progress that the provider reports, from 0 to 1.")] = UNSET
    queue_position: Annotated[int | UnsetType, count("How many generations are before this one.")] = UNSET
    text: Annotated[str | UnsetType, doc("The text that follows the last `text.delta`.")] = UNSET
    offset: Annotated[int | UnsetType, count("How many characters of the text came before.")] = UNSET
    generation: Annotated[GenerationEntry | UnsetType, doc("The generation, once it has ended.")] = UNSET
