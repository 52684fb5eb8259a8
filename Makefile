# Each target installs what it needs, prints that, and is quick when nothing has changed.
# The machine needs Python 3.11 or newer, and for `controlplane` also Go 1.26 or newer.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
# where it is set, every process of the tests compiles the package again, and pytest each test
unexport PYTHONDONTWRITEBYTECODE
LAB ?=# more options of `tenantkit lab`: make lab LAB='--port 9999 --no-browser'
VENV := .venv
VENV_LOWEST := .venv-lowest
CONTROLPLANE := .build/controlplane
ANALYZER := .build/network-config-analyzer
GO_MODULES := tests/controlplane
KUBERNETES_VERSION = $(shell sed -n 's/^require k8s.io\/kubernetes v//p' $(GO_MODULES)/kubernetes/go.mod)
VERSION_WORDS = $(subst ., ,$(KUBERNETES_VERSION))
VERSION_PACKAGE := k8s.io/component-base/version
# without these the server's /version has no usable version
GO_LDFLAGS = -X $(VERSION_PACKAGE).gitVersion=v$(KUBERNETES_VERSION) -X $(VERSION_PACKAGE).gitMajor=$(word 1,$(VERSION_WORDS)) -X $(VERSION_PACKAGE).gitMinor=$(word 2,$(VERSION_WORDS))

