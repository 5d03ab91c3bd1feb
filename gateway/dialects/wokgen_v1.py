"""The five calls of the SDK in the field (1.0.0), under /api/v1, so that clients already deployed keep working."""

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from aiohttp import web
from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.body import json_body
from gateway.caller import Caller, quota_of
from gateway.context import DESK, Desk
from gateway.dialects.wokgen import job_of, json_answer, marked
from gateway.dialects.wokgen_answers import failure, urls_of
from gateway.dialects.wokgen_asks import Ask, Name, Upscale, said, small
from gateway.dialects.wokgen_order import order
from shared.domain.errors import Refused
from shared.domain.fields import LongText, Word
from shared.domain.generation import COMPLETED, FAILED, Generation, Outcome
from shared.domain.ids import job_id
from shared.domain.kinds.image import COUNT_MAX, SIDE_PX_MAX, SIDE_PX_MIN
from shared.domain.times import rfc3339
from shared.store import accounts, generations

SCANNED_MAX = 1000  # newest generations that a page of assets is cut from
PAGE_MAX, PAGE_DEFAULT, PAGES_MAX = 100, 20, 10_000
SIZE = re.compile(r"(\d{2,4})(?:x(\d{2,4}))?")
STATUS = {"backlog": "pending", "queued": "pending", COMPLETED: "succeeded", FAILED: "failed"}


class GenerateV1(Ask, kw_only=True, rename="camel"):
    """POST /api/v1/generate. `size` is a side or WxH in pixels; projectId and isPublic are taken and have no effect."""

    kind: ClassVar[str] = "image"
    names: ClassVar[Mapping[str, str]] = {"negative_prompt": "negativePrompt"}
    prompt: str | None = None
    mode: Word | None = None
    size: int | Word | None = None
    count: Annotated[int, Meta(ge=1, le=COUNT_MAX)] | None = None
    negative_prompt: LongText | None = None
    seed: int | None = None
    project_id: Name | None = None
    is_public: bool | None = None

    def words(self) -> str:
        """What to draw."""
        return said(self.prompt, "prompt")

    async def input(self, desk: Desk, caller: Caller) -> dict[str, object]:
        """Size, seed, how many, and the style of a mode that the catalogue knows."""
        mode = desk.catalogue.modes.get(self.mode or "")
        width, height = sides(self.size)
        return {
            "width": width,
            "height": height,
            "count": self.count,
            "seed": small(self.seed),
            "mode": self.mode,
            "style": mode.style if mode else None,
            "negative_prompt": self.negative_prompt,
        }


class ProcessV1(Struct, kw_only=True, rename="camel"):
    """Body of POST /api/v1/assets/{id}/process."""

    operation: Literal["upscale"] = "upscale"
    scale: Literal[2, 4] = 2
    provider: Name | None = None


class JobV1(Struct, kw_only=True, rename="camel"):
    """A generation as this SDK's job."""

    id: str
    status: str
    result_url: str | None
    result_urls: tuple[str, ...]
    prompt: str
    mode: str | None
    created_at: str
    updated_at: str
    error: str | UnsetType = UNSET
    code: str | UnsetType = UNSET


class ResultV1(Struct, kw_only=True, rename="camel"):
    """A generation as this SDK's generate() reads it."""

    job_id: str
    status: str
    result_url: str | None
    result_urls: tuple[str, ...]
    prompt: str
    mode: str | None
    provider: str
    seed: int | None
    duration_ms: int | None
    credits_used: int
    error: str | UnsetType = UNSET
    code: str | UnsetType = UNSET


class AssetV1(JobV1, kw_only=True):
    """A finished picture; `url` and `imageUrl` are its `resultUrl`."""

    url: str | None
    image_url: str | None


class AssetPageV1(Struct, kw_only=True, rename="camel"):
    """A page of assets."""

    items: tuple[AssetV1, ...]
    total: int
    page: int
    limit: int
    has_more: bool


class AccountV1(Struct, kw_only=True, rename="camel"):
    """Who calls, and how much of the day is used; no limit: unlimited."""

    id: str
    name: str
    email: str | None
    plan: str
    quota_used: int
    quota_limit: int | None


def sides(size: int | str | None) -> tuple[int | None, int | None]:
    """Width and height of a size such as 512 or "512x768". Raises Refused("invalid_input")."""
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


async def generate(request: web.Request, caller: Caller) -> web.Response:
    """POST /api/v1/generate."""
    asked, body = await json_body(request, GenerateV1)
    return await made(request, caller, asked, body)


async def read_job(request: web.Request, caller: Caller) -> web.Response:
    """GET /api/v1/jobs/{id}."""
    desk = request.app[DESK]
    return json_answer(job(desk, await job_of(desk, caller, request.match_info["id"])), 200)


