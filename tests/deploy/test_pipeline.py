"""deploy/pipeline: each step of the workflow is a stage of the script, and nothing untried gets into production."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.processes import ROOT

FOLDER = ROOT / "deploy/pipeline"
STAGES = FOLDER / "stages"
SCRIPT = STAGES.read_text(encoding="utf-8")
JOBS: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "workflow.yml").read_text(encoding="utf-8"))["jobs"]
ARGUMENTS = {"lint": 0, "tests": 0, "image": 1, "release": 2, "smoke": 1}


def stages_of(job: str) -> Iterator[list[str]]:
    for step in JOBS[job]["steps"]:
        words = shlex.split(step.get("run", ""))
        if words and words[0] == "deploy/pipeline/stages":
            yield words[1:]


def needed_by(job: str) -> set[str]:
    needs = JOBS[job].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*(needed_by(one) for one in direct)) if direct else direct


def test_each_step_is_a_stage_with_the_arguments_that_it_takes() -> None:
    called = [stage for job in JOBS for stage in stages_of(job)]
    assert {stage for stage, *_ in called} == ARGUMENTS.keys()
    assert all(len(arguments) == ARGUMENTS[stage] for stage, *arguments in called)
    assert set(re.findall(r"^(\w+)\(\)", SCRIPT, re.MULTILINE)) == ARGUMENTS.keys()


def test_production_comes_after_everything_and_is_tried_as_staging_is() -> None:
    assert needed_by("production") == {"lint", "tests", "image", "staging"}
    assert [stage for stage, *_ in stages_of("staging")] == ["release", "smoke"]
    assert [stage for stage, *_ in stages_of("production")] == ["release", "smoke"]
    assert JOBS["production"]["environment"] == "production"  # somebody approves there


def test_what_the_script_names_is_there() -> None:
    paths = re.findall(r"(?<![\w/$])((?:deploy|\.venv|\.ci)/[\w./-]+)", SCRIPT)
    assert {path for path in paths if not path.startswith(".venv/") and not (ROOT / path).exists()} == set()
    targets = set(re.findall(r"\bmake ([a-z]+)", SCRIPT))
    assert {one for one in targets if not re.search(rf"^{one}:", (ROOT / "Makefile").read_text(), re.M)} == set()


@pytest.mark.parametrize("arguments", [[], ["everything"], ["lint; true"]])
def test_a_stage_that_is_none_is_refused_with_the_list_of_those_that_are(arguments: list[str]) -> None:
    done = subprocess.run([STAGES, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert all(f"#   {stage}" in done.stdout for stage in ARGUMENTS)
