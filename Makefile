# `make help` lists what there is. PYTHON chooses the interpreter that .venv is
# made with: 3.10 to 3.12; the pinned set is tested with 3.11.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
# Processes that share the tests, file by file.
WORKERS ?= 2
# More arguments for pytest, as in: make test ARGS='-x -k assigner'
ARGS ?=

# The tests start many processes that import torch and MMPose. Compiled once, they
# load in less than half the time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test test-fast test-faults lint docs runner arm-check web web-test clean

help: ## say what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | \
	  sed -E 's/^([a-z-]+):[^#]*## (.*)/\1\t\2/' | \
	  while IFS=$$'\t' read -r name text; do \
	    printf '  make %-10s %s\n' "$$name" "$$text"; done

setup: ## make .venv with everything, pinned (about a minute; at once when unchanged)
	@command -v $(PYTHON) >/dev/null || { \
	  echo 'error: no $(PYTHON) here; install Python 3.10 to 3.12, or name one:' \
	    'make setup PYTHON=/path/to/python3.11' >&2; exit 1; }
	@$(PYTHON) tools/setup/make_venv.py

demo: setup ## train, evaluate and draw on synthetic people (10 minutes)
	@$(BIN)/python -m projects.synthetic_people.tools.demo

# A worker that dies fails the run: replaced, it has been seen to stall it. The
# order is that of conftest.py; pytest-xdist's own leaves files of one long test
# to the end.
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile \
  --no-loadscope-reorder --max-worker-restart 0

test: lint ## lint and the whole suite
	@$(PYTEST) $(ARGS)

test-fast: setup ## the suite without its slow tests
	@$(PYTEST) -m 'not slow' $(ARGS)

test-faults: setup ## kill training, prediction and export, and fill disks (5 minutes)
	@$(PYTEST) -m faults tests/faults $(ARGS)

lint: setup ## ruff, and mypy over the public API
	@$(BIN)/ruff check .
	@$(BIN)/mypy

DOCS := .venv-docs
# MkDocs Material tells of its successor with every build.
export NO_MKDOCS_2_WARNING = 1

$(DOCS)/stamp: requirements/pinned/docs.txt
	@$(PYTHON) -m venv --clear $(DOCS)
	@$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

docs: $(DOCS)/stamp ## the documentation's site, into site/
	@$(DOCS)/bin/mkdocs build --strict
	@echo 'open site/index.html, or serve it: $(DOCS)/bin/mkdocs serve'

runner: setup ## the C++ runner for this machine, with its unit tests
	@$(BIN)/python projects/ncnn_runner/scripts/build_runner.py

arm-check: setup ## the C++ runner for 64-bit ARM, emulated, against x86 and Python
	@$(BIN)/python projects/ncnn_runner/scripts/arm_check.py $(ARGS)

web: ## build the page for the browser and serve it (needs Node.js 20 or newer)
	@projects/web_demo/setup.sh
	@node projects/web_demo/build.js
	@$(PYTHON) projects/web_demo/serve.py $(ARGS)

web-test: setup ## the tests of that page, in Chromium, too
	@projects/web_demo/setup.sh --tests
	@$(BIN)/python -m pytest projects/web_demo/tests $(ARGS)

clean: ## remove .venv and what tests and builds leave; keeps data and work_dirs
	rm -rf .venv $(DOCS) site build projects/*/build projects/*/dist \
	  projects/*/node_modules dist *.egg-info \
	  .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
