"""The policy engines: kube-router, and kube-network-policies, which knows IPv6 too.

Each watches the real API server and writes rules into the kernel. They share no code with each other, and none with us.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Literal, TypeAlias

from tests.controlplane.components import BINARIES
from tests.controlplane.processes import Component
from tests.controlplane.walls.cast import NODE, SERVICE_CIDR

if TYPE_CHECKING:
    from pathlib import Path

    from tests.controlplane.credentials import Credentials

Engine: TypeAlias = Literal["kube-router", "kube-network-policies"]

_QUEUE = "100"
_SERVICE_ACCOUNT = "/run/secrets/kubernetes.io/serviceaccount"
# it reads the API server's address only as a pod does, so it gets a /run of its own
_AS_A_POD = (
    'mount -t tmpfs tmpfs /run; mkdir -p "$1"; cp "$2" "$1/token"; cp "$3" "$1/ca.crt"; '
    'export KUBERNETES_SERVICE_HOST="$4" KUBERNETES_SERVICE_PORT="$5"; shift 5; exec "$@"'
)


def start_engine(engine: Engine, credentials: Credentials) -> Component:
    """Start an engine; it enforces some time later."""
    return _kube_router(credentials) if engine == "kube-router" else _kube_network_policies(credentials)


def _kube_router(credentials: Credentials) -> Component:
    command: list[str | Path] = [
        BINARIES / "kube-router",
        f"--kubeconfig={credentials.kubeconfig}",
        f"--hostname-override={NODE}",
        f"--service-cluster-ip-range={SERVICE_CIDR}",
    ]
    return Component(command, log=credentials.folder / "kube-router.log")


def _kube_network_policies(credentials: Credentials) -> Component:
    """It judges the first packet of each connection. Not each kernel has the rule that it writes, so these are ours."""
    for tables in ("iptables", "ip6tables"):
        for chain, where in (("POSTROUTING", []), ("INPUT", ["-i", "w+"])):
            for rule in _queue_rules(tables, chain):
                subprocess.run([tables, "-w", "-t", "mangle", "-A", chain, *where, *rule], check=True)
    token = credentials.folder / "admin.token"
    token.write_text(credentials.tokens["admin"])
    host, port = credentials.server.removeprefix("https://").split(":")
    as_a_pod: list[str | Path] = [
        "unshare",
        "-m",
        "sh",
        "-euc",
        _AS_A_POD,
        "sh",
        _SERVICE_ACCOUNT,
        token,
        credentials.ca,
        host,
        port,
    ]
    program = (
        credentials.folder / "kube-network-policies"
    )  # so that its command line names the folder, as all others do
    program.symlink_to(BINARIES / program.name)
    command: list[str | Path] = [
        program,
        f"--hostname-override={NODE}",
        "--disable-nri",
        "--netfilter-bug-1766-fix=false",
    ]
    return Component([*as_a_pod, *command], log=credentials.folder / "kube-network-policies.log")


def _queue_rules(tables: str, chain: str) -> list[list[str]]:
    accept = ["-j", "ACCEPT"]
    return [
        ["-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED", *accept],
        *([["-p", "icmpv6", *accept]] if tables == "ip6tables" else []),
        *([["-m", "owner", "--uid-owner", "0", *accept]] if chain == "POSTROUTING" else []),
        ["-j", "NFQUEUE", "--queue-num", _QUEUE],
    ]
