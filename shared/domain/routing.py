"""The order in which a model's routes are tried. Providers that are down or paused are skipped later, in the store."""

from collections.abc import Callable, Mapping, Sequence

from shared.domain.catalogue import Model, Route

EXPLORED = 0.05  # share of generations sent to a slower route, so that its speed is measured again


def ranked(
    model: Model, routes: Sequence[Route], *, took_ms: Mapping[str, float], dice: Callable[[], float]
) -> list[Route]:
    """Return some routes of a model in the order to try them, by its policy. Ties keep the catalogue's order.

    `took_ms` has the measured time of each provider, if known. `dice` returns numbers from 0 to below 1.
    """
    match model.routing:
        case "cheapest":
            return sorted(routes, key=lambda route: (route.cost is None, model.route_micros(route) or 0))
        case "fastest":
            return _fastest(routes, took_ms, dice)
        case "weighted":
            # A weighted shuffle: the first route is drawn by weight, the second by weight among the others, and so on.
            return sorted(routes, key=lambda route: dice() ** (1 / route.weight), reverse=True)
    return list(routes)


def _fastest(routes: Sequence[Route], took_ms: Mapping[str, float], dice: Callable[[], float]) -> list[Route]:
    # A route that was never measured comes first.
    first, *others = sorted(routes, key=lambda route: took_ms.get(route.provider, 0))
    if not others or dice() >= EXPLORED:
        return [first, *others]
    tried = others[int(dice() * len(others))]
    return [tried, first, *(route for route in others if route is not tried)]
