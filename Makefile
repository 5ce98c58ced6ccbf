# Everything installs into .venv, from plain python3; the stamp is renewed when the dependencies change.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help demo test check lint types docs build bench clean

help:
	@echo "make demo   cancel a sample of 1,000 instances against the embedded sandbox"
	@echo "make test   run the tests"
	@echo "make check  everything: lint, types, tests with coverage, docs, package"
	@echo "make bench  measure speed and pacing"
	@echo "make docs   build the documentation into site/"

$(STAMP): pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

demo: $(STAMP)
	@rm -f demo-report.csv
	@$(BIN)/bulkcancel run samples/incident.csv --sandbox --scenario busy --yes -o demo-report.csv \
		--reason "make demo"; code=$$?; test $$code -le 1
	@echo "The report has $$(($$(wc -l < demo-report.csv) - 1)) rows; here are its outcomes:"
	@cut -d, -f4 demo-report.csv | sed 1d | sort | uniq -c

test: $(STAMP)
	$(BIN)/pytest

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

docs: $(STAMP)
	$(BIN)/mkdocs build --quiet --strict

build: $(STAMP)
	rm -rf dist
	$(BIN)/python -m build --outdir dist . > /dev/null
	@ls dist

check: lint types docs build $(STAMP)
	$(BIN)/pytest -m "not browser" --cov --cov-report=term
	$(BIN)/coverage report --fail-under=100 --include='bulkcancel/policy.py,bulkcancel/pacing/*,bulkcancel/tally.py'

bench: $(STAMP)
	$(BIN)/python tests/bench/throughput.py

clean:
	rm -rf $(VENV) dist site .coverage* .nox .mypy_cache .ruff_cache .pytest_cache .hypothesis
