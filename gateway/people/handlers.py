"""The calls on people, under /api/v1/account."""

from aiohttp import web

from gateway.body import read_json
from gateway.context import CONTEXT
from gateway.people import access, enrol, team
from gateway.people.bodies import (
    AccountOfPerson,
    ChangeMember,
    ChangePassword,
    ConfirmReset,
    Invite,
    MailSent,
    PersonEntry,
    SignIn,
    SignUp,
    SwitchAccount,
    Verify,
    invitation_entry,
    member_entry,
    session_entry,
)
from gateway.people.database import read_people
from gateway.people.sessions import csrf_token, end_session, require_person, require_role, set_session, visitor_of
from gateway.people.signed_in import SignedIn
from gateway.responses import json_response, list_response
from shared.domain.errors import Refused
from shared.domain.people import MANAGERS
from shared.records import people
from shared.records.history import Connection
from shared.records.people import Membership, PersonRow
from shared.store import sessions

NO_SESSION = Refused("not_found", "You have no open session with this id.")


async def sign_up(request: web.Request) -> web.Response:
    """Send a link to an e-mail address."""
    body, _ = await read_json(request, SignUp)
    await enrol.request_sign_up(request.app[CONTEXT], body.email, visitor_of(request))
    return json_response(MailSent(), 202)


async def verify(request: web.Request) -> web.Response:
    """Use a link, and sign in."""
    body, _ = await read_json(request, Verify)
    opened = await enrol.finish_link(
        request.app[CONTEXT],
        body.token,
        name=body.name,
        password=body.password,
        email=body.email,
        visitor=visitor_of(request),
    )
    return answer_opened(request, opened, 201)


async def sign_in(request: web.Request) -> web.Response:
    """Open a session."""
    body, _ = await read_json(request, SignIn)
    opened = await access.sign_in(request.app[CONTEXT], body.email, body.password, visitor_of(request))
    return answer_opened(request, opened)


async def sign_out(request: web.Request) -> web.Response:
    """Close the session of the request."""
    context, person = request.app[CONTEXT], await require_person(request)
    await sessions.close_sessions(context.store, person.account, [person.session])
    response = web.Response(status=204)
    end_session(context, response)
    return response


async def request_reset(request: web.Request) -> web.Response:
    """Send a link for a new password."""
    body, _ = await read_json(request, SignUp)
    await access.request_reset(request.app[CONTEXT], body.email, visitor_of(request))
    return json_response(MailSent(), 202)


async def confirm_reset(request: web.Request) -> web.Response:
    """Set a new password, and sign in."""
    body, _ = await read_json(request, ConfirmReset)
    opened = await access.finish_reset(request.app[CONTEXT], body.token, body.password, visitor_of(request))
    return answer_opened(request, opened)


async def change_password(request: web.Request) -> web.Response:
    """Set another password, and open a new session in place of all others."""
    person = await require_person(request)
    body, _ = await read_json(request, ChangePassword)
    visitor = visitor_of(request)
    opened = await access.change_password(request.app[CONTEXT], person, body.current_password, body.password, visitor)
    return answer_opened(request, opened)


async def switch_account(request: web.Request) -> web.Response:
    """Open a session in another account, in place of the current one."""
    person = await require_person(request)
    body, _ = await read_json(request, SwitchAccount)
    opened = await access.switch_account(request.app[CONTEXT], person, body.account, visitor_of(request))
    return answer_opened(request, opened)


async def read_person(request: web.Request) -> web.Response:
    """Answer who is signed in."""
    context, person = request.app[CONTEXT], await require_person(request)

    async def read(connection: Connection) -> tuple[PersonRow | None, list[Membership]]:
        return await people.find_person(connection, person.id), await people.list_memberships(connection, person.id)

    row, mine = await read_people(context.history, read)
    if row is None:
        raise Refused("not_signed_in", "You are in no account any more.")
    return json_response(
        PersonEntry(
            id=person.id,
            name=row.name,
            email=row.email,
            account=person.account,
            role=person.role,
            operator=person.is_operator,
            csrf_token=person.csrf_token,
            accounts=tuple(AccountOfPerson(account=one.account, role=one.role) for one in mine),
        )
    )


async def list_sessions(request: web.Request) -> web.Response:
    """Answer the person's open sessions in the account."""
    person = await require_person(request)
    found = await sessions.list_sessions(request.app[CONTEXT].store, person.account, person.id)
    return list_response([session_entry(one, person.session) for one in found])


async def close_session(request: web.Request) -> web.Response:
    """Close a session of the person."""
    context, person, name = request.app[CONTEXT], await require_person(request), request.match_info["id"]
    found = await sessions.list_sessions(context.store, person.account, person.id)
    if name not in [one.id for one in found]:
        raise NO_SESSION
    await sessions.close_sessions(context.store, person.account, [name])
    return web.Response(status=204)


async def close_others(request: web.Request) -> web.Response:
    """Close all sessions of the person in the account, but the one of this request."""
    person = await require_person(request)
    await sessions.close_person(request.app[CONTEXT].store, [person.account], person.id, keep=person.session)
    return web.Response(status=204)


async def list_members(request: web.Request) -> web.Response:
    """Answer the people of the account."""
    person = await require_person(request)
    found = await team.list_team(request.app[CONTEXT], person.account)
    return list_response([member_entry(*one) for one in found])


async def change_member(request: web.Request) -> web.Response:
    """Give a person another role."""
    person = await require_role(request, *MANAGERS)
    body, _ = await read_json(request, ChangeMember)
    name = request.match_info["id"]
    await team.change_role(request.app[CONTEXT], person, name, body.role)
    found = await team.list_team(request.app[CONTEXT], person.account)
    return json_response(next(member_entry(*one) for one in found if one[1].id == name))


async def remove_member(request: web.Request) -> web.Response:
    """Remove a person from the account; everybody may leave."""
    person, name = await require_person(request), request.match_info["id"]
    if name != person.id:
        person = await require_role(request, *MANAGERS)
    await team.change_role(request.app[CONTEXT], person, name, None)
    return web.Response(status=204)


async def create_invitation(request: web.Request) -> web.Response:
    """Send an invitation."""
    person = await require_role(request, *MANAGERS)
    body, _ = await read_json(request, Invite)
    return json_response(
        invitation_entry(await team.send_invitation(request.app[CONTEXT], person, body.email, body.role)), 201
    )


async def list_invitations(request: web.Request) -> web.Response:
    """Answer the open invitations."""
    person = await require_role(request, *MANAGERS)
    found = await team.list_invitations(request.app[CONTEXT], person.account)
    return list_response([invitation_entry(one) for one in found])


async def withdraw_invitation(request: web.Request) -> web.Response:
    """Remove an invitation."""
    person = await require_role(request, *MANAGERS)
    await team.withdraw_invitation(request.app[CONTEXT], person.account, request.match_info["id"])
    return web.Response(status=204)


def answer_opened(request: web.Request, opened: SignedIn, status: int = 200) -> web.Response:
    """Return who has signed in, with the cookie of the new session."""
    context, session, person = request.app[CONTEXT], opened.session, opened.person
    entry = PersonEntry(
        id=person.id,
        name=person.name,
        email=person.email,
        account=session.account,
        role=session.role,
        operator=session.is_operator,
        csrf_token=csrf_token(context.secret, session.hash),
        accounts=tuple(AccountOfPerson(account=one.account, role=one.role) for one in opened.memberships),
    )
    response = json_response(entry, status)
    set_session(context, response, opened.token)
    return response
