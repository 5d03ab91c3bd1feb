"""A provider's list of models, compared with the models that the catalogue routes to it."""

from datetime import UTC, date, datetime, timedelta
from typing import Literal

from msgspec import Struct

WARNING_DAYS = 30
NOTICES_MAX = 100
Reason = Literal["missing", "ending"]
REASONS: tuple[Reason, ...] = ("missing", "ending")


class ModelNotice(Struct, frozen=True, kw_only=True):
    """A provider's list on a model: it is not in the list, or its end is announced."""

    model: str
    missing: bool = False
    shutdown_date: str = ""  # as the provider writes it

    def reason_at(self, now_s: float) -> Reason | None:
        """Return why somebody must act: the model is missing, or ends within WARNING_DAYS. None: nobody must."""
        if self.missing:
            return "missing"
        try:
            ends = date.fromisoformat(self.shutdown_date[:10])
        except ValueError:
            return None
        soon = datetime.fromtimestamp(now_s, UTC).date() + timedelta(days=WARNING_DAYS)
        return "ending" if ends <= soon else None

    @property
    def words(self) -> str:
        """Return what is the matter, for a line that begins with the model."""
        return "is not in its list: change or remove the route" if self.missing else f"ends on {self.shutdown_date}"


class ModelCheck(Struct, frozen=True, kw_only=True):
    """The result of a comparison. `checked` is false if the provider has no list, or its list could not be read."""

    provider: str
    checked: bool
    notices: list[ModelNotice] = []
    error: str | None = None
    at_ms: int = 0

    def urgent(self, now_s: float) -> list[ModelNotice]:
        """Return the notices on which somebody must act."""
        return [notice for notice in self.notices if notice.reason_at(now_s)]
