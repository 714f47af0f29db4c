# make demo   sets up .venv and runs the main job
# make test   sets up .venv and runs every test, the real converter's among them
# make help   lists the rest

VENV ?= .venv
BIN := $(VENV)/bin
# uv, itself from PyPI, installs the 6 GB of the build extra several times faster than pip.
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt
# Neither uv nor an editable install writes bytecode, and where PYTHONDONTWRITEBYTECODE is set nothing else ever
# does: every command would compile all it imports. One check writes what checks import; all 6 GB would take a minute.
# What builds and tests import (torch, sympy, MCT: ten seconds a process) is written as they run.
unexport PYTHONDONTWRITEBYTECODE
BYTECODE = $(BIN)/python -m compileall -q sensorfit rules models && $(BIN)/sensorfit check picosam3 > /dev/null
export OMP_NUM_THREADS ?= 2
# A worker a core; a file stays with one worker, which makes what its tests share once.
WORKERS ?= auto
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: help demo test fast lint format docs site constraints wheel clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

$(BIN)/python:
	@python=$$(tools/find-python) && echo "creating $(VENV) with $$python" && "$$python" -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet uv

$(VENV)/build.done: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing sensorfit with the extra 'build' (a few minutes, about 6 GB)"
	@$(INSTALL) -e ".[build]"
	@$(BYTECODE)
	@touch $@

$(VENV)/test.done: $(VENV)/build.done
	@echo "installing the test tools"
	@$(INSTALL) -e ".[build,train,test,reference,plot,sweep,cluster,docs]"
	@touch $@

demo: $(VENV)/build.done ## set up, check the models, build PicoSAM3 INT8
	@tools/need-java
	@tools/demo $(BIN) demo/picosam3

test: $(VENV)/test.done ## set up and run every test
	@tools/need-java
	$(PYTEST)

fast: $(VENV)/test.done ## the tests without torch, MCT, the converter, a browser or the network
	$(PYTEST) -m "not toolchain and not packaging and not reference and not heavy and not browser"

lint: $(VENV)/test.done ## ruff, mypy, generated docs up to date
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m sensorfit.verify.docs --check
	$(BIN)/python -m tools.sam_docs --check

format: $(VENV)/test.done ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/test.done ## generate the rule pages and every table in the docs again
	$(BIN)/python -m sensorfit.verify.docs
	$(BIN)/python -m tools.memory_errors --write
	$(BIN)/python -m tools.tiling_errors --write
	$(BIN)/sensorfit calibrate --write
	$(BIN)/python -m tools.sam_docs

site: $(VENV)/test.done ## build the site into build/html; a warning or a link that leads nowhere fails
	$(BIN)/python -m tools.site --build

constraints: $(VENV)/test.done ## resolve constraints.txt anew
	$(BIN)/uv pip compile --universal --python-version 3.10 --all-extras --upgrade --no-header --no-annotate pyproject.toml -o constraints.txt

wheel: $(VENV)/test.done ## build the wheel
	$(BIN)/python -m build --wheel

clean: ## remove the environment and what was built
	rm -rf $(VENV) build dist demo *.egg-info