comma := ,# in an argument of a call
# pip says nothing, or hundreds of lines: this prints the name of each package as pip comes to it, and pip's own errors
define pip-install
@PYTHONUNBUFFERED=1 $(1)/bin/python -m pip install --disable-pip-version-check --root-user-action ignore --progress-bar off $(2) \
  | while IFS= read -r line; do set -- $$line; case "$$line" in \
      "Collecting "*) printf '    %s\n' "$${2%%[[<>=!~;]*}" ;; \
      "Installing collected packages: "*) printf '    installing %s packages\n' $$(($$# - 3)) ;; \
    esac; done >&2
endef

say = @printf '\033[1m==> %s\033[0m\n' "$(1)" >&2

.PHONY: help demo test chromium network-config-analyzer packet-tools lab wheel controlplane test-controlplane controlplane-up conformance facts lint test-lowest bench clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "  make %-18s %s\n", $$1, $$2}'

demo: $(VENV)/.has-demo ## run the three-tenant example on its own sandbox
	@$(VENV)/bin/tenantkit demo

test: $(VENV)/.has-all chromium network-config-analyzer ## run all tests that need no cluster
	$(call say,pytest without the control plane)
	@failed=0; \
	$(VENV)/bin/pytest -m 'not controlplane' $(IN_PARALLEL) $(addprefix --ignore=,$(TIMED_TESTS) $(KUBECTL_TESTS)) || failed=1; \
	$(VENV)/bin/pytest -m 'not controlplane' $(IN_PARALLEL) $(KUBECTL_TESTS) || failed=1; \
	$(VENV)/bin/pytest -m 'not controlplane' $(TIMED_TESTS) || failed=1; \
	exit $$failed

IN_PARALLEL := --numprocesses 2
# these measure how soon something answers: nothing may run beside them
TIMED_TESTS := tests/browser tests/kernel tests/notebooks tests/unit/cluster/test_bounds.py
# these compare with programs that give up soon: two at a time, beside no busy server
KUBECTL_TESTS := tests/kubeconfig

# for the browser tests, which are skipped where it is not installed
chromium:
	@command -v chromium >/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  printf '\033[1m==> installing chromium\033[0m\n' >&2; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	else echo "no chromium, so the browser tests are skipped: apt-get install chromium" >&2; fi

# a second evaluator of NetworkPolicies, in an environment of its own, since it pins PyYAML and lxml
network-config-analyzer: $(ANALYZER)/.has-2.1.0
$(ANALYZER)/.has-2.1.0:
	$(call say,installing network-config-analyzer)
	@$(PYTHON) -m venv $(@D)
	$(call pip-install,$(@D),network-config-analyzer==2.1.0)
	@touch $@

lab: $(VENV)/.has-lab ## start JupyterLab on the notebooks, with a sandbox and a sample platform; Ctrl-C ends both
	@$(VENV)/bin/tenantkit lab --folder .lab/notebooks $(LAB)

wheel: $(VENV)/.has-build ## build dist/tenantkit-VERSION-py3-none-any.whl, with the notebooks
	$(call say,building the wheel)
	@$(VENV)/bin/python -m build --wheel --outdir dist

COMPONENTS := etcd kube-apiserver kube-controller-manager kube-scheduler kwok contour envoy-gateway kube-router kube-network-policies

controlplane: $(addprefix $(CONTROLPLANE)/,$(COMPONENTS) contour-crds.yaml envoy-gateway-crds.yaml) ## build the real control plane from Go modules, once

# for the tests with real packets, which are skipped where they are not installed
packet-tools:
	@{ command -v iptables && command -v ipset && command -v ip; } >/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  printf '\033[1m==> installing iptables, ipset and iproute2\033[0m\n' >&2; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq iptables ipset iproute2 >/dev/null; \
	else echo "no iptables, ipset or ip, so the tests with packets are skipped: apt-get install iptables ipset iproute2" >&2; fi

test-controlplane: $(VENV)/.has-all controlplane packet-tools ## run the contract suite and the notebooks on the real control plane
	$(call say,pytest on the real control plane)
	@failed=0; \
	$(VENV)/bin/pytest -m controlplane $(IN_PARALLEL) tests/contract tests/controlplane tests/differential tests/fits tests/fuzz tests/sample || failed=1; \
	$(VENV)/bin/pytest -m controlplane tests/kernel tests/notebooks || failed=1; \
	exit $$failed

controlplane-up: $(VENV)/.has-all controlplane ## run a control plane until Ctrl-C; with SAMPLE=1 it has the sample
	@$(VENV)/bin/python -m tests.controlplane --nodes $(if $(SAMPLE),--sample)

conformance: $(VENV)/.has-all controlplane $(CONTROLPLANE)/e2e.test ## run Kubernetes' own conformance tests on both engines; builds them once
	@$(VENV)/bin/python -m tests.conformance

facts: $(VENV)/.has-all controlplane ## regenerate tenantkit/sandbox/data from a real control plane
	$(call say,reading the facts for the sandbox from a control plane)
	@$(VENV)/bin/python -m tests.controlplane.generate_facts

lint: $(VENV)/.has-all ## run ruff, mypy --strict, import contracts, and the checks for circles and long files
	$(call say,ruff)
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/ruff format --check
	$(call say,mypy)
	@$(VENV)/bin/mypy tenantkit tests benchmarks
	$(call say,import contracts)
	@$(VENV)/bin/lint-imports
	$(call say,import circles and lengths of files)
	@$(VENV)/bin/pytest -q tests/unit/project/test_files_are_short.py tests/unit/project/test_no_import_circles.py

test-lowest: $(VENV_LOWEST)/.has-all ## run the unit and contract tests with the lowest supported libraries
	$(call say,pytest with the lowest supported libraries)
	@failed=0; \
	$(VENV_LOWEST)/bin/pytest tests/unit tests/contract -m 'not controlplane' $(IN_PARALLEL) $(addprefix --ignore=,$(TIMED_TESTS)) || failed=1; \
	$(VENV_LOWEST)/bin/pytest $(filter tests/unit/%,$(TIMED_TESTS)) || failed=1; \
	exit $$failed

bench: $(VENV)/.has-all controlplane ## measure the ratios of docs/benchmarks.md
	@$(VENV)/bin/python -m benchmarks

clean: ## remove the environments, builds and caches of this folder
	rm -rf $(VENV) $(VENV_LOWEST) .build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# --- environments: one stamp per set of packages; an older stamp than its sources means installing again

$(VENV)/bin/python $(VENV_LOWEST)/bin/python:
	$(call say,creating the Python environment $(@D:/bin=))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is $$($(PYTHON) --version 2>&1): tenantkit needs Python 3.11 or newer: name one with make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot create environments: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(@D:/bin=)

$(VENV)/.has-demo: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(call say,installing tenantkit with its sandbox)
	$(call pip-install,$(VENV),-c constraints.txt -e '.[sandbox]')
	@touch $@

$(VENV)/.has-lab: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(call say,installing tenantkit with JupyterLab)
	$(call pip-install,$(VENV),-c constraints.txt -e '.[lab]')
	@touch $(VENV)/.has-demo $@

# dependency groups need pip 25.1
$(VENV)/.has-all: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(call say,installing tenantkit with the packages for its tests)
	$(call pip-install,$(VENV),'pip>=25.1')
	$(call pip-install,$(VENV),-c constraints.txt -e '.[lab]' --group dev)
	@touch $(VENV)/.has-demo $(VENV)/.has-lab $@

$(VENV)/.has-build: constraints.txt | $(VENV)/bin/python
	$(call say,installing the builder of wheels)
	$(call pip-install,$(VENV),-c constraints.txt build)
	@touch $@

$(VENV_LOWEST)/.has-all: pyproject.toml constraints-lowest.txt | $(VENV_LOWEST)/bin/python
	$(call say,installing tenantkit with the lowest supported libraries)
	$(call pip-install,$(VENV_LOWEST),'pip>=25.1')
	$(call pip-install,$(VENV_LOWEST),-c constraints-lowest.txt -e '.[plots$(comma)sandbox]' --group test --group exports)
	@touch $@

# --- the control plane: minutes the first time, seconds with Go's cache

KUBE_PARTS := $(addprefix $(CONTROLPLANE)/,kube-apiserver kube-controller-manager kube-scheduler)

$(CONTROLPLANE)/etcd: GO_MODULE := etcd
$(CONTROLPLANE)/etcd: GO_PACKAGE := go.etcd.io/etcd/server/v3
$(KUBE_PARTS): GO_MODULE := kubernetes
$(CONTROLPLANE)/kube-%: GO_PACKAGE = k8s.io/kubernetes/cmd/$(@F)
$(CONTROLPLANE)/kwok: GO_MODULE := kwok
$(CONTROLPLANE)/kwok: GO_PACKAGE := sigs.k8s.io/kwok/cmd/kwok
$(CONTROLPLANE)/contour: GO_MODULE := contour
$(CONTROLPLANE)/contour: GO_PACKAGE := github.com/projectcontour/contour/cmd/contour
$(CONTROLPLANE)/envoy-gateway: GO_MODULE := envoy-gateway
$(CONTROLPLANE)/envoy-gateway: GO_PACKAGE := github.com/envoyproxy/gateway/cmd/envoy-gateway
# the engines of NetworkPolicies; of kube-router only its policy controller, by a main package of ours
$(CONTROLPLANE)/kube-router: GO_MODULE := kube-router
$(CONTROLPLANE)/kube-router: GO_PACKAGE := .
$(CONTROLPLANE)/kube-network-policies: GO_MODULE := kube-network-policies
$(CONTROLPLANE)/kube-network-policies: GO_PACKAGE := sigs.k8s.io/kube-network-policies/cmd

$(CONTROLPLANE)/etcd: $(GO_MODULES)/etcd/go.mod $(GO_MODULES)/etcd/go.sum
$(KUBE_PARTS) $(CONTROLPLANE)/e2e.test: $(GO_MODULES)/kubernetes/go.mod $(GO_MODULES)/kubernetes/go.sum
$(CONTROLPLANE)/kwok: $(GO_MODULES)/kwok/go.mod $(GO_MODULES)/kwok/go.sum
$(CONTROLPLANE)/contour: $(GO_MODULES)/contour/go.mod $(GO_MODULES)/contour/go.sum
$(CONTROLPLANE)/envoy-gateway: $(addprefix $(GO_MODULES)/envoy-gateway/,go.mod go.sum)
$(CONTROLPLANE)/kube-router: $(addprefix $(GO_MODULES)/kube-router/,go.mod go.sum main.go)
$(CONTROLPLANE)/kube-network-policies: $(addprefix $(GO_MODULES)/kube-network-policies/,go.mod go.sum)

define has-go
@command -v go >/dev/null || { echo "go is not installed: building the control plane needs Go 1.26 or newer" >&2; exit 1; }
@mkdir -p $(@D)
endef

$(addprefix $(CONTROLPLANE)/,$(COMPONENTS)):
	$(call say,building $(@F) from Go modules: minutes the first time, seconds with Go's cache)
	$(has-go)
	@cd $(GO_MODULES)/$(GO_MODULE) && go build -mod=readonly -buildvcs=false -ldflags "$(GO_LDFLAGS)" -o "$(CURDIR)/$@" $(GO_PACKAGE)

# of the version that was built, from the module in Go's cache
$(CONTROLPLANE)/contour-crds.yaml: $(CONTROLPLANE)/contour
	@cd $(GO_MODULES)/contour && install -m 644 "$$(go list -mod=readonly -m -f '{{.Dir}}' github.com/projectcontour/contour)/examples/contour/01-crds.yaml" "$(CURDIR)/$@"

# the Gateway API's of the standard channel without its policy against older CRDs, and the controller's own
$(CONTROLPLANE)/envoy-gateway-crds.yaml: $(CONTROLPLANE)/envoy-gateway
	@cd $(GO_MODULES)/envoy-gateway && folder() { go list -mod=readonly -m -f '{{.Dir}}' "$$1"; } && \
	  for file in "$$(folder sigs.k8s.io/gateway-api)"/config/crd/standard/gateway.*.yaml \
	    "$$(folder github.com/envoyproxy/gateway)"/charts/gateway-helm/charts/crds/crds/generated/*.yaml; do \
	    case "$$file" in *_vap_*) ;; *) echo '---'; cat "$$file" ;; esac; \
	  done > "$(CURDIR)/$@"

$(CONTROLPLANE)/e2e.test:
	$(call say,building Kubernetes' own end-to-end tests: a quarter of an hour the first time)
	$(has-go)
	@cd $(GO_MODULES)/kubernetes && go test -c -mod=readonly -buildvcs=false -ldflags "$(GO_LDFLAGS)" -o "$(CURDIR)/$@" k8s.io/kubernetes/test/e2e
