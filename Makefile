# Needs make and Python 3.11 or newer. Each target installs everything else it needs in .venv.
#
#   make demo     install the package and show it at work, offline
#   make test     the whole suite, with coverage            make test ARGS="-k stream -x"
#   make thorough the tests that have a size, at full size: 100,000 bodies, 200 killed runs ...; takes seven minutes
#   make test-page  the page in a browser, checked by axe-core; install one first (apt-get install chromium)
#   make lowest   the tests without a size, with the lowest versions that pyproject.toml allows
#   make pythons  the same tests, with every other Python from 3.11 on that this machine has
#   make vcrpys   the tests of the vcrpy bridge, with each major version of vcrpy from 7 on
#   make check    lint, format, types, import contracts, words
#   make docs     the manual as a site, build/site/index.html; a warning or a broken link is an error
#   make pictures take the docs' pictures again, from real runs; needs a browser like test-page
#   make package  build and check sdist and wheel, and run part of the suite with the wheel, without the sources
#   make bench    measure everything, including the peers   make bench ARGS="--only replay --quick"
#   make test-clients  try real client libraries        make test-clients ARGS="--only openai-3,litellm"
#   make clean    remove everything that these targets made

PYTHON ?= python3
ARGS   ?=

VENV := .venv
BIN  := $(VENV)/bin
PIP  := $(BIN)/python -m pip --disable-pip-version-check install --quiet
UV   := $(BIN)/uv --quiet

# No worker is left alone with the slow tests at the end: an idle one takes half of another's remaining tests.
WORKERS := -n auto --dist worksteal

# The suite starts hundreds of processes. Without bytecode, each one would compile pytest and its plugins again.
export PYTHONDONTWRITEBYTECODE :=

.DELETE_ON_ERROR:
.PHONY: help demo test test-page test-clients thorough lowest pythons vcrpys check docs pictures package bench clean

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

# These two run without coverage, and without the tests that have a size or try benchmarks and clients: those test our own
# code, which is the same in every environment.

# Before pytest 8.4, a test is blamed for an event loop that an earlier test left open.
lowest: override ARGS += -W ignore::pytest.PytestUnraisableExceptionWarning
# Without vcrpy: its oldest version does not work with the newest aiohttp. `make vcrpys` tests its versions.
lowest: $(VENV)/.installed-dev
	@mkdir -p .envs
	$(UV) pip compile --resolution lowest-direct --no-deps --no-header --no-annotate --extra estimate --extra import \
		--output-file .envs/lowest.txt pyproject.toml
	@$(call other,.envs/lowest,$(BIN)/python,--constraint .envs/lowest.txt)

pythons: $(VENV)/.installed-dev
	@set -e; pythons=$$($(BIN)/python .ci/pythons.py); for python in $$pythons; do \
		{ $(call other,.envs/$${python##*/},$$python,); } || exit; \
	done

# The first vcrpy 7, and the last 8 and 9, each in a small environment: the bridge's tests need only httpx as a client.
# Installing our package must not change the vcrpy version.
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

# $(call other,environment,python,installation options): make the environment, and run the tests in it
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

# In a separate environment, because no other tool needs it. The variable silences a long notice, which only says that
# Material gets fixes until May 2027, and that its successor reads the same mkdocs.yml.
docs: .envs/docs/.installed
	@NO_MKDOCS_2_WARNING=1 .envs/docs/bin/mkdocs build --strict --quiet
	@echo "the manual is built: build/site/index.html"

.envs/docs/.installed: pyproject.toml | $(VENV)/.installed-dev
	@echo "installing what builds the site into .envs/docs ..."
	@$(UV) venv --clear --python $(BIN)/python .envs/docs
	@$(UV) pip install --python .envs/docs --requirements pyproject.toml --extra docs
	@touch $@

pictures: $(VENV)/.installed-page
	$(BIN)/python -m manual.pictures

package: $(VENV)/.installed-dev
	$(BIN)/python .ci/package.py $(ARGS)

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks $(ARGS)

test-clients: $(VENV)/.installed-dev
	$(BIN)/python -m clients $(ARGS)

clean:
	rm -rf $(VENV) .bench .clients .envs build dist *.egg-info htmlcov .coverage .coverage.* \
		.hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps say what is in .venv. The package is installed editable, so a changed source file needs no reinstall, but a
# changed pyproject.toml does. The demo works with or without the dev tools.

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

# These drive a browser. No other target needs them.
$(VENV)/.installed-page: $(VENV)/.installed-dev
	@$(PIP) playwright axe-playwright-python
	@touch $@
