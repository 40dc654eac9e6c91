"""Files of secrets that others may read or change are refused, every one by name."""

from __future__ import annotations

import os
import subprocess
import sys

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


WRITERS = {
    "a status": "from workouts_api.config.private_files import replace_text; replace_text(folder / 'f', long)",
    "captures": "from workouts_api.database.capture_files import write_whole; write_whole(folder / 'f', long.encode())",
    "a swap": "from workouts_api.database.swap_files import *; write(folder, Swap('a.b', long.encode(), '', '', 0))",
    "a backup's proof": "from workouts_api.host.backups import write_json; write_json(folder / 'f', {'long': long})",
    "a secret": "from workouts_api.host.bare_machine import kept_secret; kept_secret(folder / 'secret', length=9000)",
    "metrics": (
        "from workouts_api.metrics import Publisher; Publisher(folder, '0', {'x': lambda: ({long: 1}, {})}).write()"
    ),
    "a mail": (
        "from email.message import EmailMessage; from workouts_api.mail.sending import write;"
        " mail = EmailMessage(); mail.set_content(long); write(mail, folder)"
    ),
}
# Run with -B: Python would keep the half of a compiled module that has room.
FULL = """
import pathlib, resource, sys
folder, long = pathlib.Path(sys.argv[1]), "word " * 2000
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))  # as on a full disk, a part has room
exec(sys.argv[2])
"""


@pytest.mark.parametrize("what", WRITERS)
def test_on_a_full_disk_the_file_before_stays_and_nothing_lies_beside_it(tmp_path, what):
    for name in ("f", "a.b.sql", "0.metrics"):
        (tmp_path / name).write_text("before")
    command = [sys.executable, "-B", "-c", FULL, str(tmp_path), WRITERS[what]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "File too large" in done.stderr, done.stderr
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(
        ("f", "a.b.sql", "0.metrics"), "before"
    )
