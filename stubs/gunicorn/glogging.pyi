import logging
from typing import Any, ClassVar

class Logger:
    LOG_LEVELS: ClassVar[dict[str, int]]
    loglevel: int
    error_log: logging.Logger
    access_log: logging.Logger
    def setup(self, cfg: Any) -> None: ...
