PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NODE_MODULES := electron/node_modules
VIEWER_MODULES := viewer/node_modules

# Tests start more than a thousand Python processes, each of which would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo viewer docs test lint screenshots faults security fuzz bench clean
.PHONY: test-browsers lint-python lint-electron lint-viewer test-python test-electron test-viewer test-browser

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 16

# The demo needs only the server's libraries; the other targets also need those of development.
$(VENV)/.server: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	HATCH_BUILD_NO_HOOKS=true $(BIN)/pip install --quiet --disable-pip-version-check --editable '.[server]'
	@touch $@

$(VENV)/.installed: $(VENV)/.server
	HATCH_BUILD_NO_HOOKS=true $(BIN)/pip install --quiet --disable-pip-version-check --editable '.[codegen]' --group dev
	@touch $@

$(NODE_MODULES)/.installed $(VIEWER_MODULES)/.installed: %/node_modules/.installed: %/package.json %/package-lock.json
	@{ node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' && \
	  npm --version; } >/dev/null 2>&1 || \
	  { echo "the viewer, make lint and make test need Node 20.19 or newer, with npm: https://nodejs.org" >&2; exit 1; }
	PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 ELECTRON_SKIP_BINARY_DOWNLOAD=1 npm ci --prefix $* --no-audit --no-fund --loglevel=error
	@touch $@

setup: $(VENV)/.installed ## make the virtual environment with all dependencies

demo: $(VENV)/.server ## record runs of two workflows and show the runs in the viewer, until Ctrl-C
	@$(BIN)/python hatch_build.py || true
	@$(BIN)/flightlog demo

viewer: setup ## build the viewer, which the receiver serves
	$(BIN)/python hatch_build.py

# The cache would hide warnings about pages that didn't change.
docs: setup ## build the documentation site in site/; a link without a target is an error
	NO_COLOR=1 $(BIN)/zensical build --strict --clean

lint: ## run ruff and mypy --strict; tsc --strict and eslint
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target lint-python lint-viewer lint-electron

lint-python: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict

lint-electron: $(NODE_MODULES)/.installed
	npm run build --prefix electron
	npm run lint --prefix electron

lint-viewer: $(VIEWER_MODULES)/.installed
	npm run lint --prefix viewer

# Everything else runs one job after another beside pytest. The browser's tests run alone: a page that
# gets no processor would look broken.
test: ## run lint and all tests with coverage, as CI does
	@$(MAKE) --no-print-directory --jobs 2 --keep-going --output-sync=target \
	  test-python docs lint-viewer test-viewer lint-python test-electron
	@$(MAKE) --no-print-directory test-browser

# Three workers use two cores fully, because tests wait for processes and timeouts for a part of their
# time. Files run in the order of their folders, so that the longest ones don't begin last. The first
# command only keeps the compiled tests, which each worker would compile otherwise. The plus sign lets
# the progress appear at once, instead of at the end with the rest of the job's output.
test-python: setup
	@$(BIN)/pytest --collect-only -qq >/dev/null || true
	+$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder --cov --cov-report=term-missing:skip-covered

test-electron: lint-electron setup
	FLIGHTLOG_PYTHON="$(CURDIR)/$(BIN)/python" npm test --prefix electron

test-viewer: $(VIEWER_MODULES)/.installed
	npm test --prefix viewer

test-browser: setup $(VIEWER_MODULES)/.installed
	npm run build --prefix viewer
	FLIGHTLOG_PYTHON="$(CURDIR)/$(BIN)/python" npm run test:browser --prefix viewer

test-browsers: setup viewer ## run the main flows in Firefox and WebKitGTK (Debian: firefox-esr webkit2gtk-driver xvfb)
	FLIGHTLOG_PYTHON="$(CURDIR)/$(BIN)/python" npm run test:browsers --prefix viewer

screenshots: setup viewer ## write the pictures of the viewer in docs/images
	FLIGHTLOG_PYTHON="$(CURDIR)/$(BIN)/python" npm run screenshots --prefix viewer

faults: setup ## torture capture and receiver for minutes, and count losses
	PYTHONPATH=tests $(BIN)/python -m support.faults

security: setup $(VIEWER_MODULES)/.installed ## attack the receiver and the viewer, with 20,000 generated requests
	$(BIN)/pytest -n 2 --dist load --long --hypothesis-profile fuzz --timeout 3600 \
	  tests/security tests/conformance
	npm run build --prefix viewer
	FLIGHTLOG_LONG=1 FLIGHTLOG_PYTHON="$(CURDIR)/$(BIN)/python" \
	  npm run test:browser --prefix viewer -- hostileText

MINUTES ?= 30

fuzz: setup ## run the property tests with many more examples; mutate inputs for MINUTES each
	PYTHONPATH=tests $(BIN)/python -m support.fuzzing --minutes $(MINUTES)
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --hypothesis-profile fuzz --timeout 1800 -m hypothesis

bench: setup ## print every benchmark's table (takes minutes)
	$(BIN)/python -m benchmarks

clean: ## remove the files that the other targets made
	rm -rf site .cache $(VENV) $(NODE_MODULES) $(VIEWER_MODULES) electron/dist viewer/dist src/flightlog/viewer .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
