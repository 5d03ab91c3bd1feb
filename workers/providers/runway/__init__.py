"""Runway: videos, images, speech, sounds and upscaled images. Each is a task, polled until it is finished.

Runway sends no callbacks and lists no tasks, so a submit whose response was lost stays unknown. It advises to repeat a
request that failed with 502 or 504. Whether work has started by then is not documented, so that is Unknown here.

"No credit" is a 400, and only its text distinguishes it from other faults. After a DELETE a task may be CANCELLED or
gone: either way it was stopped.
"""

import re
from collections import deque
from collections.abc import Mapping
from io import BytesIO
from typing import Any, ClassVar
from urllib.parse import quote

import aiohttp

from workers.adapters.contract import Blob, Call, Done, Down, ModelGone, Pending, ProviderError, Rejected, Retry, Setup
from workers.adapters.http import UPLOAD_RETRY_S, Http, HttpAdapter
from workers.adapters.inputs import drop_none, model_row, publish_image_urls, styled_prompt
from workers.adapters.media import file_name
from workers.adapters.outputs import read_outputs
from workers.adapters.refusals import canceled, invalid_input, require_credit, unsupported_kind
from workers.adapters.responses import REASON_CHARS_MAX, ErrorReader, ProviderResponse, read_ref, read_task
from workers.providers.runway.models import MODELS, OPTIONAL, size_of, takes_of

BASE_URL = "https://api.dev.runwayml.com/v1"
API_VERSION = "2024-11-06"
POLL_S = 6.0  # Runway requires at least 5 s between two polls of a task
CREDIT_MICROS = 10_000  # a credit is one cent
CREDITS_MAX = 1_000_000  # of one task; a larger number is not credible
INLINE_BYTES_MAX = 3_500_000  # as a data: URI it stays below their 5 MB
CANCELED_MAX = 10_000  # an instance remembers this many tasks that it cancelled
SEEDS = 2**32
VOICE = "Maya"
QUALITY = {"standard": "medium", "hd": "high"}
WAITING = ("PENDING", "THROTTLED")
NO_CREDIT = re.compile(r"You do not have enough credits\b")  # at the beginning: the rest may quote a prompt


class Adapter(HttpAdapter):
    """Tasks: submitted, polled, cancelled while they wait."""

    keeps_s: ClassVar[float] = 86_400.0

    def __init__(self, setup: Setup) -> None:
        headers = {"Authorization": f"Bearer {setup.key}", "X-Runway-Version": API_VERSION}
        super().__init__(setup, BASE_URL, headers=headers)
        self._bucket = Http("", headers={})  # Runway's storage, which must not receive the key
        self._canceled: deque[str] = deque(maxlen=CANCELED_MAX)

    async def submit(self, call: Call) -> Pending | Done:
        """POST to the endpoint that starts the task."""
        path, body = await self._build_request(call)
        response = await self._http.submit("POST", path, read_error=read_error, json=body)
        return Pending(read_ref(response, response.fields.get("id")), POLL_S)

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET the task."""

        def read_gone(response: ProviderResponse) -> Rejected | None:
            return canceled() if response.status == 404 and ref in self._canceled else None

        return read_state(ref, await self._get_task(ref, read_gone))

    async def cancel(self, call: Call, ref: str) -> None:
        """DELETE the task if it waits. A running one is billed in full, and a finished one would lose its output."""
        if (await self._get_task(ref)).get("status") in WAITING:
            await self._http.cancel("DELETE", _task_path(ref))
            self._canceled.append(ref)

    async def probe(self) -> str | None:
        """GET the key's organization."""
        organization = await self._http.probe("/organization", read_error=read_error)
        require_credit(organization.get("creditBalance"))
        return f"credits left: {organization.get('creditBalance')}"

    async def close(self) -> None:
        """Close the sessions."""
        await super().close()
        await self._bucket.close()

    async def _get_task(self, ref: str, read_error: ErrorReader | None = None) -> Mapping[str, Any]:
        return read_task(await self._http.poll("GET", _task_path(ref), read_error=read_error), ref)

    async def _build_request(self, call: Call) -> tuple[str, dict[str, object]]:
        """Return path and body. Raises Rejected if an image is unreachable, Down for an unsupported kind."""
        row, requested = model_row(MODELS, call.model), call.input.get
        urls = await publish_image_urls(self.setup, call, self._upload, inline_bytes_max=INLINE_BYTES_MAX)
        url, seed, size = (urls[0] if urls else None), requested("seed"), size_of(call, row, with_image=bool(urls))
        seconds = None if row.get("scene") else requested("seconds") or row.get("seconds")
        body: dict[str, object] = {"model": call.model, "promptText": styled_prompt(call) or None}
        body["seed"] = seed % SEEDS if isinstance(seed, int) else None
        body |= {"audio": requested("sound"), "resolution": str(requested("resolution") or "").lower() or None}
        match call.kind:
            case "video":
                path = "/image_to_video" if urls else "/text_to_video"
                body |= {"promptImage": url, "ratio": size, "duration": seconds}
                body |= {"negativePrompt": requested("negative_prompt")}
            case "image":
                path, count = "/text_to_image", requested("count")  # every model makes one by default
                body |= {"ratio": size, "outputCount": None if count == 1 else count}
                body |= {"referenceImages": [{"uri": url} for url in urls] or None}
                body |= {"quality": QUALITY.get(str(requested("quality")))}
            case "voice":
                path, voice = "/text_to_speech", requested("voice_id")
                voice = VOICE if voice in (None, "default") else voice
                body |= {"voice": None if row.get("scene") else {"type": "runway-preset", "presetId": voice}}
                body |= {"speed": requested("speed"), "languageCode": requested("language")}
                body |= {"outputFormat": requested("format")}
            case "music":
                path = "/sound_effect"
                body |= {"duration": seconds, "outputFormat": requested("format")}
            case "upscale":
                path = "/image_upscale"
                body = {"model": call.model, "imageUri": url, "scaleFactor": requested("scale")}
            case _:
                raise unsupported_kind(self.setup, call)
        left_out = set(OPTIONAL).difference(takes_of(row, with_image=bool(urls)))
        return path, drop_none(**{name: value for name, value in body.items() if name not in left_out})

    async def _upload(self, image: Blob) -> str:
        """Upload an image that is too large to be sent inline, and return its URI at Runway."""
        filename = file_name(image)
        upload = (await self._http.upload("/uploads", json={"filename": filename, "type": "ephemeral"})).fields
        url, fields, uri = (upload.get(name) for name in ("uploadUrl", "fields", "runwayUri"))
        if not (isinstance(url, str) and isinstance(fields, dict) and isinstance(uri, str)):
            raise Retry("the provider did not store the image: it returned no upload URL", after_s=UPLOAD_RETRY_S)
        form = aiohttp.FormData({name: str(value) for name, value in fields.items()})
        form.add_field("file", BytesIO(image.data), filename=filename, content_type=image.media_type)
        await self._bucket.upload(url, data=form)
        return uri


