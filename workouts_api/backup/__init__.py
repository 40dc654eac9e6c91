"""``workouts backup``: makes dumps of the database, and proves by a restore that each holds what it should.

Owns the dump and its proof. The files' layout is ``workouts_api.host.backups``'.
"""


class BackupError(Exception):
    """A backup could not be made or is not good; the message says why."""
