"""Forms of people who are not signed in: their fields, and protection from forms of other sites.

Such a browser has a cookie with a random text, and each form the token of it. A page of another site knows no token.
"""

import re
import secrets
from collections.abc import Mapping
from hmac import compare_digest
from urllib.parse import parse_qsl

from aiohttp import web

from gateway.body import read_body
from gateway.context import CONTEXT
from gateway.people.sessions import CSRF_FIELD, cookie_name, csrf_token, set_cookie
from shared.domain.errors import Refused
from shared.domain.ids import key_hash

VISIT, VISIT_S, VISIT_BYTES = "wokflow-visit", 86_400, 16
LINK, LINK_S = "wokflow-link", 3600
FORM, FIELDS_MAX, FORM_BYTES_MAX = "application/x-www-form-urlencoded", 10, 20_000
VISIT_TEXT, TOKEN_TEXT = re.compile(r"[0-9a-f]{32}"), re.compile(r"[A-Za-z0-9_-]{1,100}")
OWN_PATH = re.compile(r"/(?:[A-Za-z0-9_.-]+/)*[A-Za-z0-9_.-]*")
STALE = Refused("forbidden", "The form is too old, or your browser blocks cookies. Reload the page, and try again.")


async def read_form(request: web.Request) -> dict[str, str]:
    """Return the fields of a form of ours. Raises Refused for one of another site, a large one, and odd bytes."""
    if request.content_type != FORM:
        raise Refused("unsupported_media_type", "Send the form of this page.")
    if (request.content_length or 0) > FORM_BYTES_MAX:
        raise Refused("payload_too_large", "A field of the form is too long.")
    body = await read_body(request)
    if len(body) > FORM_BYTES_MAX:
        raise Refused("payload_too_large", "A field of the form is too long.")
    try:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX))
    except ValueError:
        raise Refused("invalid_request", "The form could not be read.") from None
    visit = visit_of(request)
    expected = csrf_token(request.app[CONTEXT].secret, key_hash(visit))
    if not visit or not compare_digest(fields.get(CSRF_FIELD, "").encode(), expected.encode()):
        raise STALE
    return fields


def visit_of(request: web.Request) -> str:
    """Return the random text of the browser, empty if it has none."""
    found = request.cookies.get(cookie_name(request.app[CONTEXT], VISIT), "")
    return found if VISIT_TEXT.fullmatch(found) else ""


def start_visit(request: web.Request) -> tuple[str, str]:
    """Return the random text of the browser, a new one if it has none, and the token of its forms."""
    visit = visit_of(request) or secrets.token_hex(VISIT_BYTES)
    return visit, csrf_token(request.app[CONTEXT].secret, key_hash(visit))


def keep_visit(request: web.Request, response: web.StreamResponse, visit: str) -> None:
    """Send the random text to the browser."""
    set_cookie(request.app[CONTEXT], response, VISIT, visit, VISIT_S)


def link_of(request: web.Request) -> str:
    """Return the token of the link that the browser came with."""
    found = request.cookies.get(cookie_name(request.app[CONTEXT], LINK), "")
    return found if TOKEN_TEXT.fullmatch(found) else ""


def keep_link(request: web.Request, response: web.StreamResponse, token: str) -> None:
    """Move the token of a link from the address, which a browser and proxies remember, into a cookie."""
    set_cookie(request.app[CONTEXT], response, LINK, token if TOKEN_TEXT.fullmatch(token) else "", LINK_S)


def forget_link(request: web.Request, response: web.StreamResponse) -> None:
    """Forget the token of a link that was used."""
    set_cookie(request.app[CONTEXT], response, LINK, "", 0)


def next_of(values: Mapping[str, str], otherwise: str) -> str:
    """Return the page to go to after a sign-in: only one of ours."""
    path = values.get("next", "")
    return path if OWN_PATH.fullmatch(path) else otherwise
