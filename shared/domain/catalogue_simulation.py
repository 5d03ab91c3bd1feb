"""The mark of a catalogue's simulated routes, where the local provider stands in for another maker's model."""

from shared.domain.catalogue import LOCAL, Model, Provider, Route
from shared.domain.catalogue_table import Table


def check_simulated(table: Table, route: Route, model: Model, provider: Provider) -> None:
    """Raise Problem unless a route is marked as simulated exactly if the local provider stands in for another maker."""
    stands_in = provider.local and model.id.partition("/")[0] != LOCAL
    if stands_in and not route.simulated:
        message = f"the local provider only simulates this model: add simulated = true, or name it {LOCAL}/..."
        raise table.problem("provider", message)
    if route.simulated and not stands_in:
        raise table.problem(
            "simulated", "simulated is for the local provider's routes of other makers' models: remove it"
        )
