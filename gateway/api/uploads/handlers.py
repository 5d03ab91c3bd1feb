"""Uploads of the caller's account: create one, send its file, read and delete it."""

from hashlib import blake2b
from hmac import compare_digest
from secrets import token_hex

import structlog
from aiohttp import web
from msgspec import UNSET

from gateway import auth
from gateway.api.uploads.bodies import MB, CreateUpload, UploadEntry
from gateway.api.uploads.receive import finish_direct, receive_file
from gateway.body import read_json
from gateway.context import CONTEXT, GatewayContext
from gateway.responses import json_response
from shared.domain.errors import Refused
from shared.domain.times import rfc3339
from shared.ops import clock
from shared.ops.storage import StorageError, new_input_path
from shared.store import uploads
from shared.store.uploads import NOT_FOUND, StoredUpload, UploadLimits

PREFIX = "upl_"
TOKEN_BYTES = 16

log = structlog.get_logger()


async def create_upload(request: web.Request) -> web.Response:
    """Create an upload, and answer where its file goes."""
    context, account = request.app[CONTEXT], await auth.authenticate(request)
    body, _ = await read_json(request, CreateUpload)
    settings = context.settings
    largest = settings.upload_mb_max * MB
    if body.size_bytes is not None and body.size_bytes > largest:
        raise Refused("invalid_request", f"must be at most {largest}.", field="size_bytes")
    size_max, upload_id = body.size_bytes or largest, PREFIX + token_hex(16)
    path, url = await sign_direct(context)
    limits = UploadLimits(
        count_max=settings.uploads_per_account,
        bytes_max=settings.upload_mb_per_account * MB,
        all_bytes_max=settings.upload_mb_total * MB,
        bounds=context.admission.bounds("", ()),
    )
    declared = body.content_type or ""
    exact = body.size_bytes is not None
    upload = StoredUpload(id=upload_id, size_bytes=size_max, exact=exact, path=path, declared=declared)
    created_ms = await uploads.create(context.store, upload, account, settings.upload_url_s, limits)
    entry = UploadEntry(
        id=upload_id,
        url=f"asset:{upload_id}",
        status="pending",
        created_at=rfc3339(created_ms),
        expires_at=rfc3339(created_ms + settings.upload_url_s * 1000),
        size_max_bytes=size_max,
        upload_method="PUT",
        upload_url=url or f"{context.base_url}/api/v1/uploads/{upload_id}/content?token={token_of(context, upload_id)}",
    )
    return json_response(entry, 201, headers={"Location": f"/api/v1/uploads/{upload_id}"})


async def read_upload(request: web.Request) -> web.Response:
    """Answer an upload."""
    context, account = request.app[CONTEXT], await auth.authenticate(request)
    upload = await uploads.find(context.store, request.match_info["id"], account)
    if upload is None:
        raise Refused("not_found", NOT_FOUND)
    if not upload.is_stored and upload.path:
        upload = await finish_direct(context, account, upload)
    return json_response(entry_of(upload))


async def delete_upload(request: web.Request) -> web.Response:
    """Delete an upload and its file."""
    context, account = request.app[CONTEXT], await auth.authenticate(request)
    if not await uploads.delete(context.store, request.match_info["id"], account):
        raise Refused("not_found", NOT_FOUND)
    return web.Response(status=204)


async def put_content(request: web.Request) -> web.Response:
    """Take the file of an upload from whoever has its URL."""
    context, upload_id = request.app[CONTEXT], request.match_info["id"]
    if not compare_digest(
        request.query.get("token", "").encode(errors="replace"), token_of(context, upload_id).encode()
    ):
        raise Refused("not_found", NOT_FOUND)
    started = await uploads.start(context.store, upload_id)
    with context.upload_slots.hold(started.account):
        await receive_file(request, context, upload_id, started)
    return web.Response(status=204)


async def sign_direct(context: GatewayContext) -> tuple[str, str]:
    """Return a path in the bucket, and a URL that a client can PUT to; both are empty if the gateway takes the file."""
    mode = context.settings.upload_direct
    if mode == "off":
        return "", ""
    path = new_input_path(token_hex(16), clock.now_ms())
    try:
        url = await context.storage.sign_put(path, context.settings.upload_url_s)
    except StorageError as error:
        log.warning("upload.not_signed", reason=str(error))
        return "", ""
    return (path, url) if url and (mode == "on" or url.startswith("https://")) else ("", "")


def token_of(context: GatewayContext, upload_id: str) -> str:
    """Return the token that allows to send the file of an upload."""
    return blake2b(f"upload {upload_id}".encode(), key=context.secret, digest_size=TOKEN_BYTES).hexdigest()


def entry_of(upload: StoredUpload) -> UploadEntry:
    """Return an upload in this API's shape."""
    return UploadEntry(
        id=upload.id,
        url=f"asset:{upload.id}",
        status="ready" if upload.is_stored else "pending",
        created_at=rfc3339(upload.created_ms),
        expires_at=rfc3339(upload.until_ms),
        content_type=upload.media_type or UNSET,
        size_bytes=upload.size_bytes if upload.is_stored else UNSET,
        size_max_bytes=UNSET if upload.is_stored else upload.size_bytes,
    )
