"""Settings: typed, complete, loud about every problem at once, quiet about secrets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from dotenv import dotenv_values

from workouts_api.config import SETTINGS, ConfigurationError, default_of, dotenv_variables, load_settings
from workouts_api.config.production import is_placeholder
from workouts_api.config.showing import describe, hide_password

ROOT = Path(__file__).parent.parent.parent
SECRET = "4kq0Zl5mJ2Q7yY3m1C9vB8nX6sT0rW4e"
GOOD = {"JWT_SECRET_KEY": SECRET, "HOME": "/home/ada"}
PRODUCTION = GOOD | {
    "APP_ENV": "production",
    "DATABASE_URL": "postgresql://app:hunter2hunter3@db.internal/workouts?sslmode=verify-full",
    "ALLOWED_HOSTS": "api.example.com",
    "PUBLIC_URL": "https://api.example.com",
    "MAIL_FROM": "Workouts <workouts@example.com>",
    "SMTP_HOST": "mail.internal",
}


def problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigurationError) as error:
        load_settings(environ)
    return error.value.problems


def test_defaults_are_enough_for_development():
    settings = load_settings(GOOD)
    assert (settings.app_env, settings.port, settings.pool_max) == ("development", 8000, 8)
    assert settings.workouts_data_dir == Path("/home/ada/.local/share/workouts-api")


def test_every_problem_is_named_in_one_message_with_what_was_held_and_expected():
    found = problems({"PORT": "http", "DB_POOL_MAX": "0", "SSH_ENGINE": "putty", "REQUEST_TIMEOUT": "soon"})
    assert [p.partition(" ")[0] for p in found] == ["DB_POOL_MAX", "SSH_ENGINE", "REQUEST_TIMEOUT", "PORT"]
    assert "holds 'http': expected a whole number from 0 to 65535" in found[3]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"JWT_SECRET_KEY": ""}, "JWT_SECRET_KEY is not set"),
        ({"JWT_SECRET_KEY": "short"}, "shorter than 32 bytes"),
        ({"JWT_SECRET_KEY": "change-me-" * 5}, "placeholder"),
        ({"JWT_SECRET_KEY": "a" * 40}, "placeholder"),
        ({"JWT_NEXT_SECRET_KEY": "short"}, "JWT_NEXT_SECRET_KEY is shorter than 32 bytes"),
        ({"JWT_OLD_SECRET_KEYS": f"{SECRET[::-1]},short"}, "JWT_OLD_SECRET_KEYS holds a key that is shorter"),
        ({"JWT_OLD_SECRET_KEYS": "change-me-" * 5}, "JWT_OLD_SECRET_KEYS looks like a placeholder"),
        ({"JWT_OLD_SECRET_KEYS": SECRET}, "JWT_SECRET_KEY and JWT_OLD_SECRET_KEYS hold the same key twice"),
        ({"DEBUG": "true"}, "DEBUG"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is not set"),
        ({"SMTP_HOST": ""}, "SMTP_HOST is not set"),
        ({"MAIL_FROM": ""}, "MAIL_FROM is not set"),
    ],
)
def test_production_refuses_to_start_with_what_is_missing_or_weak(changed, told):
    assert any(told in problem for problem in problems(PRODUCTION | changed))


def test_production_starts_with_what_it_needs():
    assert load_settings(PRODUCTION).is_production


def test_a_tunnel_needs_its_user_key_and_known_hosts(tmp_path):
    found = problems(GOOD | {"SSH_HOST": "bastion", "SSH_KEY_FILE": str(tmp_path / "none")})
    assert {p.partition(" ")[0] for p in found} == {"DATABASE_URL", "SSH_USER", "SSH_KEY_FILE", "SSH_KNOWN_HOSTS_FILE"}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"MAIL_FROM": "Workouts"}, "MAIL_FROM holds 'Workouts': expected an address"),
        ({"MAIL_DIR": "/mails"}, "SMTP_HOST and MAIL_DIR are both set"),
        ({"SMTP_USER": "workouts"}, "SMTP_USER and SMTP_PASSWORD: expected both"),
        ({"SMTP_USER": "workouts", "SMTP_PASSWORD": "s3cret", "SMTP_TLS": "none"}, "SMTP_TLS holds none"),
        ({"SMTP_TLS": "ssl"}, "SMTP_TLS holds 'ssl': expected one of starttls, tls, none"),
    ],
)
def test_a_mail_server_is_set_as_a_whole(changed, told):
    assert any(told in problem for problem in problems(PRODUCTION | changed))


@pytest.mark.parametrize(("tls", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_mail_port_goes_with_its_encryption_unless_it_is_given(tls, port):
    assert load_settings(GOOD | {"SMTP_TLS": tls}).mail_port == port
    assert load_settings(GOOD | {"SMTP_TLS": tls, "SMTP_PORT": "2525"}).mail_port == 2525


URL = "postgresql://app@db:5432/workouts"


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"DB_POOL_MIN": "9", "DB_POOL_MAX": "3"}, ("DB_POOL_MIN", "DB_POOL_MAX")),
        ({"DB_POOL_MIN": "9"}, ("DB_POOL_MIN", "WEB_THREADS")),
        ({"MAX_WAIT": "10s", "REQUEST_TIMEOUT": "5s"}, ("MAX_WAIT", "REQUEST_TIMEOUT")),
        ({"MAX_WAIT": "31s"}, ("MAX_WAIT", "REQUEST_TIMEOUT")),
        (
            {"REPLICA_MAX_LAG": "31s", "DATABASE_URL": URL, "DATABASE_REPLICA_URL": URL},
            ("REPLICA_MAX_LAG", "REQUEST_TIMEOUT"),
        ),
        ({"CONSOLE_DATABASE_URL": URL}, ("CONSOLE_DATABASE_URL", "DATABASE_URL")),
        ({"DATABASE_DIRECT_URL": URL}, ("DATABASE_DIRECT_URL", "DATABASE_URL")),
        ({"ADMIN_LISTEN": "127.0.0.1:8000"}, ("ADMIN_LISTEN", "PORT")),
    ],
)
def test_two_settings_that_contradict_each_other_are_told_in_one_sentence_that_names_both(changed, names):
    (told,) = problems(GOOD | changed)
    assert all(re.search(rf"\b{name}\b", told) for name in names), told


@pytest.mark.parametrize("console", ["db2:5432", "db:5433"])
def test_the_console_goes_through_the_tunnel_to_the_address_that_it_leads_to(tmp_path, console):
    (tmp_path / "key").touch(0o600)
    files = dict.fromkeys(("SSH_KEY_FILE", "SSH_KNOWN_HOSTS_FILE"), str(tmp_path / "key"))
    tunnel = GOOD | {"DATABASE_URL": URL, "SSH_HOST": "bastion", "SSH_USER": "ada", **files}
    assert load_settings(tunnel | {"CONSOLE_DATABASE_URL": "postgresql://dba@db/workouts"}).console_database_url
    (told,) = problems(tunnel | {"CONSOLE_DATABASE_URL": f"postgresql://dba@{console}/workouts"})
    assert told.startswith(f"CONSOLE_DATABASE_URL leads to {console} and DATABASE_URL to db:5432")


def test_a_default_gives_way_to_what_is_set():
    assert load_settings(GOOD | {"REQUEST_TIMEOUT": "1s"}).longest_wait == 1
    assert load_settings(GOOD | {"REQUEST_TIMEOUT": "1s", "MAX_WAIT": "500ms"}).longest_wait == 0.5
    assert load_settings(GOOD).longest_wait == 2


@pytest.mark.parametrize("wrong", ["short", "x" * 31, "change-me-" * 5, "a" * 40, "abcdefgh" * 5, "word " * 10])
@pytest.mark.parametrize("name", ["JWT_SECRET_KEY", "JWT_NEXT_SECRET_KEY", "JWT_OLD_SECRET_KEYS"])
@pytest.mark.parametrize("app_env", ["development", "staging", "production"])
def test_a_weak_key_is_told_once(app_env, name, wrong):
    environ = PRODUCTION | {"APP_ENV": app_env, name: wrong}
    is_taken = app_env != "production" and len(wrong) >= 32 and (app_env == "development" or not is_placeholder(wrong))
    told = [] if is_taken else problems(environ)
    assert [problem.partition(" ")[0] for problem in told] == [name] * (not is_taken)


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS])
def test_what_is_blank_is_not_set(name):
    """RATE_LIMITS with a space was false; a folder had a space as its name."""
    if name != "jwt_secret_key":
        read = load_settings(GOOD | {name.upper(): " \t", f"{name.upper()}_FILE": " "})
        assert getattr(read, name) == getattr(load_settings(GOOD), name)
        assert read.sources[name.upper()] == "default"
    else:
        assert "JWT_SECRET_KEY is not set" in problems(GOOD | {"JWT_SECRET_KEY": " "})[0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("HOST", "::1"), ("SSH_USER", "ada"), ("TUNNEL_DIR", "/run/t"), ("LOG_LEVEL", "DEBUG"), ("PORT", "9000")),
        *(
            ("REQUEST_TIMEOUT", "5s"),
            ("RATE_LIMITS", "off"),
            ("PUBLIC_URL", "https://a.example"),
            ("ADMIN_LISTEN", "off"),
        ),
        *(("TRACES_SHARE", "0.5"), ("ALLOWED_HOSTS", "a.example,b.example"), ("MAIL_FROM", "a@b.example")),
    ],
)
def test_spaces_around_a_value_are_no_part_of_it(name, text):
    field = name.lower()
    read = load_settings(GOOD | {name: f" {text}\t"})
    assert getattr(read, field) == getattr(load_settings(GOOD | {name: text}), field) != default_of_name(field)


def default_of_name(name):
    return next(default_of(setting) for setting in SETTINGS if setting.name == name)


@pytest.mark.parametrize(
    "text", ["٣", "１", "1_000", "1e3", "0x10", "NaN", "inf", "-1", "5 s", "5m", "5S", "5,5s", ".5s"]
)
@pytest.mark.parametrize("name", ["PORT", "REQUEST_TIMEOUT", "ADMIN_LISTEN"])
def test_what_is_no_number_as_people_write_it_is_refused(name, text):
    (told,) = problems(GOOD | {name: f"h:{text}" if name == "ADMIN_LISTEN" else text})
    assert told.startswith(f"{name} holds ")


@pytest.mark.parametrize(("text", "seconds"), [("500ms", 0.5), ("5", 5), ("5s", 5), ("2min", 120), ("1.5s", 1.5)])
def test_durations_are_read_with_their_unit(text, seconds):
    assert load_settings(GOOD | {"REQUEST_TIMEOUT": text}).request_timeout == seconds


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("1", True), ("off", False), ("0", False)])
def test_flags_are_read_in_the_usual_words(text, value):
    assert load_settings(GOOD | {"DEBUG": text}).debug is value


def test_a_secret_is_read_from_its_file(tmp_path):
    (tmp_path / "key").write_text(SECRET + "\n")
    (tmp_path / "key").chmod(0o600)
    settings = load_settings({"JWT_SECRET_KEY_FILE": str(tmp_path / "key"), "HOME": "/home/ada"})
    assert settings.jwt_secret_key == SECRET
    assert settings.sources["JWT_SECRET_KEY"] == f"file {tmp_path / 'key'}"


def test_a_secret_given_twice_or_by_a_file_that_is_not_there_is_a_problem(tmp_path):
    assert "both set" in problems(GOOD | {"JWT_SECRET_KEY_FILE": str(tmp_path / "key")})[0]
    why = f"user {os.geteuid()} cannot read: No such file or directory"
    told = problems({"JWT_SECRET_KEY_FILE": str(tmp_path / "key")})
    assert told == [f"JWT_SECRET_KEY_FILE names '{tmp_path / 'key'}', which {why}"]


def test_a_wrong_secret_is_not_shown():
    assert "hunter2" not in str(problems(GOOD | {"DATABASE_URL": "mysql://u:hunter2@h/d"}))


def test_dotenv_is_read_in_development_only_and_overruled_by_the_environment(tmp_path):
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"JWT_SECRET_KEY={SECRET}\nPORT=9000\nHOST=0.0.0.0\n")
    settings = load_settings({"PORT": "9001", "HOME": "/home/ada"}, dotenv=dotenv)
    assert (settings.port, settings.host, settings.sources["HOST"]) == (9001, "0.0.0.0", str(dotenv))
    assert load_settings(PRODUCTION, dotenv=dotenv).host == "127.0.0.1"


@pytest.fixture
def closed(tmp_path):
    """A folder that we may not enter. For root, who enters all, a name at which the system fails as well."""
    if os.geteuid() == 0:
        yield tmp_path / ("x" * 300)
        return
    folder = tmp_path / "of-another"
    folder.mkdir(mode=0o000)
    yield folder
    folder.chmod(0o700)  # or pytest could not delete it


def test_a_folder_that_the_service_may_not_enter_has_no_dotenv(closed):
    """`sudo -u workouts workouts …` in root's home."""
    assert load_settings(GOOD, dotenv=closed / ".env").port == 8000
    assert load_settings(PRODUCTION, dotenv=closed / ".env").is_production


