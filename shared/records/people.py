"""People, their roles in accounts, and the links that they get by e-mail. Each call takes a connection."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.people import AccountRole, read_role
from shared.records.schema import links, members, people

SIGN_UP, RESET, INVITATION, OPERATOR = "sign_up", "reset", "invitation", "operator"
NOBODY_YET = "operator"  # stands for the address of the link that makes the first operator


class PersonRow(Struct, frozen=True):
    """A person who can sign in."""

    id: str
    email: str
    name: str
    password: str
    created_ms: int
    operator: int


class Membership(Struct, frozen=True):
    """The role of a person in an account."""

    account: str
    person: str
    role: AccountRole
    since_ms: int


class SentLink(Struct, frozen=True):
    """A link that was sent by e-mail, without its token."""

    hash: str
    id: str
    purpose: str
    email: str
    account: str
    role: str
    by: str
    created_ms: int
    ends_ms: int


async def find_by_email(connection: AsyncConnection, email: str) -> PersonRow | None:
    """Return the person with an e-mail address, or None."""
    return await _find(connection, people.c.email == email)


async def find_person(connection: AsyncConnection, person: str) -> PersonRow | None:
    """Return a person, or None."""
    return await _find(connection, people.c.id == person)


async def find_operator(connection: AsyncConnection) -> bool:
    """Return whether a person is an operator already."""
    return await _find(connection, people.c.operator == 1) is not None


async def list_memberships(connection: AsyncConnection, person: str) -> list[Membership]:
    """Return the accounts of a person, the first one first."""
    return await _list_members(connection, members.c.person == person)


async def list_members(connection: AsyncConnection, account: str) -> list[Membership]:
    """Return the people of an account, the first one first."""
    return await _list_members(connection, members.c.account == account)


async def list_people(connection: AsyncConnection, account: str) -> dict[str, PersonRow]:
    """Return the people of an account by their ids."""
    joined = select(people).join(members, members.c.person == people.c.id).where(members.c.account == account)
    return {row.id: PersonRow(*row) for row in (await connection.execute(joined)).all()}


async def add_person(connection: AsyncConnection, person: PersonRow) -> None:
    """Add a person. Raises RecordsRefused if somebody has the e-mail address already."""
    await connection.execute(
        people.insert().values(**{name: getattr(person, name) for name in PersonRow.__struct_fields__})
    )


async def set_password(connection: AsyncConnection, person: str, password: str) -> None:
    """Set the hash of a person's password."""
    await connection.execute(people.update().where(people.c.id == person).values(password=password))


async def make_operator(connection: AsyncConnection, person: str) -> None:
    """Make a person an operator."""
    await connection.execute(people.update().where(people.c.id == person).values(operator=1))


async def set_role(connection: AsyncConnection, membership: Membership) -> None:
    """Give a person a role in an account, in place of another one."""
    await remove_member(connection, membership.account, membership.person)
    await connection.execute(
        members.insert().values(**{name: getattr(membership, name) for name in Membership.__struct_fields__})
    )


async def remove_member(connection: AsyncConnection, account: str, person: str) -> None:
    """Remove a person from an account."""
    await connection.execute(delete(members).where(members.c.account == account, members.c.person == person))


async def add_link(connection: AsyncConnection, link: SentLink, now_ms: int) -> None:
    """Add a link, in place of an earlier one for the same, and drop those that have expired."""
    same = (links.c.email == link.email) & (links.c.purpose == link.purpose) & (links.c.account == link.account)
    await connection.execute(delete(links).where(same | (links.c.ends_ms <= now_ms)))
    await connection.execute(
        links.insert().values(**{name: getattr(link, name) for name in SentLink.__struct_fields__})
    )


async def find_link(connection: AsyncConnection, hashed: str, now_ms: int) -> SentLink | None:
    """Return the link of a token's hash, or None if it has expired, was used, or never existed."""
    wanted = select(links).where(links.c.hash == hashed, links.c.ends_ms > now_ms)
    row = (await connection.execute(wanted)).first()
    return None if row is None else SentLink(*row)


async def take_link(connection: AsyncConnection, hashed: str, now_ms: int) -> SentLink | None:
    """Return a link and delete it, so that it works once."""
    found = await find_link(connection, hashed, now_ms)
    await connection.execute(delete(links).where(links.c.hash == hashed))
    return found


async def list_invitations(connection: AsyncConnection, account: str, now_ms: int) -> list[SentLink]:
    """Return the open invitations of an account, newest first."""
    mine = (links.c.account == account) & (links.c.purpose == INVITATION) & (links.c.ends_ms > now_ms)
    found = await connection.execute(select(links).where(mine).order_by(links.c.created_ms.desc(), links.c.id))
    return [SentLink(*row) for row in found.all()]


async def remove_invitation(connection: AsyncConnection, account: str, name: str) -> bool:
    """Remove an invitation of an account. False if it has none with this id."""
    done = await connection.execute(delete(links).where(links.c.account == account, links.c.id == name))
    return bool(done.rowcount)


async def erase_people(connection: AsyncConnection, account: str) -> int:
    """Erase who belongs to an account: roles, invitations, and people without another one. Return their number."""
    mine = [one.person for one in await list_members(connection, account)]
    await connection.execute(delete(members).where(members.c.account == account))
    await connection.execute(delete(links).where(links.c.account == account))
    others = select(members.c.person)
    gone = people.c.id.in_(mine) & people.c.id.not_in(others) & (people.c.operator == 0)
    emails: Sequence[str] = (await connection.scalars(select(people.c.email).where(gone))).all()
    await connection.execute(delete(links).where(links.c.email.in_(emails)))
    await connection.execute(delete(people).where(gone))
    return len(emails)


async def count_members(connection: AsyncConnection, account: str) -> int:
    """Return how many people an account has."""
    wanted = select(func.count()).select_from(members).where(members.c.account == account)
    return int(await connection.scalar(wanted) or 0)


async def _find(connection: AsyncConnection, condition: ColumnElement[bool]) -> PersonRow | None:
    row = (await connection.execute(select(people).where(condition).limit(1))).first()
    return None if row is None else PersonRow(*row)


async def _list_members(connection: AsyncConnection, condition: ColumnElement[bool]) -> list[Membership]:
    wanted = select(members).where(condition).order_by(members.c.since_ms, members.c.account, members.c.person)
    return [
        Membership(row.account, row.person, read_role(row.role), row.since_ms)
        for row in (await connection.execute(wanted)).all()
    ]
