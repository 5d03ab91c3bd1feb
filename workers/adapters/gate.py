"""The gate of adapters: a worker sees results and errors that are valid, bounded and without our secrets.

Every call of an adapter passes it, so that no adapter can forget it. The JSON that `responses.py` decodes is valid
Unicode too.
"""

import math
import re
from collections.abc import Awaitable
from typing import Any, TypeVar

from shared.domain.foreign_text import ForeignText
from shared.domain.foreign_url import BadForeignUrl, ForeignUrl
from workers.adapters.contract import Blob, Done, Link, Pending, ProviderError, Rejected, Retry, Unknown
from workers.adapters.responses import RETRY_AFTER_S, RETRY_AFTER_S_MAX, RETRY_AFTER_S_MIN, PollFailed

TEXT_CHARS_MAX = 100_000  # of a text result
FACT_CHARS_MAX = 20_000  # an enhanced prompt may be as long as a prompt
KEY_CHARS_MAX, ITEMS_MAX, DEPTH_MAX = 100, 100, 4  # of facts
MESSAGE_CHARS_MAX = 500
POLL_AFTER_S_MAX = 600.0
INTEGER_MAX = 2**63 - 1
COST_MICROS_MAX = 10**12
INVALID_URL = "invalid:"  # fails as a URL that nobody can fetch

REFERENCE = re.compile(r"[!-~]{1,1000}")  # becomes a part of URLs
CODE = re.compile(r"[a-z][a-z0-9_]{0,49}")
MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,50}/[a-z0-9.+-]{1,100}", re.IGNORECASE)

Result = TypeVar("Result")


async def clean_result(text: ForeignText, work: Awaitable[Result]) -> Result:
    """Await an adapter's `work`, and clean its result or error. Raises Unknown for a reference that is not usable."""
    try:
        answer: Any = await work
    except (ProviderError, PollFailed) as error:
        clean_error(text, error)
        raise
    match answer:
        case Pending():
            answer = clean_pending(answer)
        case Done():
            answer = clean_done(text, answer)
        case str():
            answer = clean_reference(answer)
    return answer  # type: ignore[no-any-return]  # of the same type as before


def clean_reference(ref: str) -> str:
    """Return a provider's reference. Raises Unknown if it cannot be one."""
    if not REFERENCE.fullmatch(ref):
        raise Unknown("the provider's reference is empty, too long or not printable")
    return ref


def clean_pending(pending: Pending) -> Pending:
    """Return pending work with a usable reference, a bounded wait and a progress from 0 to 1."""
    after_s, progress = pending.poll_after_s, pending.progress
    if progress is not None and not 0 <= progress <= 1:
        progress = None
    after_s = min(max(after_s, 0.0), POLL_AFTER_S_MAX) if math.isfinite(after_s) else RETRY_AFTER_S
    return Pending(clean_reference(pending.ref), after_s, progress)


def clean_done(text: ForeignText, done: Done) -> Done:
    """Return a result with valid, bounded text and facts, and URLs that can be fetched."""
    facts: dict[str, object] = clean_fact(text, done.facts) or {}
    result = None if done.text is None else text.text(done.text, TEXT_CHARS_MAX)
    if done.text is not None and len(done.text) > TEXT_CHARS_MAX:
        facts["truncated"] = True
    outputs = tuple(clean_link(output) if isinstance(output, Link) else output for output in done.outputs)
    return Done(outputs, result, facts, clean_cost(done.cost_micros))


def clean_link(link: Link) -> Blob | Link:
    """Return a link with a URL and a media type, as far as they are valid."""
    media_type = link.media_type if isinstance(link.media_type, str) and MEDIA_TYPE.fullmatch(link.media_type) else None
    return Link(link.url if is_url(link.url) else INVALID_URL, media_type)


def is_url(text: str) -> bool:
    """Return whether a text is a URL that can be requested."""
    try:
        ForeignUrl.parse(text)
    except BadForeignUrl:
        return False
    return True


def clean_fact(text: ForeignText, value: object, depth: int = DEPTH_MAX) -> Any:
    """Return a fact in its bounds; None for a value that is not storable."""
    match value:
        case str():
            return text.text(value, FACT_CHARS_MAX)
        case int() | float():
            return value if abs(value) <= INTEGER_MAX else None  # false for NaN
        case list() | tuple() if depth:
            return [clean_fact(text, item, depth - 1) for item in value[:ITEMS_MAX]]
        case dict() if depth:
            items = ((text.line(str(name), KEY_CHARS_MAX), item) for name, item in list(value.items())[:ITEMS_MAX])
            cleaned = {name: clean_fact(text, item, depth - 1) for name, item in items}
            return {name: item for name, item in cleaned.items() if item is not None}
    return None


def clean_cost(cost_micros: int | None) -> int | None:
    """Return a provider's charge if it is credible."""
    return cost_micros if cost_micros is not None and 0 <= cost_micros <= COST_MICROS_MAX else None


def clean_error(text: ForeignText, error: ProviderError | PollFailed) -> None:
    """Clean the words and numbers of an adapter's error in place."""
    message = text.line(str(error), MESSAGE_CHARS_MAX)
    if isinstance(error, Rejected):
        message = message or "The provider refused this."
        error.message = message
        error.code = error.code if CODE.fullmatch(error.code) else "provider_failed"
        error.cost_micros = clean_cost(error.cost_micros)
    if isinstance(error, Retry):
        after_s = error.after_s if math.isfinite(error.after_s) else RETRY_AFTER_S
        error.after_s = min(max(after_s, RETRY_AFTER_S_MIN), RETRY_AFTER_S_MAX)
    error.args = (message,)
