PYTHON ?= python3
BIN := .venv/bin
PYTEST_ARGS ?= -n 2 --dist loadfile --no-loadscope-reorder
INSTALLED := .venv/installed
NODE_MODULES := clients/typescript/node_modules/installed

.DEFAULT_GOAL := help
.PHONY: help run simulate test fuzz token seed lint format schema errors bench graphiql typescript node lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

run: $(INSTALLED) ## the whole system on this machine, until Ctrl-C; RUN_ARGS=--still keeps its data as they are
	@$(BIN)/teacher-graph run $(RUN_ARGS)

simulate: $(INSTALLED) ## batches handed in and processed; SIMULATE_ARGS="--batches 20 --speed 10" of a run that is up
	@$(BIN)/teacher-graph simulate $(SIMULATE_ARGS)

test: $(INSTALLED) ## all tests, two at a time; PYTEST_ARGS= chooses among them
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

fuzz: $(INSTALLED) ## 100,000 random operations by plans and by graphql-core; EXECUTOR_EXAMPLES= is another number
	@EXECUTOR_EXAMPLES=$(or $(EXECUTOR_EXAMPLES),100000) $(BIN)/python -m pytest -n 2 --dist loadfile --timeout 0 \
		tests/gateway/executor/test_at_random.py tests/gateway/executor/test_at_random_deeply.py \
		tests/gateway/test_compiled_random.py

token: $(INSTALLED) ## a development token: make token TEACHER=<id>
	@$(BIN)/teacher-graph token --teacher "$(TEACHER)"

seed: $(INSTALLED) ## a large school beside the sample: make seed TEACHERS=1000 BATCHES=100 ESSAYS=2
	@$(BIN)/teacher-graph seed --teachers "$(TEACHERS)" --batches "$(BATCHES)" --essays "$(ESSAYS)"

lint: $(INSTALLED) ## style and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

format: $(INSTALLED) ## the style, applied
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

schema: $(INSTALLED) ## schema.graphql, written anew, and what changed since main; BASE= is another ref
	@$(BIN)/teacher-graph schema > schema.graphql.new && mv schema.graphql.new schema.graphql
	@$(BIN)/teacher-graph schema --changes $(if $(BASE),--base "$(BASE)")

errors: $(INSTALLED) ## docs/errors.md, written anew
	@$(BIN)/teacher-graph errors > docs/errors.md.new && mv docs/errors.md.new docs/errors.md

bench: $(INSTALLED) ## the gateway beside its peers, and what the services are held to; BENCH_ARGS=--help tells its options
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

graphiql: ## the served build of GraphiQL, refreshed from its packages
	@node gateway/http/graphiql/refresh.mjs

typescript: $(NODE_MODULES) ## the types of clients/typescript, written anew and checked
	@cd clients/typescript && npm run --silent generate && npm run --silent build

lock: $(INSTALLED) ## requirements.lock, from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--all-extras --no-header pyproject.toml -o requirements.lock

clean: ## forget the data of `make run`
	@rm -rf .run

$(INSTALLED): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing into .venv" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(NODE_MODULES): clients/typescript/package.json clients/typescript/package-lock.json | node
	@echo "Installing into clients/typescript/node_modules" >&2
	@cd clients/typescript && npm ci --prefer-offline --loglevel=error >&2
	@touch $@

node:
	@command -v npm >/dev/null && node -e 'process.exitCode = parseInt(process.versions.node) < 20 ? 1 : 0' || \
		{ echo "Node.js 20 or newer is needed, and its npm." >&2; exit 1; }

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, and $(PYTHON) is " + sys.version.split()[0] + ": make PYTHON=<path> takes another one.")'
	@$(PYTHON) -m venv --clear .venv