def read_state(ref: str, task: Mapping[str, Any]) -> Pending | Done:
    """Read a task's status; an unknown one means that it still runs. Raises Rejected if it failed."""
    match task.get("status"):
        case "SUCCEEDED":
            return Done(read_outputs(task.get("output")), cost_micros=_cost_micros(task))
        case "FAILED":
            raise failure(task)
        case "CANCELLED":
            raise canceled(cost_micros=_cost_micros(task))
    progress = task.get("progress")
    return Pending(ref, POLL_S, progress if isinstance(progress, int | float) and 0 <= progress <= 1 else None)


def failure(task: Mapping[str, Any]) -> Rejected:
    """Return the error of a failed task. Its message omits the code, which may name a wrong input, as Runway warns."""
    parts = str(task.get("failureCode") or "").split(".")
    message = f"The provider says: {task.get('failure') or 'the model failed.'}"[:REASON_CHARS_MAX]
    code = "invalid_input" if parts[0] == "ASSET" or "INPUT_VALIDATION" in parts else "provider_failed"
    return Rejected("content_policy" if "SAFETY" in parts else code, message, cost_micros=_cost_micros(task))


def read_error(response: ProviderResponse) -> ProviderError | None:
    """Read a 400 or 422. It is about credit, or lists every fault of the input with its path."""
    if response.status not in (400, 422):
        return None
    if NO_CREDIT.match(response.reason):
        return Down(f"no credit: {response.reason}", cause="account")
    refusal, issues = invalid_input(response), response.fields.get("issues")
    faults = [_fault(issue) for issue in issues if isinstance(issue, dict)] if isinstance(issues, list) else []
    if not faults or isinstance(refusal, ModelGone):
        return refusal
    return Rejected("invalid_input", "; ".join(faults)[:REASON_CHARS_MAX])


def _fault(issue: Mapping[str, Any]) -> str:
    parts = issue.get("path")
    path = ".".join(map(str, parts)) if isinstance(parts, list) else ""
    return f"{path}: {issue.get('message')}" if path else str(issue.get("message"))


def _cost_micros(task: Mapping[str, Any]) -> int | None:
    cost = task.get("cost")
    credit = cost.get("credits") if isinstance(cost, dict) else None
    return round(credit * CREDIT_MICROS) if isinstance(credit, int | float) and 0 <= credit < CREDITS_MAX else None


def _task_path(ref: str) -> str:
    return f"/tasks/{quote(ref, safe='')}"
