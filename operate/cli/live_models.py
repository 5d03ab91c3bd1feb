"""The models that the catalogue routes to, compared with the providers' own lists."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial

from msgspec import Struct, convert

from operate.cli.command import Failure
from operate.cli.worker_query import query_worker
from shared.domain.catalogue import Catalogue
from shared.ops import catalogue_files, clock

WARNING_DAYS = 30
PROVIDERS_AT_ONCE = 8


class Notice(Struct, frozen=True, kw_only=True):
    """A model that a provider does not list, or whose end it announced."""

    model: str
    missing: bool = False
    shutdown_date: str = ""

    @property
    def is_urgent(self) -> bool:
        """Return whether the model is missing, or ends within WARNING_DAYS."""
        try:
            ends = date.fromisoformat(self.shutdown_date[:10])
        except ValueError:
            return self.missing
        return self.missing or ends <= datetime.fromtimestamp(clock.now_s(), UTC).date() + timedelta(days=WARNING_DAYS)


class LiveCheck(Struct, frozen=True, kw_only=True):
    """A provider's result: its urgent notices. `error` says why its list could not be read."""

    provider: str
    checked: bool
    notices: list[Notice] = []
    error: str | None = None

    @property
    def lines(self) -> list[str]:
        """Return the lines to show."""
        if self.error is not None:
            return [f"{self.provider}: its list of models cannot be read: {self.error}"]
        if not self.checked:
            return [f"{self.provider}: it has no list of models: not checked."]
        said = [
            "is not in its list: change or remove the route" if one.missing else f"ends on {one.shutdown_date}"
            for one in self.notices
        ]
        lines = [f"{self.provider}: {one.model} {what}." for one, what in zip(self.notices, said, strict=True)]
        return lines or [f"{self.provider}: all models that it lists are on offer."]


def check_live(catalogue: Catalogue, path: str) -> list[LiveCheck]:
    """Compare each configured provider's models with its list, several providers at once."""
    routed = {route.provider for model in catalogue.models.values() for route in model.routes}
    names = sorted(routed & catalogue_files.configured(catalogue))
    query: Callable[[str], LiveCheck] = partial(_check_provider, path=path)
    with ThreadPoolExecutor(PROVIDERS_AT_ONCE) as pool:
        return list(pool.map(query, names))


def _check_provider(name: str, *, path: str) -> LiveCheck:
    try:
        found = convert(query_worker("models", name, CATALOGUE=path), LiveCheck)
    except Failure as failure:
        return LiveCheck(provider=name, checked=False, error=failure.message)
    urgent = [notice for notice in found.notices if notice.is_urgent]
    return LiveCheck(provider=name, checked=found.checked, notices=urgent, error=found.error)
