PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NODE_MODULES := electron/node_modules

.PHONY: help setup demo test lint faults bench clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 10

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[demo]' --group dev
	@touch $@

$(NODE_MODULES)/.installed: electron/package.json electron/package-lock.json
	@{ node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' && npm --version; } >/dev/null 2>&1 || \
	  { echo "make lint and make test need Node 20 or newer, with npm: https://nodejs.org" >&2; exit 1; }
	npm ci --prefix electron --no-audit --no-fund --loglevel=error
	@touch $@

setup: $(VENV)/.installed ## make the virtual environment with everything in it

demo: setup ## record runs of a real workflow, then show them
	@$(BIN)/flightlog demo --once

lint: setup $(NODE_MODULES)/.installed ## ruff and mypy --strict; tsc --strict and eslint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	npm run build --prefix electron
	npm run lint --prefix electron

test: lint ## what CI runs: lint, then all tests with coverage
	$(BIN)/pytest --cov --cov-report=term-missing:skip-covered
	FLIGHTLOG_PYTHON="$(CURDIR)/$(BIN)/python" npm test --prefix electron

faults: setup ## torture capture and receiver for minutes, and count what was lost
	PYTHONPATH=tests $(BIN)/python -m support.faults

bench: setup ## print every benchmark's table (takes minutes)
	$(BIN)/python -m benchmarks

clean: ## remove what the other targets made
	rm -rf $(VENV) $(NODE_MODULES) electron/dist .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