def test_a_dotenv_is_not_looked_at_in_production(tmp_path):
    (tmp_path / ".env").write_text("PORT=9000")
    assert dotenv_variables({}, tmp_path / ".env") == {"PORT": "9000"}
    assert dotenv_variables(PRODUCTION, tmp_path / ".env") == {}


def test_files_that_the_service_may_not_reach_are_named(closed):
    tunnel = ("SSH_KEY_FILE", "SSH_KNOWN_HOSTS_FILE", "SSH_KEY_PASSPHRASE_FILE")
    environ = {"SSH_HOST": "bastion", "SSH_USER": "ada", **dict.fromkeys(tunnel, str(closed / "key"))}
    told = problems(PRODUCTION | environ)
    assert {problem.partition(":")[0] for problem in told} == {f"{name} holds '{closed / 'key'}'" for name in tunnel}
    for name in ("JWT_SECRET_KEY", "DATABASE_URL"):
        given = {k: v for k, v in PRODUCTION.items() if k != name} | {f"{name}_FILE": str(closed / "file")}
        assert f"{name}_FILE names '{closed / 'file'}', which user {os.geteuid()} cannot read: " in problems(given)[0]


def test_the_example_names_every_setting_with_its_default():
    example = dotenv_values(ROOT / ".env.example")
    assert set(example) == {setting.name.upper() for setting in SETTINGS}
    read = load_settings({**{k: v or "" for k, v in example.items()}, **GOOD})
    for setting in SETTINGS:
        if setting.name not in ("jwt_secret_key", "workouts_data_dir"):
            assert getattr(read, setting.name) == default_of(setting), setting.name


