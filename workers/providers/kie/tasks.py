"""kie's APIs that create a task: the market's, and those of four makers with paths and states of their own.

Each has one POST that creates a task and returns its id, and one GET that returns its record. The code in the body
counts, since kie sends its errors with status 200 too.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from shared.ops import clock
from workers.adapters.contract import (
    Call,
    Cause,
    Done,
    Down,
    ModelGone,
    Pending,
    ProviderError,
    Rejected,
    Retry,
    Unknown,
)
from workers.adapters.inputs import aspect_ratio, drop_none, styled_prompt
from workers.adapters.outputs import read_outputs
from workers.adapters.refusals import MODEL_FAILED, says_model_gone
from workers.adapters.responses import GONE_STATUSES, REASON_CHARS_MAX, PollFailed, ProviderResponse, decode_json
from workers.providers.kie.inputs import build_native_task, build_task

# Suno's tasks require a callback URL. If we have none, this URL, which no host serves, takes its place.
NO_CALLBACK_URL = "https://callback.invalid/kie"
POLL_S = ((30.0, 3.0), (120.0, 7.0))  # (age of a task, time between polls until then), as kie advises
POLL_S_OLD, POLL_S_UNDATED = 20.0, 10.0
PROMPT_CHARS_MAX, STYLE_CHARS_MAX, TITLE_CHARS_MAX = 500, 1_000, 80  # of a song

# Bad key, no credit, no permission, a key's own limit, maintenance, a disabled feature.
CLOSED: dict[int, Cause] = {
    401: "account",
    402: "account",
    403: "forbidden",
    433: "account",
    455: "route",
    505: "route",
}
BUSY = (429, 550)
INPUT = (400, 413, 422)
POLICY = re.compile(r"polic|nsfw|sensitive|inappropriate|flagged|unsafe|prohibited|moderat|copyright|safety", re.I)


class TaskApi(Struct, frozen=True):
    """One of kie's task APIs.

    `build_body` takes the call and the URLs of its input images; `build_native_body` a model and its own fields.
    `read_result` takes a record and returns None while the task runs; it raises Rejected if the task failed.
    """

    submit_path: str
    poll_path: str
    build_body: Callable[[Call, list[str]], dict[str, object]]
    read_result: Callable[[Mapping[str, Any]], Done | None]
    build_native_body: Callable[[str, dict[str, object]], dict[str, object]]


def api_of(model: str) -> TaskApi:
    """Return the API that serves a model."""
    return next((api for pattern, api in APIS.items() if re.match(pattern, model)), MARKET)


def read_record(response: ProviderResponse, ref: str) -> Mapping[str, Any]:
    """Return a task's record in the response to a poll. Raises PollFailed if there is none."""
    body = response.fields
    data = body.get("data")
    if body.get("code") != 200 or not isinstance(data, dict) or data.get("taskId") != ref:
        raise PollFailed(f"the response has no record of task {ref}: {response.reason}")
    return data


def read_state(api: TaskApi, ref: str, record: Mapping[str, Any]) -> Pending | Done:
    """Read a record's state; an unknown one means that the task still runs. Raises Rejected if it failed."""
    done = api.read_result(record)
    if done is not None:
        return done
    percent = number(record.get("progress"))
    progress = None if percent is None else min(max(percent, 0), 100) / 100
    return Pending(ref, poll_after_s(record.get("createTime")), progress)


def poll_after_s(created_ms: object) -> float:
    """Return the time until the next poll of a task, by the task's age."""
    created = number(created_ms)
    if created is None:
        return POLL_S_UNDATED
    age_s = clock.now_s() - created / 1000
    return next((after_s for until_s, after_s in POLL_S if age_s < until_s), POLL_S_OLD)


def read_error(response: ProviderResponse) -> ProviderError | None:
    """Read the code in a response to a submit. None for success, and for an undocumented code."""
    code = response.fields.get("code")
    code, reason = code if isinstance(code, int) else response.status, response.reason
    if code in CLOSED:
        return Down(f"code {code}: {reason}", cause=CLOSED[code])
    if code in BUSY:
        return Retry(f"code {code}: {reason}", after_s=response.retry_after_s)
    if code in GONE_STATUSES or (code in INPUT and says_model_gone(reason)):
        return ModelGone(f"code {code}: {reason}")
    if code in INPUT or code in (451, 501):
        return failure(code, reason)
    return Unknown(f"code {code}: {reason}") if code in (408, 500) else None


def failure(code: object, message: object) -> Rejected:
    """Return the error of a failed task. Some APIs send its code as a number, others as text."""
    reason = str(message or MODEL_FAILED)[:REASON_CHARS_MAX]
    if POLICY.search(reason):
        return Rejected("content_policy", reason)
    if str(code) == "451":
        return Rejected("image_unreachable", reason)
    return Rejected("invalid_input" if str(code) in map(str, INPUT) else "provider_failed", reason)


