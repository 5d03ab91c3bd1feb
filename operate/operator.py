"""The acting operator, for the command line and the admin API alike."""

from collections.abc import Mapping

from msgspec import Struct

from shared.domain.catalogue import Plan
from shared.domain.errors import Refused
from shared.store.audit import AuditedStore
from shared.store.connect import Store

PROVIDERS_SHOWN = 20


class Operator(Struct, frozen=True, kw_only=True):
    """An operator with a store and a catalogue to act on. `who` is the name in the audit."""

    store: Store
    who: str
    providers: tuple[str, ...]
    plans: Mapping[str, Plan]
    base_url: str
    records_url: str = ""  # of the database; empty: none

    def act(self, what: str, on: str = "", detail: str = "") -> AuditedStore:
        """Return the store for one action. The script that does the action also writes its audit line."""
        return AuditedStore(self.store, self.who, what, on, detail)

    def require_plan(self, plan: str) -> str:
        """Return the plan's name. Raises Refused if the catalogue does not have it."""
        if plan not in self.plans:
            message = f"Plan {plan[:50]!r} does not exist: choose one of {', '.join(self.plans)}."
            raise Refused("unknown_plan", message)
        return plan

    def require_provider(self, provider: str) -> str:
        """Return the provider's name. Raises Refused if the catalogue does not have it."""
        if provider not in self.providers:
            names = ", ".join(self.providers[:PROVIDERS_SHOWN])
            raise Refused("not_found", f"Provider {provider[:50]!r} does not exist. Known: {names}.")
        return provider
