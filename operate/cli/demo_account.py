"""The demo account that `hello` creates and `demo` uses. DATA_DIR/demo.json stores it, readable by its owner only."""

import os
from pathlib import Path

import msgspec
from msgspec import Struct

from operate import accounts as operator_accounts
from operate.cli.operator import operator_of
from shared.domain.ids import key_hash
from shared.domain.money import micros_from_usd
from shared.ops.settings import Settings
from shared.store import accounts
from shared.store.connect import Store

PLAN = "pro"
TOP_UP_USD = "20"


class DemoAccount(Struct, frozen=True, kw_only=True):
    """A demo account with a key of each kind."""

    account: str
    keys: dict[str, str]


def read_account(settings: Settings) -> DemoAccount | None:
    """Return the account of an earlier run in this DATA_DIR, or None."""
    try:
        return msgspec.json.decode(_file(settings).read_bytes(), type=DemoAccount)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


async def ensure_account(store: Store, settings: Settings) -> DemoAccount:
    """Return the demo account, creating it or new keys for it if they do not exist any more.

    Raises Failure, Refused, OSError.
    """
    operator, known = operator_of(store, settings), read_account(settings)
    if known is None or await accounts.find(store, known.account) is None:
        plan = PLAN if PLAN in operator.plans else list(operator.plans)[-1]
        created = await operator_accounts.create_account(
            operator, name="Demo", plan=plan, micros=micros_from_usd(TOP_UP_USD)
        )
        known = DemoAccount(account=created.account, keys=created.keys)
        _write_account(settings, known)
    if not await _verify_keys(store, known):
        known = DemoAccount(account=known.account, keys=await operator_accounts.create_keys(operator, known.account))
        _write_account(settings, known)
    return known


async def _verify_keys(store: Store, demo: DemoAccount) -> bool:
    holders = [await accounts.find_holder(store, key_hash(key)) for key in demo.keys.values()]
    return bool(holders) and {holder and holder.account for holder in holders} == {demo.account}


def _write_account(settings: Settings, demo: DemoAccount) -> None:
    file = _file(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(msgspec.json.encode(demo))
    fresh.replace(file)


def _file(settings: Settings) -> Path:
    return Path(settings.data_dir) / "demo.json"
