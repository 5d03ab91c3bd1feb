"""How often a provider is looked at: as it advises, and less often where its callbacks prove to come."""

from msgspec import structs

from workers.providers.contract import Pending

PROVEN_PERCENT = 90
STRETCH, STRETCHED_S_MAX = 4.0, 30.0


def relaxed(pending: Pending, calls_percent: int) -> Pending:
    """The same with a later look, if that many of the provider's callbacks come. One that is lost costs that time."""
    if calls_percent < PROVEN_PERCENT:
        return pending
    pace_s = max(pending.check_after_s, min(pending.check_after_s * STRETCH, STRETCHED_S_MAX))
    return structs.replace(pending, check_after_s=pace_s)
