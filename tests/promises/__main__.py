"""``python -m tests.promises``: writes down what today's document promises. Part of making a release.

Refuses if something that was promised would be lost.
"""

from __future__ import annotations

import sys

from tests.conftest import SECRET
from tests.promises.comparing import Documents
from tests.promises.promised import PROMISED, bare, promised, today
from workouts_api import create_app
from workouts_api.config import load_settings


def main() -> None:
    app = create_app(load_settings({"JWT_SECRET_KEY": SECRET, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}))
    now = today(app)
    if PROMISED.exists() and (broken := list(Documents(promised(), now).broken())):
        sys.exit("\n".join(["Not written, these promises would be broken:", *broken]))
    PROMISED.write_text(bare(now), encoding="utf-8")


if __name__ == "__main__":
    main()
