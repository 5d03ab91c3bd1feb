"""Logs: one event a verb, JSON for machines and colours for people. No secret and no prompt is ever logged."""

import logging
import sys
import time

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
    sample = sampled(settings.log_info_per_s)
    structlog.configure(
        processors=[sample, *(for_people(role) if pretty else [for_machines(role)])],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS.get(settings.log_level, 20)),
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


def sampled(info_per_s: int) -> Processor:
    """A processor that lets so many info lines a second through and counts the others; 0 is no limit.

    The next line that is printed says in `not_logged` how many were left out before it. Warnings always pass.
    """
    second, printed, left_out = 0, 0, 0

    def sample(_: WrappedLogger, method: str, event: EventDict) -> EventDict:
        nonlocal second, printed, left_out
        if method in ("info", "debug") and info_per_s:
            now_s = int(time.monotonic())
            if now_s != second:
                second, printed = now_s, 0
            printed += 1
            if printed > info_per_s:
                left_out += 1
                metrics.NOT_LOGGED.inc()
                raise structlog.DropEvent
        if left_out:
            event["not_logged"], left_out = left_out, 0
        return event

    return sample


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
