"""`python -m tests.checks`: all run, whichever fail; a missing program is told, and fails where it is required."""

from __future__ import annotations

import sys

import pytest

from tests.checks.__main__ import SKIPPED, Check, report, run_all


def python(name: str, code: str) -> Check:
    return Check(name, (sys.executable, "-c", code))


FAILS = python("one", "print('line 3 is wrong'); raise SystemExit(1)")
PASSES = python("two", "print('fine')")
CANNOT = python("three", f"print('there is no tag'); raise SystemExit({SKIPPED})")
LACKS = Check("four", ("no-such-program",), "no-such-program")


def test_every_check_runs_and_the_last_line_names_those_that_failed(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(run_all([FAILS, PASSES, python("five", "raise SystemExit(2)")])) == 1
    said = capsys.readouterr().out
    assert "line 3 is wrong" in said
    assert "fine" not in said
    assert said.splitlines()[-1] == "1 in order, 2 FAILED: one, five"


def test_what_cannot_be_checked_here_is_told_and_fails_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WORKOUTS_TEST_REQUIRE", raising=False)
    assert report(run_all([PASSES, CANNOT, LACKS])) == 0
    said = capsys.readouterr().out
    assert "there is no tag" in said
    assert "there is no no-such-program on this machine" in said
    assert said.splitlines()[-1] == "1 in order, 2 skipped (three, four)."


@pytest.mark.parametrize("check", [CANNOT, LACKS], ids=["three", "four"])
def test_what_is_required_must_not_be_skipped(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKOUTS_TEST_REQUIRE", f"sshd,{check.name}")
    assert report(run_all([check])) == 1
