"""/docs/clients and /docs/formulas, which a deployment may replace under a running server."""

from __future__ import annotations

from pathlib import Path

import pytest

from workouts_api import create_app
from workouts_api.api.docs import reading
from workouts_api.config import load_settings


def test_a_text_is_served_though_its_file_has_gone(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(load_settings(environ))
    monkeypatch.setattr(reading, "_FOLDER", Path("/nowhere"))
    reading.render.cache_clear()
    for name in reading.TEXTS:
        assert app.test_client().get(f"/docs/{name}").status_code == 200
    app.extensions["database"].close()
