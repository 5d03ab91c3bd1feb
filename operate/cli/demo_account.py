"""The account that `hello` makes and `demo` uses, remembered in DATA_DIR/demo.json for our user alone."""

import os
from pathlib import Path

import msgspec
from msgspec import Struct

from operate import accounts as acts
from operate.cli.operate import operator_of
from shared.domain.ids import key_hash
from shared.domain.money import micros_from_usd
from shared.ops.settings import Settings
from shared.store import accounts
from shared.store.connect import Store

PLAN = "pro"
TOP_UP_USD = "20"


class DemoAccount(Struct, frozen=True, kw_only=True):
    """`keys` has one of each kind."""

    account: str
    keys: dict[str, str]


def remembered(settings: Settings) -> DemoAccount | None:
    """The account of an earlier run on this data folder, or None."""
    try:
        return msgspec.json.decode(_file(settings).read_bytes(), type=DemoAccount)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


async def ensure(store: Store, settings: Settings) -> DemoAccount:
    """The remembered account if it still exists, with new keys where they were revoked, or else a new one.

    Raises Failure, Refused, OSError.
    """
    operator, known = operator_of(store, settings), remembered(settings)
    if known is None or await accounts.show(store, known.account) is None:
        plan = PLAN if PLAN in operator.plans else list(operator.plans)[-1]
        made = await acts.create(operator, name="Demo", plan=plan, micros=micros_from_usd(TOP_UP_USD))
        known = DemoAccount(account=made.account, keys=made.keys)
        _remember(settings, known)
    if not await _all_speak_for(store, known):
        known = DemoAccount(account=known.account, keys=await acts.first_keys(operator, known.account))
        _remember(settings, known)
    return known


async def _all_speak_for(store: Store, demo: DemoAccount) -> bool:
    owners = [await accounts.by_key(store, key_hash(key)) for key in demo.keys.values()]
    return bool(owners) and set(owners) == {demo.account}


def _remember(settings: Settings, demo: DemoAccount) -> None:
    file = _file(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(msgspec.json.encode(demo))
    fresh.replace(file)


def _file(settings: Settings) -> Path:
    return Path(settings.data_dir) / "demo.json"
