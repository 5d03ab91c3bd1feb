"""The bodies of the calls on people."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.domain.described import doc, timestamp
from shared.domain.people import (
    ACCOUNT_ROLES,
    EMAIL_CHARS_MAX,
    NAME_CHARS_MAX,
    PASSWORD_CHARS_MAX,
    PASSWORD_CHARS_MIN,
    AccountRole,
)
from shared.domain.times import rfc3339
from shared.records.people import Membership, PersonRow, SentLink
from shared.store.sessions import Session

Email = Annotated[str, Meta(max_length=EMAIL_CHARS_MAX)]
Name = Annotated[str, Meta(max_length=NAME_CHARS_MAX)]
Password = Annotated[str, Meta(max_length=PASSWORD_CHARS_MAX)]
Token = Annotated[str, Meta(max_length=100)]
EMAIL, NAME = doc("The e-mail address.", format="email"), doc("The name.")
PASSWORD = doc(f"The password: at least {PASSWORD_CHARS_MIN} characters for a new one.", format="password")
TOKEN, ROLE = doc("The token of the link in the e-mail."), doc("The role in the account.", enum=list(ACCOUNT_ROLES))


class SignUp(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/account/sign-up."""

    email: Annotated[Email, EMAIL]


class Verify(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/account/verify."""

    token: Annotated[Token, TOKEN]
    password: Annotated[Password, PASSWORD]
    name: Annotated[Name, doc("The name of a new person.")] = ""
    email: Annotated[Email, doc("The e-mail address, for the link of the first operator alone.")] = ""


class SignIn(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/account/sign-in."""

    email: Annotated[Email, EMAIL]
    password: Annotated[Password, PASSWORD]


class ConfirmReset(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/account/reset/confirm."""

    token: Annotated[Token, TOKEN]
    password: Annotated[Password, PASSWORD]


class ChangePassword(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/account/password."""

    current_password: Annotated[Password, doc("The password until now.", format="password")]
    password: Annotated[Password, PASSWORD]


class SwitchAccount(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/account/switch."""

    account: Annotated[str, doc("The id of another account of yours."), Meta(max_length=100)]


class Invite(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/account/invitations."""

    email: Annotated[Email, EMAIL]
    role: Annotated[AccountRole, ROLE] = "member"


class ChangeMember(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of PATCH /api/v1/account/members/{id}."""

    role: Annotated[AccountRole, ROLE]


class MailSent(Struct, kw_only=True):
    """The answer to a request for an e-mail. It says nothing about the address."""

    status: Annotated[Literal["sent"], doc("Always `sent`.")] = "sent"


class AccountOfPerson(Struct, kw_only=True):
    """An account of a person."""

    account: Annotated[str, doc("The account's id.")]
    role: Annotated[AccountRole, ROLE]


class PersonEntry(Struct, kw_only=True):
    """The person who is signed in, and the CSRF token of the session."""

    id: Annotated[str, doc("The person's id.")]
    name: Annotated[str, NAME]
    email: Annotated[str, EMAIL]
    account: Annotated[str, doc("The account that the session acts on.")]
    role: Annotated[AccountRole, ROLE]
    operator: Annotated[bool, doc("Whether the person is an operator of this deployment.")]
    csrf_token: Annotated[str, doc("Goes into the header `X-CSRF-Token` of each request that changes something.")]
    accounts: Annotated[tuple[AccountOfPerson, ...], doc("All accounts of the person.")]


class SessionEntry(Struct, kw_only=True):
    """An open session of the person."""

    id: Annotated[str, doc("The session's id.")]
    created_at: Annotated[str, timestamp("When it was opened.")]
    expires_at: Annotated[str, timestamp("When it ends.")]
    address: Annotated[str, doc("The address that opened it.")]
    agent: Annotated[str, doc("The browser, as it calls itself.")]
    current: Annotated[bool, doc("Whether it is the session of this request.")]


class MemberEntry(Struct, kw_only=True):
    """A person of the account."""

    id: Annotated[str, doc("The person's id.")]
    name: Annotated[str, NAME]
    email: Annotated[str, EMAIL]
    role: Annotated[AccountRole, ROLE]
    since: Annotated[str, timestamp("Since when.")]


class InvitationEntry(Struct, kw_only=True):
    """An invitation that was not accepted yet."""

    id: Annotated[str, doc("The invitation's id.")]
    email: Annotated[str, EMAIL]
    role: Annotated[str, ROLE]
    created_at: Annotated[str, timestamp("When it was sent.")]
    expires_at: Annotated[str, timestamp("When it expires.")]


def session_entry(session: Session, current: str) -> SessionEntry:
    """Return a session as the API shows it."""
    return SessionEntry(
        id=session.id,
        created_at=rfc3339(session.created_ms),
        expires_at=rfc3339(session.ends_ms),
        address=session.address,
        agent=session.agent,
        current=session.id == current,
    )


def member_entry(membership: Membership, person: PersonRow) -> MemberEntry:
    """Return a person of an account as the API shows them."""
    since = rfc3339(membership.since_ms)
    return MemberEntry(id=person.id, name=person.name, email=person.email, role=membership.role, since=since)


def invitation_entry(link: SentLink) -> InvitationEntry:
    """Return an invitation as the API shows it, without its token."""
    made, ends = rfc3339(link.created_ms), rfc3339(link.ends_ms)
    return InvitationEntry(id=link.id, email=link.email, role=link.role, created_at=made, expires_at=ends)
