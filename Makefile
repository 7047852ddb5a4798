# Each command does all its own set-up in .venv: it needs python3 (3.11 or later, with venv) and make.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo test check lint types contracts heavy wheel nightly lock clean

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "voicepurge needs Python 3.11 or later; say PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "python3 has no venv; on Debian: apt install python3-venv" >&2; rm -rf .venv; exit 1; }

.venv/.run-installed: requirements.lock pyproject.toml | .venv/bin/python
	$(PIP) install --require-hashes --requirement requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev-installed: requirements-dev.lock .venv/.run-installed
	$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

demo: .venv/.run-installed  ## the whole story against a practice cloud, without an account
	@$(BIN)/voicepurge demo

test: .venv/.dev-installed  ## the tests that need no root and no other package (under 3 minutes)
	$(BIN)/python -m pytest -n auto -m "not heavy"

check: lint types contracts  ## style, types, layers

lint: .venv/.dev-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev-installed
	$(BIN)/mypy

contracts: .venv/.dev-installed
	$(BIN)/lint-imports

heavy: .venv/.dev-installed  ## chaos, large accounts, benchmarks: what CI runs besides
	$(BIN)/python -m pytest -m heavy --timeout 900

wheel: .venv/.dev-installed  ## the tests once more, against the built wheel
	sh tests/wheel.sh

lock:  ## refresh the locked versions (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade --no-header --quiet --extra practice --extra notify --group build --output-file requirements.lock pyproject.toml
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade --no-header --quiet --extra practice --extra notify --extra browser --group dev --output-file requirements-dev.lock --constraint requirements.lock pyproject.toml

clean:  ## forget everything that was built
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
