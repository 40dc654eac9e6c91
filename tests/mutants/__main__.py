"""``python -m tests.mutants``: changes the code one place at a time, and prints the changes that no test notices.

Those by hand and those of columns must die: the command fails where one survives. Of the others, which are made from
every operator and condition of the modules that bear security and effects, a sample is tried, another one each day.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from tests.mutants.changes import Mutant
from tests.mutants.named import NAMED
from tests.mutants.running import try_all
from tests.mutants.survivors import LOOKED_AT
from tests.mutants.targets import MUST_SHOW, of_columns, of_conditions, of_modules

ROOT = Path(__file__).resolve().parents[2]
Tried = list[tuple[Mutant, str]]


def main() -> None:
    asked = _arguments()
    must = [(named.mutant(ROOT), named.tests) for named in NAMED] + list(of_columns(ROOT, MUST_SHOW))
    may = [*of_modules(ROOT), *of_conditions(ROOT), *of_columns(ROOT)]
    must, may = _of(must, asked.only), _of([tried for tried in may if tried not in must], asked.only)
    some = random.Random(asked.seed).sample(may, min(asked.sample, len(may)))
    _tell(f"{len(must)} that must die, {len(some)} of {len(may)} others (--seed {asked.seed})")
    survivors = _survivors([*must, *some], asked.jobs)
    essential = {mutant for mutant, _ in must}
    _tell(f"{len(must) + len(some) - len(survivors)} died, {len(survivors)} survived")
    for mutant in survivors:
        note = "MUST DIE" if mutant in essential else LOOKED_AT.get((mutant.path, mutant.what), "")
        _tell(f"  {mutant.name}" + (f"   ({note})" if note else ""))
    sys.exit(1 if essential & set(survivors) else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("only", nargs="*", help="part of a file's name or of a change's: only these")
    parser.add_argument("--sample", type=int, default=60, help="how many of the made ones (default: 60)")
    parser.add_argument("--seed", default=time.strftime("%Y-%m-%d"), help="which of them (default: today)")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (default: 2)")
    return parser.parse_args()


def _of(mutants: Iterable[tuple[Mutant, str]], parts: list[str]) -> Tried:
    return [(mutant, tests) for mutant, tests in mutants if not parts or any(part in mutant.name for part in parts)]


def _survivors(tried: Tried, jobs: int) -> list[Mutant]:
    """Those that no test noticed; each is told as soon as it is known."""
    survivors = []
    for number, outcome in enumerate(try_all(ROOT, tried, jobs), 1):
        state = "SURVIVED" if outcome.survived else "died"
        _tell(f"{number:4}/{len(tried)} {state:8} {outcome.seconds:5.1f} s  {outcome.mutant.name}")
        survivors += [outcome.mutant] if outcome.survived else []
    return survivors


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
