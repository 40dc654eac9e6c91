"""Renews the table of costs: ``python -m tests.performance.renew``. What changed in it is then the diff to look at."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.performance.table import TABLE


class Renewal:
    """A plugin whose presence has the measurement written instead of only compared."""


def main() -> int:
    tests = Path(__file__).parent / "test_costs.py"
    ended = pytest.main(["-q", "-p", "no:cacheprovider", str(tests)], plugins=[_Named()])
    sys.stdout.write(
        f"{TABLE} holds what was measured just now.\n" if ended == 0 else "The table is not to be trusted.\n"
    )
    return int(ended)


class _Named:
    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.register(Renewal(), "renewal")


if __name__ == "__main__":
    sys.exit(main())