def number(value: object) -> float | None:
    """Return a finite number, or None for anything else."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return None
    return value


def _veo_body(call: Call, urls: list[str]) -> dict[str, object]:
    model, _, grade = call.model.partition(":")
    ratio, requested = aspect_ratio(call, ("16:9", "9:16")), str(call.input.get("resolution") or "").lower()
    fields = drop_none(resolution=grade or requested or None, aspect_ratio=ratio, imageUrls=urls or None)
    return {"prompt": styled_prompt(call), "model": model, **fields}


def _flux_body(call: Call, urls: list[str]) -> dict[str, object]:
    ratio = aspect_ratio(call, ("21:9", "16:9", "4:3", "1:1", "3:4", "9:16"))
    fields = drop_none(aspectRatio=ratio, inputImage=urls[0] if urls else None)
    return {"prompt": styled_prompt(call), "model": call.model, **fields}


def _gpt4o_body(call: Call, urls: list[str]) -> dict[str, object]:
    ratio = aspect_ratio(call, ("1:1", "3:2", "2:3"))
    return {"prompt": styled_prompt(call), "size": ratio or "1:1", **drop_none(filesUrl=urls or None)}


def _suno_body(call: Call, urls: list[str]) -> dict[str, object]:
    """Return an instrumental song: with a voice, Suno would invent lyrics. A long prompt becomes the style."""
    body: dict[str, object] = {"model": call.model, "instrumental": True, "callBackUrl": NO_CALLBACK_URL}
    if len(call.prompt) <= PROMPT_CHARS_MAX:
        return {**body, "customMode": False, "prompt": call.prompt}
    style, title = call.prompt[:STYLE_CHARS_MAX], call.prompt[:TITLE_CHARS_MAX]
    return {**body, "customMode": True, "prompt": "", "style": style, "title": title}


def _maker_native(model: str, native: dict[str, object]) -> dict[str, object]:
    """Return the body of a maker's own API: the fields and the model are next to each other."""
    name, _, grade = model.partition(":")
    named = {} if name.startswith("gpt4o-image") else {"model": name}
    return {**native, **named, **drop_none(resolution=grade or None)}


def _suno_native(model: str, native: dict[str, object]) -> dict[str, object]:
    return {"callBackUrl": NO_CALLBACK_URL, **native, "model": model}


def _read_market_result(record: Mapping[str, Any]) -> Done | None:
    if record.get("state") == "fail":
        raise failure(record.get("failCode"), record.get("failMsg"))
    if record.get("state") != "success":
        return None
    result = decode_json(str(record.get("resultJson") or ""))
    if result is None:
        raise PollFailed("the task succeeded, but its resultJson is not JSON")
    return Done(read_outputs(result.get("resultUrls") if isinstance(result, dict) else None))


def _read_flagged_result(record: Mapping[str, Any]) -> Done | None:
    if record.get("successFlag") in (2, 3):
        raise failure(record.get("errorCode"), record.get("errorMessage"))
    if record.get("successFlag") != 1:
        return None
    result = record.get("response")
    result = result if isinstance(result, dict) else {}
    return Done(read_outputs(result.get("resultUrls") or result.get("resultImageUrl")))


def _read_suno_result(record: Mapping[str, Any]) -> Done | None:
    """Read a record that may have several tracks. If only kie's callback to us failed, the music is complete."""
    status, result = str(record.get("status")), record.get("response")
    if status.endswith("_FAILED"):
        raise failure(record.get("errorCode"), record.get("errorMessage"))
    if status == "SENSITIVE_WORD_ERROR":
        reason = record.get("errorMessage") or "The prompt contains a word that is not allowed. Rephrase it."
        raise Rejected("content_policy", str(reason))
    tracks = result.get("sunoData") if isinstance(result, dict) else None
    tracks = [track for track in tracks if isinstance(track, dict)] if isinstance(tracks, list) else []
    urls = [track.get("audioUrl") for track in tracks]
    if status != "SUCCESS" and not (status == "CALLBACK_EXCEPTION" and urls and all(urls)):
        return None
    length_s = number(tracks[0].get("duration")) if tracks else None
    return Done(read_outputs(urls), facts={} if length_s is None else {"duration_ms": round(length_s * 1000)})


MARKET = TaskApi(
    "/api/v1/jobs/createTask", "/api/v1/jobs/recordInfo", build_task, _read_market_result, build_native_task
)
FLUX = "/api/v1/flux/kontext"
GPT4O = "/api/v1/gpt4o-image"
APIS = {
    "veo": TaskApi("/api/v1/veo/generate", "/api/v1/veo/record-info", _veo_body, _read_flagged_result, _maker_native),
    "flux-kontext-": TaskApi(
        f"{FLUX}/generate", f"{FLUX}/record-info", _flux_body, _read_flagged_result, _maker_native
    ),
    "gpt4o-image": TaskApi(
        f"{GPT4O}/generate", f"{GPT4O}/record-info", _gpt4o_body, _read_flagged_result, _maker_native
    ),
    r"V\d": TaskApi("/api/v1/generate", "/api/v1/generate/record-info", _suno_body, _read_suno_result, _suno_native),
}
