# The commands of the project; `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

CONFIG ?= newsroom.yaml
export CONFIG

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

.PHONY: run
run: build ## Run the pipeline on this machine until Ctrl-C (CONFIG=file.yaml for other feeds, PORT=8080 for the page)
	@exec node dist/local/run.mjs

.PHONY: logs
logs: build ## Follow what the workers of a run say (TRACE=id for the way of one document, CONFIG=file.yaml for another run)
	@exec node dist/local/logs.mjs

.PHONY: demo
demo: build ## Send the newsroom's fixed edition through the pipeline and print its figures
	@exec node dist/local/demo.mjs

.PHONY: replay
replay: build ## Put dead letters back where they came from (SEQUENCE=12,13 or CONSUMER=news-creator) while `make run` runs
	@exec node dist/local/replay.mjs

.PHONY: test
test: node_modules/.installed ## Lint, check types, run all tests
	@npx --no-install biome check .
	@npx --no-install tsc --noEmit
	@npx --no-install tsc --noEmit -p workers/news-monitor/page
	@npx --no-install vitest run $(TESTS)

.PHONY: bench
bench: build ## Measure against the loop of one message a round trip, side by side (BENCH_ITEMS=5000, ARGS=--json)
	@exec node dist/bench/creator.mjs $(ARGS)

.PHONY: synth
synth: build ## Synthesize the manifests of newsjet.yaml (or CONFIG=file.yaml) into charts/
	@exec node dist/cdk8s/main.mjs $(if $(filter file,$(origin CONFIG)),newsjet.yaml,$(CONFIG)) charts

.PHONY: images
images: build ## Build the image of every worker, and say how large each is
	@exec node dist/kind/build-images.mjs

.PHONY: kind-up
kind-up: build ## Bring the whole system up on a kind cluster, or update it there (CONFIG=file.yaml for other feeds)
	@exec node dist/kind/up.mjs

.PHONY: kind-down
kind-down: build ## Remove that cluster with everything in it
	@exec node dist/kind/down.mjs

.PHONY: e2e
e2e: build ## Break a pipeline that kind-up brought up, in every way, and print what was lost (ARGS=--json, SCENARIO=name)
	@$(if $(filter --json,$(ARGS)),E2E_JSON=1) npx --no-install vitest run --config test/e2e/vitest.config.ts $(SCENARIO)

.PHONY: lint
lint: node_modules/.installed ## Lint and check types
	@npx --no-install biome check .
	@npx --no-install tsc --noEmit
	@npx --no-install tsc --noEmit -p workers/news-monitor/page

.PHONY: format
format: node_modules/.installed ## Format the code
	@npx --no-install biome check --write .

.PHONY: certs
certs: build ## Issue or renew the certificates of a definition (CONFIG=file.yaml) and list them
	@exec node dist/certs/main.mjs $(CONFIG)

.PHONY: build
build: node_modules/.installed ## Bundle the workers and commands into dist/
	@node build.mjs

.PHONY: clean
clean: ## Remove what runs left behind (streams, database, logs) and the bundles; keeps what was installed
	@rm -rf .newsjet/state .newsjet/certs dist

.PHONY: distclean
distclean: clean ## Remove everything that was installed, too
	@rm -rf .newsjet node_modules

# Reinstalled when the lock file changes, and only then.
node_modules/.installed: package-lock.json
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); if (a < 20 || (a === 20 && b < 19)) { console.error("Node " + process.versions.node + " is too old: install Node 20.19 or newer"); process.exit(1); }'
	@echo 'installing npm packages'
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@
