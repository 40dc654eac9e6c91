"""/openapi.json, /docs (Swagger UI), /redoc and the texts for clients, under a policy without inline scripts."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from flask import Flask, Response
from markupsafe import escape

from workouts_api.api.docs.document import Document
from workouts_api.api.docs.reading import read_texts, render
from workouts_api.api.docs.static_files import StaticFiles
from workouts_api.web.replies import JSON

# Both pages set styles at run time, so styles need 'unsafe-inline'. ReDoc loads a font from a data: address and
# searches in a worker.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'"
    " data:; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_OWN = Path(__file__).parent / "static"
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{head}
</head>
<body>
{body}
</body>
</html>
"""


def _folder_of(package: str, *parts: str) -> Path:
    """A folder of static files inside a package. The package is not imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"the package {package} is missing: install the project's requirements")
    return Path(spec.origin).parent.joinpath(*parts)


def _static_files() -> dict[str, Path]:
    swagger_ui = _folder_of("flask_swagger_ui", "dist")
    return {
        "swagger-ui-bundle.js": swagger_ui,
        "swagger-ui.css": swagger_ui,
        "favicon-32x32.png": swagger_ui,
        "redoc.standalone.js": _OWN,
        "redoc-start.js": _OWN,
        "start.js": _OWN,
        "page.css": _OWN,
        "text.css": _OWN,
    }


def init_app(app: Flask, chapters: Sequence[str]) -> None:
    """Registers the chapters' blueprints and serves the document of all their operations."""
    blueprints = [import_module(f"workouts_api.api.{chapter}.routes").blp for chapter in chapters]
    document = Document(app, blueprints)
    files = StaticFiles(_static_files(), "/docs/")
    texts = read_texts()

    @app.get("/openapi.json")
    def openapi() -> Response:
        return Response(document.text(), content_type=JSON, headers={"Cache-Control": "no-cache"})

    @app.get("/docs")
    def docs() -> Response:
        body = '<div id="swagger-ui"></div>' + _scripts(files, "swagger-ui-bundle.js", "start.js")
        return _page("The API, to try out", _head(files, "swagger-ui.css", "page.css"), body)

    @app.get("/redoc")
    def redoc() -> Response:
        # ReDoc's telemetry would tell its makers who reads. The policy forbids it as well.
        body = (
            '<redoc spec-url="/openapi.json" disable-telemetry="true"></redoc>'
            f"{_scripts(files, 'redoc-start.js')}"
            f'<script type="module" src="{files.link("redoc.standalone.js")}"></script>'
        )
        return _page("The API, to read", _head(files, "page.css"), body)

    @app.get("/docs/<name>")
    def docs_file(name: str) -> Response:
        if name in texts:
            title, body = render(texts[name])
            return _page(title, _head(files, "text.css"), f"<main>{body}</main>")
        return files.serve(name)


def _head(files: StaticFiles, *styles: str) -> str:
    icon = f'<link rel="icon" href="{files.link("favicon-32x32.png")}">'
    return icon + "".join(f'<link rel="stylesheet" href="{files.link(style)}">' for style in styles)


def _scripts(files: StaticFiles, *names: str) -> str:
    return "".join(f'<script src="{files.link(name)}"></script>' for name in names)


def _page(title: str, head: str, body: str) -> Response:
    page = _PAGE.format(title=escape(title), head=head, body=body)
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}
    return Response(page, content_type="text/html; charset=utf-8", headers=headers)
