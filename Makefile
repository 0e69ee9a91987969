# One command a habit. Every target sets up what it needs in .venv first.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/

.PHONY: demo test lint bench docs clean
.DEFAULT_GOAL := demo

$(VENV)/installed: pyproject.toml setup.py
	$(PYTHON) -m venv $(VENV)
	$(RUN)python -m pip install --quiet --editable '.[dev]'
	touch $@

demo: $(VENV)/installed
	$(RUN)python -m openrow.demo

test: $(VENV)/installed
	$(RUN)python -m pytest -n 2

lint: $(VENV)/installed
	$(RUN)ruff check .
	$(RUN)ruff format --check .
	$(RUN)mypy

bench: $(VENV)/installed
	PYTHONPATH=tests $(RUN)python -m benchmarks

docs: $(VENV)/installed
	$(RUN)python -m pip install --quiet --editable '.[docs]'
	$(RUN)python -m sphinx -W -b html docs docs/_build/html

clean:
	rm -rf $(VENV) build dist docs/_build docs/auto_gallery docs/auto_pictures docs/sg_execution_times.rst
