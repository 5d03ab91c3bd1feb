"""Logs: one event per verb, as JSON for machines or colored lines for people. Secrets and prompts are never logged."""

import logging
import sys
import time
from typing import Any

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.domain.foreign_text import escape_controls
from shared.domain.times import rfc3339
from shared.ops import metrics, redaction
from shared.ops.settings import Settings

log = structlog.get_logger()

TEXT_CHARS_MAX = 4_000  # of a value in a line for a terminal
LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure(settings: Settings, *, role: str) -> None:
    """Configure logging for a process; `role` is gateway, worker, deliver, sweep or store."""
    pretty = settings.log_format == "pretty" or (settings.log_format == "auto" and sys.stderr.isatty())
    factory = (
        structlog.WriteLoggerFactory(file=sys.stderr)
        if pretty
        else structlog.BytesLoggerFactory(file=sys.stderr.buffer)
    )
    level = LEVELS.get(settings.log_level, 20)
    limit = InfoLimit(settings.log_info_per_s if level <= LEVELS["info"] else 0)
    structlog.configure(
        processors=[limit.add_dropped, *(for_people(role) if pretty else [for_machines(role)])],
        wrapper_class=limited(structlog.make_filtering_bound_logger(level), limit),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[LibraryHandler()], level=logging.WARNING)


class LibraryHandler(logging.Handler):
    """A handler that turns the standard library's log records, as libraries write them, into our own lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log a record as a warning or an error."""
        write = log.error if record.levelno >= logging.ERROR else log.warning
        try:
            write("library.logged", logger=record.name, message=record.getMessage(), exc_info=record.exc_info or None)
        except Exception:
            self.handleError(record)


class InfoLimit:
    """A limit of info lines a second. It counts the lines above it; warnings always pass. 0 means unlimited."""

    def __init__(self, info_per_s: int) -> None:
        self._per_s = info_per_s
        self._second = self._count = self._dropped = 0

    def admit(self) -> bool:
        """Count an info line, and return whether it may be printed in this second."""
        if not self._per_s:
            return True
        now_s = int(time.monotonic())
        if now_s != self._second:
            self._second, self._count = now_s, 0
        self._count += 1
        if self._count <= self._per_s:
            return True
        self._dropped += 1
        metrics.LOG_LINES_DROPPED.inc()
        return False

    def add_dropped(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        """Add to the next printed line the number of lines dropped before it; a structlog processor."""
        if self._dropped:
            event["not_logged"], self._dropped = self._dropped, 0
        return event


def limited(base: Any, limit: InfoLimit) -> Any:
    """Return the logger class with a limit on info lines; a dropped line is not even formatted.

    Every accept and settlement writes an info line. So a plain one takes a direct way to its processors.
    """

    def info(self: Any, event: str, *args: Any, **facts: Any) -> Any:
        if not limit.admit():
            return None
        if args or self._context:
            return base.info(self, event, *args, **facts)
        line: Any = {**facts, "event": event}
        try:
            for process in self._processors:
                line = process(self._logger, "info", line)
        except structlog.DropEvent:
            return None
        return self._logger.info(line)

    return type("Limited", (base,), {"info": info})


def for_people(role: str) -> list[Processor]:
    """Return the processors for a terminal."""
    return [
        lambda _, __, event: {name: _printable(value) for name, value in event.items()} | {"role": role},
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        # The default would print the local variables of every frame: keys and prompts.
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        lambda _, __, line: redaction.redact(str(line)),
    ]


def _printable(value: Any) -> Any:
    """Return a value for a terminal: text from outside cannot drive it."""
    return redaction.foreign().line(value, TEXT_CHARS_MAX) if isinstance(value, str) else value


def for_machines(role: str) -> Processor:
    """Return one processor that writes a line of JSON.

    A single function is fast, and every accept and settlement passes it. The text of a second is formatted once for all
    lines in it.
    """
    encode = msgspec.json.Encoder(enc_hook=str).encode
    second, prefix = 0, ""

    def line(logger: WrappedLogger, method: str, event: EventDict) -> bytes:
        nonlocal second, prefix
        now_s, rest_ns = divmod(time.time_ns(), 1_000_000_000)
        if now_s != second:
            second, prefix = now_s, rfc3339(now_s * 1000)[:-4]
        stamp = f"{prefix}{rest_ns // 1_000_000:03}Z"
        if event.get("exc_info"):
            event = dict(structlog.processors.format_exc_info(logger, method, event))
        level = "error" if method == "exception" else method
        facts = {"timestamp": stamp, "level": level, "role": role, "event": event.pop("event"), **event}
        try:
            text = encode(facts)
        except UnicodeEncodeError:  # a lone surrogate in text from outside
            text = encode({name: _printable(str(value)) for name, value in facts.items()})
        if not text.isascii():
            text = escape_controls(text.decode()).encode()
        return redaction.redact_bytes(text)

    return line
