# Everything a developer types. Needs make and Python 3.11 or newer with venv; the rest is installed
# into .venv from requirements*.txt, whose hashes pip checks. Nothing is done twice: a stamp file in
# .venv remembers each step, and is older than what the step depends on when it has to run again.

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3.14 python3,\
	$(shell command -v $(name) 2>/dev/null)))
VENV ?= .venv
BIN := $(VENV)/bin
# One package after another is given by its hash, so there is nothing to resolve.
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --no-deps
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup sandbox playground test bench lint screenshots requirements clean

help: ## show these lines
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F'\t' '{ printf "make %-13s %s\n", $$1, $$2 }'

setup: $(VENV)/.dev ## install everything into .venv, without running anything

sandbox: $(VENV)/.project ## play with the bot against stand-ins for every service; ARGS="--once" plays one journey and ends
	$(BIN)/registry-bot sandbox $(ARGS)

playground: $(VENV)/.project ## try the bot in Microsoft's Agents Playground, which npx fetches (needs Node 20)
	$(BIN)/registry-bot sandbox --playground $(ARGS)

test: $(VENV)/.dev ## run the tests; ARGS="tests/core -x" are pytest's own arguments
	$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal -m "not bench" $(ARGS)

bench: $(VENV)/.bench ## measure, and print the table of the README
	$(BIN)/python -m tests.bench $(ARGS)

lint: $(VENV)/.dev ## look at the code without running it: ruff, mypy, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

screenshots: $(VENV)/.dev ## take the README's pictures from the sandbox's page (needs Chromium)
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

requirements: ## pin what pyproject.toml asks for anew (needs uv)
	@sh .ci/pin

clean: ## remove .venv and every cache
	rm -rf $(VENV) .coverage .coverage.* htmlcov dist build *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find bot handlers tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@echo "Making $(VENV) with $(PYTHON)"
	@"$(PYTHON)" -m venv $(VENV) \
		|| { echo "Python's venv module is needed (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@touch $@

$(VENV)/.build: requirements-build.txt $(VENV)/.made
	@$(INSTALL) --require-hashes -r requirements-build.txt
	@touch $@

$(VENV)/.runtime: requirements.txt $(VENV)/.build
	@echo "Installing the bot's libraries, each checked against its hash"
	@$(INSTALL) --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.project: pyproject.toml $(VENV)/.runtime
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.project
	@echo "Installing the test tools"
	@$(INSTALL) --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/.bench: requirements-bench.txt $(VENV)/.dev
	@$(INSTALL) --require-hashes -r requirements-bench.txt
	@touch $@
