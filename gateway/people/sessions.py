"""The session of a signed-in person: its cookie, the person behind a request, and protection from other sites' pages.

A page of another site can make a browser send our cookie with a request. So each request that changes something needs
the session's CSRF token, which only our own pages can read.
"""

from hashlib import blake2b
from hmac import compare_digest

from aiohttp import web

from gateway.context import CONTEXT, GatewayContext
from gateway.edge.client import forwarded_address
from shared.domain.errors import Refused
from shared.domain.ids import is_session, key_hash
from shared.domain.people import AccountRole, Person
from shared.store.sessions import SESSION_MS, Session, Visitor, find_session

COOKIE = "wokflow-session"
HOST_PREFIX = "__Host-"  # of a cookie that browsers take from https alone, and send to this host alone
CSRF_HEADER, CSRF_FIELD = "X-CSRF-Token", "csrf_token"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
NOT_SIGNED_IN = Refused("not_signed_in", "Sign in first: open /sign-in, or call POST /api/v1/account/sign-in.")
PERSON = web.RequestKey("person", Person)  # of a request whose session was found


async def find_person(request: web.Request) -> Person | None:
    """Return who is signed in, or None. Needs no database. Raises StoreDown.

    It does not check the CSRF token: a handler that changes something calls `require_person` or `require_role`.
    """
    hashed = session_hash(request)
    if hashed is None or PERSON in request:
        return request.get(PERSON)
    session = await find_session(request.app[CONTEXT].store, hashed)
    if session is None:
        return None
    person = request[PERSON] = _person_of(request.app[CONTEXT], session)
    return person


current_person = find_person


async def require_person(request: web.Request, form_token: str | None = None) -> Person:
    """Return who is signed in. Raises Refused: not_signed_in, or forbidden without the CSRF token of a change."""
    person = await find_person(request)
    if person is None:
        raise NOT_SIGNED_IN
    check_csrf(request, form_token)
    return person


async def require_role(request: web.Request, *roles: AccountRole, form_token: str | None = None) -> Person:
    """Return who is signed in, if with one of the roles. Raises Refused: not_signed_in or forbidden."""
    person = await require_person(request, form_token)
    if person.role not in roles:
        allowed = " or ".join(roles)
        raise Refused("forbidden", f"Your role in this account is {person.role}. This needs {allowed}.")
    return person


def check_csrf(request: web.Request, form_token: str | None = None) -> None:
    """Raise Refused if a request of a session changes something without its CSRF token, in a header or form field."""
    if request.method in SAFE_METHODS:
        return
    hashed = session_hash(request) or ""
    given = request.headers.get(CSRF_HEADER, "") if form_token is None else form_token
    if not compare_digest(given.encode(), csrf_token(request.app[CONTEXT].secret, hashed).encode()):
        reason = f"This request needs the header {CSRF_HEADER} with the token of your session. Reload the page."
        raise Refused("forbidden", reason)


def csrf_token(secret: bytes, hashed: str) -> str:
    """Return the CSRF token of a session, or of a visit without one."""
    return blake2b(hashed.encode(), key=secret, person=b"csrf", digest_size=20).hexdigest()


def session_hash(request: web.Request) -> str | None:
    """Return the hash of the token in the request's cookie, or None without one."""
    if "Cookie" not in request.headers:
        return None
    token = request.cookies.get(cookie_name(request.app[CONTEXT], COOKIE), "")
    return key_hash(token) if is_session(token) else None


def visitor_of(request: web.Request) -> Visitor:
    """Return the browser of a request, for the list of sessions."""
    address = forwarded_address(request, request.app[CONTEXT].trusted)
    agent = "".join(filter(str.isprintable, request.headers.get("User-Agent", "")))
    return Visitor(address=address, agent=agent)


def cookie_name(context: GatewayContext, name: str) -> str:
    """Return the name of a cookie of ours, which says where it comes from if this deployment has https."""
    return HOST_PREFIX + name if _is_https(context) else name


def set_session(context: GatewayContext, response: web.StreamResponse, token: str) -> None:
    """Send a session's token to the browser, in place of one that it may have."""
    set_cookie(context, response, COOKIE, token, SESSION_MS // 1000)


def end_session(context: GatewayContext, response: web.StreamResponse) -> None:
    """Let the browser forget its session."""
    set_cookie(context, response, COOKIE, "", 0)


def set_cookie(context: GatewayContext, response: web.StreamResponse, name: str, value: str, age_s: int) -> None:
    """Set a cookie that no script reads, and that no page of another site sends with a change."""
    response.set_cookie(
        cookie_name(context, name),
        value,
        max_age=age_s,
        path="/",
        secure=_is_https(context),
        httponly=True,
        samesite="Lax",
    )


def _is_https(context: GatewayContext) -> bool:
    return context.settings.base_url.startswith("https://")


def _person_of(context: GatewayContext, session: Session) -> Person:
    return Person(
        id=session.person,
        account=session.account,
        role=session.role,
        csrf_token=csrf_token(context.secret, session.hash),
        session=session.id,
        is_operator=session.is_operator,
    )
