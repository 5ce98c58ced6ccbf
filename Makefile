# Everything installs into .venv, from plain python3; the stamps are renewed when the dependencies change.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What running needs, and what developing needs besides.
RUNS := $(VENV)/.runs
STAMP := $(VENV)/.installed
TABLES := $(VENV)/.tables
BENCH := $(VENV)/.bench
MUTANTS := $(VENV)/.mutants
RELEASE := $(VENV)/.release

.PHONY: help demo journey test check browser static tests lint types audit secrets fuzz docs build pyz installed sbom release lock \
	mutants bench bench-resume simulate simulate-shards plot crash soak clean

help:
	@echo "make demo   cancel a sample of 1,000 instances against the embedded sandbox"
	@echo "make journey  the whole way from a workflow that runs away to the proof that it ended, against the sandbox"
	@echo "make test   run the tests"
	@echo "make check  everything: lint, types, audit, secrets, a short fuzz, tests with coverage, docs, package"
	@echo "make browser  look at the page of report --html in a Chromium, which it installs where it may"
	@echo "make fuzz   fuzz each target for FUZZ_SECONDS (60)"
	@echo "make mutants  break the rooms that decide on purpose, and see that a test notices, about half an hour"
	@echo "make bench  measure speed and pacing next to the vendor's SDK and a plain script, and find, verify, drain and shards, about twenty-five minutes;"
	@echo "            CASES=\"headers no-quota\" CLIENTS=\"bulkcancel script\" IN_FLIGHT=\"1 256\" choose among them"
	@echo "make simulate  play the pacing against many servers in virtual time"
	@echo "make simulate-shards  the same for one job cut into 1 to 256 shards"
	@echo "make plot   draw docs/explanation/pacing.svg from a real run"
	@echo "make crash  kill the process hundreds of times, and see that nothing is lost"
	@echo "make soak  live through faults, restarts and sleeps for MINUTES (60), and see that nothing is lost or leaks; SEED=0"
	@echo "make docs   build the documentation into site/"
	@echo "make pyz    build dist/bulkcancel.pyz, one file that runs wherever there is a Python, and the packages beside it"
	@echo "make release  build all files of a release into dist/: the packages, that file, what is in it (SBOM), and their sums"
	@echo "make lock   renew .ci/runtime.txt, the releases that the single file is made of"

$(RUNS): pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

