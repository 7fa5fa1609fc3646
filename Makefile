# `make` lists the targets. All of them work in a checkout with only Go and
# make; tests that need Erlang or Elixir are skipped where these are missing,
# unless CI=true.

GO        ?= go
TESTFLAGS ?=
FUZZTIME  ?= 10m
BENCH     ?= full
RUN       ?= .
OUT       := .out

export GOWORK := off

# Every folder with a go.mod is a module with tests of its own.
MODULES := $(shell find . \( -name .git -o -name node_modules -o -name testdata -o -name .out \) -prune -o -name go.mod -print | xargs -n1 dirname | sort)

# each runs a command in every module and fails if it failed in one.
each = @bad=0; for m in $(MODULES); do echo "== $$m"; (cd $$m && $(1)) || bad=1; done; exit $$bad

.PHONY: help test race cover lint fmt vet tidy fuzz conformance bench bench-diff gobench examples vuln ci clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

test: ## go test ./... in every module (TESTFLAGS='-run X -v')
	$(call each,$(GO) test $(TESTFLAGS) ./...)

race: ## the library's tests under the race detector (needs a C compiler)
	@.ci/run race

cover: ## coverage of the library, at least 95% a package; .out/coverage.html
	@.ci/run cover; s=$$?; test ! -f $(OUT)/coverage.out || $(GO) tool cover -html=$(OUT)/coverage.out -o $(OUT)/coverage.html; exit $$s

lint: ## gofmt, go vet and staticcheck (pinned in .ci/tools)
	@.ci/run format vet lint

fmt: ## write all files as gofmt wants them
	@gofmt -l -w $$(find . \( -name .git -o -name node_modules -o -name .out \) -prune -o -name '*.go' -print)

vet: ## go vet in every module
	$(call each,$(GO) vet ./...)

tidy: ## go mod tidy in every module
	$(call each,$(GO) mod tidy)

fuzz: ## fuzz targets in turn, 20s each, FUZZTIME (10m) for all together after the build; corpus in .out/fuzz
	@$(GO) run ./fuzz/continuous -for $(FUZZTIME)

conformance: ## what decoders do with the corpus: prints the table and rewrites it in fuzz/README.md
	@$(GO) -C fuzz/adapters run ./table -write ../README.md

bench: ## the library beside its peers and the BEAM, into bench/RESULTS.md: 40 minutes; BENCH=quick five, into .out/bench
	@case '$(BENCH)' in quick|full) ;; *) echo "BENCH is quick or full"; exit 2 ;; esac
	@$(GO) -C bench run . $(if $(filter quick,$(BENCH)),-quick) $(BENCHFLAGS)

bench-diff: ## is this checkout slower than BASE=rev? fails on a regression beyond noise
	@$(GO) -C bench run ./diff -base='$(BASE)' $(BENCHFLAGS)

gobench: ## Go benchmarks in every module (RUN=regexp)
	$(call each,$(GO) test -run='^$$' -bench='$(RUN)' -benchmem ./...)

examples: ## build the examples into .out/bin
	@mkdir -p $(OUT)/bin
	@set -e; for m in $(MODULES); do \
	  for p in $$($(GO) -C $$m list -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' ./... | grep /examples/ || true); do \
	    echo "$(OUT)/bin/$$(basename $$p)"; $(GO) -C $$m build -o "$(CURDIR)/$(OUT)/bin/" $$p; \
	  done; \
	done

vuln: ## known vulnerabilities in what is used; needs the Go vulnerability database
	$(call each,$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...)

ci: ## all that has to hold before a change lands (.ci/run -l lists the phases)
	@.ci/run

clean: ## remove what the targets above wrote
	@rm -rf $(OUT)
