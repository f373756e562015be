# Needs make and Python 3.11 or newer; each target makes what else it needs, in .venv.
#
#   make demo     install the package and show it at work, offline
#   make test     the whole suite, with coverage            make test ARGS="-k stream -x"
#   make thorough the tests that have a size, at the full one: 100,000 bodies, 200 killed runs ...; takes half an hour
#   make test-page the page in a browser, which has to be here (apt-get install chromium), read by axe-core
#   make lowest   the others, with the lowest versions that pyproject.toml allows
#   make pythons  the same, with each other Python from 3.11 on that is here
#   make vcrpys   what meets vcrpy, with each major version of it from 7 on
#   make check    lint, format, types, import contracts, words
#   make docs     the manual as a site, build/site/index.html; a warning or a broken link is an error
#   make bench    measure everything, the peers too         make bench ARGS="--only replay --quick"
#   make test-clients  try real client libraries        make test-clients ARGS="--only openai-3,litellm"
#   make clean    remove what the others made

PYTHON ?= python3
ARGS   ?=

VENV := .venv
BIN  := $(VENV)/bin
PIP  := $(BIN)/python -m pip --disable-pip-version-check install --quiet
UV   := $(BIN)/uv --quiet

# Tests that take long are not left to one worker at the end: the other takes half of what that has not begun.
WORKERS := -n auto --dist worksteal

# Without bytecode, each process of the suite, and there are hundreds, compiles pytest and its plugins anew.
export PYTHONDONTWRITEBYTECODE :=

.DELETE_ON_ERROR:
.PHONY: help demo test test-page test-clients thorough lowest pythons vcrpys check docs bench clean

help:
	@sed -n 's/^#   //p' Makefile

demo: $(VENV)/.installed
	@$(BIN)/pytest-samurai demo

test: $(VENV)/.installed-dev
	@$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest $(WORKERS) $(ARGS)
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report

test-page: $(VENV)/.installed-page
	$(BIN)/python -m pytest tests/browser_page.py $(ARGS)

thorough: $(VENV)/.installed-dev
	$(BIN)/python -m pytest $(WORKERS) --thorough --durations=0 --durations-min=1 $(ARGS)

# These two go without coverage, without the tests that have a size and without those of benchmarks and clients: these try
# our own code, which is the same in each environment.

# Before pytest 8.4, an event loop that one test has left is told to the test in which it is collected.
lowest: override ARGS += -W ignore::pytest.PytestUnraisableExceptionWarning
# Without vcrpy, whose oldest does not go with the newest aiohttp: `make vcrpys` tries each of its versions.
lowest: $(VENV)/.installed-dev
	@mkdir -p .envs
	$(UV) pip compile --resolution lowest-direct --no-deps --no-header --no-annotate --extra estimate --extra import \
		--output-file .envs/lowest.txt pyproject.toml
	@$(call other,.envs/lowest,$(BIN)/python,--constraint .envs/lowest.txt)

pythons: $(VENV)/.installed-dev
	@set -e; pythons=$$($(BIN)/python .ci/pythons.py); for python in $$pythons; do \
		{ $(call other,.envs/$${python##*/},$$python,); } || exit; \
	done

# The first of vcrpy 7, the last of 8 and of 9, each in a small environment: the bridge's tests need no client but httpx.
# To install ours beside a vcrpy has to leave that as it is.
VCRPYS := 7.0.0 8.2.1 9.*

vcrpys: $(VENV)/.installed-dev
	@set -ef; for version in $(VCRPYS); do \
		here=.envs/vcrpy-$${version%%.*}; echo "installing pytest-samurai beside vcrpy $$version into $$here ..."; \
		$(UV) venv --clear --python $(BIN)/python $$here; \
		$(UV) pip install --python $$here "vcrpy==$$version" hypothesis trustme; \
		before=$$($$here/bin/python -c '$(VCRPY)'); \
		$(UV) pip install --compile-bytecode --python $$here --editable '.[vcrpy]'; \
		[ "$$before" = "$$($$here/bin/python -c '$(VCRPY)')" ] || { echo "error: vcrpy was changed" >&2; exit 1; }; \
		echo "vcrpy $$before"; \
		$$here/bin/python -m pytest -q tests/recorder/test_vcrpy.py $(ARGS) < /dev/null; \
	done

VCRPY := import importlib.metadata; print(importlib.metadata.version("vcrpy"))

# $(call other,environment,python,options of the installation): make the environment, and run the tests in it
define other
echo "installing pytest-samurai and its dev tools into $(1) ..." \
&& $(UV) venv --clear --python $(2) $(1) \
&& $(UV) pip install --compile-bytecode --python $(1) $(3) --editable '.[dev]' \
&& $(1)/bin/python -m pytest $(WORKERS) --brief -k 'not test_benchmarks and not test_clients' $(ARGS) < /dev/null
endef

check: $(VENV)/.installed-dev
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -n0 tests/test_words.py

# In an environment of its own, for none of the other tools needs it. The variable silences a notice that is longer than
# what there is to say: Material gets fixes until May 2027, and its successor reads the same mkdocs.yml.
docs: .envs/docs/.installed
	@NO_MKDOCS_2_WARNING=1 .envs/docs/bin/mkdocs build --strict --quiet
	@echo "the manual is built: build/site/index.html"

.envs/docs/.installed: pyproject.toml | $(VENV)/.installed-dev
	@echo "installing what builds the site into .envs/docs ..."
	@$(UV) venv --clear --python $(BIN)/python .envs/docs
	@$(UV) pip install --python .envs/docs --requirements pyproject.toml --extra docs
	@touch $@

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks $(ARGS)

test-clients: $(VENV)/.installed-dev
	$(BIN)/python -m clients $(ARGS)

clean:
	rm -rf $(VENV) .bench .clients .envs build dist *.egg-info htmlcov .coverage .coverage.* \
		.hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps say what is in .venv. The package is installed editable, so a changed source file needs no reinstall; a
# changed pyproject.toml does. A demo gets along without the dev tools; with them installed, it has all it needs.

$(VENV)/.python:
	@command -v "$(PYTHON)" >/dev/null || { \
		echo "error: no '$(PYTHON)' here; say which Python to use: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else \
		"error: Python 3.11 or newer is needed, and $(PYTHON) is %d.%d; say which to use: make PYTHON=/path/to/python3.11" \
		% sys.version_info[:2])'
	@"$(PYTHON)" -m venv --clear $(VENV)
	@touch $@

$(VENV)/.installed: pyproject.toml | $(VENV)/.python
	@echo "installing pytest-samurai into $(VENV) ..."
	@$(PIP) --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/.python
	@echo "installing pytest-samurai and its dev tools into $(VENV) ..."
	@$(PIP) --editable '.[dev]'
	@touch $(VENV)/.installed $@

# They drive a browser, and no other target needs them.
$(VENV)/.installed-page: $(VENV)/.installed-dev
	@$(PIP) playwright axe-playwright-python
	@touch $@
