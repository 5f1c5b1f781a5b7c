# Only Python >= 3.11 with venv, git and make are needed; everything else is installed here.

PYTHON ?= python3
VENV   := .venv
RUN    := $(VENV)/bin/python
STAMP  := $(VENV)/.complete

.DEFAULT_GOAL := help
.PHONY: help venv demo test check bench bench-short clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

venv: $(STAMP) ## make .venv with everything this repository needs

# hatch writes the version into the metadata, hence __init__.py
$(STAMP): pyproject.toml coverquery/__init__.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "$(PYTHON) is older than 3.11: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install -q --disable-pip-version-check -e '.[test,check]'
	touch $@

demo: $(STAMP) ## record a real project, edit a line, ask which tests that concerns
	@$(RUN) -m benchmarks.demo

test: $(STAMP) ## the whole test suite
	$(RUN) -m pytest -q -rs -n 2

check: $(STAMP) ## format, lint, types, layers
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	PYTHONPATH=coverquery/inject $(VENV)/bin/lint-imports

bench: $(STAMP) ## the figures of the README (several hours; goes on where it was ended)
	$(RUN) -m benchmarks.first_path
	$(RUN) -m benchmarks.safety
	$(RUN) -m benchmarks.releases
	$(RUN) -m benchmarks.latency --target 12
	$(RUN) -m benchmarks.run_latency
	$(RUN) -m benchmarks.overhead
	$(RUN) -m benchmarks.integration
	$(RUN) -m benchmarks.recording
	$(RUN) -m benchmarks.scale

bench-short: $(STAMP) ## each benchmark once, small: shows that they work, proves nothing
	$(RUN) -m benchmarks.first_path cachetools --edits 2 --rounds 1 --fresh
	$(RUN) -m benchmarks.safety --short
	$(RUN) -m benchmarks.releases --short
	$(RUN) -m benchmarks.latency cachetools --rounds 3
	$(RUN) -m benchmarks.run_latency --rounds 1
	$(RUN) -m benchmarks.integration cachetools --rounds 1
	$(RUN) -m benchmarks.recording cachetools --alone --rounds 1
	$(RUN) -m benchmarks.scale 1000 --rounds 1
	$(RUN) -m benchmarks.overhead cachetools --rounds 1

clean: ## remove what the targets above made, but not .venv
	rm -rf .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
