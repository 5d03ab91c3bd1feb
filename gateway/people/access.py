"""Sign in with a password, move between accounts, and choose another password."""

from gateway.account_operator import account_operator
from gateway.context import GatewayContext
from gateway.people.attempts import (
    RESET_ADDRESS,
    SIGN_IN_ADDRESS,
    SIGN_IN_EMAIL,
    SIGN_IN_HERE,
    count_address,
    count_attempt,
    take_mail,
)
from gateway.people.database import change_people, read_people
from gateway.people.letters import changed_letter, reset_letter
from gateway.people.links import EXPIRED, make_link, read_link
from gateway.people.passwords import is_outdated
from gateway.people.signed_in import SignedIn
from operate.accounts import open_account, trial_of
from shared.domain.errors import Refused
from shared.domain.people import PASSWORD_CHARS_MAX, Person, check_email, check_password
from shared.ops.clock import CLOCK
from shared.records import people
from shared.records.history import Connection
from shared.records.people import Membership, PersonRow
from shared.store import accounts, sessions
from shared.store.sessions import Visitor

FAILED = Refused("sign_in_failed", "The e-mail address or the password is wrong.")
NO_ACCOUNT = Refused("forbidden", "You are in no account. You need an invitation.")
NOT_MINE = Refused("not_found", "You are in no account with this id.")


async def sign_in(context: GatewayContext, email: str, password: str, visitor: Visitor) -> SignedIn:
    """Open a session for who knows a password. Raises Refused, in the same way for an unknown address."""
    try:
        address = check_email(email)
    except Refused:
        raise FAILED from None
    found = await read_people(context.history, lambda one: people.find_by_email(one, address))
    await check_password_of(context, found, address, password, visitor)
    if found is None:
        raise FAILED
    mine = await read_people(context.history, lambda one: people.list_memberships(one, found.id))
    if not mine:
        raise NO_ACCOUNT
    if is_outdated(found.password):
        hashed = await context.passwords.hash(password, visitor.address)
        await change_people(context.history, lambda one: people.set_password(one, found.id, hashed))
    return await open_for(context, found, mine[0], visitor)


async def check_password_of(
    context: GatewayContext, person: PersonRow | None, email: str, password: str, visitor: Visitor
) -> None:
    """Raise Refused if a password is not the person's, after too many attempts, and for nobody."""
    await count_address(context, SIGN_IN_ADDRESS, visitor.address)
    await count_attempt(context, SIGN_IN_HERE, f"{email} {visitor.address}")
    await count_attempt(context, SIGN_IN_EMAIL, email)
    stored = person.password if person is not None else ""
    if not await context.passwords.verify(stored, password[: PASSWORD_CHARS_MAX + 1], visitor.address):
        raise FAILED


async def open_for(context: GatewayContext, person: PersonRow, membership: Membership, visitor: Visitor) -> SignedIn:
    """Open a session of a person in an account. Its token is always a new one."""
    mine = await read_people(context.history, lambda one: people.list_memberships(one, person.id))
    if membership.role == "owner":
        await ensure_account(context, membership, person)
    session, token = await sessions.open_session(
        context.store,
        membership.account,
        person.id,
        membership.role,
        visitor=visitor,
        is_operator=bool(person.operator),
    )
    return SignedIn(session=session, token=token, person=person, memberships=tuple(mine))


async def ensure_account(context: GatewayContext, membership: Membership, person: PersonRow) -> None:
    """Create the account of an owner in the store, with its trial credit, if it is not there. Raises Refused."""
    if await accounts.find(context.store, membership.account) is not None:
        return
    operator = account_operator(context, membership.account)
    plan, trial = context.settings.sign_up_plan, trial_of(context.settings)
    await open_account(operator, membership.account, name=person.name, plan=plan, trial=trial)


async def switch_account(context: GatewayContext, person: Person, account: str, visitor: Visitor) -> SignedIn:
    """Open a session in another account of a person, and close the current one. Raises Refused."""
    row, mine = await read_people(context.history, lambda one: _read_person(one, person.id))
    chosen = next((one for one in mine if one.account == account), None)
    if row is None or chosen is None:
        raise NOT_MINE
    opened = await open_for(context, row, chosen, visitor)
    await sessions.close_sessions(context.store, person.account, [person.session])
    return opened


async def request_reset(context: GatewayContext, email: str, visitor: Visitor) -> None:
    """Send a link for a new password, if the address is known. Nothing in the answer says so. Raises Refused."""
    address = check_email(email)
    await count_address(context, RESET_ADDRESS, visitor.address)
    known = await read_people(context.history, lambda one: people.find_by_email(one, address))

    async def send() -> None:
        if known is None or not await take_mail(context, people.RESET, address):
            return
        made = make_link(people.RESET, address)
        await change_people(context.history, lambda one: people.add_link(one, made.link, made.link.created_ms))
        await context.mailer.send(reset_letter(address, made.url(context.settings.base_url)))

    context.mailer.do_later(send)


async def finish_reset(context: GatewayContext, token: str, password: str, visitor: Visitor) -> SignedIn:
    """Use the link of a reset: set the password, end all sessions, and open a new one. Raises Refused."""
    link = await read_link(context, token, visitor.address, people.RESET)
    hashed = await context.passwords.hash(check_password(password, link.email), visitor.address)

    async def change(connection: Connection) -> PersonRow:
        used = await people.take_link(connection, link.hash, CLOCK.now_ms())
        found = await people.find_by_email(connection, link.email)
        if used is None or found is None:
            raise EXPIRED
        await people.set_password(connection, found.id, hashed)
        return found

    return await _sign_in_anew(context, await change_people(context.history, change), visitor)


async def change_password(
    context: GatewayContext, person: Person, current: str, password: str, visitor: Visitor
) -> SignedIn:
    """Set another password, end all other sessions, and open a new one. Raises Refused."""
    row, _ = await read_people(context.history, lambda one: _read_person(one, person.id))
    if row is None:
        raise FAILED
    await check_password_of(context, row, row.email, current, visitor)
    hashed = await context.passwords.hash(check_password(password, row.email, row.name), visitor.address)
    await change_people(context.history, lambda one: people.set_password(one, row.id, hashed))
    return await _sign_in_anew(context, row, visitor)


async def _sign_in_anew(context: GatewayContext, row: PersonRow, visitor: Visitor) -> SignedIn:
    """Close every session of a person whose password has changed, and open a new one. Raises Refused."""
    mine = await read_people(context.history, lambda one: people.list_memberships(one, row.id))
    await sessions.close_person(context.store, [one.account for one in mine], row.id)
    context.mailer.do_later(lambda: context.mailer.send(changed_letter(row.email)))
    if not mine:
        raise NO_ACCOUNT
    return await open_for(context, row, mine[0], visitor)


async def _read_person(connection: Connection, person: str) -> tuple[PersonRow | None, list[Membership]]:
    return await people.find_person(connection, person), await people.list_memberships(connection, person)
