"""What weakens production is refused, each by itself and all in one message; and each can be allowed by its setting."""

from __future__ import annotations

import base64
import os
import uuid

import pytest

from tests.config.test_settings import PRODUCTION
from tests.conftest import url
from workouts_api import create_app
from workouts_api.config import SETTINGS, ConfigurationError, load_settings
from workouts_api.config.production import is_guessable

PLAIN_URL = "postgresql://app:hunter2hunter3@db.internal/workouts"
WEAK = [
    ("allow_weak_secrets", {"JWT_SECRET_KEY": "0123456789abcdef" * 2}, "JWT_SECRET_KEY"),
    ("allow_weak_secrets", {"JWT_SECRET_KEY": "correct horse battery staple, and more"}, "JWT_SECRET_KEY"),
    (
        "allow_weak_secrets",
        {"DATABASE_URL": PRODUCTION["DATABASE_URL"].replace("hunter2hunter3", "app")},
        "DATABASE_URL",
    ),
    ("allow_weak_secrets", {"REDIS_URL": "rediss://:changeme@cache.internal/0"}, "REDIS_URL"),
    ("allow_weak_secrets", {"SMTP_USER": "workouts", "SMTP_PASSWORD": "workouts"}, "SMTP_PASSWORD"),
    ("allow_no_rate_limits", {"RATE_LIMITS": "false"}, "RATE_LIMITS"),
    ("allow_plain_public_url", {"PUBLIC_URL": "http://api.example.com"}, "PUBLIC_URL"),
    ("allow_plain_public_url", {"PUBLIC_URL": ""}, "PUBLIC_URL"),
    ("allow_plain_public_url", {"APP_URL": "http://app.example.com"}, "APP_URL"),
    ("allow_plain_origins", {"CORS_ORIGINS": "https://a.example.com,http://b.example.com"}, "CORS_ORIGINS"),
    ("allow_plain_database", {"DATABASE_URL": PLAIN_URL}, "DATABASE_URL"),
    ("allow_plain_database", {"DATABASE_URL": PLAIN_URL + "?sslmode=prefer"}, "DATABASE_URL"),
    ("allow_plain_database", {"DATABASE_URL": "postgresql:///workouts?host=10.0.0.5"}, "DATABASE_URL"),
    ("allow_plain_database", {"DATABASE_URL": "postgresql://db.internal/workouts?hostaddr=10.0.0.5"}, "DATABASE_URL"),
    ("allow_plain_database", {"DATABASE_URL": "postgresql://localhost,db.internal/workouts"}, "DATABASE_URL"),
    ("allow_plain_database", {"DATABASE_URL": "postgresql:///workouts", "PGHOST": "db.internal"}, "DATABASE_URL"),
    ("allow_plain_mail", {"SMTP_TLS": "none"}, "SMTP_TLS"),
    ("allow_plain_redis", {"REDIS_URL": "redis://cache.internal/0"}, "REDIS_URL"),
]


def problems(changed):
    with pytest.raises(ConfigurationError) as error:
        load_settings(PRODUCTION | changed)
    return error.value.problems


@pytest.mark.parametrize(("allowed_by", "changed", "named"), WEAK)
def test_each_weakness_is_refused_in_production_alone_and_can_be_allowed(allowed_by, changed, named):
    (problem,) = problems(changed)
    assert problem.startswith(named)
    assert problem.endswith(f"in production; {allowed_by.upper()}=true allows it")
    assert "expected" in problem
    assert load_settings(PRODUCTION | changed | {allowed_by.upper(): "true"}).is_production
    assert load_settings(PRODUCTION | changed | {"APP_ENV": "development"})
    for other in {name for name, _, _ in WEAK} - {allowed_by}:
        assert len(problems(changed | {other.upper(): "true"})) == 1


def test_all_of_them_come_in_one_message():
    changed = {
        "RATE_LIMITS": "false",
        "PUBLIC_URL": "http://api.example.com",
        "DATABASE_URL": PLAIN_URL,
        "SMTP_TLS": "none",
        "JWT_SECRET_KEY": "0123456789abcdef" * 2,
        "DEBUG": "true",
    }
    named = {problem.partition(" ")[0] for problem in problems(changed)}
    assert named == {*changed}


def test_every_setting_that_allows_something_is_tried_here():
    allowing = {setting.name for setting in SETTINGS if setting.name.startswith("allow_")}
    assert allowing == {name for name, _, _ in WEAK} | {"allow_superuser_role"}  # which is the database's to say


@pytest.mark.parametrize(
    "changed",
    [
        {"DATABASE_URL": "postgresql:///workouts"},
        {"DATABASE_URL": "postgresql:///workouts?host=/run/postgresql"},
        {"DATABASE_URL": "postgresql://localhost/workouts"},
        {"DATABASE_URL": "postgresql://127.0.0.2/workouts"},
        {"DATABASE_URL": "postgresql://[::1]:5433/workouts"},
        {"DATABASE_URL": PLAIN_URL + "?sslmode=require"},
        {"DATABASE_URL": PLAIN_URL, "PGSSLMODE": "verify-ca"},
        {"DATABASE_URL": PLAIN_URL + "?gssencmode=require"},
        {"SMTP_TLS": "none", "SMTP_HOST": "127.0.0.1"},
        {"REDIS_URL": "redis://localhost/0"},
        {"REDIS_URL": "unix:///run/redis.sock"},
        {"CORS_ORIGINS": "https://app.example.com"},
    ],
)
def test_what_nobody_else_can_read_is_fine(changed):
    assert load_settings(PRODUCTION | changed)


