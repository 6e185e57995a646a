# Everything is made from here; each target installs what it needs into .venv first.
# Needs Python 3.11 to 3.13 and make; uses uv where it is installed, else pip.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEEP := $(VENV)/.deep
# The build without CUDA is a tenth of the other; it is used where the package index or a folder of wheels has it.
TORCH ?= torch==2.13.0+cpu

# Without compiled modules every process would compile its imports anew.
unexport PYTHONDONTWRITEBYTECODE
export DAGSTER_DISABLE_TELEMETRY := 1
export GX_ANALYTICS_ENABLED := false
export DBT_SEND_ANONYMOUS_USAGE_STATS := false

.PHONY: help demo demo-text ui test test-slow test-deep lint bench calibrate calibrate-sample scoreboard lock clean

help:  ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	  || { echo "Python 3.11 to 3.13 is needed; name one: make PYTHON=python3.12 ..."; exit 2; }
	@echo "Installing into $(VENV); this takes a minute or two."
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) \
	  && uv pip install --quiet --python $(BIN)/python --compile-bytecode --constraint constraints.txt --editable . --group dev; \
	else \
	  $(PYTHON) -m venv $(VENV) \
	  && $(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1' \
	  && $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable . --group dev; \
	fi
	@touch $@

$(DEEP): $(READY)
	@echo "Installing PyTorch and Presidio into $(VENV)."
	@export UV_FIND_LINKS="$${UV_FIND_LINKS:-$$PIP_FIND_LINKS}"; \
	if command -v uv >/dev/null 2>&1; then install="uv pip install --quiet --python $(BIN)/python"; \
	else install="$(BIN)/python -m pip install --quiet --disable-pip-version-check"; fi; \
	{ $$install --constraint constraints.txt '$(TORCH)' 2>/dev/null \
	  || $$install --constraint constraints.txt --editable '.[deep]'; } \
	  && $$install --constraint constraints.txt --editable '.[presidio]'
	@touch $@

demo: $(READY)  ## Take a real table from source to an audited release
	@$(BIN)/synth run fair

demo-text: $(READY)  ## Make audited questions over the docstrings of installed libraries; see a poor imitation of them refused
	@$(BIN)/synth label docstrings
	@$(BIN)/python -W ignore -m synth_pipeline.defs.docstrings.control

ui: $(READY)  ## Start the Dagster UI, with schedules and sensors, on port 3000
	@$(BIN)/synth ui

test: $(READY)  ## Run the tests (minutes)
	@$(BIN)/python -m pytest -m "not slow and not deep and not engine" -n 2 --dist loadfile

test-slow: $(READY)  ## Run the slow tests: whole runs, kills, two at once, the daemon
	@$(BIN)/python -m pytest -m slow

test-deep: $(DEEP)  ## Run the tests that need PyTorch or Presidio, which this installs
	@$(BIN)/python -m pytest -m deep -n 2

lint: $(READY)  ## Check style, types and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/basedpyright --level error
	@$(BIN)/lint-imports --no-cache

bench: $(READY)  ## Measure the generators; SYNTH_BENCH names a folder with splits and peers' outputs
	@$(BIN)/python benchmarks/generators.py
	@$(BIN)/python -W ignore benchmarks/forest.py
	@$(BIN)/python benchmarks/rules.py
	@$(BIN)/python benchmarks/grammar.py
	@$(BIN)/python benchmarks/drawing.py

calibrate: $(READY)  ## Measure false alarms and power (hours; goes on where it was stopped); SYNTH_DATA names a folder of tables
	@$(BIN)/python benchmarks/calibrate.py --page docs/calibration.md

scoreboard: $(READY)  ## The same faults through other audits of synthetic data (hours; goes on where it was stopped)
	@$(BIN)/python benchmarks/scoreboard.py --page docs/scoreboard.md > /dev/null

calibrate-sample: $(READY)  ## A fixed small sample of the same, which fails where a promise is broken
	@$(BIN)/python benchmarks/calibrate.py --sample

lock:  ## Pin all dependencies anew (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header \
	  --no-annotate --upgrade --group dev pyproject.toml --output-file constraints.txt

clean:  ## Remove the environment, caches and builds; what was released stays in .synth
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis dbt_project/target dbt_project/logs
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
