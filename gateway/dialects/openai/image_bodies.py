"""The bodies of OpenAI's image calls."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.admission.webhook_url import WebhookUrl
from gateway.dialects.wokgen.bodies import Name
from shared.domain.described import NOT_BLANK, count, doc, link, replaced
from shared.domain.fields import PROMPT_CHARS_MAX

N_MAX = 10
NO_EFFECT = "Accepted for compatibility. Has no effect."
MODEL = replaced(
    "The id of a model, or an alias, from `GET /v1/models`.",
    required=True,
    type="string",
    minLength=1,
)
PROMPT = replaced(
    "A description of the image.",
    required=True,
    type="string",
    minLength=1,
    maxLength=PROMPT_CHARS_MAX,
    pattern=NOT_BLANK,
)
N = Annotated[Annotated[int, Meta(ge=1, le=N_MAX)] | None, doc("How many images to make. Models have limits below 10.")]
Size = Annotated[
    Name | None,
    doc(
        "`auto`, pixels such as `1024x1024`, or a ratio such as `16:9`. An alias takes the nearest size of its model.",
        examples=["1024x1024", "1536x1024", "auto"],
    ),
]
Quality = Annotated[
    Literal["standard", "hd", "low", "medium", "high", "xhigh", "max", "auto"] | None,
    doc("The quality to aim for. Models with one quality say so in `X-Wokflow-Notices`."),
]
Background = Annotated[
    Literal["transparent", "opaque", "auto"] | None,
    doc("`transparent` needs a model that has a variant without a background."),
]
OutputFormat = Annotated[
    Literal["png", "jpeg", "webp"] | None, doc("The preferred format. `output_format` of the answer has the real one.")
]
ResponseFormat = Annotated[
    Literal["url", "b64_json"] | None,
    doc("URLs or base64. The default is `b64_json` for names with `gpt-image`, as at OpenAI, and `url` for others."),
]


class ImageOptions(Struct, kw_only=True, forbid_unknown_fields=True):
    """The fields that image calls share. Any other field is refused, because it would have no effect."""

    model: Annotated[str | None, MODEL] = None
    prompt: Annotated[str | None, PROMPT] = None
    n: N = None
    size: Size = None
    quality: Quality = None
    background: Background = None
    output_format: OutputFormat = None
    output_compression: Annotated[Annotated[int, Meta(ge=0, le=100)] | None, doc(NO_EFFECT)] = None
    response_format: ResponseFormat = None
    moderation: Annotated[Literal["auto", "low"] | None, doc(NO_EFFECT)] = None
    stream: Annotated[bool | None, doc("Must be false: images are not streamed.")] = None
    partial_images: Annotated[Annotated[int, Meta(ge=0, le=3)] | None, doc(NO_EFFECT)] = None
    user: Annotated[Name | None, doc(NO_EFFECT)] = None
    safety_identifier: Annotated[Name | None, doc(NO_EFFECT)] = None
    webhook_url: WebhookUrl = None
    input: Annotated[
        object,
        replaced(
            "Ours: more parameters of the model, as `input` of `POST /api/v1/generations`.",
            anyOf=[{"$ref": "#/components/schemas/Input"}, {"type": "null"}],
        ),
    ] = None


class CreateImages(ImageOptions, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /v1/images/generations."""

    style: Annotated[Literal["vivid", "natural"] | None, doc("The style, if the model takes one.")] = None


class EditImages(ImageOptions, kw_only=True, forbid_unknown_fields=True):
    """The fields of POST /v1/images/edits, a form. Each file is a `data:` URL here."""

    image: list[str] = []
    mask: str | None = None
    input_fidelity: Name | None = None


class OpenaiImage(Struct, kw_only=True):
    """An image: its URL or its bytes."""

    url: Annotated[str | UnsetType, link("The image, which anybody with this URL can fetch.")] = UNSET
    b64_json: Annotated[str | UnsetType, doc("The bytes of the image in base64.")] = UNSET


class OpenaiImages(Struct, kw_only=True):
    """The images of a completed call."""

    created: Annotated[int, count("When the call was accepted, in Unix seconds.")]
    data: Annotated[tuple[OpenaiImage, ...], doc("The images.")]
    output_format: Annotated[str | UnsetType, doc("The format of the images.", examples=["png"])] = UNSET
    size: Annotated[str | UnsetType, doc("The size of the first image in pixels.", examples=["1024x1024"])] = UNSET
    model: Annotated[str, doc("The id of the model that made them.")]
