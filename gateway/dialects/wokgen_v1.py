"""The five calls of the SDK in the field (1.0.0), under /api/v1, so that clients already deployed keep working."""

import re
from typing import Annotated, ClassVar, Literal

from aiohttp import web
from msgspec import Meta, Struct

from gateway.body import json_body
from gateway.caller import Caller, quota_of
from gateway.desk import DESK, Desk
from gateway.dialects.wokgen import job_of, json_answer, order
from gateway.dialects.wokgen_asks import Ask, Upscale, Word, said, small
from shared.domain.errors import Refused
from shared.domain.generation import COMPLETED, FAILED, Generation
from shared.domain.ids import job_id
from shared.domain.kinds.image import SIDE_PX_MAX, SIDE_PX_MIN
from shared.domain.times import rfc3339
from shared.store import accounts, generations

SCANNED_MAX = 1000  # newest generations that a page of assets is cut from
PAGE_MAX, PAGE_DEFAULT = 100, 20
SIZE = re.compile(r"(\d{2,4})(?:x(\d{2,4}))?")
RESULT_FIELDS = ("resultUrl", "resultUrls", "prompt", "mode", "error", "code")
STATUS = {"backlog": "pending", "queued": "pending", COMPLETED: "succeeded", FAILED: "failed"}


class Generate(Ask, kw_only=True, rename="camel"):
    """POST /api/v1/generate. `size` is a side or WxH in pixels; projectId and isPublic are taken and have no effect."""

    kind: ClassVar[str] = "image"
    prompt: str | None = None
    mode: Word | None = None
    size: int | Word | None = None
    count: Annotated[int, Meta(ge=1, le=4)] = 1
    negative_prompt: Annotated[str, Meta(max_length=20_000)] | None = None
    seed: int | None = None
    project_id: Word | None = None
    is_public: bool | None = None

    def words(self) -> str:
        """What to draw."""
        return said(self.prompt, "prompt")

    async def input(self, desk: Desk) -> dict[str, object]:
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


class Process(Struct, kw_only=True, rename="camel"):
    """Body of POST /api/v1/assets/{id}/process."""

    operation: Literal["upscale"] = "upscale"
    scale: Literal[2, 4] = 2
    provider: Word | None = None


def sides(size: int | str | None) -> tuple[int | None, int | None]:
    """Width and height of a size such as 512 or "512x768". Raises Refused("invalid_input")."""
    if size is None:
        return None, None
    found = SIZE.fullmatch(str(size).strip().lower())
    if found is None:
        raise Refused("invalid_input", 'size: a side in pixels such as 512, or both such as "512x768".')
    width, height = int(found[1]), int(found[2] or found[1])
    if not all(SIDE_PX_MIN <= side <= SIDE_PX_MAX for side in (width, height)):
        raise Refused("invalid_input", f"size: each side has {SIDE_PX_MIN} to {SIDE_PX_MAX} pixels.")
    return width, height


async def generate(request: web.Request, caller: Caller) -> web.Response:
    """POST /api/v1/generate."""
    asked, body = await json_body(request, Generate)
    made = await order(request.app[DESK], caller, asked, body, request.headers.get("Idempotency-Key", ""))
    return json_answer(result(request.app[DESK], made.generation), 202 if made.generation.open else 200)


async def read_job(request: web.Request, caller: Caller) -> web.Response:
    """GET /api/v1/jobs/{id}."""
    desk = request.app[DESK]
    generation = await job_of(desk, caller, as_job_id(request.match_info["id"]))
    return json_answer(job(desk, generation), 200)


async def list_assets(request: web.Request, caller: Caller) -> web.Response:
    """GET /api/v1/assets?mode&page&limit: finished pictures, newest first."""
    desk, mode = request.app[DESK], request.query.get("mode")
    page, count = number(request, "page", 1, 10_000), number(request, "limit", PAGE_DEFAULT, PAGE_MAX)
    found = [
        generation
        for generation in await generations.newest(desk.store, caller.account, SCANNED_MAX)
        if generation.state == COMPLETED
        and generation.outcome is not None
        and generation.outcome.outputs
        and mode in (None, generation.spec.input.get("mode"))
    ]
    start = (page - 1) * count
    shown = [asset(desk, generation) for generation in found[start : start + count]]
    more = start + count < len(found)
    return json_answer({"items": shown, "total": len(found), "page": page, "limit": count, "hasMore": more}, 200)