async def list_assets(request: web.Request, caller: Caller) -> web.Response:
    """GET /api/v1/assets?mode&page&limit: finished pictures, newest first."""
    desk, mode = request.app[DESK], request.query.get("mode")
    page, count = number(request, "page", 1, PAGES_MAX), number(request, "limit", PAGE_DEFAULT, PAGE_MAX)
    found = [
        generation
        for generation in await generations.list_newest(desk.store, caller.account, SCANNED_MAX)
        if picture(generation.outcome) and mode in (None, generation.spec.input.get("mode"))
    ]
    start = (page - 1) * count
    items = tuple(asset(desk, generation) for generation in found[start : start + count])
    more = start + count < len(found)
    return json_answer(AssetPageV1(items=items, total=len(found), page=page, limit=count, has_more=more), 200)


async def process_asset(request: web.Request, caller: Caller) -> web.Response:
    """POST /api/v1/assets/{id}/process: a larger version of a finished picture."""
    desk = request.app[DESK]
    asked, body = await json_body(request, ProcessV1)
    source = await job_of(desk, caller, request.match_info["id"])
    if source.outcome is None or not picture(source.outcome):
        raise Refused("conflict", "This asset has no picture to process.")
    wanted = Upscale(image_url=urls_of(desk, source.outcome)[0], scale=asked.scale, provider=asked.provider)
    return await made(request, caller, wanted, body + source.id.encode())  # the same for another asset is another


async def made(request: web.Request, caller: Caller, asked: Ask, body: bytes) -> web.Response:
    """Order it; the answer, which tells of a failure too."""
    desk = request.app[DESK]
    ordered = await order(desk, caller, asked, body, request.headers.get("Idempotency-Key", ""))
    generation = ordered.generation
    return marked(json_answer(result(desk, generation), 202 if generation.open else 200), replayed=ordered.replayed)


async def me(request: web.Request, caller: Caller) -> web.Response:
    """GET /api/v1/me."""
    desk = request.app[DESK]
    account, quota = await accounts.find(desk.store, caller.account), await quota_of(desk, caller.account)
    shown = AccountV1(
        id=caller.account,
        name=account.name if account else "Guest",
        email=None,
        plan=account.plan if account else "guest",
        quota_used=quota.used,
        quota_limit=quota.limit,
    )
    return json_answer(shown, 200)


def result(desk: Desk, generation: Generation) -> ResultV1:
    """A generation as the answer to its order."""
    shown, facts = job(desk, generation), generation.outcome.facts if generation.outcome else {}
    seed = facts.get("seed", generation.spec.input.get("seed"))
    return ResultV1(
        job_id=shown.id,
        status=STATUS.get(generation.state, "pending"),
        result_url=shown.result_url,
        result_urls=shown.result_urls,
        prompt=shown.prompt,
        mode=shown.mode,
        provider=generation.provider,
        seed=seed if isinstance(seed, int) else None,
        duration_ms=None if generation.closed_ms is None else generation.closed_ms - generation.created_ms,
        credits_used=0 if generation.state == FAILED else 1,
        error=shown.error,
        code=shown.code,
    )


def job(desk: Desk, generation: Generation) -> JobV1:
    """A generation as a job."""
    urls = urls_of(desk, generation.outcome) if generation.outcome else ()
    mode = generation.spec.input.get("mode")
    shown = JobV1(
        id=job_id(generation.id),
        status=STATUS.get(generation.state, "processing"),
        result_url=urls[0] if urls else None,
        result_urls=urls,
        prompt=generation.spec.prompt,
        mode=mode if isinstance(mode, str) else None,
        created_at=rfc3339(generation.created_ms),
        updated_at=rfc3339(generation.closed_ms or generation.started_ms or generation.created_ms),
    )
    if generation.state == FAILED:
        shown.error, shown.code = failure(generation)
    return shown


def asset(desk: Desk, generation: Generation) -> AssetV1:
    """A generation as an asset."""
    shown = job(desk, generation)
    fields = {name: getattr(shown, name) for name in JobV1.__struct_fields__}
    return AssetV1(**fields, url=shown.result_url, image_url=shown.result_url)


def picture(outcome: Outcome | None) -> bool:
    """Whether the first output is a picture; a failed generation has none."""
    return outcome is not None and bool(outcome.outputs) and outcome.outputs[0].media_type.startswith("image/")


def number(request: web.Request, name: str, default: int, most: int) -> int:
    """A whole number of the query, from 1; more than `most` is `most`. Raises Refused("invalid_request")."""
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or int(text[:9]) < 1:
        raise Refused("invalid_request", "must be a whole number from 1.", field=name)
    return min(int(text[:9]), most)
