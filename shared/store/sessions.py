"""Sessions of people: each works like an API key with the scopes of a role, so that orders need no database.

A session is one record under the hash of its token, and an entry in the list of its account. Without the entry it does
not work, and the record expires by itself.
"""

import secrets
from collections.abc import Collection, Sequence

from msgspec import Struct

from shared.domain.ids import KEY_RANDOM_BYTES, key_hash, new_key
from shared.domain.people import ROLE_SCOPES, AccountRole, read_role
from shared.ops.clock import CLOCK
from shared.store import keys
from shared.store.client import StoreClient
from shared.store.key_limits import USED_CHARS

SESSION_MS = 14 * 86_400_000
SESSIONS_EACH = 20  # of one person in an account; the oldest one ends
AGENT_CHARS_MAX = 200
SESSION = "session"  # the kind of its token


class Session(Struct, frozen=True, kw_only=True):
    """A session of a person in an account, without its token."""

    id: str
    hash: str
    account: str
    person: str
    role: AccountRole
    created_ms: int
    ends_ms: int
    address: str = ""
    agent: str = ""  # of the browser, as it says
    is_operator: bool = False


class Visitor(Struct, frozen=True, kw_only=True):
    """The browser that signs in."""

    address: str = ""
    agent: str = ""


UNKNOWN = Visitor()


async def open_session(
    store: StoreClient,
    account: str,
    person: str,
    role: AccountRole,
    *,
    visitor: Visitor = UNKNOWN,
    is_operator: bool = False,
) -> tuple[Session, str]:
    """Open a session, and return it with its token, which is never stored."""
    token, now_ms = new_key(SESSION, secrets.token_bytes(KEY_RANDOM_BYTES)), CLOCK.now_ms()
    session = Session(
        id="sess_" + secrets.token_hex(8),
        hash=key_hash(token),
        account=account,
        person=person,
        role=role,
        created_ms=now_ms,
        ends_ms=now_ms + SESSION_MS,
        address=visitor.address,
        agent=visitor.agent[:AGENT_CHARS_MAX],
        is_operator=is_operator,
    )
    mine = await list_sessions(store, account, person)
    await close_sessions(store, account, [one.id for one in mine[SESSIONS_EACH - 1 :]])
    name, index = keys.limited_key(session.hash), keys.sessions(account)
    await store.call("HSET", name, *_fields(session))
    await store.call("PEXPIREAT", name, session.ends_ms)
    await store.call("HSET", index, session.id, session.hash)
    await store.call("PEXPIREAT", index, session.ends_ms)
    return session, token


async def find_session(store: StoreClient, hashed: str) -> Session | None:
    """Return the session of a token's hash, or None for one that has ended."""
    session = await _read(store, hashed)
    if session is None or not await store.call("HEXISTS", keys.sessions(session.account), session.id):
        return None
    return session


async def list_sessions(store: StoreClient, account: str, person: str = "") -> list[Session]:
    """Return the open sessions of an account, or of one person in it, newest first. Forget those that have expired."""
    fields: list[bytes] = await store.call("HGETALL", keys.sessions(account))
    found = list[Session]()
    for name, hashed in zip(fields[::2], fields[1::2], strict=True):
        session = await _read(store, hashed.decode())
        if session is None:
            await _forget(store, account, name.decode(), hashed.decode())
        elif person in ("", session.person):
            found.append(session)
    return sorted(found, key=lambda one: one.created_ms, reverse=True)


async def close_sessions(store: StoreClient, account: str, names: Collection[str]) -> None:
    """Close sessions of an account, effective at once."""
    for name in names:
        hashed = await store.call("HGET", keys.sessions(account), name)
        if hashed is not None:
            await _forget(store, account, name, hashed.decode())


async def close_person(store: StoreClient, accounts: Sequence[str], person: str, keep: str = "") -> int:
    """Close all sessions of a person in accounts, but the one to keep. Return how many there were."""
    closed = 0
    for account in accounts:
        names = [one.id for one in await list_sessions(store, account, person) if one.id != keep]
        await close_sessions(store, account, names)
        closed += len(names)
    return closed


async def close_account_sessions(store: StoreClient, account: str) -> None:
    """Close all sessions of an account that ends."""
    await close_sessions(store, account, [one.id for one in await list_sessions(store, account)])


async def _forget(store: StoreClient, account: str, name: str, hashed: str) -> None:
    await store.call("HDEL", keys.sessions(account), name)
    await store.call("DEL", keys.limited_key(hashed))
    await store.call("HDEL", keys.keys_used(account), hashed[:USED_CHARS])


async def _read(store: StoreClient, hashed: str) -> Session | None:
    raw: list[bytes] = await store.call("HGETALL", keys.limited_key(hashed))
    fields = {raw[at].decode(): raw[at + 1].decode(errors="replace") for at in range(0, len(raw), 2)}
    if "person" not in fields:
        return None
    return Session(
        id=fields["id"],
        hash=hashed,
        account=fields["account"],
        person=fields["person"],
        role=read_role(fields.get("role", "")),
        created_ms=int(fields.get("created_ms", 0)),
        ends_ms=int(fields.get("ends_ms", 0)),
        address=fields.get("address", ""),
        agent=fields.get("agent", ""),
        is_operator=fields.get("operator") == "1",
    )


def _fields(session: Session) -> tuple[str, ...]:
    scopes = ROLE_SCOPES[session.role]
    values = {
        **{name: getattr(session, name) for name in ("id", "account", "person", "role", "address", "agent")},
        **{name: str(getattr(session, name)) for name in ("created_ms", "ends_ms")},
        **({"scopes": " ".join(scopes)} if scopes else {}),
        **({"operator": "1"} if session.is_operator else {}),
    }
    return tuple(part for pair in values.items() for part in pair)