@pytest.mark.parametrize("data", ["/d", "/" + "x" * 57, "/" + "x" * 74, "/" + "x" * 200, "/ä", "relative"])
def test_the_tunnels_socket_fits_into_its_folder_wherever_the_data_folder_is(data):
    folder = load_settings(GOOD | {"WORKOUTS_DATA_DIR": data}).tunnel_folder
    assert len(str(folder / ".s.PGSQL.5432")) < 100
    assert (folder.is_absolute(), folder.name) == (True, "tunnel")
    assert load_settings(GOOD | {"WORKOUTS_DATA_DIR": data, "TUNNEL_DIR": "/t"}).tunnel_folder == Path("/t")


def test_what_is_printed_hides_secrets_and_says_where_each_value_came_from():
    rows = {name: (value, source) for name, value, source, _ in describe(load_settings(PRODUCTION))}
    assert rows["JWT_SECRET_KEY"] == ("(hidden)", "environment")
    assert rows["DATABASE_URL"] == ("postgresql://app:(hidden)@db.internal/workouts?sslmode=verify-full", "environment")
    assert rows["PORT"] == ("8000", "default")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql:///d?host=/tmp", "postgresql:///d?host=/tmp"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("postgresql://u:p%40@h:5/d", "postgresql://u:(hidden)@h:5/d"),
        ("postgresql:///d?password=p", "postgresql:///d?(hidden)"),
    ],
)
def test_a_url_is_shown_without_its_password(url, shown):
    assert hide_password(url) == shown


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_is_told_in_a_line():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "workouts_api.cli", "config", "--json"],
            env=PRODUCTION, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.stderr.startswith("Error: No space left on device; `workouts doctor`")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)


def test_the_command_prints_a_table_and_never_a_traceback():
    command = [sys.executable, "-m", "workouts_api.cli", "config"]
    good = subprocess.run(command, env=GOOD | {"PATH": ""}, capture_output=True, text=True, cwd="/")
    assert good.returncode == 0, good.stderr
    assert SECRET not in good.stdout
    assert re.search(r"^PORT +8000 +default", good.stdout, re.M)
    bad = subprocess.run(command, env={"PORT": "x", "HOME": "/"}, capture_output=True, text=True, cwd="/")
    assert bad.returncode == 2
    assert "Traceback" not in bad.stderr
    assert "PORT holds 'x'" in bad.stderr