$(STAMP): $(RUNS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

demo: $(RUNS)
	@rm -f demo-report.csv
	@$(BIN)/bulkcancel run samples/incident.csv --sandbox --scenario busy --yes -o demo-report.csv \
		--reason "make demo"; code=$$?; test $$code -le 1
	@echo "The report has $$(($$(wc -l < demo-report.csv) - 1)) rows; here are its outcomes:"
	@cut -d, -f4 demo-report.csv | sed 1d | sort | uniq -c

# The whole way: check, find, a canary, the rest, status, drain, report. A test runs it too.
journey: $(RUNS)
	@BULKCANCEL=$(BIN)/bulkcancel sh samples/journey.sh

test: $(STAMP)
	$(BIN)/pytest -n auto --dist worksteal

# ruff's S rules are the security linter: they are those of bandit, on with ALL.
lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

# Says so where the vulnerability database is out of reach; AUDIT=required makes that an error.
audit: $(STAMP)
	$(BIN)/python -m pip check --disable-pip-version-check
	$(BIN)/python .ci/audit.py $(AUDIT)

# A made-up key in a test bears `pragma: allowlist secret`, so that there is no baseline to go stale.
secrets: $(STAMP)
	git ls-files -z -- . ':!tests/fuzz/corpus' ':!bulkcancel/overview/page/vendor' | xargs -0 $(BIN)/detect-secrets-hook --no-verify

FUZZ_SECONDS ?= 60
fuzz: $(STAMP)
	$(BIN)/python tests/fuzz/run.py $(FUZZ_SECONDS)

docs: $(STAMP)
	$(BIN)/sphinx-build -q -W -n --keep-going -d $(VENV)/.doctrees docs site

# The sdist and the wheel, in dist/: built twice, the same, and checked.
build: $(STAMP)
	$(BIN)/python .ci/packages.py

# One file with all that bulkcancel needs, for any machine with Python.
pyz: build
	$(BIN)/python .ci/single_file.py

# What a quick look at the package is made of. `.venv/bin/nox -s wheel` runs all of the tests that are not slow.
TELLING := tests/cli tests/docs tests/overview tests/packaging tests/test_library.py
installed: build
	$(BIN)/nox -s wheel -- $(TELLING)

sbom: build $(RELEASE)
	$(BIN)/python .ci/sbom.py

# All files of a release, and their sums. TAG=v1.2.3 has to be that of the version.
release: pyz sbom
	@test -z "$(TAG)" || test "$(TAG)" = "v$$($(BIN)/python -c 'import bulkcancel as b; print(b.__version__)')" \
		|| { echo "The tag $(TAG) is not that of the version." >&2; exit 1; }
	cp .ci/runtime.txt dist/bulkcancel-requirements.txt
	cd dist && sha256sum * > SHA256SUMS && cat SHA256SUMS

# The releases that the single file is made of, renewed.
lock: $(RELEASE)
	$(BIN)/uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--extra report --extra statsd pyproject.toml --output-file .ci/runtime.txt

check: static tests

# The tests of the page alone. Where there is no Chromium and none can be installed, they are skipped and say so.
browser: $(STAMP)
	@command -v chromium || command -v chromium-browser || command -v google-chrome \
		|| { [ "$$(id -u)" = 0 ] && apt-get install -y -q --no-install-recommends chromium; } || true
	$(BIN)/pytest -m browser

# What needs the network or the settings of pip comes first, so that the tests need neither.
static: lint types audit secrets docs pyz installed

# No variable that happens to be set, such as PYTHONUNBUFFERED, may decide whether a test holds.
BARE := env -i PATH="$$PATH" HOME="$$HOME"
# Twice as many workers as processors: the slow tests wait for processes of their own half of the time.
WORKERS := $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))
tests: $(STAMP) $(TABLES)
	$(BARE) $(BIN)/python tests/fuzz/run.py 3
	$(BARE) $(BIN)/pytest -m "" -n $(WORKERS) --dist worksteal --cov --cov-report=term
	$(BIN)/coverage report --fail-under=100 --include='bulkcancel/answers.py,bulkcancel/policy.py,bulkcancel/pacing/*,bulkcancel/tally/*'

$(TABLES): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[tables]'
	touch $@

$(RELEASE): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[release]'
	touch $@

$(MUTANTS): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[mutants]'
	touch $@

# One room alone: ROOMS="bulkcancel.pacing.*"
mutants: $(MUTANTS)
	$(BIN)/python .ci/mutants.py $(ROOMS)

$(BENCH): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	touch $@

bench: $(BENCH)
	PYTHONPATH=tests $(BIN)/python -m bench --cases $(CASES) --clients $(CLIENTS) --in-flight $(IN_FLIGHT)

simulate: $(STAMP)
	PYTHONPATH=tests $(BIN)/python -m bench.simulate

simulate-shards: $(STAMP)
	PYTHONPATH=tests $(BIN)/python -m bench.simulate_shards

plot: $(BENCH)
	PYTHONPATH=tests $(BIN)/python -m bench.plot docs/explanation/pacing.svg

bench-resume: $(STAMP)
	$(BIN)/python tests/bench/resume.py

crash: $(STAMP)
	$(BIN)/python tests/crash/driver.py 300

MINUTES ?= 60
SEED ?= 0
soak: $(STAMP)
	PYTHONPATH=tests $(BIN)/python -m soak $(MINUTES) $(SEED)

clean:
	rm -rf $(VENV) dist mutants site .coverage* .nox .mypy_cache .ruff_cache .pytest_cache .hypothesis
