# The front door. `make` alone lists what there is: the words after `##` are each target's help.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
# Written last by a complete installation, so that the second `make setup` has nothing to do.
READY := .venv/.ready
# The same for what only Node has. Nothing but some tests needs it, and those say so when they are skipped.
NODE := tests/node
NODE_READY := $(NODE)/.ready
LOCKS := requirements/build.txt requirements/run.txt requirements/dev.txt
# One version of each package for every Python ("fewest"), because answers must not differ between machines.
COMPILE := UV_CUSTOM_COMPILE_COMMAND="make requirements" $(BIN)/uv pip compile --quiet --universal \
	--python-version 3.11 --fork-strategy fewest --generate-hashes --no-emit-index-url --no-emit-find-links

.PHONY: help setup run test tools check fix lock requirements docs screens bench bench-population clean

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 18

setup: $(READY) $(NODE_READY) ## install everything into .venv; quick the second time
	@echo "Ready: $(BIN)/magflag --help"

# Three steps, so that nothing unlocked is ever fetched: the locked build tools, the locked packages built with those
# tools, then magflag itself (decision 0008). pip's own settings on the machine are left as they are.
$(READY): pyproject.toml $(LOCKS)
	@$(PYTHON) .ci/can_install.py
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/build.txt
	$(BIN)/python -m pip install --quiet --require-hashes --no-build-isolation -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# No stamp without an installation, so that the next `make setup` tries again.
$(NODE_READY): $(NODE)/package.json $(NODE)/package-lock.json $(NODE)/.npmrc
	@if ! command -v npm > /dev/null; then echo "npm is not here: tests that need Node will be skipped."; \
	elif (cd $(NODE) && npm ci --silent --ignore-scripts --fetch-retries=1 --fetch-timeout=10000); then touch $@; \
	else echo "npm could not install $(NODE): tests that need Node will be skipped."; fi

run: setup ## start the service on 127.0.0.1:8080, with made-up patients to review; it prints the address
	$(BIN)/magflag serve --with-examples

test: setup tools check ## check, then run every test
	$(BIN)/pytest --ignore=tests/browser
	@$(BIN)/pytest tests/browser || \
	  { [ $$? -eq 75 ] && echo "The browser hung; its tests are run once more." && $(BIN)/pytest tests/browser; }

# Some tests need programs that no lock can hold. Root on Debian gets them; anybody else is told what will be skipped.
tools: ## install with apt what some tests need (chromium, postgresql, docker-compose, java), or say what is skipped
	@.ci/test_tools

check: setup ## style, types, architecture and rules, without the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/magflag rules check

fix: setup ## mend what ruff can mend by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: setup ## write rules/lock.yaml: version and hash of every rule
	$(BIN)/magflag rules lock

# `make requirements UPGRADE=--upgrade` moves to the newest versions; without it only what must change does.
requirements: setup ## compile the locks in requirements/ again from pyproject.toml
	$(COMPILE) $(UPGRADE) pyproject.toml --group dev --output-file requirements/dev.txt
	$(COMPILE) pyproject.toml --constraints requirements/dev.txt --output-file requirements/run.txt
	$(COMPILE) --group build --constraints requirements/dev.txt --output-file requirements/build.txt

docs: setup ## write docs/generated/ again from rules, facts and commands
	$(BIN)/magflag rules docs docs/generated --malformed tests/malformed

screens: setup tools ## write docs/generated/screens/, a picture of each page
	$(BIN)/python -m tests.browser.screens

bench: setup ## run every benchmark beside its peer and print the ratios
	$(BIN)/python -m benchmarks

# Minutes and tens of gigabytes of disk; `make bench-population SIZES=20000` for less. Spark screens the first size alone.
bench-population: setup ## screen 100,000 and a million made-up patients beside DuckDB's own scan
	$(BIN)/python -m benchmarks.population $(SIZES)

clean: ## remove the environment and everything that tools leave behind
	rm -rf $(NODE)/node_modules $(NODE_READY)
	rm -rf .venv build dist .coverage htmlcov .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
