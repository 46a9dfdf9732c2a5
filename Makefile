# Willcall. Two commands bring a fresh clone to life: `make run` and `make test`.
# Everything is installed inside this folder: .tools (uv), .venv, .venv-rasa, var.

SHELL := /bin/sh
PYTHON ?= python3
APP := .venv/bin/python
export RASA_TELEMETRY_ENABLED = false

.PHONY: help setup setup-dev run test lint check fmt train try bench evaluate faults fuzz red-flags thresholds audit sbom lock clean

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: ## Create both environments from the hashed locks
	@$(PYTHON) tools/setup.py app

setup-dev: ## The same, with what tests and checks need
	@$(PYTHON) tools/setup.py dev

run: setup ## Start everything: http://127.0.0.1:8080
	@exec .venv/bin/willcall run

test: setup-dev ## Run all tests, for real: PostgreSQL, Rasa, Chromium
	@$(APP) -m pytest

lint: setup-dev ## Format, lint, types, Rasa's data
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@$(APP) tools/validate_data.py

check: lint ## The same, and the fast tests: a few minutes
	@$(APP) -m pytest -m "not stack and not browser" -q

fmt: setup-dev ## Format the code
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

train: setup ## Train the language model if its sources have changed
	@.venv/bin/willcall train

try: setup ## See what a sentence is understood as: make try say="is my metformin ready"
	@printf '%s\n' "$(say)" | .venv/bin/willcall parse --explain

bench: setup-dev ## Measure speed and cost beside stock Rasa, which is trained once: hours
	@$(APP) -m bench $(if $(only),--only "$(only)")

evaluate: setup-dev ## Measure understanding and speed, against stock Rasa; hint3=DIR adds HINT3
	@$(APP) -m bench.evaluate $(if $(hint3),--hint3 "$(hint3)")

faults: setup-dev ## Kill and stop each part under load; what became of every message
	@$(APP) -m pytest tests/faults -q --fault-report bench/results/faults.json

fuzz: setup-dev ## Throw twenty times as much at the interfaces as the tests do; half an hour
	@FUZZ_FACTOR=20 $(APP) -m pytest tests/fuzz -q --timeout=3600

red-flags: setup-dev ## Learn the red-flag screen again from data/red_flags; some minutes
	@$(APP) -m tools.weigh_red_flags

thresholds: setup-dev ## Choose the thresholds of config.yml on the kept-back messages
	@.venv-rasa/bin/python -m tools.choose_thresholds --write

audit: setup-dev ## Hold both locks against known vulnerabilities; needs the service
	@$(APP) -m tools.audit

sbom: setup-dev ## Write the components of both locks to var, as CycloneDX
	@$(APP) -m tools.sbom

lock: ## Resolve the locks again from the .in files
	@$(PYTHON) tools/setup.py lock

clean: ## Remove environments, models and data of this folder
	rm -rf .tools .venv .venv-rasa var .pytest_cache .mypy_cache .ruff_cache
