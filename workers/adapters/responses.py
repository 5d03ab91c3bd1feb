"""A provider's response: its parts, and the standard meaning of its status.

Together with `http.py` this is the only code that interprets a status code. A provider's adapter passes an
`ErrorReader` if its own errors differ. For example, "no credit" is 402, 403, 401, 429 or a 200 with an error code,
depending on the provider.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from shared.domain import retry
from shared.ops import clock
from workers.adapters.contract import Blob, Cause, Down, ModelGone, ProviderError, Rejected, Retry, Unknown

REASON_CHARS_MAX = 300
RETRY_AFTER_S = 5.0  # if the provider says to come back later, but not when
RETRY_AFTER_S_MIN, RETRY_AFTER_S_MAX = 0.1, 600.0
SURROGATE = re.compile("[\ud800-\udfff]")
REASON_FIELDS = ("message", "msg", "detail", "error", "errors", "title", "failure")
BINARY = "application/octet-stream"
GONE_STATUSES = (404, 405, 410)  # of a submit: its path or its body names the model
STATUS_CAUSES: dict[int, Cause] = {401: "account", 402: "account", 403: "forbidden", 503: "route"}


class PollFailed(Exception):
    """A request after the submit failed, which says nothing about the work itself."""


class ProviderResponse(Struct, frozen=True):
    """A whole response, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON, or None if it is not JSON."""
        return decode_json(self.body)

    @property
    def fields(self) -> dict[str, Any]:
        """Return the body as a JSON object, or {} if it is not one."""
        return json_fields(self.body)

    @property
    def media_type(self) -> str:
        """Return the Content-Type without its parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def reason(self) -> str:
        """Return the provider's error text, shortened; "" if none is found."""
        body = self.json()
        text = _error_text(body) if body is not None else self.body[:REASON_CHARS_MAX].decode(errors="replace")
        return " ".join(text.split())[:REASON_CHARS_MAX]

    @property
    def retry_after_s(self) -> float:
        """Return the seconds of Retry-After or of the body's `retry_after`, at most RETRY_AFTER_S_MAX."""
        value = self.headers.get("Retry-After") or str(self.fields.get("retry_after", ""))
        after_s = retry.retry_after_s(value, clock.now_s(), RETRY_AFTER_S_MAX)
        return RETRY_AFTER_S if after_s is None else max(after_s, RETRY_AFTER_S_MIN)


def decode_json(body: bytes | str) -> Any:
    """Return a body as JSON, or None if it is not JSON. Its texts are valid Unicode, its numbers finite."""
    text = body if isinstance(body, str) else body.decode("utf-8-sig", errors="replace")
    try:
        decoded = json.loads(text, parse_float=_finite, parse_constant=_finite)
        return _without_surrogates(decoded) if "\\ud" in text or "\\uD" in text else decoded
    except (ValueError, RecursionError):
        return None


def _finite(number: str) -> float | None:
    value = float(number)
    return value if math.isfinite(value) else None


def _without_surrogates(value: Any) -> Any:
    """Return JSON in which halves of surrogate pairs, as in an emoji that was cut, are replacement characters."""
    if isinstance(value, str):
        return SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(name): _without_surrogates(item) for name, item in value.items()}
    return value


def json_fields(body: bytes) -> dict[str, Any]:
    """Return a body as a JSON object, or {} if it is not one."""
    fields = decode_json(body)
    return fields if isinstance(fields, dict) else {}


# Returns the error in a response, or None to leave the status its standard meaning.
ErrorReader = Callable[[ProviderResponse], ProviderError | None]


def status_error(response: ProviderResponse) -> ProviderError | None:
    """Return the standard meaning of a status that is not 2xx."""
    status = response.status
    if 200 <= status < 300:
        return None
    reason = f"HTTP {status}: {response.reason}"
    if status in (409, 429) or (status == 503 and "Retry-After" in response.headers):
        return Retry(reason, after_s=response.retry_after_s)
    if status in STATUS_CAUSES:
        return Down(reason, cause=STATUS_CAUSES[status])
    if status in GONE_STATUSES:
        return ModelGone(reason)
    if 400 <= status < 500 and status != 408:
        message = response.reason or f"The provider refused this request (HTTP {status})."
        return Rejected("provider_refused", message)
    return Unknown(reason)


def read_ref(response: ProviderResponse, ref: object) -> str:
    """Return the reference in a response to a submit. Raises Unknown if it is not a text."""
    if not isinstance(ref, str) or not ref:
        raise Unknown(f"the response has no reference: {response.reason}")
    return ref


def read_task(response: ProviderResponse, ref: str) -> dict[str, Any]:
    """Return the task in a response to a poll. Raises PollFailed if its `id` is not `ref`."""
    task = response.fields
    if task.get("id") != ref:
        raise PollFailed(f"the response is not about task {ref}")
    return task


def read_file(response: ProviderResponse, *media_types: str, media_type: str | None = None) -> Blob:
    """Return the file that a response consists of, as `media_type` if given.

    `media_types` are the beginnings of the types to accept. Raises Unknown for any other and for an empty body.
    """
    if not response.media_type.startswith(media_types) or not response.body:
        raise Unknown(f"expected {' or '.join(media_types)}, got {response.media_type}: {response.reason}")
    return Blob(response.body, media_type or response.media_type)


def _error_text(body: Any) -> str:
    if isinstance(body, str):
        return body
    if isinstance(body, list):
        return "; ".join(_error_text(item) for item in body[:3])
    if isinstance(body, dict):
        return next((_error_text(body[name]) for name in REASON_FIELDS if body.get(name)), "")
    return ""
