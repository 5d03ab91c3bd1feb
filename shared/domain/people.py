"""People: their roles in an account, what each role may do, and the texts that they type in."""

import re
import unicodedata
from typing import Final, Literal, get_args

from msgspec import Struct

from shared.domain.errors import Refused

AccountRole = Literal["owner", "admin", "member", "billing"]
ACCOUNT_ROLES: Final[tuple[AccountRole, ...]] = get_args(AccountRole)
MANAGERS: Final[tuple[AccountRole, ...]] = ("owner", "admin")  # invite people, and change their roles
PAYERS: Final[tuple[AccountRole, ...]] = ("owner", "admin", "billing")  # pay, and see the account's invoices
ROLE_SCOPES: Final[dict[str, tuple[str, ...]]] = {  # as those of a key; empty: all
    "owner": (),
    "admin": (),
    "member": ("generate", "read"),
    "billing": ("read",),
}
OPERATOR_LINK_MS = 86_400_000
EMAIL_CHARS_MAX, NAME_CHARS_MAX = 254, 100
PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX = 10, 200
PASSWORD_LETTERS_MIN = 4  # different characters
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*"
                   r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")  # fmt: skip
GUESSED_FIRST = frozenset(
    """1234567890 0123456789 12345678910 123456789a password12 password123 password1234 passw0rd123 qwertyuiop
    qwerty12345 qwerty123456 1q2w3e4r5t iloveyou123 changeme123 administrator letmein123 welcome123 abcdefghij
    abc1234567 correcthorsebatterystaple""".split()  # noqa: SIM905
)


class Person(Struct, frozen=True, kw_only=True):
    """Somebody who is signed in, and acts for an account."""

    id: str
    account: str
    role: AccountRole
    csrf_token: str  # goes with each request that changes something: in X-CSRF-Token, or in a form
    session: str  # the id of the session
    is_operator: bool = False


def check_email(text: str) -> str:
    """Return an e-mail address in the form that identifies its owner. Raises Refused for one that is none."""
    email = text.strip().lower()
    if len(email) > EMAIL_CHARS_MAX or not EMAIL.fullmatch(email):
        raise Refused("invalid_request", "must be an e-mail address, such as ada@example.com.", field="email")
    return email


def check_person_name(text: str) -> str:
    """Return a person's name. Raises Refused for an empty or long one, and for characters that change a page's text."""
    name = unicodedata.normalize("NFC", text).strip()
    if not 0 < len(name) <= NAME_CHARS_MAX or not all(map(_is_shown, name)):
        reason = f"must have 1 to {NAME_CHARS_MAX} characters, none of them invisible."
        raise Refused("invalid_request", reason, field="name")
    return name


def _is_shown(character: str) -> bool:
    """Return whether a character is printed where it stands: controls of direction are printable for Python, too."""
    return character.isprintable() and unicodedata.category(character) not in ("Cf", "Co", "Cn")


def check_password(password: str, *about: str) -> str:
    """Return a new password. Raises Refused for one that is guessed soon, such as a word `about` its owner."""
    if not PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX:
        reason = f"must have {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters."
        raise Refused("invalid_request", reason, field="password")
    folded = password.casefold()
    known = {word.casefold() for text in about for word in (text, text.partition("@")[0]) if word}
    if folded in GUESSED_FIRST | known or len(set(folded)) < PASSWORD_LETTERS_MIN:
        raise Refused("invalid_request", "is one that attackers try first. Choose another one.", field="password")
    return password


def may_give(giver: AccountRole, role: AccountRole) -> bool:
    """Return whether a person with a role may give another one to somebody, or take it away."""
    return giver == "owner" or (giver == "admin" and role != "owner")


def read_role(text: str) -> AccountRole:
    """Return a stored role; one of a later version is that of a member, who may do least of those who order."""
    return next((role for role in ACCOUNT_ROLES if role == text), "member")
