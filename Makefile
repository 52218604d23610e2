# Everything a developer does. `make demo` and `make test` work in a fresh checkout: each target
# makes the virtual environment first if it is not there.

VENV ?= .venv
ARGS ?=
RATINGS ?=
NAMES ?=
BIN := $(VENV)/bin
# Tests are dealt to as many processes, each of which computes by one thread; 0: none. Where
# one file is named, or a debugger is asked for, they would take longer to start than they save.
WORKERS ?= $(if $(findstring .py,$(ARGS))$(findstring --pdb,$(ARGS)),0,2)
CHROMIUM = $(firstword $(foreach b,chromium chromium-browser google-chrome google-chrome-stable,\
	$(shell command -v $(b))))
DATA := $(or $(ENTABLE_DATA),../shared/data)
# the first Python 3.11 to 3.14 that can make virtual environments
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11 python3.14,$(shell \
	$(p) -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' \
	>/dev/null 2>&1 && echo $(p))))

.PHONY: demo install check lint types layers test bench

demo: $(VENV)/.core
	$(BIN)/entable demo $(if $(RATINGS),--ratings "$(RATINGS)") $(if $(NAMES),--names "$(NAMES)") $(ARGS)

install: $(VENV)/.dev

check: lint types layers test

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

layers: $(VENV)/.dev
	$(BIN)/lint-imports --no-logo

# Tests that need what this machine lacks are left out, and make says so.
test: $(VENV)/.dev
	@left=; out() { left="$${left:+$$left and }not $$1"; printf '\n== LEFT OUT: %s\n\n' "$$2" >&2; }; \
	test -n "$(CHROMIUM)" || out browser "the tests that open pages, for no Chromium \
	is on the PATH; apt-get install chromium brings it"; \
	test -d "$(DATA)" || out realdata "the tests on public data, for $(DATA) is no folder; \
	ENTABLE_DATA=FOLDER names it (ml-100k, ml-1m, ... lie in it as they were unpacked)"; \
	$(BIN)/pytest -n $(WORKERS) --dist worksteal $${left:+-m "$$left"} $(ARGS)

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks $(ARGS)

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Entable found no Python 3.11 to 3.14 that can make virtual" \
	"environments: apt-get install python3-venv (Debian, Ubuntu; for a Python beside the system's," \
	"say, python3.12-venv), or name one: make PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(VENV)/.core $@
