PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

.DEFAULT_GOAL := help
.PHONY: help run test token seed lint format schema bench graphiql lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

run: $(INSTALLED) ## the whole system on this machine, until Ctrl-C
	@$(BIN)/teacher-graph run

test: $(INSTALLED) ## all tests; PYTEST_ARGS= chooses among them
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

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

schema: $(INSTALLED) ## schema.graphql, written anew
	@$(BIN)/teacher-graph schema > schema.graphql.new && mv schema.graphql.new schema.graphql

bench: $(INSTALLED) ## the gateway beside a hand-written backend-for-frontend; BENCH_ARGS= are its options
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

graphiql: ## the served build of GraphiQL, refreshed from its packages
	@node gateway/http/graphiql/refresh.mjs

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

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, and $(PYTHON) is " + sys.version.split()[0] + ": make PYTHON=<path> takes another one.")'
	@$(PYTHON) -m venv --clear .venv
