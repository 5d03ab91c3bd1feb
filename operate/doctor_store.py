"""Checks of the store: it answers, keeps what it is given, and agrees with this machine about the time."""

from pathlib import Path

from operate.checks import Check, doubtful, right, wrong
from shared.domain.errors import StoreDown, StoreError, StoreNewer
from shared.domain.store_url import parse_store_url
from shared.ops.clock import CLOCK, SKEW_WARN_S
from shared.ops.settings import Settings
from shared.store.append_log import LogDamaged, check_log
from shared.store.connect import Store, record_layout
from shared.store.durability import DurabilityError, choose_acknowledger
from shared.store.guard import find_unsafe_setting, read_info
from shared.store.processes import Process, list_processes

PATIENCE_S = 2.0
REDIS_MIN, VALKEY_MIN = 7, 8
MEMORY_SHARE_MAX = 0.8


async def check_store(store: Store, settings: Settings) -> list[Check]:
    """Return the checks of the store; only the first one if it does not answer."""
    place = parse_store_url(settings.store_url).location
    try:
        await store.call("PING", patience_s=PATIENCE_S)
    except StoreDown:
        return [_explain_silence(store, settings, place)]
    checks = [right("store", f"{place} answers"), await _check_layout(store)]
    try:
        facts = await read_info(store)
    except StoreDown:
        return [_explain_silence(store, settings, place)]
    checks += [_check_version(facts), *await _check_settings(store, settings), _check_disk(facts), _check_memory(facts)]
    return [*checks, _check_clock()]


async def find_processes(store: Store) -> list[Process] | None:
    """Return the running processes, or None if the store does not answer."""
    try:
        return await list_processes(store)
    except (StoreDown, StoreError):
        return None


def _explain_silence(store: Store, settings: Settings, place: str) -> Check:
    found = f"{place} does not answer ({store.reason})"
    if settings.redis_url:
        return wrong("store", found, "Start it, or correct REDIS_URL.")
    try:
        check_log(Path(settings.data_dir).resolve() / "store")
    except LogDamaged as damaged:
        return wrong("store", str(damaged), "Run `wokflow store repair`.")
    return wrong("store", found, "Start it: python -m shared.store.embedded. Or correct DATA_DIR or REDIS_URL.")


async def _check_layout(store: Store) -> Check:
    try:
        await record_layout(store)
    except StoreNewer as newer:
        return wrong("layout", str(newer), "Start the later version, or restore a backup.")
    except (StoreDown, StoreError) as error:
        return wrong("layout", f"A script was refused ({error})", "Allow this user EVAL and the keys of Wokflow.")
    return right("layout", "written by this version or an earlier one")


def _check_version(facts: dict[str, str]) -> Check:
    name, least = ("valkey", VALKEY_MIN) if "valkey_version" in facts else ("redis", REDIS_MIN)
    version = facts.get(f"{name}_version", "")
    if not version[:1].isdigit():
        return doubtful(
            "version", "The server hides its version", f"It must be Redis {REDIS_MIN} or Valkey {VALKEY_MIN}."
        )
    if int(version.partition(".")[0]) < least:
        return wrong("version", f"{name} {version}", f"Use Redis {REDIS_MIN} or Valkey {VALKEY_MIN}, or later.")
    return right("version", f"{name} {version}")


async def _check_settings(store: Store, settings: Settings) -> list[Check]:
    try:
        fault = await find_unsafe_setting(store, settings.durability)
        await choose_acknowledger(store, settings.durability)
    except (DurabilityError, StoreDown, StoreError) as error:
        fault = str(error)
    if fault:
        return [wrong("store settings", fault, "See docs/scale.md for the settings of a store.")]
    return [right("store settings", f"nothing is evicted, and DURABILITY={settings.durability} holds")]


def _check_disk(facts: dict[str, str]) -> Check:
    failed = [name for name in ("aof_last_write_status", "aof_last_bgrewrite_status") if facts.get(name) == "err"]
    if failed:
        return wrong("store disk", f"{failed[0]} is err", "Free space on the store's disk, and read its log.")
    return right("store disk", "the last writes succeeded")


def _check_memory(facts: dict[str, str]) -> Check:
    used, limit = int(facts.get("used_memory", 0)), int(facts.get("maxmemory", 0))
    shown = f"{used / 1e6:,.0f} MB used"
    if limit and used > MEMORY_SHARE_MAX * limit:
        return doubtful(
            "store memory", f"{shown} of {limit / 1e6:,.0f} MB", "Raise maxmemory before the store refuses writes."
        )
    return right("store memory", f"{shown} of {limit / 1e6:,.0f} MB" if limit else f"{shown}, no limit")


def _check_clock() -> Check:
    ahead_s = CLOCK.skew_s
    shown = f"{abs(ahead_s):.1f} s {'ahead of' if ahead_s > 0 else 'behind'} the store's"
    if abs(ahead_s) > SKEW_WARN_S:
        return wrong(
            "clock", f"This machine's clock is {shown}", "Run a time service, such as chrony, on both machines."
        )
    return right("clock", shown)
