"""Logs: one event a verb, JSON for machines and colours for people. No secret and no prompt is ever logged."""

import logging
import sys
import time
from typing import Any

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.domain.times import rfc3339
from shared.ops import metrics
from shared.ops.settings import Settings

foreign = structlog.get_logger()

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure(settings: Settings, *, role: str) -> None:
    """Set up logging for a process; `role` is gateway, worker, deliver, sweep or store."""
    pretty = settings.log_format == "pretty" or (settings.log_format == "auto" and sys.stderr.isatty())
    factory = (
        structlog.WriteLoggerFactory(file=sys.stderr)
        if pretty
        else structlog.BytesLoggerFactory(file=sys.stderr.buffer)
    )
    level = LEVELS.get(settings.log_level, 20)
    limit = Limit(settings.log_info_per_s if level <= LEVELS["info"] else 0)
    structlog.configure(
        processors=[limit.note, *(for_people(role) if pretty else [for_machines(role)])],
        wrapper_class=limited(structlog.make_filtering_bound_logger(level), limit),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[Foreign()], level=logging.WARNING)


class Foreign(logging.Handler):
    """What libraries say through the standard library's logging, as lines of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line, a warning or an error."""
        say = foreign.error if record.levelno >= logging.ERROR else foreign.warning
        try:
            say("library.said", logger=record.name, message=record.getMessage(), exc_info=record.exc_info or None)
        except Exception:
            self.handleError(record)


class Limit:
    """How many info lines a second are printed; the others are counted, and warnings always pass. 0 is no limit."""

    def __init__(self, info_per_s: int) -> None:
        self._per_s = info_per_s
        self._second = self._asked = self._left_out = 0

    def passes(self) -> bool:
        """Whether one more line may be printed in this second."""
        if not self._per_s:
            return True
        now_s = int(time.monotonic())
        if now_s != self._second:
            self._second, self._asked = now_s, 0
        self._asked += 1
        if self._asked <= self._per_s:
            return True
        self._left_out += 1
        metrics.NOT_LOGGED.inc()
        return False

    def note(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        """A processor: the next line that is printed says how many were left out before it."""
        if self._left_out:
            event["not_logged"], self._left_out = self._left_out, 0
        return event


def limited(base: Any, limit: Limit) -> Any:
    """The logger class with a limit to its info lines: what is left out is not even put together."""

    def info(self: Any, event: str, *args: Any, **facts: Any) -> Any:
        return base.info(self, event, *args, **facts) if limit.passes() else None

    return type("Limited", (base,), {"info": info})


def for_people(role: str) -> list[Processor]:
    """Processors for a terminal."""
    return [
        lambda _, __, event: {**event, "role": role},
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        structlog.dev.ConsoleRenderer(),
    ]


def for_machines(role: str) -> Processor:
    """One processor that does it all, because each accept and each settlement passes it: a line of JSON.

    The text of a second is made once for all that is logged in it.
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
        return encode({"timestamp": stamp, "level": level, "role": role, "event": event.pop("event"), **event})

    return line
