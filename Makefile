# `make` lists the commands. A fresh machine needs Python >= 3.11 with venv and pip, and make.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
READY := .venv/.ready
MEMBERS := libs/contracts libs/kit libs/edge services/staff services/hall services/billing services/fiscal services/console emulators/kkm_server savepoint
PACKAGES := contracts kit edge staff hall billing fiscal console kkm_server savepoint
empty :=
space := $(empty) $(empty)

# Where the end-to-end stories are told: embedded, containers, both, or `auto` (containers where a Docker engine answers).
STACKS ?= auto
# What else pytest is told: make test PYTEST="-x -k ledger"
PYTEST ?=

.DEFAULT_GOAL := help
.PHONY: help setup run demo test lint types test-parts test-stories test-embedded test-containers bench screenshots images up fmt lock

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | awk -F'|' '{printf "  make %-16s %s\n", $$1, $$2}'

$(UV): requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Savepoint needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $(UV)

$(READY): $(UV) requirements/dev.txt $(MEMBERS:%=%/pyproject.toml)
	$(UV) pip sync --quiet --python .venv --require-hashes requirements/dev.txt
	$(UV) pip install --quiet --python .venv --no-deps $(MEMBERS:%=--editable %)
	@touch $(READY)

setup: $(READY) ## create .venv with the pinned tools and the members, editable

run: $(READY) ## start everything on this machine, play a club's first day, serve on until Ctrl+C
	@$(BIN)/savepoint demo --keep-serving

demo: $(READY) ## the same, then stop; fails when the audit finds anything
	@$(BIN)/savepoint demo

test: lint types test-parts test-stories ## all checks and tests; STACKS="embedded containers" for both stacks

lint: $(READY) ## formatting and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

# Twice: each member knows itself by its package's name, and its tests by their place in the tree.
types: $(READY) ## mypy, strict, on everything
	MYPYPATH=$(subst $(space),:,$(MEMBERS)) $(BIN)/mypy $(PACKAGES:%=--package %)
	$(BIN)/mypy conftest.py bench/__main__.py $$(find libs services emulators savepoint -path '*/tests/*.py') $$(find tests -name '*.py')

test-parts: $(READY) ## unit, store, consumer, wire, contracts, import arrows, model
	$(BIN)/pytest libs services emulators savepoint bench tests --ignore tests/e2e $(PYTEST)

test-stories: $(READY)
	@for stack in $(STACKS); do $(BIN)/pytest tests/e2e --stack $$stack $(PYTEST) || exit 1; done

test-embedded: $(READY) ## the end-to-end stories on the one-machine stack
	@$(MAKE) --no-print-directory test-stories STACKS=embedded

test-containers: $(READY) ## the end-to-end stories on docker-compose.yml
	@$(MAKE) --no-print-directory test-stories STACKS=containers

bench: $(READY) ## what Savepoint costs on this machine
	@$(BIN)/python -m bench

screenshots: $(READY) ## every page in both languages, quiet and in trouble, to docs/screens
	@$(BIN)/python -m tests.e2e.browser.screenshots

images: ## build every image
	docker compose build

up: images ## Kafka, Postgres, the gateway and every service in containers
	deploy/compose/make-secrets
	docker compose up --wait
	@echo "Savepoint serves at http://127.0.0.1:$${GATEWAY_PORT:-8080}, receipts at http://127.0.0.1:$${KKM_PORT:-5893}."
	@echo "The owner's one-time password: docker compose logs staff | grep 'one time'"

fmt: $(READY) ## format, and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix --quiet .

lock: $(UV) ## renew the pins in requirements/
	$(BIN)/python requirements/lock.py
