"""Pages of sign-up, sign-in, and links that were sent by e-mail. They need no script, and do what the calls do."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp_jinja2
from aiohttp import web
from jinja2 import FileSystemLoader, StrictUndefined
from msgspec import Struct, structs

from gateway import errors, static
from gateway.context import CONTEXT
from gateway.people import access, enrol
from gateway.people.form_fields import (
    EMAIL,
    NAME,
    NEW_PASSWORD,
    PASSWORD,
    TO_RESET,
    TO_SIGN_IN,
    TO_SIGN_UP,
    FormField,
    PageLink,
)
from gateway.people.forms import forget_link, keep_link, keep_visit, link_of, next_of, read_form, start_visit
from gateway.people.links import EXPIRED, read_link
from gateway.people.sessions import CSRF_FIELD, end_session, find_person, require_person, set_session, visitor_of
from gateway.people.signed_in import SignedIn
from shared.domain.errors import Refused
from shared.records import people
from shared.store import sessions

TEMPLATES = Path(__file__).parent / "templates"
HOME = "/account/api-keys"
HEADERS = {**static.ALWAYS, "Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin"}
SENT = "If the address is right, an e-mail is on its way. Open the link in it."
Act = Callable[[web.Request, Mapping[str, str]], Awaitable[SignedIn | str]]


class FormPage(Struct, frozen=True, kw_only=True):
    """A page with a form. `act` returns a session that was opened, or a notice."""

    path: str
    title: str
    lead: str
    button: str
    fields: tuple[FormField, ...]
    act: Act
    links: tuple[PageLink, ...] = ()


async def _sign_up(request: web.Request, fields: Mapping[str, str]) -> str:
    await enrol.request_sign_up(request.app[CONTEXT], fields.get("email", ""), visitor_of(request))
    return SENT


async def _sign_in(request: web.Request, fields: Mapping[str, str]) -> SignedIn:
    email, password = fields.get("email", ""), fields.get("password", "")
    return await access.sign_in(request.app[CONTEXT], email, password, visitor_of(request))


async def _request_reset(request: web.Request, fields: Mapping[str, str]) -> str:
    await access.request_reset(request.app[CONTEXT], fields.get("email", ""), visitor_of(request))
    return SENT


async def _finish_link(request: web.Request, fields: Mapping[str, str]) -> SignedIn:
    return await enrol.finish_link(
        request.app[CONTEXT],
        link_of(request),
        name=fields.get("name", ""),
        password=fields.get("password", ""),
        email=fields.get("email", ""),
        visitor=visitor_of(request),
    )


async def _finish_reset(request: web.Request, fields: Mapping[str, str]) -> SignedIn:
    password = fields.get("password", "")
    return await access.finish_reset(request.app[CONTEXT], link_of(request), password, visitor_of(request))


SIGN_UP = FormPage(
    path="/sign-up",
    title="Create an account",
    lead="Enter your e-mail address. We send you a link, with which you choose a password.",
    button="Send the link",
    fields=(EMAIL,),
    act=_sign_up,
    links=(TO_SIGN_IN,),
)
SIGN_IN = FormPage(
    path="/sign-in",
    title="Sign in",
    lead="Sign in with your e-mail address and password.",
    button="Sign in",
    fields=(EMAIL, PASSWORD),
    act=_sign_in,
    links=(TO_RESET, TO_SIGN_UP),
)
RESET = FormPage(
    path="/reset",
    title="Choose a new password",
    lead="Enter your e-mail address. We send you a link, with which you choose a new password.",
    button="Send the link",
    fields=(EMAIL,),
    act=_request_reset,
    links=(TO_SIGN_IN,),
)
NEW = FormPage(
    path="/reset",
    title="Choose a new password",
    lead="All your sessions end, and you are signed in here.",
    button="Save",
    fields=(NEW_PASSWORD,),
    act=_finish_reset,
)
VERIFY = FormPage(
    path="/verify",
    title="Welcome",
    lead="Choose a name and a password. If you have an account already, enter its password.",
    button="Create the account",
    fields=(NAME, NEW_PASSWORD),
    act=_finish_link,
)
JOIN = FormPage(
    path="/join",
    title="Join the account",
    lead="Choose a name and a password. If you have an account already, enter its password.",
    button="Join",
    fields=(NAME, NEW_PASSWORD),
    act=_finish_link,
)
FIRST = FormPage(
    path="/join",
    title="Become the operator",
    lead="You are the first user of this deployment. You will be able to see and change everything in it.",
    button="Create the account",
    fields=(EMAIL, NAME, NEW_PASSWORD),
    act=_finish_link,
)
DEAD = FormPage(
    path="",
    title="This link does not work",
    lead=EXPIRED.reason,
    button="",
    fields=(),
    act=_sign_up,
    links=(TO_SIGN_IN, TO_SIGN_UP, TO_RESET),
)
LINK_PAGES = {people.SIGN_UP: VERIFY, people.RESET: NEW, people.INVITATION: JOIN, people.OPERATOR: FIRST}


def set_up_templates(app: web.Application) -> None:
    """Let an application render the templates, which escape everything that they show."""
    aiohttp_jinja2.setup(app, loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)


def routes() -> list[web.RouteDef]:
    """Return the routes of the pages."""
    found = [web.post("/sign-out", sign_out)]
    for page in (SIGN_UP, SIGN_IN):
        found += [web.get(page.path, _shows(page)), web.post(page.path, _acts(page))]
    for path in ("/verify", "/join", "/reset"):
        found += [web.get(path, open_link), web.post(path, use_link)]
    return found


async def sign_out(request: web.Request) -> web.StreamResponse:
    """Close the session, and show the form to sign in."""
    fields = dict(await request.post())
    person = await find_person(request)
    response = web.HTTPSeeOther("/sign-in", headers=HEADERS)
    if person is not None:
        await require_person(request, str(fields.get(CSRF_FIELD, "")))
        await sessions.close_sessions(request.app[CONTEXT].store, person.account, [person.session])
        end_session(request.app[CONTEXT], response)
    raise response


async def open_link(request: web.Request) -> web.StreamResponse:
    """Show the form of a link. First its token leaves the address, which browsers and proxies remember."""
    if "token" in request.query:
        response = web.HTTPSeeOther(request.path, headers=HEADERS)
        keep_link(request, response, request.query["token"])
        raise response
    page = await _find_page(request)
    return _show(request, page) if isinstance(page, FormPage) else page


async def use_link(request: web.Request) -> web.StreamResponse:
    """Do what the link of the browser is for."""
    page = await _find_page(request)
    return await _submit(request, page) if isinstance(page, FormPage) else page


async def _find_page(request: web.Request) -> FormPage | web.Response:
    """Return the form of the browser's link, or a page that says why there is none.

    Without a link, /reset is the form that requests one.
    """
    token = link_of(request)
    if not token and request.path == RESET.path:
        return RESET
    try:
        link = await read_link(request.app[CONTEXT], token, visitor_of(request).address, *LINK_PAGES)
    except Refused as refused:
        is_dead = refused.code == EXPIRED.code
        return _show(request, DEAD) if is_dead else _show(request, SIGN_IN, problem=refused)
    page = LINK_PAGES[link.purpose]
    if link.purpose == people.OPERATOR:
        return page
    return structs.replace(page, lead=f"{page.lead} This is for {link.email}.")  # a stranger may have sent the link


def _shows(page: FormPage) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def show(request: web.Request) -> web.StreamResponse:
        problem = None
        try:
            if page is SIGN_UP:
                enrol.require_open(request.app[CONTEXT])
        except Refused as refused:
            problem = refused
        return _show(request, page, problem=problem, is_closed=problem is not None)

    return show


def _acts(page: FormPage) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def submit(request: web.Request) -> web.StreamResponse:
        return await _submit(request, page)

    return submit


async def _submit(request: web.Request, page: FormPage) -> web.StreamResponse:
    """Do what a form is for, and show a notice, a problem, or the next page."""
    fields: Mapping[str, str] = {}
    try:
        fields = await read_form(request)
        done = await page.act(request, fields)
    except Refused as refused:
        return _show(request, page, fields, problem=refused)
    if isinstance(done, str):
        return _show(request, page, fields, notice=done)
    response = web.HTTPSeeOther(next_of(fields, HOME), headers=HEADERS)
    set_session(request.app[CONTEXT], response, done.token)
    forget_link(request, response)
    raise response


def _show(
    request: web.Request,
    page: FormPage,
    fields: Mapping[str, str] | None = None,
    *,
    problem: Refused | None = None,
    notice: str = "",
    is_closed: bool = False,
) -> web.Response:
    """Return a page with its form, and what was typed in, but no password."""
    given = fields if fields is not None else request.query
    visit, csrf = start_visit(request)
    shown = [_filled(field, given.get(field.name, "")) for field in page.fields]
    values: dict[str, Any] = {
        "title": page.title,
        "lead": page.lead,
        "problem": problem.message if problem is not None else "",
        "notice": notice,
        "button": "" if is_closed or notice else page.button,
        "action": page.path,
        "csrf": csrf,
        "next": next_of(given, ""),
        "fields": shown,
        "links": page.links,
    }
    response = aiohttp_jinja2.render_template("form.html", request, values)
    if problem is not None:
        response.set_status(errors.status_of(problem))
        if problem.retry_after_s is not None:
            response.headers["Retry-After"] = str(problem.retry_after_s)
    elif page is DEAD:
        response.set_status(errors.status_of(EXPIRED))
    response.headers.update(HEADERS)
    keep_visit(request, response, visit)
    return response


def _filled(field: FormField, value: str) -> dict[str, Any]:
    kept = "" if field.type == "password" else value[: field.chars_max]
    return {name: getattr(field, name) for name in FormField.__struct_fields__} | {"value": kept}
