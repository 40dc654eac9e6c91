"""How many sets each athlete has: few have many, many have few. Pure arithmetic, no I/O."""

from __future__ import annotations

import random

FIRST_ATHLETE_SETS = 25_000  # five years of training, whatever the size: what figures are compared by
MOST_SETS = 50_000  # of one athlete: fourteen a day for ten years
SETS_PER_ATHLETE = 2_000
_FLATTENED = 10  # ranks by which the head of the power law is cut off
_EXPONENT = 0.9


def usual_athletes(sets: int) -> int:
    """As many athletes as have 2,000 sets each on average, beside the first one."""
    return 1 + max(0, sets - FIRST_ATHLETE_SETS) // SETS_PER_ATHLETE


def spread(sets: int, athletes: int, seed: int) -> list[int]:
    """The sets of each athlete, athlete 1 first; together exactly ``sets``.

    Athlete 1 has 25,000 – half of all where there are fewer than 50,000 and others to share with. The others follow a
    power law of their rank, in an order that the seed shuffles.

    :raises ValueError: when so few athletes can't have done so much.
    """
    first = min(FIRST_ATHLETE_SETS, sets if athletes == 1 else (sets + 1) // 2)
    left = sets - first
    if left > (athletes - 1) * MOST_SETS:
        need = 1 + -(-left // MOST_SETS)
        raise ValueError(f"{sets:,} sets are too many for {athletes:,}: expected at least {need:,} athletes")
    weights = [(rank + _FLATTENED) ** -_EXPONENT for rank in range(athletes - 1)]
    weight_left = sum(weights)
    counts = []
    for weight in weights:
        share = left if weight >= weight_left else round(left * weight / weight_left)
        counts.append(min(MOST_SETS, left, share))
        left -= counts[-1]
        weight_left -= weight
    if counts:
        counts[-1] += left  # what rounding left over
    random.Random(seed).shuffle(counts)  # noqa: S311 – make-believe, not a secret
    return [first, *counts]
