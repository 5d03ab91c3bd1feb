"""The bodies of the calls of the deployed SDK (1.0.0)."""

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.admission.images import RequestImages
from gateway.context import GatewayContext
from gateway.dialects.wokgen.bodies import (
    PROVIDER,
    AnySeed,
    JobRequest,
    ModeName,
    Name,
    NegativePrompt,
    folded_seed,
    required,
    required_text,
    style_of,
)
from gateway.dialects.wokgen.jobs import JOB_ID_PATTERN
from shared.domain.described import SIMULATED, Link, count, doc, link, replaced, timestamp
from shared.domain.errors import Refused
from shared.domain.fields import Word
from shared.domain.kinds.image import COUNT_MAX, SIDE_PX_MAX, SIDE_PX_MIN

SIZE = re.compile(r"(\d{2,4})(?:x(\d{2,4}))?")
SIDE = r"(6[4-9]|[7-9][0-9]|[1-9][0-9]{2}|1[0-9]{3}|20[0-3][0-9]|204[0-8])"  # from 64 to 2048
SIZES = [
    {"type": "integer", "minimum": SIDE_PX_MIN, "maximum": SIDE_PX_MAX},
    {"type": "string", "pattern": f"^{SIDE}(x{SIDE})?$"},
    {"type": "null"},
]
NO_EFFECT = doc("Accepted for compatibility. Has no effect.")
JobId = Annotated[str, doc("The job's id: `job_` and the generation's id without dashes.", pattern=JOB_ID_PATTERN)]
ResultUrl = Annotated[str | None, link("The first output. Null if there is none yet, or the result is not a file.")]
ResultUrls = Annotated[tuple[Link, ...], doc("All outputs.")]
PromptText = Annotated[str, doc("The prompt as sent.")]
RequestedMode = Annotated[str | None, doc("The requested mode.")]
ErrorText = Annotated[str | UnsetType, doc("The reason for the failure, for people.")]
ErrorCode = Annotated[str | UnsetType, doc("The reason for the failure, for programs.", examples=["CONTENT_POLICY"])]


class GenerateV1(JobRequest, kw_only=True, rename="camel"):
    """POST /api/v1/generate. `size` is a side or WxH in pixels; projectId and isPublic have no effect."""

    kind: ClassVar[str] = "image"
    names: ClassVar[Mapping[str, str]] = {"negative_prompt": "negativePrompt"}
    prompt: Annotated[str | None, required_text("A description of the images to draw.", "image")] = None
    mode: ModeName = None
    size: Annotated[
        int | Word | None, replaced("A side in pixels such as 512, or both such as `512x768`.", anyOf=SIZES)
    ] = None
    count: Annotated[Annotated[int, Meta(ge=1, le=COUNT_MAX)] | None, doc("How many images to draw.")] = None
    negative_prompt: NegativePrompt = None
    seed: AnySeed = None
    project_id: Annotated[Name | None, NO_EFFECT] = None
    is_public: Annotated[bool | None, NO_EFFECT] = None

    def require_prompt(self) -> str:
        """Return the prompt."""
        return required(self.prompt, "prompt")

    async def build_input(self, context: GatewayContext, images: RequestImages) -> dict[str, object]:
        """Return size, seed and count, and the style of a mode that the catalogue knows."""
        width, height = sides_of(self.size)
        return {
            "width": width,
            "height": height,
            "count": self.count,
            "seed": folded_seed(self.seed),
            "mode": self.mode,
            "style": style_of(context, self.mode),
            "negative_prompt": self.negative_prompt,
        }


class ProcessV1(Struct, kw_only=True, rename="camel"):
    """Body of POST /api/v1/assets/{id}/process."""

    operation: Annotated[Literal["upscale"], doc("The operation on the image.")] = "upscale"
    scale: Annotated[Literal[2, 4], doc("The factor to enlarge by.")] = 2
    provider: Annotated[Name | None, PROVIDER] = None


class JobV1(Struct, kw_only=True, rename="camel"):
    """A generation as this SDK's job."""

    id: JobId
    status: Annotated[str, doc("The job's status.", enum=["pending", "processing", "succeeded", "failed"])]
    result_url: ResultUrl
    result_urls: ResultUrls
    prompt: PromptText
    mode: RequestedMode
    created_at: Annotated[str, timestamp("When it was accepted.")]
    updated_at: Annotated[str, timestamp("When it last changed.")]
    simulated: Annotated[bool, SIMULATED] = False
    error: ErrorText = UNSET
    code: ErrorCode = UNSET


class ResultV1(Struct, kw_only=True, rename="camel"):
    """A generation as this SDK's generate() reads it."""

    job_id: JobId
    status: Annotated[str, doc("The job's status.", enum=["pending", "succeeded", "failed"])]
    result_url: ResultUrl
    result_urls: ResultUrls
    prompt: PromptText
    mode: RequestedMode
    provider: Annotated[str, doc("The provider that serves it, which may differ from the preferred one.")]
    seed: Annotated[int | None, doc("The seed of the image. Null if not known yet.")]
    duration_ms: Annotated[int | None, count("How long it took, in milliseconds. Null until it has ended.")]
    credits_used: Annotated[int, count("How many generations it counts as in the daily quota.")]
    simulated: Annotated[bool, SIMULATED] = False
    error: ErrorText = UNSET
    code: ErrorCode = UNSET


class AssetV1(JobV1, kw_only=True):
    """A finished image; `url` and `imageUrl` are its `resultUrl`."""

    url: Annotated[str | None, link("The same as `resultUrl`.")]
    image_url: Annotated[str | None, link("The same as `resultUrl`.")]


class AssetPageV1(Struct, kw_only=True, rename="camel"):
    """A page of assets."""

    items: Annotated[tuple[AssetV1, ...], doc("The assets of this page.")]
    total: Annotated[int, count("The number of assets on all pages.")]
    page: Annotated[int, doc("The number of this page, from 1.", minimum=1)]
    limit: Annotated[int, doc("The most assets on a page.", minimum=1)]
    has_more: Annotated[bool, doc("Whether there is another page.")]


class AccountV1(Struct, kw_only=True, rename="camel"):
    """The caller's account and its daily quota."""

    id: Annotated[str, doc("The account's id.")]
    name: Annotated[str, doc("The account's name.")]
    email: Annotated[str | None, doc("Always null: we store no addresses.")]
    plan: Annotated[str, doc("The plan's name; `guest` without a key.")]
    quota_used: Annotated[int, count("Generations counted against today's quota.")]
    quota_limit: Annotated[int | None, count("The daily quota. Null if unlimited.")]


def sides_of(size: int | str | None) -> tuple[int | None, int | None]:
    """Return width and height of a size such as 512 or "512x768". Raises Refused("invalid_input")."""
    if size is None:
        return None, None
    found = SIZE.fullmatch(str(size).strip().lower())
    if found is None:
        raise Refused("invalid_input", 'must be a side in pixels such as 512, or both such as "512x768".', field="size")
    width, height = int(found[1]), int(found[2] or found[1])
    if not all(SIDE_PX_MIN <= side <= SIDE_PX_MAX for side in (width, height)):
        reason = f"must have {SIDE_PX_MIN} to {SIDE_PX_MAX} pixels on each side."
        raise Refused("invalid_input", reason, field="size")
    return width, height
