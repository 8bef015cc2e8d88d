# Every target works on a fresh machine with Python 3.11 or newer: the first one creates .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCH_READY := $(VENV)/.ready-bench
MUTANTS_READY := $(VENV)/.ready-mutants
SEEDS ?= 1..5
DEFINITIONS ?= definitions
# A file stays in one process. Tests spend much of their time waiting, for other processes and for
# time to pass: with three processes per core the fast ones take about 3 minutes on two cores, with two 4. The
# attacks measure time and memory, so they have a process per core, and no other tests beside them.
CORES := $$(getconf _NPROCESSORS_ONLN)
# pytest keeps its rewritten test files as bytecode; without that, each process spends 8 s on them.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder
FAST := not (attack or broker or browser or engine or slow)

.PHONY: demo test check format schemas docs conformance conformance-wire definitions test-ui golden bench bench-quick bench-opcodes bench-plots bench-liquid bench-batches bench-choices bench-instances bench-bulk load mutants chaos bench-host serve wheel clean

demo: $(READY)  ## start a simulated Qualtrics, deliver sample events, show the results
	$(BIN)/dkit demo qualtrics

test: $(READY)  ## run the fast tests: no engine, browser, broker or attack
	$(PYTEST) -n $$((3 * $(CORES))) -m '$(FAST)'

check: $(READY)  ## format, lint, types, layers, and every test with coverage
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy tests/typing/api.py tests/typing/authors.py
	$(BIN)/lint-imports --no-cache
	$(PYTEST) -n $$((2 * $(CORES))) -m 'not attack' --cov --cov-report= --cov-fail-under=0
	$(PYTEST) -n $(CORES) -m attack --cov --cov-append --cov-report=term:skip-covered --cov-fail-under=95

format: $(READY)  ## format the code, and apply the linter's fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schemas: $(READY)  ## regenerate the published schemas
	$(BIN)/dkit schemas --out schemas
	cp host/destination_host/schemas/host.schema.json schemas/

docs: $(READY)  ## write the generated parts of the documents again
	$(BIN)/python -m tests.contracts.generated

conformance: $(READY)  ## compare generated requests with the reference; needs Node 20 (SEEDS=1..20)
	$(BIN)/python -m tests.conformance.run SEEDS=$(SEEDS)

conformance-wire: $(READY)  ## compare requests and outcomes with the reference's destinations; needs Node 20 (COUNT=5000 SEEDS=1..5 PORT=FILE)
	$(BIN)/python -m tests.conformance.exchanges.run COUNT=$(or $(COUNT),1000) SEEDS=$(SEEDS) $(PORT)

definitions: $(READY)  ## compare imported definitions with the reference, and list their keys; needs Node 20 (DEFINITIONS=FOLDER EXPORTED=20)
	$(BIN)/python -m tests.conformance.definition_warnings $(DEFINITIONS)
	$(BIN)/python -m tests.conformance.definitions $(DEFINITIONS) --package $(or $(EXPORTED),all)

test-ui: $(READY)  ## draw every published form in rjsf and JSON Forms; needs Node 20 and Chromium (DEFINITIONS=FOLDER COUNT=20000 FORMS=24)
	$(BIN)/python -m tests.ui.run $(if $(wildcard $(DEFINITIONS)),DEFINITIONS=$(DEFINITIONS)) $(if $(COUNT),COUNT=$(COUNT)) $(if $(FORMS),FORMS=$(FORMS)) $(if $(SEED),SEED=$(SEED))

golden: $(READY)  ## regenerate the golden cases from the reference; needs Node 20
	$(BIN)/python -m tests.conformance.golden
	$(BIN)/python -m tests.conformance.exchanges.golden

bench: $(BENCH_READY)  ## speed beside the reference, and memory; needs Node 20 (ROUNDS=5)
	$(BIN)/python -m tests.bench.speed $(if $(ROUNDS),--rounds $(ROUNDS))

bench-quick: $(READY)  ## our side of it alone, in a minute; fails only for results that do not depend on time
	$(BIN)/python -m tests.bench.speed --quick

bench-opcodes: $(READY)  ## bytecodes per event; fails where a figure grows by a tenth (WRITE=1 stores the figures)
	$(BIN)/python -m tests.bench.opcodes $(if $(WRITE),--write,--check)

bench-plots: $(BENCH_READY)  ## redraw docs/plots: cost by size, by mapping, by subscriptions, under load
	$(BIN)/python -m tests.bench.plots

bench-liquid: $(READY)  ## speed of @liquid beside the reference, and the cost of hostile templates
	$(BIN)/python -m tests.bench.liquid

bench-instances: $(READY)  ## memory and time of a thousand instances
	$(BIN)/python -m tests.bench.instances

bench-batches: $(READY)  ## calls per event, one contact per person, memory (QUICK=1: short, without Node)
	$(BIN)/python -m tests.bench.batches $(if $(QUICK),--quick)

bench-choices: $(READY)  ## time of each page of dynamic choices, of 5,000 entries
	$(BIN)/python -m tests.bench.choices

bench-bulk: $(READY)  ## 100,000 contacts in bulk under the documented limits, about 10 minutes (QUICK=1: 5,000)
	$(BIN)/python -m tests.bench.bulk $(if $(QUICK),--quick)

load: $(READY)  ## results of events under the partner's limits and faults (QUICK=1: short, without Node)
	$(BIN)/python -m tests.bench.load $(if $(QUICK),--quick)

mutants: $(MUTANTS_READY)  ## change the code in one place at a time; the tests must fail (COUNT=40 SEED=7: a random sample)
	$(BIN)/python -m tests.mutants.run $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED)) $(if $(AT_LEAST),--at-least $(AT_LEAST)) $(MODULES)

chaos: $(READY)  ## kill hosts, fill their disk, change their clock: no event may be lost (QUICK=1: under two minutes; CASE=kills)
	$(BIN)/python -m host.tests.load.chaos $(if $(QUICK),--quick) $(if $(CASE),--only $(CASE))

bench-host: $(READY)  ## events a second through the host, an outage, memory, Segment's libraries (QUICK=1: under two minutes; CASE=outage)
	$(BIN)/python -m host.tests.load.bench $(if $(QUICK),--quick) $(if $(CASE),--only $(CASE))

serve: $(READY)  ## run a host with a simulated Qualtrics and a trickle of events, until Ctrl-C
	$(BIN)/python -m host.tests.load.trial

ui: host/ui/node_modules/.ready  ## build the page of the console, and run its unit tests; needs Node 20
	cd host/ui && npm run --silent test && npm run --silent build

test-console: $(READY) ui  ## drive the console in Chromium against the simulator, with axe, and take screenshots; needs Node 20
	node tests/ui/console.mjs $(BIN)/dkit $(or $(SHOTS),.cache/console)

wheel: $(READY)  ## build both wheels into dist/; run make ui before, and they have the page of the console
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . ./host

# Compiled here, because a start of dkit takes 60 ms more where Python must not write bytecode.
$(READY): pyproject.toml host/pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "destination-kit needs Python 3.11 or newer; name it with make PYTHON=python3.x")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' --editable ./host
	$(BIN)/python -m compileall -q destination_kit destinations host/destination_host
	touch $(READY)

host/ui/node_modules/.ready: host/ui/package-lock.json
	cd host/ui && npm ci --silent
	touch $@

$(BENCH_READY): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	touch $(BENCH_READY)

$(MUTANTS_READY): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[mutants]'
	touch $(MUTANTS_READY)

clean:  ## remove .venv and all generated caches
	rm -rf $(VENV) .cache dist .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
