# Thin: what these targets do is in workouts_api/ and tests/. Needed are Python >= 3.11, make and git.
.DELETE_ON_ERROR:
.PHONY: run dev test processes sweeps lines coverage mutants fuzz faults clients recipes check bench lock clean

VENV := .venv
BIN := $(VENV)/bin
PIP = $(1)/bin/python -m pip --disable-pip-version-check install --quiet --no-user $(2) >$(VENV)/pip.log 2>&1 \
  || { cat $(VENV)/pip.log >&2; exit 1; }
FOR_RUN := $(VENV)/.for-run
FOR_DEVELOPMENT := $(VENV)/.for-development
LOCKER := $(VENV)/locker
# More than cores: many tests wait for a server, a delay or a timeout.
WORKERS ?= 4
SUITE ?= tests
TEST = $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

# What the caller keeps elsewhere for other purposes is not ours, nor does our installation go there.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE PIP_CONSTRAINT PIP_PREFIX PIP_REQUIRE_HASHES PIP_ROOT PIP_TARGET PIP_USER

# The environment of a Python that the system has replaced since, or of a folder that was moved or copied: its programs
# do not run, or run the code of the other folder. It is made anew.
ifneq ($(wildcard $(VENV)/.made),)
ifeq ($(shell made=$$(cat $(VENV)/.made); { [ -z "$$made" ] || [ "$$made" = "$$(pwd -P)" ]; } && $(BIN)/python -c \
  'import os, sys, sysconfig; sys.exit(not os.path.isdir(sysconfig.get_path("purelib")))' 2>/dev/null && echo good),)
$(info $(VENV) is of another Python or folder: it is made anew.)
$(shell rm -rf $(VENV))
endif
endif

# Only warnings are logged, so that what it says stays in sight; LOG_LEVEL=INFO shows every request.
run: export LOG_LEVEL ?= WARNING
run: $(FOR_RUN)
	@exec $(BIN)/workouts serve

dev: $(FOR_RUN)
	@exec $(BIN)/workouts serve --reload

# All but what takes servers, tunnels, browsers and commands of its own, and what goes through everything there is. With
# SUITE=tests/serve that part, whole.
QUICK = -m "not (processes or sweep or generators or recipes)"
test: $(FOR_DEVELOPMENT)
	$(TEST) $(if $(filter tests,$(SUITE)),$(QUICK)) $(SUITE)

processes: $(FOR_DEVELOPMENT)
	$(TEST) -m processes $(SUITE)

sweeps: $(FOR_DEVELOPMENT)
	$(TEST) -m sweep $(SUITE)

# `make test` with the lines that it runs, and the parts of `make processes` that belong to it: 100 % of what everything else
# stands on. Python's own monitoring, from 3.12 on, counts them at hardly any cost; before, the suite takes half as long
# again. `make coverage` runs all processes, and wants 90 % of all.
lines coverage: export COVERAGE_CORE = $(shell $(BIN)/python -c 'import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")')
ALSO_FOR_LINES = tests/replicas tests/sql/test_commands.py tests/migrate/test_commands.py
BASE = $(BIN)/coverage report --fail-under=100 --include='workouts_api/database/access.py,workouts_api/database/callers.py,workouts_api/database/pool.py,workouts_api/database/prepared.py,workouts_api/api/auth/*,workouts_api/sql/*,workouts_api/migrate/*'
lines: $(FOR_DEVELOPMENT)
	$(TEST) --cov --cov-report= $(QUICK) $(SUITE)
	$(TEST) --cov --cov-append --cov-report= $(ALSO_FOR_LINES)
	$(BASE)

coverage: $(FOR_DEVELOPMENT)
	$(TEST) --cov --cov-report= $(SUITE)
	$(BASE)
	$(BIN)/coverage report --fail-under=90

# Changes what bears security and effects one place at a time; fails where no test notices a change that must be noticed.
# MUTANTS='idempotency --sample 500' tries others.
mutants: $(FOR_DEVELOPMENT)
	$(BIN)/python -m tests.mutants $(MUTANTS)

# Made-up requests to every operation of a served API; fails on a server error and on a reply that the document denies.
CASES ?= 20000
fuzz: $(FOR_DEVELOPMENT)
	$(BIN)/python -m tests.fuzz --cases $(CASES)

# Parts of a served API killed, stopped, filled up or taken away, under load; writes docs/RELIABILITY.md.
# FAULTS='--only Redis' causes some, FAULTS=--list shows their names.
faults: $(FOR_DEVELOPMENT)
	$(BIN)/python -m tests.faults --write $(FAULTS)

# Every check runs, whichever fail; CHECKS='mypy squawk' runs some.
check: $(FOR_DEVELOPMENT)
	@$(BIN)/python -m tests.checks $(CHECKS)

# Clients made by generators from the API's document, used for real; the one for Java wants a JDK.
clients: $(FOR_DEVELOPMENT)
	$(BIN)/python -m pytest -m generators tests/clients

# What CONTRIBUTING tells a new colleague to do, done to the letter.
recipes: $(FOR_DEVELOPMENT)
	$(BIN)/python -m pytest -n 2 -m recipes tests/house

bench: $(FOR_DEVELOPMENT)
	$(BIN)/python -m bench

# The newest versions that setup.cfg allows, for every supported Python and system, with their hashes. `make lock UPGRADE=`
# keeps what is locked and adds what is missing; `make lock UPGRADE='--upgrade-package flask'` moves one. Extras stay in
# the lock, each set of them spelled out: pip before 23.3 takes `coverage[toml]` for a project of its own, unpinned, and
# refuses it once there is a newer one. uv has an environment of its own, so that a broken lock can be mended.
UPGRADE ?= --upgrade
COMPILE = printf '%s\n' 'setuptools>=77' | $(LOCKER)/bin/uv pip compile --quiet $(UPGRADE) --universal \
  --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url --custom-compile-command 'make lock' setup.cfg -
lock: $(LOCKER)/.made
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --extra embedded --constraints requirements.lock --output-file requirements-run.lock
	$(COMPILE) --extra dev --constraints requirements-run.lock --output-file requirements-dev.lock
	$(BIN)/python .ci/spell_extras requirements.lock requirements-run.lock requirements-dev.lock

$(LOCKER)/.made: | $(VENV)/.made
	$(BIN)/python -m venv $(LOCKER)
	@$(call PIP,$(LOCKER),'uv>=0.9')
	@touch $@

# pip checks every hash; then the project itself, editable, for which nothing further is fetched. What pip says is shown
# only when it fails.
$(FOR_RUN): requirements-run.lock setup.cfg pyproject.toml | $(VENV)/.made
	@echo "Installing what the server needs into $(VENV): half a minute, or as long as 100 MB take …"
	@$(call PIP,$(VENV),--require-hashes -r requirements-run.lock)
	@$(call PIP,$(VENV),--no-deps --no-build-isolation --editable .)
	@touch $@

$(FOR_DEVELOPMENT): requirements-dev.lock | $(FOR_RUN)
	@echo "Installing what the tests and checks need into $(VENV) …"
	@$(call PIP,$(VENV),--require-hashes -r requirements-dev.lock)
	@touch $@

$(VENV)/.made:
	@for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    $$python -m venv $(VENV) && pwd -P >$@; exit; \
	  fi; \
	done; \
	echo "Python 3.11 or newer with venv is needed: neither python3 nor python3.11 to python3.14 on the PATH is one" \
	  "(on Debian: apt-get install python3 python3-venv)." >&2; exit 1

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
