"""Files of secrets that others may read or change are refused, every one by name."""

from __future__ import annotations

import os

import pytest

from tests.config.test_settings import GOOD, SECRET, problems
from workouts_api.config import SETTINGS, load_settings

SECRETS = {
    "JWT_SECRET_KEY": SECRET,
    "DATABASE_URL": "postgresql://localhost/workouts",
    "DATABASE_DIRECT_URL": "postgresql://localhost/workouts",
    "CONSOLE_DATABASE_URL": "postgresql://localhost/workouts",
    "DATABASE_REPLICA_URL": "postgresql://localhost/workouts",
    "JWT_NEXT_SECRET_KEY": "9Qh3nA7sLx2Vt6Yb1Wc8Zd4Re5Uf0PgK",
    "JWT_OLD_SECRET_KEYS": "1Wc8Zd4Re5Uf0Pg9Qh3nA7sLx2Vt6YbM,Vt6Yb1Wc8Zd4Re5Uf0Pg9Qh3nA7sLx2N",
    "REDIS_URL": "redis://localhost/0",
    "SMTP_PASSWORD": "hunter2hunter3",
    "SENTRY_DSN": "https://key@localhost/1",
}


@pytest.fixture(params=SECRETS)
def secret_file(request, tmp_path):
    """The settings, with one secret in a file."""
    path = tmp_path / "secret"
    path.write_text(SECRETS[request.param] + "\n")
    path.chmod(0o600)
    needs = {
        "SMTP_PASSWORD": {"SMTP_USER": "workouts"},
        "DATABASE_DIRECT_URL": {"DATABASE_URL": "postgresql://localhost/workouts"},
        "CONSOLE_DATABASE_URL": {"DATABASE_URL": "postgresql://localhost/workouts"},
        "DATABASE_REPLICA_URL": {"DATABASE_URL": "postgresql:///w"},
    }
    environ = needs.get(request.param, {})
    environ = {name: value for name, value in (GOOD | environ).items() if name != request.param}
    return path, request.param, environ | {f"{request.param}_FILE": str(path)}


def test_every_secret_setting_is_tried_here():
    assert {setting.name.upper() for setting in SETTINGS if setting.metadata["secret"]} == SECRETS.keys()


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o440])
def test_a_secret_that_we_and_our_group_may_read_is_taken(secret_file, mode):
    path, name, environ = secret_file
    path.chmod(mode)
    read = getattr(load_settings(environ), name.lower())
    assert (",".join(read) if isinstance(read, tuple) else read) == SECRETS[name]


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o660, 0o601, 0o777])
def test_one_that_others_may_read_or_change_is_refused(secret_file, mode):
    path, name, environ = secret_file
    path.chmod(mode)
    told = problems(environ)
    assert f"{name}_FILE names '{path}', which has mode {mode:04o}: expected 0600" in told[0]
    assert SECRETS[name] not in str(told)


def make_anothers(path, monkeypatch):
    """Gives a file to another user: by chown where we may, else by being another one."""
    if os.geteuid() == 0:
        os.chown(path, 12345, -1)
    else:
        mine = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: mine + 1)


def test_one_of_another_owner_is_refused_whatever_its_mode(secret_file, monkeypatch):
    path, name, environ = secret_file
    make_anothers(path, monkeypatch)
    told = problems(environ)
    assert f"{name}_FILE names '{path}', which belongs to user" in told[0]


def test_what_a_link_leads_to_is_looked_at(secret_file, tmp_path):
    path, name, environ = secret_file
    (tmp_path / "link").symlink_to(path)
    path.chmod(0o644)
    assert "has mode 0644" in problems(environ | {f"{name}_FILE": str(tmp_path / "link")})[0]


def test_a_folder_and_a_device_are_no_secrets(tmp_path):
    for odd in (tmp_path, "/dev/null"):
        told = problems({"JWT_SECRET_KEY_FILE": str(odd), "HOME": "/"})
        assert "is no regular file" in told[0]


def test_a_pipe_of_a_shell_is_taken():
    reads, writes = os.pipe()
    os.write(writes, SECRET.encode())
    os.close(writes)
    assert load_settings({"JWT_SECRET_KEY_FILE": f"/dev/fd/{reads}", "HOME": "/"}).jwt_secret_key == SECRET
    os.close(reads)
