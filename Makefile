# Every command of the project. `make help` lists them.
# On a fresh machine only Python 3.11 to 3.13 and make are needed; Node.js makes the site lighter and its figures move.

PYTHON ?= python3
JOBS   ?= 2

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
PY := $(BIN)/python

# One BLAS thread a process: two processes with two threads each on two cores are many times slower.
export OPENBLAS_NUM_THREADS ?= 1
export OMP_NUM_THREADS      ?= 1
export MKL_NUM_THREADS      ?= 1

LONGEST := tests/exercises/ tests/grading/ tests/site/ chapters/

.DEFAULT_GOAL := help
.PHONY: help book test check check-exercise lab notebooks minutes exercises bench sweeps audit firefox pdf slides zip lock lint clean

help: ## list these targets
	@$(PYTHON) -c "import re; [print(f'  make {t:<14} {d}') for t, d in re.findall(r'^([a-z-]+):.*?## (.+)$$', open('Makefile').read(), re.M)]"

# The environment is rebuilt when the lock or the package's declaration changes.
.venv/.ready: requirements.txt pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] < (3, 14) else 'Python 3.11, 3.12 or 3.13 is needed, this is ' + sys.version.split()[0] + '. Name another one: make PYTHON=python3.12 ...')"
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(PY) -c "open('.venv/.ready', 'w').close()"

book: .venv/.ready ## build the site into _build/html
	$(PY) tools/build_book.py

check: .venv/.ready ## lint and the unit tests that take no seconds each: no site, no sandbox
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(BIN)/lint-imports
	$(PY) -m pytest -q -n $(JOBS) --dist loadfile -m "not long" --doctest-modules --ignore tests/site --ignore tests/grading --ignore tests/exercises tests scaling_lib

test: book ## run everything: unit tests, doctests, notebooks, the built site
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(BIN)/lint-imports
	@# The longest first, so that no worker waits for the other at the end; `tests` beside them would put all in order of names.
	@# The exercises, solved, are run by nbval in tests/exercises/test_nbval.py.
	$(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --doctest-modules --nbval --nbval-cell-timeout=300 --nbval-sanitize-with tests/nbval.cfg $(LONGEST) $(filter-out $(LONGEST),$(wildcard tests/*/ tests/*.py)) scaling_lib grading

lab: .venv/.ready ## open the chapters in JupyterLab, as copies in reading/ that are yours to change
	@$(PY) tools/make_reading.py
	@# Figures of notebooks that this machine did not run are shown only once they are trusted.
	@$(PY) -m jupyter trust --log-level=ERROR reading/*.ipynb
	$(PY) -m jupyterlab reading/intro.ipynb

notebooks: .venv/.ready ## execute every notebook again and store its outputs
	$(PY) tools/run_notebooks.py --jobs $(JOBS)

minutes: .venv/.ready ## count the minutes of each chapter and write them on its card
	$(PY) tools/reading_time.py

check-exercise: .venv/.ready ## run the hidden tests on your own notebook: make check-exercise NAME=data_limits
	@$(PY) -m grading check $(NAME)

exercises: .venv/.ready ## make the student versions of the exercises from their sources
	$(PY) tools/make_exercises.py

bench: .venv/.ready ## measure speed side by side with the peers and print the ratios
	$(PYTHON) tools/bench.py

sweeps: .venv/.ready ## regenerate the shipped runs in scaling_lib/data (about two hours on two cores)
	$(PY) -m scaling_lib regenerate all --jobs $(JOBS)
	$(PY) -m grading strategies --out scaling_lib/data/capstone_scores.csv

audit: book ## Lighthouse on the chapters and an exercise of the built site; reports in _build/audit
	npm ci --prefix web/audit --no-progress --loglevel=error
	cd _build && npm exec --prefix ../web/audit -- lhci autorun --config=../web/audit/lighthouserc.cjs

firefox: book ## the checks of the built site in Firefox
	BROWSER=firefox $(PY) -m pytest -n $(JOBS) --dist loadfile -m "not chromium" tests/site

pdf: book ## the whole book as one PDF, the exercises without solutions
	$(PY) tools/make_pdf.py

slides: book ## slides of each chapter, into _build/html/slides, and their minutes into the syllabus
	$(PY) tools/make_slides.py

zip: book ## the site as an archive that opens from the disk
	$(PY) tools/make_zip.py

lock: .venv/.ready ## compile requirements.txt from pyproject.toml
	$(PY) -m uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-strip-extras --quiet --custom-compile-command "make lock" -o requirements.txt

lint: .venv/.ready ## format the code and report what ruff finds
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

clean: ## remove what was built (the environment stays)
	$(PYTHON) -c "import shutil; shutil.rmtree('_build', ignore_errors=True)"
