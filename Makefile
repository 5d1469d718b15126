# make replicate   set everything up, train joint and staged, write the report
# make test        set everything up, check style and types, run the tests
#
# Variables: RUNS (networks per schedule), PYTHON (an interpreter to use), VENV (where to install).

RUNS ?= 500
VENV ?= .venv
DB = data/replication

BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --no-input
INSTALL = $(PIP) install --quiet --constraint constraints.txt --build-constraint constraints.txt
SUPPORTED = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
HAS_VENV = import ensurepip, venv

.PHONY: help setup replicate reference study sweep test stress lint format bench bench-database bench-scale calibration notebook clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^# \(make\)/\1/p' $(firstword $(MAKEFILE_LIST))
	@echo 'also: setup, lint, format, stress, bench, bench-database, bench-scale,'
	@echo '      calibration, reference, study, sweep, notebook, clean'

setup: $(VENV)/installed

# The first interpreter that is supported and can make virtual environments.
$(VENV)/python-found:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if $$python -c '$(SUPPORTED)' 2>/dev/null; then \
	    supported=$$python; \
	    if $$python -c '$(HAS_VENV)' 2>/dev/null; then found=$$python; break; fi; \
	  fi; \
	done; \
	if [ -z "$$supported" ]; then \
	  echo "make: Python 3.11, 3.12 or 3.13 is needed, but python3 is $$(python3 --version 2>&1 | tail -n 1)." >&2; \
	  echo "      Install one (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.13)," >&2; \
	  echo "      or name one: make PYTHON=/path/to/python3.13" >&2; exit 1; \
	elif [ -z "$$found" ]; then \
	  echo "make: $$supported cannot make virtual environments: the module venv or ensurepip is missing." >&2; \
	  echo "      Install it (Debian, Ubuntu: apt install $$(basename $$supported)-venv)." >&2; exit 1; \
	fi; \
	echo "setting up $(VENV) with $$found ($$($$found --version))"; \
	$$found -m venv --clear $(VENV) && touch $@

$(VENV)/installed: $(VENV)/python-found pyproject.toml constraints.txt
	@echo 'installing minima-census and what it needs (about 1.5 GB, some minutes)'
	@$(PIP) install --quiet --constraint constraints.txt pip
	@$(INSTALL) --editable '.[collect]'
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@echo 'installing what the tests need'
	@$(INSTALL) --group dev
	@touch $@

replicate: $(VENV)/installed
	$(BIN)/collect --schedule joint --runs $(RUNS) --db $(DB)
	$(BIN)/collect --schedule staged --runs $(RUNS) --db $(DB)
	$(BIN)/analyze compare $(DB) --where "schedule in ['joint', 'staged'] and seed < $(RUNS)" --out reports/replication

# The committed results: trained where `replicate` trains, so that an interruption costs nothing.
reference: RUNS = 500
reference: replicate
	$(BIN)/collect --schedule joint-long --runs $(RUNS) --db $(DB)
	rm -rf data/reference reports/reference
	mkdir -p data/reference
	cp $(DB)/*.parquet data/reference/
	$(BIN)/collect compact --db data/reference
	$(BIN)/analyze compare data/reference --out reports/reference

# Every strategy of data/study.toml (some 25 minutes on two cores), and the reports that compare them.
study: $(VENV)/installed
	$(BIN)/collect study data/study.toml --db data/study-runs
	rm -rf data/study reports/study reports/study-train-loss
	mkdir -p data/study
	cp data/study-runs/*.parquet data/study/
	$(BIN)/collect compact --db data/study
	$(BIN)/analyze compare data/study --by schedule,optimizer --baseline 'joint · sgd' --primary ks \
	  --out reports/study
	$(BIN)/analyze compare data/study --by schedule,optimizer --baseline 'joint · sgd' --value train_loss --primary ks \
	  --no-functions --format html --out reports/study-train-loss

# The default learning rates of the optimizers, on validation images: docs/learning-rates.md.
sweep: $(VENV)/installed
	$(BIN)/python benchmarks/learning_rates.py

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Two processes; the tests of a file stay together, for they share what is trained once. In order: the
# longest files come early.
test: lint
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# The long forms of the tests of collections and of the run database, and 10,000 hostile inputs.
stress: $(VENV)/installed-dev
	$(BIN)/python -m pytest tests/analyze/test_hostile.py tests/collect --stress \
	  --numprocesses 2 --dist loadfile --no-loadscope-reorder --override-ini faulthandler_timeout=0

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# JAX and PyTorch, whose wheel for Linux brings 5 GB of CUDA.
$(VENV)/installed-bench: $(VENV)/installed
	@echo 'installing what the benchmarks compare with (about 6 GB on Linux)'
	@$(INSTALL) --group bench
	@touch $@

$(VENV)/installed-notebook: $(VENV)/installed
	@$(INSTALL) --group notebook
	@touch $@

# Execute docs/notebook.ipynb in its place.
notebook: $(VENV)/installed-notebook
	$(BIN)/python docs/execute.py docs/notebook.ipynb

bench: $(VENV)/installed-bench
	$(BIN)/python benchmarks/training.py --out docs/benchmarks.md

bench-scale: $(VENV)/installed
	$(BIN)/python benchmarks/scale.py

calibration: $(VENV)/installed
	$(BIN)/python benchmarks/calibration.py

bench-database: $(VENV)/installed-dev
	$(BIN)/python benchmarks/database.py

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
