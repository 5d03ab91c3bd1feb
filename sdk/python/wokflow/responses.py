"""Responses to values and errors."""

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from wokflow.calls import Answer, Call
from wokflow.codes import error_class
from wokflow.errors import FOREIGN_CODE, ApiError, ConnectionFailedError, InvalidResponseError, WokflowError
from wokflow.retry import parse_retry_after_s

EXCERPT_CHARS_MAX = 500


def read_response(call: Call[Answer], response: httpx.Response) -> Answer:
    """Return the value of a response. Raises ApiError unless its status is 2xx."""
    if not response.is_success:
        raise error_of(response)
    return call.decode(_parse(response.content) if response.content else None)


def error_of(response: httpx.Response) -> WokflowError:
    """Return the error of a response, whose body is read already."""
    if response.is_redirect:
        url = response.request.url
        return ConnectionFailedError(f"{url.host} redirected the request. Set base_url to the final address.")
    status, headers = response.status_code, response.headers
    code, message = _find_error(response.content)
    if not code:
        excerpt = re.sub(r"\s+", " ", response.content[:EXCERPT_CHARS_MAX].decode(errors="replace"))
        message = f"HTTP {status} that is not from the API: {excerpt or '(empty)'}"
    return error_class(code, status)(
        message,
        status=status,
        code=code or FOREIGN_CODE,
        request_id=headers.get("x-request-id"),
        retry_after_s=parse_retry_after_s(headers.get("retry-after"), headers.get("date")),
        generation_id=_find_generation(headers.get("location", "")),
    )


def transport_error(error: httpx.HTTPError) -> ConnectionFailedError:
    """Return our error for one of httpx's, to be raised from it. It does not quote the request."""
    kind = "No response in time" if isinstance(error, httpx.TimeoutException) else "No response"
    return ConnectionFailedError(f"{kind}: {type(error).__name__}.")


def is_failed_generation(error: ApiError) -> bool:
    """Return whether an order was accepted, and its generation failed while the caller waited."""
    return error.status == 502 and error.code == "upstream_error"


def _parse(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        raise InvalidResponseError("The response is not JSON. Is base_url that of a gateway?") from error


def _find_error(content: bytes) -> tuple[str, str]:
    try:
        found = json.loads(content)["error"]
        return str(found["code"]), str(found["message"])
    except (ValueError, KeyError, TypeError):
        return "", ""


def _find_generation(location: str) -> str | None:
    found = parse_qs(urlsplit(location).query).get("id")
    return found[0] if found else None
