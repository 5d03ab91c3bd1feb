"""The result of a sign-in."""

from msgspec import Struct

from shared.records.people import Membership, PersonRow
from shared.store.sessions import Session


class SignedIn(Struct, frozen=True, kw_only=True):
    """A session that was just opened, its token, and the person's accounts."""

    session: Session
    token: str
    person: PersonRow
    memberships: tuple[Membership, ...]
