"""Everything about the caller's account, as one archive."""

import tempfile
import weakref
from typing import IO

from aiohttp import web
from aiohttp.payload import BufferedReaderPayload

from gateway import auth
from gateway.account_operator import account_operator
from gateway.admission.slots import Slots
from gateway.context import CONTEXT, GatewayContext
from operate.export import export_account
from operate.receipts import open_books
from shared.domain.errors import Refused
from shared.records.history import away

ZIP = "application/zip"
BYTES_MAX = 500_000_000  # of an archive, in the temporary folder


class ArchiveResponse(web.Response):
    """A response that gives its slot back when it is sent, or when its caller is gone."""

    def __init__(self, file: IO[bytes], account: str, slots: Slots) -> None:
        headers = {"Content-Disposition": f'attachment; filename="{account}.zip"', "Cache-Control": "no-store"}
        self._archive = BufferedReaderPayload(file)
        super().__init__(body=self._archive, content_type=ZIP, headers=headers)
        self._free = weakref.finalize(self, slots.free, account)

    async def write_eof(self, data: bytes = b"") -> None:
        """Send the archive."""
        try:
            await super().write_eof(data)
        finally:
            await self._archive.close()  # once: aiohttp closes it on a thread, and a second close there would fail
            self._free()


async def send_export(request: web.Request) -> web.Response:
    """Answer the archive. It is complete before its first byte leaves, so slow callers occupy no connection."""
    context, account = request.app[CONTEXT], await auth.authenticate(request)
    if not context.settings.records_url:
        raise Refused("unavailable", "This deployment keeps no history: its operator has set none up.")
    slots = context.export_slots
    slots.take(account)
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    try:
        await _write(context, account, file)
    except BaseException:
        file.close()
        slots.free(account)
        raise
    return ArchiveResponse(file, account, slots)


async def _write(context: GatewayContext, account: str, file: IO[bytes]) -> None:
    operator = account_operator(context, account)
    try:
        async with open_books(context.settings.records_url) as records:
            await export_account(operator, account, file, context.storage, records, bytes_max=BYTES_MAX)
    except Refused as refused:
        raise away() if refused.code == "records_down" else refused from None
    file.seek(0)
