"""The people of an account: their roles and invitations. Nobody gives a role that is above the own one."""

from gateway.context import GatewayContext
from gateway.people.attempts import INVITE_ACCOUNT, count_attempt, count_mail
from gateway.people.database import change_people, read_people
from gateway.people.enrol import FULL, MEMBERS_MAX
from gateway.people.letters import invitation_letter
from gateway.people.links import make_link
from shared.domain.errors import Refused
from shared.domain.people import AccountRole, Person, check_email, may_give
from shared.ops.clock import CLOCK
from shared.records import people
from shared.records.history import Connection
from shared.records.people import Membership, PersonRow, SentLink
from shared.store import sessions

UNKNOWN = Refused("not_found", "Your account has no such person.")
NO_INVITATION = Refused("not_found", "Your account has no open invitation with this id.")
LAST_OWNER = Refused("conflict", "An account needs an owner. Make somebody else the owner first.")
ABOVE = Refused("forbidden", "Only an owner makes an owner, or changes one.")
Team = list[tuple[Membership, PersonRow]]


async def list_team(context: GatewayContext, account: str) -> Team:
    """Return the people of an account. Raises Refused."""

    async def read(connection: Connection) -> Team:
        rows = await people.list_people(connection, account)
        found = await people.list_members(connection, account)
        return [(one, rows[one.person]) for one in found if one.person in rows]

    return await read_people(context.history, read)


async def send_invitation(context: GatewayContext, person: Person, email: str, role: AccountRole) -> SentLink:
    """Send an invitation. An earlier one to the same address ends. Raises Refused."""
    address = check_email(email)
    if not may_give(person.role, role):
        raise ABOVE
    if context.settings.sign_up == "closed":
        raise Refused("forbidden", "Sign-up is closed on this deployment, also for invitations.")
    await count_attempt(context, INVITE_ACCOUNT, person.account)
    await count_mail(context, people.INVITATION, address)
    made = make_link(people.INVITATION, address, account=person.account, role=role, by=person.id)

    async def change(connection: Connection) -> PersonRow:
        await _require_still(connection, person, role)
        if await people.count_members(connection, person.account) >= MEMBERS_MAX:
            raise FULL
        me = await people.find_person(connection, person.id)
        if me is None:
            raise UNKNOWN
        await people.add_link(connection, made.link, made.link.created_ms)
        return me

    me = await change_people(context.history, change)
    letter = invitation_letter(address, made.url(context.settings.base_url), me.email, role)
    context.mailer.do_later(lambda: context.mailer.send(letter))
    return made.link


async def list_invitations(context: GatewayContext, account: str) -> list[SentLink]:
    """Return the open invitations of an account. Raises Refused."""
    now_ms = CLOCK.now_ms()
    return await read_people(context.history, lambda one: people.list_invitations(one, account, now_ms))


async def withdraw_invitation(context: GatewayContext, account: str, name: str) -> None:
    """Remove an invitation. Raises Refused."""
    if not await change_people(context.history, lambda one: people.remove_invitation(one, account, name)):
        raise NO_INVITATION


async def change_role(context: GatewayContext, person: Person, other: str, role: AccountRole | None) -> None:
    """Give somebody another role, or remove them from the account. Their sessions in it end. Raises Refused."""

    async def change(connection: Connection) -> None:
        found = {one.person: one for one in await people.list_members(connection, person.account)}
        was, owners = found.get(other), [one for one in found.values() if one.role == "owner"]
        if was is None:
            raise UNKNOWN
        is_leaving = other == person.id and role is None
        if not is_leaving:
            await _require_still(connection, person, was.role, *([role] if role else []))
        if was.role == "owner" and role != "owner" and len(owners) == 1:
            raise LAST_OWNER
        if role is None:
            await people.remove_member(connection, person.account, other)
        else:
            await people.set_role(connection, Membership(person.account, other, role, was.since_ms))

    await change_people(context.history, change)
    await sessions.close_person(context.store, [person.account], other)


async def _require_still(connection: Connection, person: Person, *roles: AccountRole) -> None:
    """Raise Refused unless a person may give and take roles now, whatever the session still says."""
    found = {one.person: one for one in await people.list_members(connection, person.account)}
    me = found.get(person.id)
    if me is None or not all(may_give(me.role, role) for role in roles):
        raise ABOVE