def test_behind_a_bastion_the_tunnel_is_the_encryption(tmp_path):
    for name in ("key", "known_hosts"):
        (tmp_path / name).touch()
    ssh = {"SSH_HOST": "bastion", "SSH_USER": "tunnel", "SSH_KEY_FILE": str(tmp_path / "key")}
    ssh["SSH_KNOWN_HOSTS_FILE"] = str(tmp_path / "known_hosts")
    assert load_settings(PRODUCTION | {"DATABASE_URL": PLAIN_URL} | ssh)


@pytest.mark.parametrize("origins", ["*", "app.example.com", "https://app.example.com/", "https://a.example.com,null"])
def test_an_origin_is_a_scheme_and_a_host(origins):
    assert problems({"CORS_ORIGINS": origins})[0].startswith("CORS_ORIGINS holds")


@pytest.mark.parametrize("hosts", ["*", "*.example.com", "https://api.example.com", "api.example.com/", "a b"])
def test_a_host_is_a_name(hosts):
    assert problems({"ALLOWED_HOSTS": hosts})[0].startswith("ALLOWED_HOSTS holds")


@pytest.mark.parametrize("hosts", ["api.example.com", ".example.com", "127.0.0.1:8000,localhost", "[::1]", "api_1"])
def test_names_domains_and_addresses_are_hosts(hosts):
    assert load_settings(PRODUCTION | {"ALLOWED_HOSTS": hosts}).allowed_hosts == tuple(hosts.split(","))


def test_no_setting_makes_a_login_last_for_years():
    assert problems({"LOGIN_LIFETIME_DAYS": "3650"})[0].startswith("LOGIN_LIFETIME_DAYS holds")


@pytest.mark.parametrize(
    "secret",
    [
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "aaaaaaaabbbbbbbbccccccccddddddddeeeeeeee",
        "deadbeef" * 5,
        "MySuperLongProductionSigningKey2024!!",
        "workouts-api-production-jwt-signing-2024",
        "thisisaverylongkeythatnobodywilleverguess",
        "a secret of the test suite, 32 bytes and more",
        "98765432109876543210987654321098",
    ],
)
def test_a_long_secret_that_holds_little_can_be_guessed(secret):
    assert len(secret) >= 32
    assert is_guessable(secret)


def test_what_is_random_cannot():
    for _ in range(300):
        random = os.urandom(48)
        for text in (base64.b64encode(random).decode(), base64.urlsafe_b64encode(random).decode(), random.hex()):
            assert not is_guessable(text), text
        assert not is_guessable(str(uuid.uuid4()))


# ── the database's role ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def in_production(environ, cluster, database_name, tmp_path):
    """Production with another role of the database: only readiness and requests can tell which it is."""
    made = []

    def make(role, **changed):
        app = create_app(
            load_settings(
                PRODUCTION
                | {"DATABASE_URL": url(cluster, database_name, role), "WORKOUTS_DATA_DIR": str(tmp_path)}
                | {"LOG_LEVEL": "WARNING", "LOG_FORMAT": "console", "ALLOWED_HOSTS": "localhost"}
                | changed
            )
        )
        made.append(app)
        app.extensions["database"].open()
        return app.test_client()

    yield make
    for app in made:
        app.extensions["database"].close()


def test_a_superuser_is_not_connected_as(in_production, owner):
    http = in_production("postgres")
    refused = http.get("/api/v1/users/me", headers={"Authorization": f"Bearer {owner.token}"})
    assert refused.status_code in (401, 503)
    ready = http.get("/health/ready")
    assert (ready.status_code, ready.json["database"]["state"]) == (503, "refused")
    assert "superuser" in ready.json["database"]["reason"]
    assert "ALLOW_SUPERUSER_ROLE" in ready.json["database"]["reason"]


def test_the_schemas_owner_is_not_ready(in_production):
    ready = in_production("workouts_migrator").get("/health/ready")
    assert (ready.status_code, ready.json["database"]["state"]) == (503, "refused")
    assert ready.json["schema"]["state"] == "current"


@pytest.mark.parametrize("role", ["postgres", "workouts_migrator"])
def test_both_can_be_allowed(in_production, role):
    ready = in_production(role, ALLOW_SUPERUSER_ROLE="true").get("/health/ready")
    assert ready.json["database"]["state"] == "up"


def test_the_applications_role_is_ready(in_production):
    ready = in_production("workouts_app").get("/health/ready")
    assert (ready.status_code, ready.json["status"]) == (200, "ok")
