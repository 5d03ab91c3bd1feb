"""The roles of admin keys, and what each may do. This table is the only place that says so."""

from typing import Literal, get_args

Role = Literal["read", "support", "money", "owner"]
ROLES: tuple[Role, ...] = get_args(Role)
OWNER: Role = "owner"

READ = frozenset(
    {
        "account events",
        "account list",
        "account show",
        "audit list",
        "deadletter list",
        "generation explain",
        "generation show",
        "key list",
        "ledger check",
        "ledger show",
        "margin",
        "queue list",
        "top",
        "uncertain list",
        "voucher list",
        "worker list",
    }
)
SUPPORT = frozenset(
    {
        "account rename",
        "account resume",
        "account suspend",
        "account warn-below",
        "deadletter replay",
        "generation retry",
        "key revoke",
        "queue drain",
        "queue pause",
        "queue resume",
    }
)
MONEY = frozenset(
    {
        "account adjust",
        "account change-plan",
        "account close",
        "account set-caps",
        "account top-up",
        "generation refund",
        "uncertain resolve",
        "voucher create",
        "voucher revoke",
    }
)
# A key of an account acts as the account, and the catalogue has the prices.
OWNERS = frozenset({"account create", "catalogue reload", "key change", "key create", "key rotate"})
ALLOWED: dict[str, frozenset[str]] = {
    "read": READ,
    "support": READ | SUPPORT,
    "money": READ | MONEY,
    "owner": READ | SUPPORT | MONEY | OWNERS,
}


def may(role: str, command: str) -> bool:
    """Return whether a key of this role may run the call of a command; a role of a later version may do nothing."""
    return command in ALLOWED.get(role, ())


def roles_for(command: str) -> list[str]:
    """Return the roles that may run the call of a command."""
    return [role for role in ROLES if may(role, command)]
