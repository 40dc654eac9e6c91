"""Checks of every reply in every test that the API's document names its status for the operation."""

from __future__ import annotations

from functools import cache

from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter


@cache
def _routes() -> tuple[MapAdapter, dict[tuple[str, str], set[str]]]:
    """The routes, and the statuses of each operation. Read at the first reply, since it takes a second."""
    from tests.routes import APPLICATION, ROUTES, openapi_path

    paths = APPLICATION.test_client().get("/openapi.json").json["paths"]
    operations = {route: paths.get(openapi_path(route[1]), {}).get(route[0].lower()) for route in ROUTES}
    statuses = {route: set(operation["responses"]) for route, operation in operations.items() if operation}
    return APPLICATION.url_map.bind("localhost"), statuses


def is_documented(method: str, path: str, status: int) -> bool:
    """Whether the document names the status. True if the address leads to no operation."""
    addresses, statuses = _routes()
    try:
        rule, _ = addresses.match(path, method=method, return_rule=True)
    except HTTPException:
        return True
    documented = statuses.get((method, rule.rule))
    return documented is None or str(status) in documented
