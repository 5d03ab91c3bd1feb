"""Logs: one event a verb, JSON for machines and colours for people. No secret and no prompt is ever logged."""

import logging
import sys
import time

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.domain.times import rfc3339
from shared.ops.settings import Settings

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure(settings: Settings, *, role: str) -> None:
    """Set up logging for a process; `role` is gateway, worker, deliver, sweep or store."""
    pretty = settings.log_format == "pretty" or (settings.log_format == "auto" and sys.stderr.isatty())
    factory = (
        structlog.WriteLoggerFactory(file=sys.stderr)
        if pretty
        else structlog.BytesLoggerFactory(file=sys.stderr.buffer)
    )
    structlog.configure(
        processors=for_people(role) if pretty else [for_machines(role)],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS.get(settings.log_level, 20)),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")


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
        return encode({"timestamp": stamp, "level": method, "role": role, "event": event.pop("event"), **event})

    return line
