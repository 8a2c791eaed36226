# Thin on purpose: everything else is in `antre` (.venv/bin/antre --help).
.DEFAULT_GOAL := help
.PHONY: help setup tools browser demo test torture soak check bench mutants lock translations clean

help:
	@echo "make setup   what running needs, into .venv (so .venv/bin/antre)"
	@echo "make demo    a living hall at http://127.0.0.1:8080 (or at ANTRE_BIND)"
	@echo "make test    all tests, with everything they need"
	@echo "make torture  the long attacks: kills, power cuts, broken printers and lines, with a table at the end"
	@echo "make soak    an hour of a hall's work over a bad line"
	@echo "make check   lint, types, import contracts"
	@echo "make bench   how fast it is on this machine"
	@echo "make mutants  whether a test notices each small change of the rules of empty counters"
	@echo "make lock    new requirements*.lock from pyproject.toml"
	@echo "make translations  new sentences into the English catalogue, gone ones out of it"
	@echo "make clean   removes .venv and what tools left behind; var/ stays"

setup:
	@PYTHON=$(PYTHON) scripts/bootstrap.sh

tools:
	@PYTHON=$(PYTHON) scripts/bootstrap.sh dev

browser:
	@PYTHON=$(PYTHON) scripts/bootstrap.sh browser

demo: setup
	@exec .venv/bin/antre demo

test: browser
	@CHROMIUM="$$(cat .venv/browser)" .venv/bin/python -m pytest -n 3 --dist worksteal $(ARGS)

torture: browser
	@ANTRE_TORTURE=long CHROMIUM="$$(cat .venv/browser)" .venv/bin/python -m pytest tests/torture -n 2 --dist worksteal --durations=30 --timeout 1500 $(ARGS)

soak: browser
	@ANTRE_TORTURE=long ANTRE_SOAK_MINUTES=60 .venv/bin/python -m pytest tests/torture/test_soak.py -n 0 -s $(ARGS)

check: tools
	.venv/bin/ruff check .
	.venv/bin/ruff format --check --quiet .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: tools
	@.venv/bin/python -m bench $(ARGS)

mutants: tools
	@scripts/mutants.sh $(ARGS)

LOCK = .venv/bin/pip-compile -q --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

lock: tools
	$(LOCK) --output-file=requirements.lock pyproject.toml
	$(LOCK) --extra=dev --constraint=requirements.lock --output-file=requirements-dev.lock pyproject.toml

translations: setup
	@scripts/translations.sh

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist *.egg-info
	rm -rf tests/decoder/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
