"""How many sets and exercises each athlete has: few have many, many have few. Pure arithmetic, no I/O."""

from __future__ import annotations

import random

SETS_PER_MEMBER = 200  # one coached athlete with little training …
MOST_MEMBERS = 5_000  # … up to this many: the athletes of the busiest coach
SETS_PER_EXERCISE = 5  # one own exercise for so many sets …
MOST_EXERCISES = 200_000  # … up to this many in all
MOST_OWN_EXERCISES = 800  # of one athlete; MAX_EXERCISES stops at 2,000
FIRST_ATHLETE_SETS = 25_000  # five years of training at every size, so that figures can be compared
MOST_SETS = 50_000  # of one athlete: fourteen a day for ten years
SETS_PER_ATHLETE = 2_000
_FLATTENED = 10  # ranks by which the head of the power law is cut off
_EXPONENT = 0.9


def usual_athletes(sets: int) -> int:
    """The usual number of athletes: the first one, and others with 2,000 sets each on average."""
    return 1 + max(0, sets - FIRST_ATHLETE_SETS) // SETS_PER_ATHLETE


def usual_crowd(sets: int) -> int:
    """The usual number of coached athletes: one for 200 sets, at most 5,000 (from a million sets on)."""
    return max(2, min(MOST_MEMBERS, sets // SETS_PER_MEMBER))


def usual_exercises(sets: int) -> int:
    """The usual number of own exercises: one for five sets, at most 200,000 (from a million sets on)."""
    return min(MOST_EXERCISES, sets // SETS_PER_EXERCISE)


def spread(sets: int, athletes: int, seed: int) -> list[int]:
    """The number of sets of each athlete, athlete 1 first. The sum is exactly ``sets``.

    Athlete 1 has 25,000 sets. If there are fewer than 50,000 sets and more athletes, athlete 1 has half of them. The
    others follow a power law of their rank, in an order that the seed shuffles.

    :raises ValueError: when so few athletes cannot have so many sets.
    """
    first = min(FIRST_ATHLETE_SETS, sets if athletes == 1 else (sets + 1) // 2)
    left = sets - first
    if left > (athletes - 1) * MOST_SETS:
        need = 1 + -(-left // MOST_SETS)
        raise ValueError(f"{sets:,} sets are too many for {athletes:,}: expected at least {need:,} athletes")
    others = shares(left, athletes - 1, MOST_SETS)
    random.Random(seed).shuffle(others)  # noqa: S311 – make-believe, not a secret
    return [first, *others]


def spread_exercises(exercises: int, people: int, seed: int) -> list[int]:
    """The number of own exercises of each athlete, athlete 1 first. Nobody has more than athlete 1."""
    first = min(MOST_OWN_EXERCISES, exercises if people == 1 else (exercises + 1) // 2)
    others = shares(min(exercises - first, (people - 1) * MOST_OWN_EXERCISES), people - 1, MOST_OWN_EXERCISES)
    random.Random(seed).shuffle(others)  # noqa: S311 – likewise
    return [first, *others]


def shares(total: int, people: int, most: int) -> list[int]:
    """Divides ``total`` by a power law of the rank. The largest share is first, and no share is above ``most``."""
    left = total
    weights = [(rank + _FLATTENED) ** -_EXPONENT for rank in range(people)]
    weight_left = sum(weights)
    counts = []
    for weight in weights:
        share = left if weight >= weight_left else round(left * weight / weight_left)
        counts.append(min(most, left, share))
        left -= counts[-1]
        weight_left -= weight
    if counts:
        counts[-1] += left  # the remainder of the rounding
    return counts
