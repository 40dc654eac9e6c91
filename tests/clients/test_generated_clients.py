"""Clients made by generators from the API's document: they sign in, upload, page, edit and read the report.

Slow, and about the document alone: ``make clients`` runs them, ``make test`` does not.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
JARS = ("httpmime.jar", "httpclient.jar", "httpcore.jar", "jakarta-annotation-api.jar")

pytestmark = pytest.mark.generators


def generator_jar() -> str:
    """openapi-generator with all that it needs; its own jackson serves the client that it makes as well."""
    package = importlib.util.find_spec("openapi_generator_cli")
    assert package is not None
    assert package.origin is not None
    return str(next(Path(package.origin).parent.glob("*.jar")))


def run(*command: str, **environ: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environ})
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def generate(java: str, document: Path, language: str, *options: str) -> Path:
    """The client that openapi-generator makes. It may rename nothing but the query parameter ``from``."""
    folder = document.parent / language
    said = run(
        *(java, "-jar", generator_jar(), "generate", "-i", str(document), "-g", language, "-o", str(folder), *options)
    )
    renamed = [line for line in said.splitlines() if "Renamed to" in line and "From (reserved word)" not in line]
    assert renamed == []
    return folder


def test_openapi_generator_for_python(document: Path, somebody: list[str], java: Callable[[str], str]) -> None:
    client = generate(java("java"), document, "python")
    used = run(sys.executable, str(HERE / "use_generated_python.py"), *somebody, PYTHONPATH=str(client))
    assert used == "used\n"


def test_openapi_generator_for_java(document: Path, somebody: list[str], java: Callable[[str], str]) -> None:
    options = "openApiNullable=false,useJakartaEe=true,annotationLibrary=none"
    client = generate(java("java"), document, "java", "--library", "native", f"--additional-properties={options}")
    classes = document.parent / "classes"
    classes.mkdir()
    path = ":".join([generator_jar(), *(java(jar) for jar in JARS), str(classes)])
    sources = [str(source) for source in (client / "src" / "main").rglob("*.java")]
    run(java("javac"), "-nowarn", "-cp", path, "-d", str(classes), *sources, str(HERE / "UseGenerated.java"))
    assert run(java("java"), "-cp", path, "UseGenerated", *somebody) == "used\n"


def test_openapi_python_client(document: Path, somebody: list[str]) -> None:
    client = document.parent / "client"
    programs = str(Path(sys.executable).parent)  # ruff, with which it formats what it makes
    said = run(
        *(sys.executable, "-m", "openapi_python_client"),
        *("generate", "--path", str(document), "--output-path", str(client)),
        PATH=f"{programs}:{os.environ['PATH']}",
    )
    assert "Warning" not in said
    used = run(sys.executable, str(HERE / "use_generated_httpx.py"), *somebody, PYTHONPATH=str(client))
    assert used == "used\n"
