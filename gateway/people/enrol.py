"""Sign-up, and the links that make somebody a member of an account.

Sign-up takes an e-mail address alone. The link in the e-mail takes name and password, so nobody can choose a password
for the address of somebody else. Nothing is created, and no credit is given, before the link is used.
"""

import secrets

from msgspec import structs

from gateway.context import GatewayContext
from gateway.people.access import check_password_of, open_for
from gateway.people.attempts import SIGN_UP_ADDRESS, SIGN_UP_ALL, count_address, count_attempt, take_mail
from gateway.people.database import TAKEN, change_people, read_people
from gateway.people.letters import confirm_letter, known_letter
from gateway.people.links import EXPIRED, make_link, read_link
from gateway.people.signed_in import SignedIn
from shared.domain.errors import Refused
from shared.domain.people import check_email, check_password, check_person_name, may_give, read_role
from shared.ops.clock import CLOCK
from shared.records import people
from shared.records.history import Connection
from shared.records.people import Membership, PersonRow, SentLink
from shared.store import accounts
from shared.store.sessions import Visitor

MEMBERS_MAX = 100
CLOSED = Refused("forbidden", "Sign-up is closed on this deployment. Its operator makes accounts.")
INVITED = Refused("forbidden", "Sign-up needs an invitation on this deployment, from a member of an account.")
FULL = Refused("conflict", f"An account can have {MEMBERS_MAX} people. Remove one first.")


def require_open(context: GatewayContext, *, invited: bool = False) -> None:
    """Raise Refused if new people cannot sign up."""
    mode = context.settings.sign_up
    if mode == "closed":
        raise CLOSED
    if mode == "invite" and not invited:
        raise INVITED


async def request_sign_up(context: GatewayContext, email: str, visitor: Visitor) -> None:
    """Send a link to an e-mail address. Answer in the same way whether the address is known. Raises Refused."""
    require_open(context)
    address = check_email(email)
    await count_address(context, SIGN_UP_ADDRESS, visitor.address)
    await count_attempt(context, SIGN_UP_ALL, "")
    known = await read_people(context.history, lambda one: people.find_by_email(one, address))

    async def send() -> None:
        if not await take_mail(context, people.SIGN_UP, address):
            return
        if known is not None:
            await context.mailer.send(known_letter(address, context.settings.base_url))
            return
        made = make_link(people.SIGN_UP, address)
        await change_people(context.history, lambda one: people.add_link(one, made.link, made.link.created_ms))
        await context.mailer.send(confirm_letter(address, made.url(context.settings.base_url)))

    context.mailer.do_later(send)


async def finish_link(
    context: GatewayContext, token: str, *, name: str, password: str, email: str = "", visitor: Visitor
) -> SignedIn:
    """Use the link of a sign-up, an invitation or the first operator, and sign in. Raises Refused.

    Somebody whom the link's address belongs to gives the password of the account that is there already.
    """
    purposes = (people.SIGN_UP, people.INVITATION, people.OPERATOR)
    link = await read_link(context, token, visitor.address, *purposes)
    is_first = link.purpose == people.OPERATOR
    address = check_email(email) if is_first else link.email
    known = await read_people(context.history, lambda one: people.find_by_email(one, address))
    if known is not None:
        await check_password_of(context, known, address, password, visitor)
        person = structs.replace(known, operator=1) if is_first else known
    else:
        if not is_first:
            require_open(context, invited=link.purpose == people.INVITATION)
        shown = check_person_name(name)
        hashed = await context.passwords.hash(check_password(password, address, shown), visitor.address)
        person = PersonRow("per_" + secrets.token_hex(8), address, shown, hashed, CLOCK.now_ms(), int(is_first))
    membership = await change_people(context.history, lambda one: _enter(one, link, person, is_new=known is None))
    return await open_for(context, person, membership, visitor)


async def _enter(connection: Connection, link: SentLink, person: PersonRow, *, is_new: bool) -> Membership:
    """Use the link and make the person a member, all in one transaction. Raises Refused."""
    now_ms = CLOCK.now_ms()
    if await people.take_link(connection, link.hash, now_ms) is None:
        raise EXPIRED
    if link.purpose == people.OPERATOR:
        if await people.find_operator(connection):
            raise EXPIRED
        if not is_new:
            await people.make_operator(connection, person.id)
    if is_new:
        if await people.find_by_email(connection, person.email) is not None:
            raise TAKEN
        await people.add_person(connection, person)
    mine = await people.list_memberships(connection, person.id)
    if link.purpose != people.INVITATION:
        if mine:
            return mine[0]
        membership = Membership(accounts.new_id(), person.id, "owner", now_ms)
    else:
        membership = await _accept(connection, link, person, mine, now_ms)
    await people.set_role(connection, membership)
    return membership


async def _accept(
    connection: Connection, link: SentLink, person: PersonRow, mine: list[Membership], now_ms: int
) -> Membership:
    """Return the role that an invitation gives, if who invites may still give it. Raises Refused."""
    found = {one.person: one for one in await people.list_members(connection, link.account)}
    giver, role = found.get(link.by), read_role(link.role)
    if giver is None or not may_give(giver.role, role):
        raise EXPIRED
    if person.id in found:
        return found[person.id]
    if len(found) >= MEMBERS_MAX:
        raise FULL
    return Membership(link.account, person.id, role, now_ms)
