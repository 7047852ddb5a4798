# Each command does all its own set-up in .venv: it needs python3 (3.11 or later, with venv) and make.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Where `sudo make install` puts the program, and the Python that a service may use: the system's own.
PREFIX ?= /opt/voicepurge
SYSTEM_PYTHON ?= /usr/bin/python3
LINK := /usr/local/bin/voicepurge

.PHONY: help demo test check lint types contracts heavy wheel nightly schema lock clean install uninstall

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
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not heavy"

# Readable by the service's user whatever root's umask; nothing is removed before its successor was fetched.
install:  ## as root: the program into PREFIX (/opt/voicepurge), then `sudo voicepurge service install`
	@[ "$$(id -u)" = 0 ] || { echo "only root can write to $(PREFIX): sudo make install" >&2; exit 77; }
	@$(SYSTEM_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "voicepurge needs Python 3.11 or later; $(SYSTEM_PYTHON) is not. Say SYSTEM_PYTHON=/usr/bin/python3.11" >&2; exit 1; }
	@[ ! -e $(PREFIX) ] || [ -f $(PREFIX)/pyvenv.cfg ] || { echo "$(PREFIX) holds something else; say PREFIX=/another/place" >&2; exit 1; }
	@umask 022; $(SYSTEM_PYTHON) -m venv $(PREFIX) || { echo "$(SYSTEM_PYTHON) has no venv; on Debian: apt install python3-venv" >&2; exit 1; }
	@umask 022; $(PREFIX)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --requirement requirements.lock
	@umask 022; $(PREFIX)/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation --force-reinstall .
	@chmod -R a+rX,go-w $(PREFIX)
	@umask 022; mkdir -p $(dir $(LINK)); ln -sfn $(PREFIX)/bin/voicepurge $(LINK)
	@$(LINK) --version
	@echo "installed in $(PREFIX); next: sudo voicepurge service install"

uninstall:  ## as root: remove what `make install` made
	@[ "$$(id -u)" = 0 ] || { echo "only root can remove $(PREFIX): sudo make uninstall" >&2; exit 77; }
	@! grep -qs '^ExecStart=$(PREFIX)/' /etc/systemd/system/voicepurge.service || { echo "a service starts from there; first: sudo voicepurge service uninstall" >&2; exit 1; }
	@[ "$$(readlink $(LINK))" != $(PREFIX)/bin/voicepurge ] || rm $(LINK)
	@[ ! -e $(PREFIX) ] || [ -f $(PREFIX)/pyvenv.cfg ] || { echo "$(PREFIX) is no installation of voicepurge" >&2; exit 1; }
	@rm -rf $(PREFIX)

check: lint types contracts  ## style, types, layers

lint: .venv/.dev-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev-installed
	$(BIN)/mypy

contracts: .venv/.dev-installed
	$(BIN)/lint-imports

# What a machine without a network installs from: wheels for the system's Python, by their hashes.
.venv/.wheels-fetched: requirements.lock | .venv/.dev-installed
	@rm -rf .venv/wheels
	$(PIP) download --only-binary :all: --python-version "$$($(SYSTEM_PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')" --require-hashes --requirement requirements.lock --dest .venv/wheels
	@touch $@

heavy: .venv/.dev-installed .venv/.wheels-fetched  ## chaos, large accounts, benchmarks: what CI runs besides
	$(BIN)/python -m pytest -m heavy --timeout 900

NIGHT = $(or $(SEED),$(shell date +%s))
nightly: .venv/.dev-installed  ## 200 fresh forms of the practice page, printed; SEED=n repeats a night, SEEDS="n m" single ones
	@echo "make nightly SEED=$(NIGHT)"
	VOICEPURGE_NIGHT="$(NIGHT)" VOICEPURGE_SEEDS="$(SEEDS)" $(BIN)/python -m pytest -s -m heavy tests/browser/test_learn_seeds.py

wheel: .venv/.dev-installed  ## the tests once more, against the built wheel
	sh tests/wheel.sh

schema: .venv/.run-installed  ## write config/schema.json anew from the code
	$(BIN)/voicepurge config schema > config/schema.json.new
	mv config/schema.json.new config/schema.json

lock:  ## refresh the locked versions (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade --no-header --quiet --extra practice --extra notify --group build --output-file requirements.lock pyproject.toml
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade --no-header --quiet --extra practice --extra notify --extra browser --group dev --output-file requirements-dev.lock --constraint requirements.lock pyproject.toml

clean:  ## forget everything that was built
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
