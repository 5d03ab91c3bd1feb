"""Which of a model's routes is tried first, and which after it. What is down or paused is passed over later."""

from collections.abc import Callable, Mapping, Sequence

from shared.domain.catalogue import Policy, Route

EXPLORED = 0.05  # of the work for the fastest: goes to another, because what is never tried is never measured again


def ranked(
    routes: Sequence[Route], policy: Policy, *, took_ms: Mapping[str, float], dice: Callable[[], float]
) -> list[Route]:
    """The routes in the order they are to be tried. Ties keep the catalogue's order.

    `took_ms` says by provider how long it takes, as far as that was measured; `dice` gives numbers from 0 to below 1.
    """
    match policy:
        case "cheapest":
            return sorted(routes, key=lambda route: (route.cost_micros is None, route.cost_micros or 0))
        case "fastest":
            return _fastest(routes, took_ms, dice)
        case "weighted":
            # Sorted by these, the first is drawn by weight, the second by weight among the others, and so on.
            return sorted(routes, key=lambda route: dice() ** (1 / route.weight), reverse=True)
    return list(routes)


def _fastest(routes: Sequence[Route], took_ms: Mapping[str, float], dice: Callable[[], float]) -> list[Route]:
    """One that was never measured first, so that it is."""
    first, *others = sorted(routes, key=lambda route: took_ms.get(route.provider, 0))
    if not others or dice() >= EXPLORED:
        return [first, *others]
    tried = others[int(dice() * len(others))]
    return [tried, first, *(route for route in others if route is not tried)]
