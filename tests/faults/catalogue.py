"""All faults, in the order of the report."""

from __future__ import annotations

from tests.faults import changes, clients, database, elsewhere, ended, way
from tests.faults.fault import Fault

FAULTS: tuple[Fault, ...] = (
    *ended.FAULTS,
    *way.FAULTS,
    *database.FAULTS,
    *clients.FAULTS,
    *changes.FAULTS,
    *elsewhere.FAULTS,
)
