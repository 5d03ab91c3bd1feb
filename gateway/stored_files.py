"""Files in the storage that requests name: uploads of the caller's account, and outputs by their URLs."""

import structlog
from msgspec import UNSET, Struct, UnsetType

from gateway.admission.images import FORMS, RequestImages, require_kind
from gateway.api.uploads.receive import finish_direct
from gateway.context import GatewayContext
from shared.domain.errors import Refused
from shared.media.file_type import NAMES, MediaKind
from shared.ops.storage import StorageError, media_type_of
from shared.store import accounts, uploads
from shared.store.uploads import HOLD_MS

LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")
UNAVAILABLE = Refused("unavailable", "Stored files cannot be read at the moment. Try again.", retry_after_s=5)

log = structlog.get_logger()


def request_images(context: GatewayContext, key_hash: str) -> RequestImages:
    """Return the media of a request with this key, which may name our URLs by each address of this machine."""
    local = tuple(f"http://{host}:{context.settings.port}" for host in LOCAL_HOSTS)
    return RequestImages(context.base_url, CallersFiles(context, key_hash), (context.settings.base_url, *local))


class CallersFiles(Struct):
    """The stored files that the holder of a key may use in one request. A guest has none of his own."""

    context: GatewayContext
    key_hash: str
    account: str | UnsetType | None = UNSET  # of the key, once it was looked up

    async def find_upload(self, upload_id: str, name: str, kind: MediaKind) -> str:
        """Return the path of an upload of the caller's account. Raises Refused naming the field."""
        context, account = self.context, await self._find_account()
        if account is None:
            raise Refused("invalid_input", FORMS, field=name)
        upload = await uploads.find(context.store, upload_id, account, hold_ms=HOLD_MS)
        if upload is None:
            reason = "names an upload that was not found: your account has none with this id, or it has expired."
            raise Refused("invalid_input", reason, field=name)
        if not upload.is_stored and upload.path:
            upload = await finish_direct(context, account, upload)
        if not upload.is_stored:
            raise Refused("invalid_input", "names an upload without a file. Send it to `upload_url` first.", field=name)
        require_kind(upload.media_type, NAMES.get(upload.media_type, upload.media_type), name, kind)
        return upload.path

    async def _find_account(self) -> str | None:
        if self.account is UNSET:
            holder = await accounts.find_holder(self.context.store, self.key_hash) if self.key_hash else None
            self.account = holder.account if holder else None
        return self.account

    async def require_output(self, path: str, name: str, kind: MediaKind) -> None:
        """Raise Refused naming the field, unless an output exists and is of this kind."""
        media_type = media_type_of(path)
        require_kind(media_type, NAMES.get(media_type, media_type), name, kind)
        try:
            found = await self.context.storage.find(path)
        except StorageError as error:
            log.warning("asset.unavailable", reason=str(error))
            raise UNAVAILABLE from None
        if found is None:
            raise Refused("invalid_input", "is the URL of an output that does not exist, or has expired.", field=name)
