"""The body of OpenAI's speech."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from gateway.admission.webhook_url import WebhookUrl
from gateway.dialects.openai.image_bodies import MODEL, NO_EFFECT
from gateway.dialects.wokgen.bodies import Name
from shared.domain.described import NOT_BLANK, doc, replaced
from shared.domain.kinds.voice import PROMPT_CHARS_MAX

LongName = Annotated[str, Meta(max_length=PROMPT_CHARS_MAX, pattern=r"\A[^\u0000]*\Z")]  # a text without NUL


class CreateSpeech(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /v1/audio/speech. Any other field is refused, because it would have no effect."""

    model: Annotated[str | None, MODEL] = None
    input: Annotated[
        str | None,
        replaced(
            "The text to speak.",
            required=True,
            type="string",
            minLength=1,
            maxLength=PROMPT_CHARS_MAX,
            pattern=NOT_BLANK,
        ),
    ] = None
    voice: Annotated[
        Name | None, doc("The name of a voice of the model. Behind an alias, an unknown one is the model's own.")
    ] = None
    response_format: Annotated[
        Literal["mp3", "wav", "opus", "aac", "flac", "pcm"] | None,
        doc("The preferred format: models here make mp3 or wav. `Content-Type` has the real one."),
    ] = None
    speed: Annotated[Annotated[float, Meta(ge=0.25, le=4)] | None, doc("The speed of speech.")] = None
    instructions: Annotated[LongName | None, doc(NO_EFFECT)] = None
    webhook_url: WebhookUrl = None
    stream_format: Annotated[Literal["audio"] | None, doc("Only `audio`: speech is not streamed.")] = None
