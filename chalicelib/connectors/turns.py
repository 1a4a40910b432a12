"""A request's turn where it counts against several of a vendor's limits."""

from collections.abc import Sequence

from chalicelib.connectors.pacing import Pacer
from chalicelib.errors import RetryableError


def wait_for_all(pacers: Sequence[Pacer], cost: float) -> None:
    """Take a turn of each, one after the other, sleeping until they come.

    Nobody holds a turn of the wider limits, which others wait for, while the narrower has none. A turn that was taken
    early counts from when the request goes. Raises RetryableError, and takes none, where one lets nothing through now.
    """
    taken: list[tuple[Pacer, float]] = []
    try:
        for pacer in pacers:
            taken.append((pacer, pacer.wait(cost)))  # noqa: PERF401  what was taken before an error is given back
    except RetryableError:
        for pacer, turn in taken:
            pacer.give_back(turn, cost)
        raise
    for pacer, turn in taken[:-1]:
        pacer.use_late(turn, cost)
