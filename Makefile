# `make help` lists what can be made. Everything is made inside this folder: .venv and .nvim, build for what is learnt.
# PYTHON is only the interpreter that .venv is made from (3.10 or newer).

PYTHON ?= python3
PY := .venv/bin/python
INSTALL := $(PYTHON) -I scripts/install.py --venv .venv --server
BRING := $(PYTHON) scripts/neovim/bring.py
PYTEST := $(PY) -m pytest
LEARN := $(PY) -m sibyl.learn
# Of bench: checkouts of the other plugins, recorded lists, and the repositories these are of.
BENCH := $(if $(PEERS),--peers $(PEERS)) $(if $(MENUS),--menus $(MENUS)) $(if $(SOURCES),--sources $(SOURCES))

# ONNX Runtime reports to its maker unless it reads this before it is imported (engine/sibyl/network/runtime.py).
export ORT_DISABLE_TELEMETRY := 1

.DEFAULT_GOAL := help
.PHONY: help setup setup-test setup-learn neovim try pictures test test-engine test-editor test-offline test-learn coverage \
	fuzz soak faults matrix wheels bench bench-short lint learn-tiny learn-own sources-named learn clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## sibyl's own Python environment and a language server, in .venv
	@$(INSTALL)

setup-test: # what tests and checks need, too
	@$(INSTALL) --with requirements/test.txt

# Tests of learning start a cluster on this machine.
# By pip even where uv is: a machine's own build of PyTorch is named in pip's configuration.
setup-learn: # what learning a model needs, too
	@$(INSTALL) --with requirements/test.txt --with requirements/learn.txt \
		--with requirements/cluster.txt --manager pip

neovim: # the oldest and the newest Neovim in .nvim, and luacheck
	@$(BRING) --tools >/dev/null

try: setup ## open an example with everything on (no terminal: type keys, show the menus)
	@if [ -t 0 ] && [ -t 1 ]; then $(BRING) --any >/dev/null; else $(BRING) >/dev/null; fi
	@$(PY) scripts/neovim/try_sibyl.py

pictures: setup-test neovim ## draw README's pictures from a real Neovim, into doc/pictures
	$(PY) scripts/pictures/draw.py

test: setup-learn neovim ## all tests, in real Neovims too; installs what they need
	$(PYTEST)

test-engine: setup-test ## tests of the ranker alone: no Neovim, no PyTorch
	$(PYTEST) -m "not editor and not learn"

test-editor: setup-test neovim ## tests in the oldest and the newest Neovim
	$(PYTEST) tests/editor

# In a namespace of its own, where the kernel allows one: `unshare` is part of util-linux.
test-offline: setup-test neovim ## the same where there is no network at all (Linux)
	unshare --map-root-user --net $(PYTEST) tests/editor

test-learn: setup-learn ## tests of the learning stages
	$(PYTEST) tests/learn

coverage: setup-test ## which lines of the engine and the door the tests reach
	$(PY) -m coverage run -m pytest -q tests/engine tests/memory -m "not slow and not timing"
	$(PY) -m coverage report

fuzz: setup-test ## random edits against a fresh start, then whatever may come in (EDITS=, EXAMPLES=)
	$(PY) tests/fuzz.py --edits $(or $(EDITS),100000)
	HYPOTHESIS_PROFILE=long EXAMPLES=$(EXAMPLES) $(PYTEST) tests/test_properties.py --timeout 0

# bench/servers.py compares language servers that somebody installed first: by hand.
bench: setup-test neovim ## every benchmark; bench/README.md holds its tables (PEERS= MENUS= SOURCES=)
	@$(PY) bench/run.py $(BENCH)

bench-short: setup-test neovim ## less of it; fails on what no busy machine explains
	@$(PY) bench/run.py --short

soak: setup-test neovim ## real keys in real files for a long time: nothing fails, grows or lags (KEYS=)
	$(PY) tests/soak.py --keys $(or $(KEYS),300000)

faults: setup-test neovim ## each fault, what was promised and what was seen, into tests/README.md
	$(PY) tests/faults.py

matrix: setup-test ## the engine's tests on each Python and the oldest and newest packages that are allowed
	$(PY) tests/matrix.py

wheels: ## ask the index for a wheel of every pin, for every system and Python
	@$(PYTHON) scripts/wheels.py

# StyLua is in no package index for Python and in no Debian suite: where it is not installed, npm's package of it is used.
lint: setup-test neovim ## ruff, mypy, luacheck, stylua (its own, or by Node.js)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.nvim/tools/bin/luacheck --quiet --no-color lua plugin bench scripts
	@if command -v stylua >/dev/null; then stylua --check lua plugin bench scripts; \
		elif command -v npm >/dev/null; then node scripts/stylua.mjs lua plugin bench scripts; \
		else echo "neither stylua nor npm is installed: the layout of Lua files was not checked"; fi

learn-tiny: setup-learn ## all stages of learning on a few files: minutes on a CPU
	$(LEARN) tiny --out build/tiny

learn-own: sources-named setup-learn ## a model of your own: SOURCES=PROJECT, or several; OWN=build/own
	$(LEARN) own $(SOURCES) --out $(or $(OWN),build/own)

sources-named:
	@test -n "$(SOURCES)" || { echo "Name your project: make learn-own SOURCES=~/code/project"; exit 2; }

learn: setup-learn ## the stages of learning a model, with their order and commands
	$(LEARN) --help

clean: ## remove what was made here (.venv and .nvim stay; `rm -r` them by hand)
	rm -rf .coverage .hypothesis .pytest_cache .ruff_cache .mypy_cache build dist engine/*.egg-info
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
