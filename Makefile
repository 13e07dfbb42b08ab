# Kopir. "make help" lists what there is; "make test" needs nothing but Go 1.26 and Debian's apt.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

GO ?= go
PACKAGES ?= ./...
TESTTIMEOUT ?= 15m
FUZZTIME ?= 60s
BENCHTIME ?= 1s
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# What the tests call, as package=program; a name with a slash is a file. gcc is for the race
# detector; openssl with the GOST engine, xmlsec1 and Apache Santuario on Java are the judges the
# verifier is compared with; zeep, node-soap (which a test installs with npm) and gSOAP are strangers
# who make clients of the served WSDL.
TOOLS := gcc=gcc libc6-dev=/usr/include/stdlib.h redis-server=redis-server \
	postgresql=/usr/lib/postgresql/*/bin/initdb xmlsec1=xmlsec1 libxml2-utils=xmllint \
	openssl=openssl libengine-gost-openssl=/usr/lib/*/engines-3/gost.so chromium=chromium \
	default-jdk-headless=javac libxml-security-java=/usr/share/java/xmlsec.jar libbcprov-java=/usr/share/java/bcprov.jar \
	python3-zeep=/usr/lib/python3/dist-packages/zeep/__init__.py python3-xmlsec=/usr/lib/python3/dist-packages/xmlsec* \
	nodejs=node npm=npm gsoap=wsdl2h libgsoap-dev=/usr/include/stdsoap2.h

.PHONY: help test unit tools build lint fuzz bench pkifaults demo

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

test: tools ## everything: vet, race detector, real Redis and PostgreSQL, a real browser
	@stop() {
		status=$$?
		trap - EXIT
		if [ -n "$${KOPIR_TEST_SERVICES:-}" ]; then
			echo "make test: stopping Redis and PostgreSQL"
			.ci/services stop || echo "make test: the services did not stop cleanly"
		fi
		exit $$status
	}
	trap stop EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	echo "make test: starting Redis and PostgreSQL on loopback"
	exports=$$(.ci/services start)
	eval "$$exports"
	echo "make test: go vet"
	$(GO) vet $(PACKAGES)
	echo "make test: go test -race"
	$(GO) test -race -timeout $(TESTTIMEOUT) $(PACKAGES)
	echo "make test: what a hostile document may cost, a list of a million, every fault of the PKI (without the race detector, under which times say nothing)"
	$(GO) test -timeout $(TESTTIMEOUT) -run 'Hostile|Million|TestFaults' $(PACKAGES) | grep -v 'no tests to run\|no test files'

unit: ## the tests that need nothing from outside; the others skip and say so
	@$(GO) test -timeout $(TESTTIMEOUT) $(PACKAGES)

tools: ## install what the tests call and this machine lacks
	@missing=()
	for tool in $(TOOLS:%='%'); do
		package=$${tool%%=*} probe=$${tool#*=}
		case $$probe in
			/*) compgen -G "$$probe" >/dev/null || missing+=("$$package") ;;
			*) command -v "$$probe" >/dev/null || missing+=("$$package") ;;
		esac
	done
	if [ "$${#missing[@]}" -eq 0 ]; then exit 0; fi
	if ! command -v apt-get >/dev/null; then
		echo "make tools: missing: $${missing[*]} (names of Debian packages), and there is no apt-get here." >&2
		echo "Install them by hand, or run 'make unit', which does without." >&2
		exit 1
	fi
	as_root=()
	if [ "$$(id -u)" -ne 0 ]; then
		if ! command -v sudo >/dev/null; then
			echo "make tools: missing: $${missing[*]}. Run 'make tools' as root, or 'make unit', which does without." >&2
			exit 1
		fi
		as_root=(sudo)
	fi
	echo "make tools: installing $${missing[*]}"
	# RUNLEVEL=1 keeps the packages from starting servers of their own.
	apt=("$${as_root[@]}" env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
	"$${apt[@]}" update
	"$${apt[@]}" install -y --no-install-recommends "$${missing[@]}"

build: ## one static binary, ./kopir
	@CGO_ENABLED=0 $(GO) build -trimpath -o kopir ./cmd/kopir

lint: ## gofmt, vet, staticcheck
	@unformatted=$$(gofmt -l $$(find . -name '*.go' -not -path './.git/*'))
	if [ -n "$$unformatted" ]; then
		echo "gofmt -w these:" $$unformatted >&2
		exit 1
	fi
	$(GO) vet $(PACKAGES)
	$(GO) run $(STATICCHECK) $(PACKAGES)

fuzz: ## every fuzz target for FUZZTIME (60s each), and a table of what came of it
	@log=$$(mktemp) rows=() finds=0
	trap 'rm -f "$$log"' EXIT
	for package in $$($(GO) list $(PACKAGES)); do
		for target in $$($(GO) test -list '^Fuzz' "$$package" | grep '^Fuzz' || true); do
			echo "make fuzz: $$package $$target"
			find=no
			# An input is made smaller by a few tries only: the engine's own minute for each would be all it does.
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x "$$package" 2>&1 | tee "$$log" | grep -v '^fuzz: elapsed' || true
			if ! grep -q '^ok' "$$log"; then find=YES finds=$$((finds + 1)); fi
			execs=$$(sed -nE 's/.*execs: ([0-9]+).*/\1/p' "$$log" | tail -1)
			fresh=$$(sed -nE 's/.*new interesting: ([0-9]+).*/\1/p' "$$log" | tail -1)
			rows+=("| $${package#*/} $$target | $${execs:-0} | $${fresh:-0} | $$find |")
		done
	done
	echo
	echo "| target | executions | new interesting | find |"
	echo "|---|---|---|---|"
	printf '%s\n' "$${rows[@]}"
	echo "make fuzz: $${#rows[@]} targets, $$finds with a find"
	[ "$${#rows[@]}" -gt 0 ] && [ "$$finds" -eq 0 ]

bench: ## every benchmark
	@$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) $(PACKAGES)

pkifaults: ## inject every fault of the PKI and write testdata/PKI-FAULTS.md from what happened
	@.ci/services run $(GO) test -count=1 -timeout $(TESTTIMEOUT) -run '^TestFaults$$' ./cmd/kopir/internal/app -update

demo: ## the whole story with a throw-away PKI, and the pages to look at
	@$(GO) run ./cmd/kopir demo
