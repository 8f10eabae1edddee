# Everything a contributor or operator does, each by one command: `make help`.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

# NAME=value arguments of make, handed on to the command as they were typed.
given = $(foreach name,$(.VARIABLES),$(if $(findstring command line,$(origin $(name))),$(if \
	$(filter PYTHON,$(name)),,"$(name)=$$$(name)")))

.DEFAULT_GOAL := help
.PHONY: help run test unit e2e check format package deploy mails messages screenshots lock clean
.PHONY: bench bench-cold bench-delivery bench-import bench-notifier

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: $(READY)  ## run everything on this machine; NAME=value changes a setting, FRESH=1 starts clean
	@$(BIN)/python -m local $(given)

test: $(READY)  ## run all tests
	$(BIN)/pytest -n auto --dist loadgroup tests/unit
	$(BIN)/pytest tests/e2e

unit: $(READY)  ## run the quick tests that need no deployment
	UNIT_DYNAMODB=local $(BIN)/pytest -n auto --dist loadgroup -m "not slow" tests/unit

e2e: $(READY)  ## run the tests against the application deployed to a local cloud
	$(BIN)/pytest tests/e2e

check: $(READY)  ## lint, formatting, types, translations, and the packaged template
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tools.messages --check
	$(BIN)/python -m tools.package
	$(BIN)/cfn-lint build/template.json

format: $(READY)  ## format the code and mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

package: $(READY)  ## build the deployment package under build/
	$(BIN)/python -m tools.package

deploy: $(READY)  ## deploy to AWS: STAGE=prod ARTIFACTS=bucket NAME=value ...
	@$(BIN)/python -m tools.deploy $(given)

mails: $(READY)  ## render every mail in both languages to build/mails.html
	$(BIN)/python -m tools.mails

messages: $(READY)  ## bring the pages' texts into the Polish catalogue, and compile it
	$(BIN)/python -m tools.messages

screenshots: $(READY)  ## photograph every page of the panel in all its states to build/screenshots
	$(BIN)/python -m tools.screenshots

bench: bench-cold bench-delivery bench-import bench-notifier  ## run all benchmarks

bench-cold: $(READY)  ## the first log-in of a fresh process, against a function without any framework
	$(BIN)/python -m bench.cold_start

bench-delivery: $(READY)  ## a burst of notices while a fifth of what deliver asks of AWS fails
	$(BIN)/python -m bench.delivery

bench-import: $(READY)  ## an import of 100,000 customers: rows a second, and the memory that it takes
	$(BIN)/python -m bench.importing

bench-notifier: $(READY)  ## what telling of low balances costs among up to a million customers
	$(BIN)/python -m bench.notifier

lock: $(READY)  ## pin what requirements*.in ask for, keeping the pins there are
	$(BIN)/python -m tools.lock

clean:  ## remove what these commands made, except the local cloud's state (.local)
	rm -rf build .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Made anew when a pin changes, so that nothing is left of the old ones. Compiling happens on first use.
$(READY): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile \
		--requirement requirements-dev.txt
	@touch $(READY)
