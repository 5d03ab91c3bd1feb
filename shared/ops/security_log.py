"""Security events as a log line and a metric, for the operator's own alerts."""

import structlog

from shared.ops import metrics

log = structlog.get_logger()


def report(event: str, account: str, subject: str) -> None:
    """Log and count that a key or endpoint of an account was made, changed or removed."""
    log.info("security.changed", type=event, account=account, subject=subject)
    metrics.of(metrics.SECURITY_EVENTS, event).inc()
