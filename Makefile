# `make` lists the commands. A fresh machine needs Python >= 3.11 with venv and pip, and make.
PYTHON ?= python3
BIN := .venv/bin
MEMBERS := libs/contracts libs/kit libs/edge services/staff services/hall services/billing services/fiscal emulators/kkm_server savepoint
READY := .venv/.ready
UV := $(BIN)/uv

.DEFAULT_GOAL := help
.PHONY: help setup lock fmt lint

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

lock: $(UV) ## renew the pins in requirements/
	$(BIN)/python requirements/lock.py

fmt: $(READY) ## format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix --quiet .
