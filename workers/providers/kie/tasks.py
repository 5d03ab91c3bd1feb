"""The APIs of kie that begin a task: the market's, and those of four makers with paths and states of their own.

Each begins with one POST, which is told the task's id, and is looked at with one GET. The code in an answer's body
counts, for kie sends its errors with status 200 too.
"""

import json
import math
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from workers.adapters.contract import Call, Done, Down, Pending, ProviderError, Rejected, Retry, Unknown
from workers.adapters.http import Answer, PollFailed, reason, retry_after_s
from workers.adapters.inputs import given, ratio, words
from workers.adapters.outputs import file, urls
from workers.providers.kie.inputs import order

# Suno's tasks must have an address to call. Where we have none this one, which leads to nobody, stands in for it.
NO_CALLBACK_URL = "https://callback.invalid/kie"
PACE_S = ((30.0, 3.0), (120.0, 7.0))  # until a task is so old: how long between looks, as kie advises
LATER_S, UNDATED_S = 20.0, 10.0
PROMPT_CHARS_MAX, STYLE_CHARS_MAX, TITLE_CHARS_MAX = 500, 1_000, 80  # of a song

CLOSED = (401, 402, 403, 433, 455)  # bad key, no credit, a key's own limit, maintenance
FULL = (429, 550)
INPUT = (400, 413, 422)
POLICY = re.compile(r"polic|nsfw|sensitive|inappropriate|flagged|unsafe|prohibited|moderat|copyright|safety", re.I)


class Api(Struct, frozen=True):
    """One of them. `result` is what a record says: None while the work goes on; raises Rejected where it failed."""

    begin: str
    look: str
    body: Callable[[Call, list[str]], dict[str, object]]  # takes the pictures' addresses
    result: Callable[[Mapping[str, Any]], Done | None]


def api_of(model: str) -> Api:
    """The API that serves a model."""
    return next((api for start, api in APIS.items() if re.match(start, model)), MARKET)


def record(answer: Answer, ref: str) -> Mapping[str, Any]:
    """A task's record in the answer to a look. Raises PollFailed if it is not there, which says nothing of the task."""
    body = answer.fields
    data = body.get("data")
    if body.get("code") != 200 or not isinstance(data, dict) or data.get("taskId") != ref:
        raise PollFailed(f"no record of task {ref}: {reason(answer)}")
    return data


def outcome(api: Api, ref: str, data: Mapping[str, Any]) -> Pending | Done:
    """What a record means; a state that we do not know means "still at it". Raises Rejected."""
    done = api.result(data)
    if done is not None:
        return done
    share = number(data.get("progress"))
    return Pending(ref, pace_s(data.get("createTime")), None if share is None else min(max(share, 0), 100) / 100)


def pace_s(created_ms: object) -> float:
    """How long to leave a task alone, by its age."""
    since_ms = number(created_ms)
    if since_ms is None:
        return UNDATED_S
    age_s = time.time() - since_ms / 1000
    return next((after_s for until_s, after_s in PACE_S if age_s < until_s), LATER_S)


def refusal(answer: Answer) -> ProviderError | None:
    """What the code of an answer to a submit says; None for success, and for what nobody can tell."""
    said = answer.fields.get("code")
    code, why = said if isinstance(said, int) else answer.status, reason(answer)
    if code in CLOSED:
        return Down(f"code {code}: {why}")
    if code in FULL:
        return Retry(f"code {code}: {why}", after_s=retry_after_s(answer))
    if code in (404, 405, 505):
        return Rejected("provider_refused", why or "The provider does not offer this.")
    if code in INPUT or code in (451, 501):
        return failure(code, why)
    return Unknown(f"code {code}: {why}") if code in (408, 500) else None


def failure(code: object, message: object) -> Rejected:
    """Why something was not made. Codes are numbers in one place and text in another."""
    why = str(message or "The model failed.")[:300]
    if POLICY.search(why):
        return Rejected("content_policy", why)
    if str(code) == "451":
        return Rejected("image_unreachable", why)
    return Rejected("invalid_input" if str(code) in map(str, INPUT) else "provider_failed", why)


