"""``python -m tests.faults``: every fault with the real thing. Ends with 1 where one ended otherwise than promised.

``--only TEXT`` runs the faults whose names contain it, ``--write`` puts the figures into docs/RELIABILITY.md.
"""

from __future__ import annotations

import argparse
import itertools
import sys

from tests.faults import report
from tests.faults.catalogue import FAULTS
from tests.faults.fault import Fault, Outcome
from tests.faults.running import run
from tests.faults.stage import NotHere, stage


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="TEXT", help="part of a name; may be repeated")
    parser.add_argument("--list", action="store_true", help="shows the names")
    parser.add_argument("--write", action="store_true", help="writes the figures into docs/RELIABILITY.md")
    asked = parser.parse_args()
    wanted = [one for one in FAULTS if not asked.only or any(text.lower() in one.name.lower() for text in asked.only)]
    if asked.list:
        _tell("\n".join(fault.name for fault in wanted))
        return
    outcomes = _run_all(wanted)
    failed = [outcome for outcome in outcomes if outcome.failures]
    if asked.write:
        report.write(outcomes, [fault.name for fault in FAULTS])
    _tell(f"{len(outcomes)} faults, {len(failed)} ended otherwise than promised")
    sys.exit(1 if failed else 0)


def _run_all(faults: list[Fault]) -> list[Outcome]:
    """One stage for all faults on the same road."""
    outcomes = []
    for road, some in itertools.groupby(sorted(faults, key=lambda one: one.road), key=lambda one: one.road):
        with stage(road) as ready:
            for fault in some:
                try:
                    outcomes.append(run(ready, fault))
                except NotHere as why:
                    _tell(f"{fault.name}: left out, {why}")
                    continue
                _tell_of(outcomes[-1])
    return outcomes


def _tell_of(outcome: Outcome) -> None:
    _tell(report.line(outcome).strip())
    for told in outcome.told:
        _tell(f"    {told}")
    for failure in outcome.failures:
        _tell(f"  ! {failure}")


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
