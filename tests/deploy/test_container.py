"""deploy/container: what the image and the compose file name is there, and the settings are those of a production."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from tests.processes import ROOT
from workouts_api.cli import workouts
from workouts_api.config import SETTINGS, load_settings
from workouts_api.host.supervisor import KILL_TIME
from workouts_api.serve.order import WORKER_GRACE, stop_seconds

FOLDER = ROOT / "deploy/container"
CONTAINERFILE = (FOLDER / "Containerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "api", "worker")
GIVEN = {
    "API_HOST": "api.example.com",
    "SMTP_HOST": "mail.example.com",
    "MAIL_FROM": "Workouts <workouts@example.com>",
    "SMTP_USER": "workouts",
}
SECRETS = {
    "app_url": "postgresql://workouts_app:8e1f3c5a7b9d2f4e@/workouts?host=/run/postgresql",
    "migrator_url": "postgresql://workouts_migrator:8e1f3c5a7b9d2f4e@/workouts?host=/run/postgresql",
    "jwt_secret": "kR3xV0bq7LwYt9ZdP1mN5sAe8JfUhG2cXoW4iTzQvBy6",
    "smtp_password": "3f9c1e7a5b2d8064",
}


def with_variables(value: str) -> str:
    return re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda found: GIVEN.get(found[1], found[2] or ""), value)


def environ_of(service: str, secrets: Path) -> dict[str, str]:
    given = {name: with_variables(str(value)) for name, value in SERVICES[service]["environment"].items()}
    return {name: value.replace("/run/secrets", str(secrets)) for name, value in given.items()}


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    for name, content in SECRETS.items():
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o600)
    return tmp_path


@pytest.mark.parametrize("service", OURS)
def test_the_settings_of_each_part_are_those_of_a_production(service: str, secrets: Path) -> None:
    """Nothing is weak, so no ALLOW_… is needed."""
    settings = load_settings({**environ_of(service, secrets), "HOME": "/"})
    assert settings.is_production
    role = "migrator" if service == "migrate" else "app"
    assert (settings.database_url or "").startswith(f"postgresql://workouts_{role}:")
    assert settings.redis_url == "unix:///run/redis/redis.sock"
    assert not any(name.startswith("ALLOW_") for name in environ_of(service, secrets))


def test_only_settings_are_set() -> None:
    known = {setting.name.upper() for setting in SETTINGS}
    given = {name for service in OURS for name in SERVICES[service]["environment"]}
    given |= set(re.findall(r"^ENV ((?:.*\\\n)*.*)", CONTAINERFILE, re.MULTILINE)[0].replace("\\\n", " ").split())
    names = {name.partition("=")[0] for name in given} - {"PATH", "PYTHONUNBUFFERED"}
    assert {name for name in names if name not in known and name.removesuffix("_FILE") not in known} == set()


@pytest.mark.parametrize("service", OURS)
def test_each_command_exists(service: str) -> None:
    command: click.Command = workouts
    context = click.Context(command)
    assert re.search(r'^ENTRYPOINT \["workouts"\]$', CONTAINERFILE, re.MULTILINE)
    for name in SERVICES[service]["command"]:
        assert isinstance(command, click.Group)
        found = command.get_command(context, name)
        assert found is not None, name
        command = found


@pytest.mark.parametrize("service", OURS)
def test_a_container_has_no_rights_and_writes_to_volumes_alone(service: str) -> None:
    one = SERVICES[service]
    assert one["cap_drop"] == ["ALL"]
    assert one["read_only"] is True
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert re.search(r"^USER 10001:10001$", CONTAINERFILE, re.MULTILINE)


def test_what_is_mounted_is_there() -> None:
    for name, service in SERVICES.items():
        for volume in service.get("volumes", ()):
            source = with_variables(volume).split(":")[0]
            if source.startswith("."):
                assert (FOLDER / source).exists(), (name, source)
            elif not source.startswith("/"):
                assert source in COMPOSE["volumes"], (name, source)
        assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"]), name
        named = set(re.findall(r"/run/secrets/(\w+)", str(service.get("environment"))))
        assert named <= set(service.get("secrets", ())), name


def test_a_stop_has_the_time_that_its_parts_need(secrets: Path) -> None:
    """The API's part is as long as on a host with a tunnel, so that one number is to be remembered."""
    settings = load_settings({**environ_of("api", secrets), "HOME": "/"})
    assert int(SERVICES["api"]["stop_grace_period"].rstrip("s")) >= stop_seconds(settings)
    assert int(SERVICES["worker"]["stop_grace_period"].rstrip("s")) == WORKER_GRACE + KILL_TIME


def test_what_the_image_copies_is_there_and_what_it_must_not_hold_is_left_out() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    kept = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert "*" in ignored
    assert {name for name in kept if not (ROOT / name).exists()} == set()
    assert {
        "requirements.lock",
        "setup.cfg",
        "pyproject.toml",
        "workouts_api",
        "queries",
        "migrations",
        "deploy",
    } <= kept
    assert not kept & {".env", ".git", ".venv", "tests"}
    assert "deploy/container/secrets" in ignored


def test_prometheus_and_grafana_are_told_of_files_that_are_mounted() -> None:
    rules = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["rule_files"]
    assert [(FOLDER / rule).exists() for rule in rules] == [True]
    [provider] = yaml.safe_load((FOLDER / "grafana/dashboards.yml").read_text())["providers"]
    assert f"../grafana:{provider['options']['path']}:ro" in SERVICES["grafana"]["volumes"]
    [source] = yaml.safe_load((FOLDER / "grafana/datasources.yml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to the containers' users")
def test_secrets_are_made_once_and_for_the_containers_users(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "make-secrets", tmp_path)
    made = [_made_secrets(tmp_path) for _ in range(2)]
    texts = made[0]
    assert made[1] == texts  # what is there stays
    assert texts.keys() == COMPOSE["secrets"].keys()
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    for name in ("app_url", "migrator_url", "jwt_secret", "smtp_password"):
        mode = (tmp_path / "secrets" / name).stat()
        assert (stat.S_IMODE(mode.st_mode), mode.st_uid, mode.st_gid) == (0o440, 0, 10001)
    assert len(texts["jwt_secret"]) > 48
    assert f":{texts['app_password'].strip()}@" in texts["app_url"]


def _made_secrets(folder: Path) -> dict[str, str]:
    subprocess.run([folder / "make-secrets"], check=True, capture_output=True)
    return {path.name: path.read_text() for path in (folder / "secrets").iterdir()}
