"""The project's own query files, read once a process."""

from typing import Final

from workouts_api.sql.catalogue import Catalogue, load_catalogue

CATALOGUE: Final[Catalogue] = load_catalogue()
