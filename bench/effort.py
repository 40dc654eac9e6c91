"""How much is measured: quick, to see that nothing broke; full, for the figures that are published."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """Times in seconds."""

    name: str
    rounds: int
    few_rounds: int
    round_s: float
    warm_up_s: float
    load_sets: int
    sizes: tuple[int, ...]
    workers: tuple[int, ...]
    imports: tuple[int, ...]
    users: tuple[int, ...]
    limit_s: float
    """After this time the remaining parts are left out, and the page names them."""


FULL = Effort("full", 5, 3, 3.0, 1.0, 1_000_000, (100_000, 1_000_000, 10_000_000), (1, 2, 4),
              (7_000, 300_000, 3_000_000), (10_000, 1_000_000), 1_080)  # fmt: skip
QUICK = Effort("quick", 2, 1, 0.8, 0.3, 100_000, (100_000, 1_000_000), (1, 2), (7_000, 100_000), (10_000, 100_000), 150)
