"""The query of a list: its cursor, filters and links to the next pages."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from gateway.body import limit_of
from gateway.context import CONTEXT
from shared.domain.errors import Refused

Item = TypeVar("Item")
CURSORS = ("before", "after")
TEXT_CHARS_MAX = 200
DAY_CHARS = len("2026-10-01")
INCOMPLETE = {"History-Incomplete": "true"}


class ListQuery(Struct, frozen=True, kw_only=True):
    """The common part of a list's query. Of the two cursors at most one is set."""

    count: int
    before: str = ""
    after: str = ""
    from_ms: int | None = None
    to_ms: int | None = None

    @property
    def is_first(self) -> bool:
        """Return whether the list starts with the newest entry."""
        return not (self.before or self.after)


class Listed(Struct, Generic[Item], frozen=True, kw_only=True):
    """A page of a list, newest first. `more` follow away from its cursor; `names` are the cursors of its ends."""

    entries: list[Item]
    more: bool
    complete: bool  # false: entries that have left the store may be missing
    names: tuple[str, str] = ("", "")


def read_query(query: Mapping[str, str]) -> ListQuery:
    """Return the common part of a query. Raises Refused("invalid_request")."""
    found = ListQuery(
        count=limit_of(query),
        before=query.get("before", ""),
        after=query.get("after", ""),
        from_ms=time_of(query, "from"),
        to_ms=time_of(query, "to"),
    )
    if found.before and found.after:
        raise Refused("invalid_request", "cannot be combined with `before`.", field="after")
    return found


def unknown_cursor(cursor: str, expected: str) -> Refused:
    """Return the refusal of a cursor that names no entry of its list."""
    return Refused("invalid_request", f"must be {expected}.", field=cursor)


def time_of(query: Mapping[str, str], name: str) -> int | None:
    """Return a time of the query as Unix ms. A day without a time is its start, in UTC. Raises Refused."""
    text = query.get(name)
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text.replace(" ", "+") if len(text) > DAY_CHARS else text)
        at = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        reason = "must be a day such as 2026-10-01, or a time such as 2026-10-01T12:00:00Z."
        raise Refused("invalid_request", reason, field=name) from None


def text_of(query: Mapping[str, str], name: str) -> str:
    """Return a short text of the query, empty if it is absent. Raises Refused."""
    text = query.get(name, "")
    if len(text) > TEXT_CHARS_MAX or "\0" in text:
        raise Refused("invalid_request", f"must have at most {TEXT_CHARS_MAX} characters.", field=name)
    return text


def choice_of(query: Mapping[str, str], name: str, choices: Mapping[str, object] | tuple[str, ...]) -> str:
    """Return one of some words of the query, empty if it is absent. Raises Refused."""
    text = query.get(name, "")
    if text and text not in choices:
        raise Refused("invalid_request", f"must be one of {', '.join(choices)}.", field=name)
    return text


def page_links(request: web.Request, query: ListQuery, listed: Listed[Item]) -> dict[str, str]:
    """Return the URLs of the neighbours of a page, by `next` and `prev`."""
    (first, last), links = listed.names, {}
    if last and (listed.more or query.after):
        links["next"] = _link(request, before=last)
    if first and not query.is_first and (listed.more or not query.after):
        links["prev"] = _link(request, after=first)
    return links


def page_headers(
    request: web.Request, query: ListQuery, listed: Listed[Item], relations: tuple[str, ...] = ("next", "prev")
) -> dict[str, str]:
    """Return the headers of a page: links to its neighbours (RFC 8288), and a note if history is missing."""
    known = page_links(request, query, listed)
    links = [f'<{url}>; rel="{relation}"' for relation, url in known.items() if relation in relations]
    found = {"Link": ", ".join(links)} if links else {}
    return found if listed.complete else found | INCOMPLETE


def _link(request: web.Request, **cursor: str) -> str:
    kept = [(name, value) for name, value in request.query.items() if name not in CURSORS]
    return f"{request.app[CONTEXT].base_url}{request.path}?{urlencode([*kept, *cursor.items()])}"
