.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready
STAGE ?= main
FUNCTION ?= api
PARAMETERS ?=
DRY_RUN ?=
WORKERS ?= 2

.PHONY: help setup demo up down local logs test check bench package deploy policies clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): requirements.txt requirements-dev.txt
	@test -x $(PYTHON) || python3 -m venv $(VENV)
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

setup: $(READY)  ## Make the project's own Python environment (the other targets do it, too)

demo: $(READY)  ## Tell the main job from sign-up to verified snapshot, over HTTP, and compare it with the vendors
	@$(PYTHON) -m demo

up: $(READY)  ## Start AWS and the vendors on this machine and deploy to them; data of earlier runs is kept
	@$(PYTHON) -m infra.local up

down: $(READY)  ## Stop what `make up` started
	@$(PYTHON) -m infra.local down

local: up  ## Serve the API by `chalice local` on port 8000, against what `make up` started
	@eval "$$($(PYTHON) -m infra.local environment)"; $(VENV)/bin/chalice local --stage local --port 8000

logs: $(READY)  ## Show what a Lambda has logged: make logs FUNCTION=processor-stripe
	@$(PYTHON) -m infra.local logs $(FUNCTION)

test: $(READY)  ## Run all tests
	@$(PYTHON) -m pytest -n $(WORKERS) --dist loadgroup

check: $(READY)  ## Run what CI runs: formatting, lint, types, templates, all tests
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(PYTHON) -m infra.build --no-layer --out build/check >/dev/null
	@$(VENV)/bin/cfn-lint build/check/core.json build/check/app.json infra/core.yaml
	@$(MAKE) --no-print-directory test

bench: $(READY)  ## Measure us beside dlt, Airbyte's CDK and a Singer tap; writes benchmarks/results.json
	@$(PYTHON) -m benchmarks

package: $(READY)  ## Build what goes to AWS into build/: make package STAGE=main
	@$(PYTHON) -m infra.build --stage $(STAGE)

deploy: package  ## Deploy to AWS: make deploy STAGE=main [DRY_RUN=1] [PARAMETERS="CertificateArn=…"]
	@$(PYTHON) -m infra.deploy --stage $(STAGE) $(if $(DRY_RUN),--dry-run) $(PARAMETERS)

policies: $(READY)  ## Write the policy files of .chalice/ anew after a change of infra/grants.py
	@$(PYTHON) -m infra.grants

clean:  ## Remove what was built and what tools cached; .venv and .local stay
	@rm -rf build .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
