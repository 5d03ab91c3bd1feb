"""The limits of posts to endpoints: the reply that a start of a post should get, and what holds in every state."""

from collections.abc import Iterator

from msgspec import Struct

from tests.suites.property.sync_store import Snapshot

PER_ENDPOINT, PER_FAST_ENDPOINT, PER_ACCOUNT, SILENT_MAX = 4, 16, 24, 5
FAST_TO_MS, SLOW_FROM_MS = 250, 1000
SLOW_MAX = 2  # posts to slow endpoints at once
WAKE_MS = 301_000  # a breaker is open for at most five minutes
POSTS, HELD, SLOW = "gw:posts:", "gw:held:", "gw:posts-slow"


class Lane(Struct, frozen=True):
    """The slots of an endpoint. One that was deleted or disabled has no limits."""

    free: bool = False
    open: bool = False
    posts: int = 1
    slow: bool = True


def read_lane(snapshot: Snapshot, endpoint: str) -> Lane:
    """Return the lane of an endpoint."""
    known = snapshot.hashes.get(f"gw:endpoint:{endpoint}", {})
    if "url" not in known or "disabled_ms" in known:
        return Lane(free=True)
    silent, took_ms = int(known.get("silent", 0)), known.get("took_ms")
    proven = took_ms is not None and silent == 0
    is_open = silent >= SILENT_MAX and float(known.get("open_until_ms", 0)) > snapshot.now_ms
    mean_ms = float(took_ms or 0)
    slow, fast = not proven or mean_ms > SLOW_FROM_MS, proven and mean_ms <= FAST_TO_MS
    return Lane(open=is_open, posts=PER_FAST_ENDPOINT if fast else PER_ENDPOINT if proven else 1, slow=slow)


def running(snapshot: Snapshot, key: str) -> set[str]:
    """Return the deliveries whose slots in a set have not lapsed."""
    return {name for name, until_ms in snapshot.zsets.get(key, {}).items() if until_ms > snapshot.now_ms}


def find_limit(snapshot: Snapshot, delivery: str, endpoint: str, account: str) -> str | None:
    """Return the limit that holds a pending delivery; None if it may be posted now."""
    lane = read_lane(snapshot, endpoint)
    if lane.free or delivery in running(snapshot, POSTS + endpoint):
        return None
    if lane.open:
        return "breaker"
    if len(running(snapshot, POSTS + endpoint)) >= lane.posts:
        return "endpoint"
    if len(running(snapshot, POSTS + account)) >= PER_ACCOUNT:
        return "account"
    return "slow" if lane.slow and len(running(snapshot, SLOW)) >= SLOW_MAX else None


def violations(snapshot: Snapshot) -> Iterator[str]:
    """Yield a message for each slot too many, each slot of nobody, and each held delivery that nothing wakes."""
    deliveries = snapshot.with_prefix(snapshot.hashes, "gw:delivery:")
    endpoints = {one["endpoint"]: one["account"] for one in deliveries.values()}
    for endpoint, account in endpoints.items():
        posts = running(snapshot, POSTS + endpoint)
        if len(posts) > PER_FAST_ENDPOINT:  # it may have been fast when they began
            yield f"{endpoint}: {len(posts)} posts at once"
        for name in posts:
            if deliveries.get(name, {}).get("state") != "pending":
                yield f"{name}: has a slot, and is not pending"
        held = list(snapshot.zsets.get(HELD + endpoint, {}))
        yield from (f"{name}: held, with a slot" for name in held if name in posts)
        if held and not read_lane(snapshot, endpoint).free and not _is_woken(snapshot, endpoint, account, held):
            yield f"{endpoint}: {len(held)} deliveries are held, and nothing wakes them"
    for account in set(endpoints.values()):
        if len(running(snapshot, POSTS + account)) > PER_ACCOUNT:
            yield f"{account}: {len(running(snapshot, POSTS + account))} posts at once"
    if len(running(snapshot, SLOW)) > SLOW_MAX:
        yield f"{len(running(snapshot, SLOW))} posts to slow endpoints at once"


def _is_woken(snapshot: Snapshot, endpoint: str, account: str, held: list[str]) -> bool:
    """Return whether the end of a post, or the end of a breaker's time, lets held deliveries of an endpoint go on."""
    if snapshot.zsets.get(POSTS + endpoint):
        return True
    if endpoint in snapshot.zsets.get(f"gw:held-endpoints:{account}", {}) and snapshot.zsets.get(POSTS + account):
        return True
    if endpoint in snapshot.zsets.get("gw:held-slow", {}) and snapshot.zsets.get(SLOW):
        return True
    queue = snapshot.zsets.get("arq:queue:webhooks", {})
    return any(queue.get(f"deliver:{name}", 2 * snapshot.now_ms) < snapshot.now_ms + WAKE_MS for name in held)
