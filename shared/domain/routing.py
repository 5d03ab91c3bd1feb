"""The order in which routes are tried. Providers that are down or paused are skipped later, in the store."""

from collections.abc import Callable, Collection, Mapping, Sequence

from shared.domain.catalogue import Model, Policy, Route

EXPLORED = 0.05  # share of generations sent to a slower route, so that its speed is measured again
Way = tuple[Model, Route]


def usable(model: Model, configured: Collection[str], *, simulates: bool) -> tuple[Route, ...]:
    """Return the routes of a model that may serve it: the configured real ones, or else the simulated one."""
    able = [route for route in model.routes if route.provider in configured]
    real = [route for route in able if not route.simulated]
    return tuple(real or (able if simulates else ()))


def ranked(
    policy: Policy, ways: Sequence[Way], *, took_ms: Mapping[str, float], dice: Callable[[], float]
) -> list[Way]:
    """Return models and their routes in the order to try them, by a policy. Ties keep the given order.

    `took_ms` has the measured time of each provider, if known. `dice` returns numbers from 0 to below 1.
    """
    match policy:
        case "cheapest":
            return sorted(ways, key=lambda way: (way[1].cost is None, way[0].route_micros(way[1]) or 0))
        case "fastest":
            return _fastest(ways, took_ms, dice)
        case "weighted":
            # A weighted shuffle: the first route is drawn by weight, the second by weight among the others, and so on.
            return sorted(ways, key=lambda way: dice() ** (1 / way[1].weight), reverse=True)
    return list(ways)


def _fastest(ways: Sequence[Way], took_ms: Mapping[str, float], dice: Callable[[], float]) -> list[Way]:
    # A route that was never measured comes first.
    first, *others = sorted(ways, key=lambda way: took_ms.get(way[1].provider, 0))
    if not others or dice() >= EXPLORED:
        return [first, *others]
    tried = others[int(dice() * len(others))]
    return [tried, first, *(way for way in others if way is not tried)]
