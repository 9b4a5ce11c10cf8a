PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help setup demo test lint faults bench clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 10

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[demo]' --group dev
	@touch $@

setup: $(VENV)/.installed ## make the virtual environment with everything in it

demo: setup ## record runs of a real workflow, then show them
	@$(BIN)/flightlog demo --once

lint: setup ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict

test: lint ## what CI runs: lint, then all tests with coverage
	$(BIN)/pytest --cov --cov-report=term-missing:skip-covered

faults: setup ## torture capture and receiver for minutes, and count what was lost
	PYTHONPATH=tests $(BIN)/python -m support.faults

bench: setup ## print every benchmark's table (takes minutes)
	$(BIN)/python -m benchmarks

clean: ## remove what the other targets made
	rm -rf $(VENV) .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