def number(value: object) -> float | None:
    """A number that one can count with; None for anything else."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return None
    return value


def _veo(call: Call, found: list[str]) -> dict[str, object]:
    model, _, grade = call.model.partition(":")
    drawn = ratio(call, ("16:9", "9:16"))
    fields = given(resolution=grade or None, aspect_ratio=drawn, imageUrls=found or None)
    return {"prompt": words(call), "model": model, **fields}


def _flux(call: Call, found: list[str]) -> dict[str, object]:
    drawn = ratio(call, ("21:9", "16:9", "4:3", "1:1", "3:4", "9:16"))
    fields = given(aspectRatio=drawn, inputImage=found[0] if found else None)
    return {"prompt": words(call), "model": call.model, **fields}


def _gpt4o(call: Call, found: list[str]) -> dict[str, object]:
    drawn = ratio(call, ("1:1", "3:2", "2:3"))
    return {"prompt": words(call), "size": drawn or "1:1", **given(filesUrl=found or None)}


def _suno(call: Call, found: list[str]) -> dict[str, object]:
    """Without a voice, as the other music models: words to sing would be made up. A long prompt goes as a style."""
    body: dict[str, object] = {"model": call.model, "instrumental": True, "callBackUrl": NO_CALLBACK_URL}
    if len(call.prompt) <= PROMPT_CHARS_MAX:
        return {**body, "customMode": False, "prompt": call.prompt}
    style, title = call.prompt[:STYLE_CHARS_MAX], call.prompt[:TITLE_CHARS_MAX]
    return {**body, "customMode": True, "prompt": "", "style": style, "title": title}


def _market_result(data: Mapping[str, Any]) -> Done | None:
    if data.get("state") == "fail":
        raise failure(data.get("failCode"), data.get("failMsg"))
    if data.get("state") != "success":
        return None
    try:
        made = json.loads(data.get("resultJson") or "")
    except (TypeError, ValueError) as error:
        raise PollFailed("it succeeded, but the result cannot be read") from error
    return _done(made.get("resultUrls") if isinstance(made, dict) else None)


def _flagged_result(data: Mapping[str, Any]) -> Done | None:
    if data.get("successFlag") in (2, 3):
        raise failure(data.get("errorCode"), data.get("errorMessage"))
    if data.get("successFlag") != 1:
        return None
    made = data.get("response")
    made = made if isinstance(made, dict) else {}
    return _done(made.get("resultUrls") or made.get("resultImageUrl"))


def _suno_result(data: Mapping[str, Any]) -> Done | None:
    """Several tracks are normal. A callback of theirs that failed is no failure of the music."""
    status, made = str(data.get("status")), data.get("response")
    if status.endswith("_FAILED"):
        raise failure(data.get("errorCode"), data.get("errorMessage"))
    if status == "SENSITIVE_WORD_ERROR":
        raise Rejected("content_policy", str(data.get("errorMessage") or "The prompt has a word that is not allowed."))
    tracks = made.get("sunoData") if isinstance(made, dict) else None
    tracks = [track for track in tracks if isinstance(track, dict)] if isinstance(tracks, list) else []
    links = [track.get("audioUrl") for track in tracks]
    if status != "SUCCESS" and not (status == "CALLBACK_EXCEPTION" and links and all(links)):
        return None
    length_s = number(tracks[0].get("duration")) if tracks else None
    return _done(links, {} if length_s is None else {"duration_ms": round(length_s * 1000)})


def _done(links: object, facts: dict[str, object] | None = None) -> Done:
    found = tuple(file(url) for url in urls(links))
    if not found:
        raise Rejected("provider_failed", "The model finished without a result.")
    return Done(found, facts=facts or {})


MARKET = Api("/api/v1/jobs/createTask", "/api/v1/jobs/recordInfo", order, _market_result)
APIS = {
    "veo": Api("/api/v1/veo/generate", "/api/v1/veo/record-info", _veo, _flagged_result),
    "flux-kontext-": Api("/api/v1/flux/kontext/generate", "/api/v1/flux/kontext/record-info", _flux, _flagged_result),
    "gpt4o-image": Api("/api/v1/gpt4o-image/generate", "/api/v1/gpt4o-image/record-info", _gpt4o, _flagged_result),
    r"V\d": Api("/api/v1/generate", "/api/v1/generate/record-info", _suno, _suno_result),
}
