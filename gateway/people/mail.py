"""Send e-mail in the background: by SMTP, or into a folder that a developer reads.

Neither the answer to a request nor its time may say whether an e-mail address is known. So all that depends on that
runs here, after the answer.
"""

import asyncio
import contextlib
import secrets
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog
from msgspec import Struct

from shared.domain.errors import Refused
from shared.ops import redaction
from shared.ops.background import keep_running
from shared.ops.settings import Settings

WAITING_MAX, TRIES, TIMEOUT_S, BACKOFF_S, REASON_CHARS_MAX = 1000, 3, 15.0, 2.0, 200
BUSY = Refused("unavailable", "Too many e-mails wait to be sent. Try again in a minute.", retry_after_s=60)
TLS_PORT, START_TLS_PORT = 465, 587
LOOPBACK = ("127.0.0.1", "::1", "localhost")  # a server there needs no TLS
Work = Callable[[], Awaitable[None]]

log = structlog.get_logger()


class Mail(Struct, frozen=True):
    """An e-mail of plain text."""

    to: str
    subject: str
    text: str


def outbox_folder(settings: Settings) -> Path:
    """Return the folder that e-mail is written to without a server."""
    return Path(settings.mail_outbox or Path(settings.data_dir).resolve() / "outbox")


class Mailer:
    """The e-mail of one gateway process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tls = ssl.create_default_context() if settings.smtp_url else None  # reads many files: once
        self._waiting: asyncio.Queue[Work] = asyncio.Queue(WAITING_MAX)

    def do_later(self, work: Work) -> None:
        """Do something after the current request is answered. Raises Refused if too much waits."""
        try:
            self._waiting.put_nowait(work)
        except asyncio.QueueFull:
            raise BUSY from None

    async def send(self, mail: Mail) -> None:
        """Send an e-mail. Raises SMTPException or OSError after a few tries."""
        message = self._message(mail)
        if not self._settings.smtp_url:
            await asyncio.to_thread(self._store, message)
            return
        for attempt in range(TRIES):
            try:
                await self._post(message)
                return
            except (aiosmtplib.SMTPException, OSError):
                if attempt + 1 == TRIES:
                    raise
                await asyncio.sleep(BACKOFF_S * (attempt + 1))

    async def work(self) -> None:
        """Do what waits, one after the other, until cancelled."""
        while True:
            work = await self._waiting.get()
            try:
                await work()
            except (aiosmtplib.SMTPException, OSError, Refused) as error:
                log.warning("mail.failed", error=_describe(error))
            finally:
                self._waiting.task_done()

    async def drain(self) -> None:
        """Wait until nothing waits."""
        await self._waiting.join()

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = self._settings.mail_from, mail.to, mail.subject
        message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="wokflow.invalid")
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        return message

    def _store(self, message: EmailMessage) -> None:
        folder = outbox_folder(self._settings)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{secrets.token_hex(8)}.eml"
        path.touch(mode=0o600)
        path.write_bytes(message.as_bytes())

    async def _post(self, message: EmailMessage) -> None:
        url = urlsplit(self._settings.smtp_url)
        is_tls = url.scheme == "smtps"
        await aiosmtplib.send(
            message,
            hostname=url.hostname,
            port=url.port or (TLS_PORT if is_tls else START_TLS_PORT),
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            use_tls=is_tls,
            start_tls=None if is_tls or url.hostname in LOOPBACK else True,
            tls_context=self._tls,
            timeout=TIMEOUT_S,
        )


def _describe(error: Exception) -> str:
    """Return why an e-mail was not sent. A mail server's refusal names the address, so only its code is shown."""
    if isinstance(error, OSError | Refused):
        return redaction.foreign().error(error, REASON_CHARS_MAX)
    return f"{type(error).__name__} {getattr(error, 'code', '')}".strip()


@contextlib.asynccontextmanager
async def open_mailer(settings: Settings) -> AsyncIterator[Mailer]:
    """Send e-mail while the block runs."""
    mailer = Mailer(settings)
    task = asyncio.create_task(keep_running("send_mail", mailer.work))
    try:
        yield mailer
    finally:
        task.cancel()
        await asyncio.wait([task])
