# The two commands of a newcomer are `make test` and, from the embedded lab on, `make demo`.
PYTHON ?= python3
VENV   := .venv
RUN    := "$(CURDIR)/$(VENV)/bin/python" -m
READY  := $(VENV)/ready

.PHONY: check test test-real completions bench clean

$(READY): setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(READY)

check: $(READY)
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) pytest -q tests/unit/test_import_order.py

test: $(READY)
	sh tests/get-sshd >/dev/null
	$(RUN) pytest -n 2

# Root and Debian 12. Builds the lab where it is not built yet: twenty minutes the first time.
test-real: $(READY)
	$(RUN) pytest tests/contract --lab real

completions: $(READY)
	for shell in bash zsh fish powershell; do \
	  $(RUN) gti completion $$shell > completions/gti.$$shell || exit 1; \
	done

bench: $(READY)
	$(RUN) bench.startup
	$(RUN) bench.fanout
	$(RUN) bench.fleet

clean:
	rm -rf $(VENV) build *.egg-info
