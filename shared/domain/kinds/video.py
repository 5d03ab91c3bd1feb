"""Kind `video`: a video from a prompt and, if the model takes one, a first image."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.domain import fields
from shared.domain.described import doc

PROMPT_CHARS_MAX = fields.PROMPT_CHARS_MAX
TIMEOUT_S = 3_600
SIDE_PX_MIN, SIDE_PX_MAX = 64, 1_920
SECONDS_MAX = 30
FPS_MAX = 60

Side = Annotated[int, Meta(ge=SIDE_PX_MIN, le=SIDE_PX_MAX)]


class VideoInput(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Every input field of kind `video`; a catalogue entry names the fields of its model."""

    width: Annotated[Side | None, doc("Width in pixels.")] = None
    height: Annotated[Side | None, doc("Height in pixels.")] = None
    seconds: Annotated[Annotated[int, Meta(ge=1, le=SECONDS_MAX)] | None, doc("Length in seconds.")] = None
    fps: Annotated[Annotated[int, Meta(ge=1, le=FPS_MAX)] | None, doc("Frames per second.")] = None
    seed: Annotated[
        fields.Seed | None,
        doc("The same seed, prompt and size give the same output where the provider can.", format="int64"),
    ] = None
    negative_prompt: Annotated[fields.LongText | None, doc("Content that the output should not show.")] = None
    image_url: Annotated[
        fields.ImageUrl | None,
        doc("An image to start from: an https URL, or a `data:` URL within the limit of the body."),
    ] = None
    aspect_ratio: Annotated[fields.AspectRatio | None, doc("`auto`, or a ratio such as `16:9`.")] = None
    resolution: Annotated[
        Literal["360p", "480p", "512p", "540p", "720p", "768p", "1080p", "2K", "4K"] | None,
        doc("The resolution of the shorter side, or `2K` or `4K`. The price may depend on it."),
    ] = None
    sound: Annotated[bool | None, doc("Whether the video has sound. The price may depend on it.")] = None
