"""Kind `image`: an image from a prompt and, if the model takes them, input images."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.domain import fields
from shared.domain.described import doc

PROMPT_CHARS_MAX = fields.PROMPT_CHARS_MAX
TIMEOUT_S = 600
SIDE_PX_MIN, SIDE_PX_MAX = 64, 2_048
IMAGE_URLS_MAX = 14
COUNT_MAX = 4
STYLE_CHARS_MAX = 1_000

Side = Annotated[int, Meta(ge=SIDE_PX_MIN, le=SIDE_PX_MAX)]


class ImageInput(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Every input field of kind `image`; a catalogue entry names the fields of its model."""

    width: Annotated[Side | None, doc("Width in pixels.")] = None
    height: Annotated[Side | None, doc("Height in pixels.")] = None
    seed: Annotated[
        fields.Seed | None,
        doc("The same seed, prompt and size give the same output where the provider can.", format="int64"),
    ] = None
    negative_prompt: Annotated[fields.LongText | None, doc("Content that the output should not show.")] = None
    aspect_ratio: Annotated[fields.AspectRatio | None, doc("`auto`, or a ratio such as `16:9`.")] = None
    style: Annotated[
        Annotated[str, Meta(max_length=STYLE_CHARS_MAX)] | None,
        doc("Words that describe the style, added to the prompt."),
    ] = None
    image_urls: Annotated[
        Annotated[list[fields.ImageUrl], Meta(max_length=IMAGE_URLS_MAX)] | None,
        doc("Images to start from: https URLs, or `data:` URLs within the limit of the body."),
    ] = None
    count: Annotated[Annotated[int, Meta(ge=1, le=COUNT_MAX)] | None, doc("How many outputs to make.")] = None
    resolution: Annotated[
        Literal["1K", "2K", "3K", "4K"] | None,
        doc("The resolution: about 1, 4, 9 or 16 megapixels, or less for some models."),
    ] = None
    quality: Annotated[Literal["standard", "hd"] | None, doc("The quality to aim for.")] = None
    mode: Annotated[
        fields.Word | None, doc("The mode, such as `pixel`. A mode that the catalogue knows styles the prompt.")
    ] = None
    tool: Annotated[fields.Word | None, doc("The name of a tool.")] = None
