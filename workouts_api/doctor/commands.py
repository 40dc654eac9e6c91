"""``workouts doctor``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from workouts_api.config import ConfigurationError, dotenv_variables, load_settings
from workouts_api.doctor.finding import Finding, wrong

MISCONFIGURED = 2
NO_SECRET = "-" * 48
DOTENV = Path(".env")


@click.command()
@click.option("--hosts", type=click.IntRange(1, 1000), default=1, show_default=True, help="Hosts that serve the API.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def doctor(hosts: int, as_json: bool) -> None:
    """Look over this host and what it depends on: a line for each part, and what to do.

    Run it as the service's user with the service's settings. It changes nothing.

    Exit code: 0 when nothing is wrong, warnings included; 1 when something is; 2 when the settings are.
    """
    findings = []
    for finding in _findings(hosts):
        findings.append(finding)
        if not as_json:
            click.echo(_line(finding))
    if as_json:
        told = {"status": _worst(findings), "findings": [asdict(finding) for finding in findings]}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    elif _worst(findings) != "ok":
        counts = {state: sum(one.state == state for one in findings) for state in ("wrong", "warning")}
        click.echo(f"\n{counts['wrong']} wrong, {counts['warning']} to look at.")
    else:
        click.echo("\nEverything is in order.")
    sys.exit(_code(findings))


def _findings(hosts: int) -> Iterator[Finding]:
    """The settings come first: without them nothing else can be looked at."""
    try:
        settings = load_settings(_variables(), dotenv=DOTENV)
    except ConfigurationError as error:
        yield from (wrong("settings", problem, "mend it, then run this again") for problem in error.problems)
        return
    from workouts_api.doctor.examination import examine

    yield from examine(settings, hosts)


def _variables() -> dict[str, str]:
    """The environment. In development `workouts serve` makes a secret where there is none; a look needs none."""
    known = {**dotenv_variables(os.environ, DOTENV), **os.environ}
    has_secret = known.get("JWT_SECRET_KEY") or known.get("JWT_SECRET_KEY_FILE")
    if has_secret or known.get("APP_ENV", "development") != "development":
        return dict(os.environ)
    return {**os.environ, "JWT_SECRET_KEY": NO_SECRET}


def _line(finding: Finding) -> str:
    line = f"{finding.state:<8} {finding.part}: {finding.found}"
    return f"{line}\n{'':<8} → {finding.todo}" if finding.todo else line


def _worst(findings: list[Finding]) -> str:
    states = {finding.state for finding in findings}
    return next(state for state in ("wrong", "warning", "ok") if state in states or state == "ok")


def _code(findings: list[Finding]) -> int:
    if any(one.part == "settings" and one.state == "wrong" for one in findings):
        return MISCONFIGURED
    return int(_worst(findings) == "wrong")
