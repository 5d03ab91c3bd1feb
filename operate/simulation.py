"""Which models are simulated here: the local provider stands in for those without a configured provider."""

from collections.abc import Collection

from msgspec import Struct

from shared.domain.catalogue import Catalogue
from shared.domain.routing import usable
from shared.ops.settings import Settings

SHOWN = 10


class Simulation(Struct, frozen=True, kw_only=True):
    """Whether simulation is on, and the models that it serves."""

    on: bool
    setting: str
    models: tuple[str, ...]

    @property
    def facts(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {"on": self.on, "setting": self.setting, "models": list(self.models)}

    @property
    def words(self) -> str:
        """Return it in a few words."""
        if not self.on:
            return f"off (SIMULATE={self.setting})"
        more = f" and {len(self.models) - SHOWN} more" if len(self.models) > SHOWN else ""
        named = ", ".join(self.models[:SHOWN]) or "no model"
        return f"on (SIMULATE={self.setting}): the local provider stands in for {named}{more}"

    @property
    def line(self) -> str:
        """Return it as a sentence."""
        return f"Simulation is {self.words}."


def describe_simulation(settings: Settings, catalogue: Catalogue, configured: Collection[str]) -> Simulation:
    """Return which models are simulated, with the keys of this shell."""
    on, models = settings.simulates, catalogue.models.values()
    ways = {model.id: usable(model, configured, simulates=on) for model in models}
    simulated = tuple(name for name, routes in ways.items() if any(route.simulated for route in routes))
    return Simulation(on=on, setting=settings.simulate, models=simulated)