async def process_asset(request: web.Request, caller: Caller) -> web.Response:
    """POST /api/v1/assets/{id}/process: a larger version of a finished picture."""
    desk = request.app[DESK]
    asked, body = await json_body(request, Process)
    source = await job_of(desk, caller, as_job_id(request.match_info["id"]))
    if source.outcome is None or not source.outcome.outputs:
        raise Refused("conflict", "This asset has no picture to process.")
    url = source.outcome.outputs[0].url(desk.settings.base_url)
    wanted = Upscale(image_url=url, scale=asked.scale, provider=asked.provider)
    body += source.id.encode()  # the same body for another asset is another request
    made = await order(desk, caller, wanted, body, request.headers.get("Idempotency-Key", ""))
    return json_answer(result(desk, made.generation), 202 if made.generation.open else 200)


async def me(request: web.Request, caller: Caller) -> web.Response:
    """GET /api/v1/me."""
    desk = request.app[DESK]
    account = await accounts.show(desk.store, caller.account)
    quota = await quota_of(desk, caller.account)
    return json_answer(
        {
            "id": caller.account,
            "name": account.name if account else "Guest",
            "email": None,
            "plan": account.plan if account else "guest",
            "quotaUsed": quota.used,
            "quotaLimit": quota.limit,
        },
        200,
    )


def result(desk: Desk, generation: Generation) -> dict[str, object]:
    """A generation as this SDK's generate() reads it."""
    shown = job(desk, generation)
    took_ms = None if generation.closed_ms is None else generation.closed_ms - generation.created_ms
    facts = generation.outcome.facts if generation.outcome else {}
    return {
        **{name: shown[name] for name in RESULT_FIELDS if name in shown},
        "jobId": shown["id"],
        "status": STATUS.get(generation.state, "pending"),
        "provider": generation.provider,
        "seed": facts.get("seed", generation.spec.input.get("seed")),
        "durationMs": took_ms,
        "creditsUsed": 0 if generation.state == FAILED else 1,
    }


def job(desk: Desk, generation: Generation) -> dict[str, object]:
    """A generation as this SDK's job."""
    outcome = generation.outcome
    urls = [output.url(desk.settings.base_url) for output in outcome.outputs] if outcome else []
    shown: dict[str, object] = {
        "id": job_id(generation.id),
        "status": STATUS.get(generation.state, "processing"),
        "resultUrl": urls[0] if urls else None,
        "resultUrls": urls,
        "prompt": generation.spec.prompt,
        "mode": generation.spec.input.get("mode"),
        "createdAt": rfc3339(generation.created_ms),
        "updatedAt": rfc3339(generation.closed_ms or generation.started_ms or generation.created_ms),
    }
    if generation.state == FAILED and outcome is not None:
        shown |= {"error": outcome.error or "failed", "code": (outcome.error_code or "failed").upper()}
    return shown


def asset(desk: Desk, generation: Generation) -> dict[str, object]:
    """A finished picture in a page of assets."""
    shown = job(desk, generation)
    return shown | {"url": shown["resultUrl"], "imageUrl": shown["resultUrl"]}


def as_job_id(text: str) -> str:
    """A job id, also from the UUID behind it."""
    return text if text.startswith("job_") else "job_" + text.replace("-", "")


def number(request: web.Request, name: str, default: int, most: int) -> int:
    """A whole number of the query, from 1; more than `most` is `most`. Raises Refused("invalid_request")."""
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or int(text[:9]) < 1:
        raise Refused("invalid_request", f"{name} is a whole number from 1.")
    return min(int(text[:9]), most)
