# `make` says what there is to make. Needs: make, Python >= 3.11, and a package index pip knows of.

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
NODE_PEER := tests/interop/node
# The newest Python that has everything our pinned packages were resolved for.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Images for containers often set it; without kept bytecode each of the hundreds of processes of a test run compiles anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test test-all test-postgresql e2e attack chaos failover soak interop fuzz bench check fill fmt docs spec-coverage clean

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.project $(VENV)/.browser ## everything the other targets need: packages and a browser (they run it themselves)

demo: $(VENV)/.project ## the whole story on your machine: authorization server, photo service, third-party application
	@$(BIN)/python -m examples.demo $(ARGS)

serve: $(VENV)/.project ## the authorization server alone, from lingpai.toml if there is one (ARGS="--port 4001")
	@$(BIN)/lingpai serve $(ARGS)

# One more than there are cores, because some of them wait.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
PYTEST = PYTHONHASHSEED=0 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

# The browser tests have a run of their own: Playwright keeps an event loop in the thread it was used in.
test: setup ## unit, protocol, storage, attack, house, interop, browser: all but the longest (ARGS="-k consent -x")
	@$(PYTEST) -m "not long and not browser" $(ARGS)
	@$(PYTEST) -m "not long" tests/e2e $(ARGS)

test-all: setup ## the same with the longest ones, and whole servers on PostgreSQL where races decide
	@$(PYTEST) -m "not browser" $(ARGS)
	@TEST_DATABASE=postgresql $(PYTEST) $(RACES) $(ARGS)
	@$(PYTEST) tests/e2e $(ARGS)

# What is decided by the database when requests race, repeat themselves, are counted or meet a failing disk.
RACES := tests/attack/test_many_at_once.py tests/attack/test_code_replay.py tests/attack/test_refresh_reuse.py \
	tests/protocol/rfc6749_authorization_code/test_redeeming.py tests/protocol/rfc9449_dpop/test_nonces_and_replays.py \
	tests/protocol/rfc7009_revocation tests/protocol/lingpai_statement_budgets tests/attack/test_password_guessing.py \
	tests/attack/test_device_code_guessing.py tests/storage/test_server_without_its_database.py

test-postgresql: $(VENV)/.project ## protocol, attacks and storage with whole servers on PostgreSQL (a quarter of an hour)
	@TEST_DATABASE=postgresql $(BIN)/python -m pytest -n auto --dist loadfile tests/storage tests/protocol tests/attack $(ARGS)

e2e: setup ## the browser tests only
	@$(BIN)/python -m pytest tests/e2e $(ARGS)

attack: $(VENV)/.project ## the attacks only, one file each
	@$(BIN)/python -m pytest tests/attack $(ARGS)

chaos: $(VENV)/.project ## kill -9 of servers, workers, writers and PostgreSQL under load, 200 times (half an hour; ARGS="--kills 20")
	@$(BIN)/python -m tests.chaos $(ARGS)

failover: $(VENV)/.project ## a PostgreSQL primary with a synchronous standby: killed under load, the standby promoted
	@$(BIN)/python -m tests.chaos.failover $(ARGS)

soak: $(VENV)/.project ## half an hour at half of capacity: memory and database flat, no 5xx (ARGS="--minutes 1")
	@$(BIN)/python -m tests.chaos.soak $(ARGS)

interop: $(VENV)/.project $(NODE_PEER)/node_modules ## published clients against this server, the npm one too (needs Node.js 20)
	@$(BIN)/python -m pytest tests/interop $(ARGS)

fuzz: $(VENV)/.project ## 330,000 hostile inputs to every parser and endpoint (a quarter of an hour on two cores)
	@$(BIN)/python -m pytest -n 2 --dist loadfile --timeout 3600 --hypothesis-profile fuzz tests/fuzz $(ARGS)

bench: $(VENV)/.project ## this server and others under the same load; writes docs/reference/performance.md (5 minutes; ARGS=--help)
	@$(BIN)/python -m bench --write $(ARGS)

check: $(VENV)/.project ## format, lint, types, layers, spelling, templates, house rules: seconds, no browser
	@$(BIN)/ruff format --check --quiet || { echo "'make fmt' repairs the files above"; exit 1; }
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/codespell
	@$(BIN)/djlint --lint --quiet src/lingpai/server/web/templates examples
	@$(BIN)/python -m pytest -q tests/house

fill: $(VENV)/.project ## a database with 1,000,000 accounts, to see that lists stay fast (ARGS="--config big/lingpai.toml")
	@$(BIN)/python -m tools.fill $(ARGS)

fmt: $(VENV)/.project ## format, and repair what can be repaired safely
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix --quiet

docs: $(VENV)/.project spec-coverage ## write docs/reference anew from the code
	@$(BIN)/python -m tools.reference

spec-coverage: $(VENV)/.project ## write docs/reference/spec-coverage.md: which requirement is proved by which test
	@$(BIN)/python -m pytest --collect-only --quiet --quiet --spec-coverage=docs/reference/spec-coverage.md

clean: ## remove what tools and runs left behind; keeps the packages and the demo's data
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* htmlcov dist
	find src tests tools examples bench -name __pycache__ -type d -prune -exec rm -rf {} +

# Empty files in .venv remember what was done, so that a second call has nothing to do. Packages are not compiled ahead:
# Python compiles what it imports and keeps it, which saves a third of the wait before the first demo.

$(VENV)/.packages: requirements/dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (or say: make PYTHON=/path/to/it)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "$(PYTHON) has no venv module: install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.project: $(VENV)/.packages pyproject.toml
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(NODE_PEER)/node_modules: $(NODE_PEER)/package-lock.json
	cd $(NODE_PEER) && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

$(VENV)/.browser: tools/install_browser.sh $(VENV)/.packages
	PLAYWRIGHT=$(BIN)/playwright sh tools/install_browser.sh
	@touch $@
