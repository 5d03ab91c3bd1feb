"""Uploads in the store: files that accounts send before the orders that use them. Their bytes are in the storage."""

from msgspec import Struct

from shared.domain.bounds import refusal_of
from shared.domain.errors import Refused
from shared.store import keys
from shared.store.connect import Store

MB = 1_000_000
TRIES_MAX = 5  # of sending one file
HOLD_MS = 26 * 3_600_000  # an order that uses an upload waits for at most a day, and then runs
NOT_FOUND = "Your account has no upload with this id, or it has expired. Create another one."


class UploadLimits(Struct, frozen=True, kw_only=True):
    """The most that one account, and all accounts, may have at a time, and the daily bounds of the caller, as lines."""

    count_max: int
    bytes_max: int
    all_bytes_max: int
    bounds: str


class StoredUpload(Struct, frozen=True, kw_only=True):
    """An upload. Without a `media_type` its file is not stored yet, and `path` is where the client may put it."""

    id: str
    size_bytes: int  # of a file that is not stored yet: the most that it may have
    exact: bool = False  # the client announced the size
    path: str = ""
    media_type: str = ""
    declared: str = ""  # the media type that the client announced
    created_ms: int = 0
    until_ms: int = 0  # the client can send or use the file until then

    @property
    def is_stored(self) -> bool:
        """Return whether the file is complete."""
        return bool(self.media_type)


class Started(Struct, frozen=True):
    """A client may send the file: at most `bytes_max`, all of them if `exact`, and of the type that it `declared`."""

    account: str
    bytes_max: int
    exact: bool
    declared: str


async def create(store: Store, upload: StoredUpload, account_id: str, put_s: int, limits: UploadLimits) -> int:
    """Create an upload, and return its time in Unix ms. The client has `put_s` seconds. Raises Refused past a limit."""
    own = (limits.count_max, limits.bytes_max, limits.all_bytes_max, limits.bounds)
    facts = (upload.id, account_id, upload.size_bytes, "1" if upload.exact else "", upload.declared, upload.path)
    match await store.run("create_upload", *facts, put_s * 1000, *own, durable=True):
        case ["created", created_ms]:
            return int(created_ms)
        case ["missing"]:
            raise Refused("invalid_api_key", "The account of this API key no longer exists.")
        case ["too_many", limit]:
            reason = f"An account can have {limit} uploads at a time. Delete one, or wait until one expires."
            raise Refused("limit_exceeded", reason)
        case ["full", limit]:
            reason = f"The uploads of an account can have {limit // MB} MB at a time. Delete one, or announce its size."
            raise Refused("limit_exceeded", reason)
        case ["all_full"]:
            raise Refused("capacity_exceeded", "This service has no room for uploads at the moment. Try again later.")
        case ["bound", scope, name, limit, left_ms]:
            raise refusal_of(scope.decode(), name.decode(), limit, left_ms)
    raise ValueError("create_upload replied nothing")


async def start(store: Store, upload_id: str) -> Started:
    """Let a client send the file. Raises Refused."""
    match await store.run("start_upload", upload_id, TRIES_MAX):
        case ["started", account, bytes_max, exact, declared]:
            return Started(account.decode(), bytes_max, bool(exact), declared.decode())
        case ["stored"]:
            raise Refused("conflict", "The file of this upload is stored already. Create another upload.")
        case ["too_often"]:
            raise Refused("conflict", f"The file was sent {TRIES_MAX} times without success. Create another upload.")
    raise Refused("not_found", NOT_FOUND)


async def finish(
    store: Store, upload_id: str, *, path: str, size_bytes: int, media_type: str, keep_ms: int, bounds: str
) -> int:
    """Note that the file is stored, and return until when. Raises Refused; then the caller deletes the file."""
    match await store.run("finish_upload", upload_id, path, size_bytes, media_type, keep_ms, bounds, durable=True):
        case ["finished", until_ms]:
            return int(until_ms)
        case ["stored"]:
            raise Refused("conflict", "The file of this upload is stored already. Create another upload.")
        case ["bound", scope, name, limit, left_ms]:
            raise refusal_of(scope.decode(), name.decode(), limit, left_ms)
    raise Refused("not_found", NOT_FOUND)


async def find(store: Store, upload_id: str, account_id: str, *, hold_ms: int = 0) -> StoredUpload | None:
    """Return an upload of the account, None if it has none with this id. With `hold_ms` its file stays for so long."""
    match await store.run("find_upload", upload_id, account_id, hold_ms):
        case ["found", path, size_bytes, exact, media_type, declared, created_ms, until_ms]:
            return StoredUpload(
                id=upload_id,
                exact=bool(exact),
                path=path.decode(),
                size_bytes=size_bytes,
                media_type=media_type.decode(),
                declared=declared.decode(),
                created_ms=created_ms,
                until_ms=until_ms,
            )
    return None


async def delete(store: Store, upload_id: str, account_id: str) -> bool:
    """Drop an upload. False if the account has none with this id."""
    return bool((await store.run("delete_upload", upload_id, account_id))[0] == "deleted")


async def expire(store: Store, count: int) -> int:
    """Drop up to `count` uploads that have expired. Return how many there were."""
    return int((await store.run("expire_uploads", count))[1])


async def read_use(store: Store, scope: str) -> tuple[int, int]:
    """Return the number of uploads of an account, or of `all`, and their bytes."""
    count, size_bytes = await store.call("HMGET", keys.upload_use(scope), "count", "bytes")
    return int(count or 0), int(size_bytes or 0)
