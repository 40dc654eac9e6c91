"""Imports: files that other services exported."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, current_app, request
from werkzeug.datastructures import FileStorage

from workouts_api import errors
from workouts_api.api.auth import signed_in, viewer_id
from workouts_api.config import Settings
from workouts_api.sql import queries
from workouts_api.web.arguments import Blueprint
from workouts_api.web.idempotency import idempotent
from workouts_api.web.limits import limited
from workouts_api.web.replies import reply, reply_page
from workouts_api.web.schemas import Page, PageQuery

from .importing import importing
from .intake import Quotas, Upload, take_in
from .refusals import FileError, FileTooLongError
from .schemas import ImportFile, ImportForm, ImportPage, ImportQuery, ImportReport

blp = Blueprint(
    "imports", __name__, url_prefix="/api/v1/imports", description="Training that was kept elsewhere, brought in once."
)

_FORM = ImportForm()  # loaded separately: OpenAPI allows one body per operation, and that is ImportFile
MULTIPART_OVERHEAD = 64 * 1024  # bytes: boundaries and part headers around the file


@blp.before_request
def take_files() -> None:
    """Allows larger bodies for this request: a file may be larger than a JSON body."""
    if request.method == "POST":
        settings: Settings = current_app.extensions["settings"]
        request.max_content_length = settings.max_upload_bytes + MULTIPART_OVERHEAD


@blp.post("")
@signed_in(scope="imports:write")
@limited(30, by="user")
@blp.arguments(ImportFile, location="files")
@blp.arguments(ImportQuery, location="query")
@blp.alt_response(200, schema=ImportReport, description="A dry run's report; nothing was kept.")
@blp.response(201, ImportReport)
@idempotent(status=201, location="/api/v1/imports/{id}")
def create_import(files: dict[str, FileStorage], query: dict[str, Any]) -> Response:
    """Import a file. Sending it again adds nothing. If a line is rejected, the other lines are still imported."""
    upload = _upload(files["file"])
    asked = _asked(blp.ARGUMENTS_PARSER.parse(_FORM, location="form"), query)
    dry_run: bool = asked.get("dry_run", False)
    try:
        with importing():
            report = take_in(upload, user_id=viewer_id(), zone=asked.get("zone"), dry_run=dry_run, quotas=_quotas())
    except FileTooLongError as error:
        raise errors.TooLarge(str(error), details={"file": [str(error)]}) from error
    except FileError as error:
        raise errors.Invalid(details={"file": [str(error)]}) from error
    if dry_run:
        return reply(report)
    return reply(report, status=201, location=f"/api/v1/imports/{orjson.loads(orjson.dumps(report))['id']}")


def _quotas() -> Quotas:
    settings: Settings = current_app.extensions["settings"]
    return Quotas(settings.max_imports_a_day, settings.max_exercises)


def _asked(form: dict[str, Any], query: dict[str, Any]) -> dict[str, Any]:
    """The values that the form or the query string gives. Both mean the same.

    :raises Invalid: when they differ.
    """
    clash = [name for name in form.keys() & query.keys() if form[name] != query[name]]
    if clash:
        raise errors.Invalid(details={name: ["The form and the address contradict: expected one."] for name in clash})
    return query | form


def _upload(file: FileStorage) -> Upload:
    settings: Settings = current_app.extensions["settings"]
    upload = Upload.of(file.stream, file.filename or "")  # type: ignore[arg-type] # werkzeug says IO[bytes]
    if upload.size > settings.max_upload_bytes:
        limit = settings.max_upload_bytes
        raise errors.TooLarge(f"The file has more than {limit} bytes.", details={"limit_bytes": limit})
    return upload


@blp.get("/<int:import_id>")
@signed_in(scope="imports:read")
@blp.response(200, ImportReport)
def get_import(import_id: int) -> Response:
    """The report of one of my imports."""
    return reply(queries.imports.get_import(viewer_id=viewer_id(), import_id=import_id))


@blp.get("")
@signed_in(scope="imports:read")
@blp.arguments(PageQuery, location="query")
@blp.response(200, ImportPage)
def list_imports(page: Page) -> Response:
    """My imports, newest first."""
    rows = queries.imports.list_imports(
        viewer_id=viewer_id(), before_id=page.after("id", 9223372036854775807), limit=page.fetch
    )
    return reply_page(rows, page, keyset=("id",))
