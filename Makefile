# `make train` and `make test` need Python ≥ 3.11 with venv, and nothing else; the rest is set up in .venv.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: train test check sanitize bench wheel setup clean

train: setup
	$(BIN)/tenfold train mnist

# In the order of the files: that by number of tests would leave the longest ones, which have few, to the end.
test: setup
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder tests

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/check.py
	$(BIN)/python -m benchmarks.publish --check

# The native kernels' tests once more, with every address and every undefined behaviour checked. What takes the time is
# XLA's compiler around them: it need not optimise, and of what it allocates little is remembered.
SANITIZED_TESTS := $(addprefix tests/kernels/test_,conv_block.py dense_block.py dropout.py norm_block.py optimizer_step.py resampling.py)
REPORTS := $(CURDIR)/build/sanitize-reports
sanitize: setup
	rm -rf $(REPORTS) && mkdir -p $(REPORTS)
	$(BIN)/cmake -S src/tenfold/kernels/native -B build/sanitize -G Ninja -DTENFOLD_SANITIZE=ON -DPython_EXECUTABLE=$(CURDIR)/$(BIN)/python > build/sanitize.log || (cat build/sanitize.log; false)
	$(BIN)/cmake --build build/sanitize
	LD_PRELOAD="$$(c++ -print-file-name=libasan.so) $$(c++ -print-file-name=libubsan.so)" \
	ASAN_OPTIONS=detect_leaks=0:malloc_context_size=0:quarantine_size_mb=4:thread_local_quarantine_size_kb=64:log_path=$(REPORTS)/address \
	UBSAN_OPTIONS=log_path=$(REPORTS)/undefined \
	XLA_FLAGS=--xla_backend_optimization_level=0 \
	TENFOLD_KERNELS_LIBRARY=$(CURDIR)/build/sanitize/libtenfold_kernels.so $(BIN)/pytest -n 2 $(SANITIZED_TESTS) || (cat $(REPORTS)/* 2> /dev/null; false)

wheel: setup
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

# Hours long; `make bench ARGUMENTS="--tasks dense-128"` measures less. See benchmarks/README.md.
bench: setup
	$(BIN)/python -m benchmarks.speed $(ARGUMENTS)

setup: .venv/installed

# Installed anew when what is to be installed has changed.
.venv/installed: pyproject.toml Makefile $(wildcard src/tenfold/kernels/native/*)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tenfold needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12")'
	@echo "Setting up .venv: the first time, some minutes of downloads."
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	touch $@

clean:
	rm -rf .venv .bench dist build
