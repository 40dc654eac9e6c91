# Thin: what these targets do is in workouts_api/ and tests/. Needed are Python >= 3.11, make and git.
.DELETE_ON_ERROR:
.PHONY: run dev test coverage check bench lock clean

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
FOR_RUN := $(VENV)/.for-run
FOR_DEVELOPMENT := $(VENV)/.for-development
# More than cores: many tests wait for a server, a delay or a timeout.
WORKERS ?= 4
SUITE ?= tests

# Only warnings are logged, so that what it says stays in sight; LOG_LEVEL=INFO shows every request.
run: export LOG_LEVEL ?= WARNING
run: $(FOR_RUN)
	@exec $(BIN)/workouts serve

dev: $(FOR_RUN)
	@exec $(BIN)/workouts serve --reload

test: $(FOR_DEVELOPMENT)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(SUITE)

# Of lines: 90 % of all, 100 % of what everything else stands on.
coverage: $(FOR_DEVELOPMENT)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --cov --cov-report= $(SUITE)
	$(BIN)/coverage report --fail-under=100 --include='workouts_api/database.py,workouts_api/auth/*,workouts_api/sql/*,workouts_api/migrate/*'
	$(BIN)/coverage report --fail-under=90

check: $(FOR_DEVELOPMENT)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 2 queries migrations workouts_api/migrate/catalogue
	@for file in migrations/[0-9]*.sql; do \
	  inside=; grep -q '^-- migrate:up.*transaction:false' $$file && inside=--no-assume-in-transaction; \
	  sed '/^-- migrate:down/,$$d' $$file | $(BIN)/squawk $$inside --stdin-filepath $$file || exit 1; \
	done
	$(BIN)/workouts sql stubs --check
	$(BIN)/workouts db verify
	$(BIN)/workouts db dump --check
	$(BIN)/workouts sql check

bench: $(FOR_DEVELOPMENT)
	$(BIN)/python -m bench

# The newest versions that setup.cfg allows, for every supported Python and system, with their hashes.
COMPILE = printf '%s\n' $(1) | $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --custom-compile-command 'make lock' setup.cfg -
lock: $(FOR_DEVELOPMENT)
	$(call COMPILE,'setuptools>=77') --extra embedded --output-file requirements.lock
	$(call COMPILE,'setuptools>=77' uv) --extra dev --constraints requirements.lock --output-file requirements-dev.lock

# pip checks every hash; then the project itself, editable, for which nothing further is fetched.
$(FOR_RUN): requirements.lock setup.cfg pyproject.toml | $(VENV)/.made
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(FOR_DEVELOPMENT): requirements-dev.lock | $(FOR_RUN)
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.made:
	@for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    $$python -m venv $(VENV) && touch $@; exit; \
	  fi; \
	done; \
	echo "Python 3.11 or newer with venv is needed: neither python3 nor python3.11 to python3.14 on the PATH is one" \
	  "(on Debian: apt-get install python3 python3-venv)." >&2; exit 1

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
