"""The components of a control plane, and their flags.

No free port is looked up and then raced for: etcd listens on a Unix socket, kube-controller-manager, kube-scheduler and
kwok do not listen, and kube-apiserver shares (`--permit-port-sharing`) a port that a socket of this process holds,
bound but not listening, from before it starts until after it has ended. The scheduler and kwok, which plays the kubelet
of every Node, start only on request: most tests want pods that do not change.
"""

from __future__ import annotations

import shutil
import socket
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.controlplane.credentials import CONTROLLER_MANAGER, HOST, KWOK, SCHEDULER, make_credentials
from tests.controlplane.processes import Component
from tests.controlplane.readiness import answers, controllers_work, listens, pods_run
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.controlplane.credentials import Credentials

BINARIES = Path(__file__).parents[2] / ".build" / "controlplane"
NAMES = ("etcd", "kube-apiserver", "kube-controller-manager")
NODE_NAMES = ("kube-scheduler", "kwok")
POD_ADDRESSES = "10.244.0.0/16"
READY_TIMEOUT_S = 60.0  # it takes about five on two idle cores

_STAGES = Path(__file__).with_name("kwok") / "stages.yaml"


class NotReadyError(Exception):
    """A component runs but did not become ready in time; the message has the reason and its last lines."""


class ControlPlaneNotBuiltError(Exception):
    """The programs are missing; the message names the command that builds them."""


@contextmanager
def running(
    check: Callable[[], None], *, nodes: bool = False, binaries: Path = BINARIES
) -> Iterator[tuple[Credentials, list[Component]]]:
    """A running control plane; it and all its files are removed however the block ends.

    Args:
        check: called repeatedly while waiting; may raise to give up.
        nodes: also start a scheduler and kwok, which runs pods on every Node that is created. There is none at first.
        binaries: the folder that `make controlplane` fills.
    """
    missing = [name for name in NAMES + NODE_NAMES * nodes if not (binaries / name).is_file()]
    if missing:
        raise ControlPlaneNotBuiltError(
            f"{', '.join(missing)} not in {binaries}: run `make controlplane`, which needs Go"
        )
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="tenantkit-controlplane-"))
        stack.callback(shutil.rmtree, folder)
        port = stack.enter_context(_held_port())
        credentials = make_credentials(folder, port.getsockname()[1])
        components: list[Component] = []
        for name, arguments, is_ready in _steps(credentials, nodes=nodes):
            component = Component([binaries / name, *arguments], log=folder / f"{name}.log")
            stack.callback(component.kill)
            components.append(component)
            if is_ready is not None:
                _wait(is_ready, components, check)
        yield credentials, components


def _steps(
    credentials: Credentials, *, nodes: bool
) -> Iterator[tuple[str, list[str], Callable[[], str | None] | None]]:
    """Each component in turn: its name, its flags and its readiness check; None if a later check covers it."""
    yield "etcd", _etcd(credentials.folder), lambda: listens(credentials.folder / "etcd.sock")
    yield "kube-apiserver", _api_server(credentials), lambda: answers(credentials, "/readyz")
    yield "kube-controller-manager", _controller_manager(credentials), lambda: controllers_work(credentials)
    if nodes:
        yield "kube-scheduler", _scheduler(credentials), None
        yield "kwok", _kwok(credentials), lambda: pods_run(credentials)


def _etcd(folder: Path) -> list[str]:
    clients, peers = (f"unix://{folder / name}" for name in ("etcd.sock", "etcd-peer.sock"))
    return [
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        "--unsafe-no-fsync",
    ]


def _api_server(credentials: Credentials) -> list[str]:
    port = credentials.server.rpartition(":")[2]
    return [
        f"--etcd-servers=unix://{credentials.folder / 'etcd.sock'}",
        f"--bind-address={HOST}",
        f"--advertise-address={HOST}",
        f"--secure-port={port}",
        "--permit-port-sharing",
        f"--tls-cert-file={credentials.certificate}",
        f"--tls-private-key-file={credentials.key}",
        f"--client-ca-file={credentials.ca}",
        f"--token-auth-file={credentials.token_file}",
        "--allow-privileged",  # as on most clusters: namespaces decide which pods may be privileged
        "--anonymous-auth=false",
        "--authorization-mode=RBAC",
        f"--service-account-key-file={credentials.service_account_key}",
        f"--service-account-signing-key-file={credentials.service_account_key}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--endpoint-reconciler-type=none",  # no `kubernetes` Service: it can't point at a loopback address
    ]


def _controller_manager(credentials: Credentials) -> list[str]:
    return [
        f"--kubeconfig={credentials.kubeconfig_of(CONTROLLER_MANAGER)}",
        "--use-service-account-credentials",
        f"--service-account-private-key-file={credentials.service_account_key}",
        f"--root-ca-file={credentials.ca}",
        f"--cluster-signing-cert-file={credentials.ca}",
        f"--cluster-signing-key-file={credentials.ca_key}",
        "--secure-port=0",
        "--leader-elect=false",
        "--kube-api-qps=200",  # with the default of 20 the suite waits, as it creates and deletes a namespace per test
        "--kube-api-burst=400",
    ]


def _scheduler(credentials: Credentials) -> list[str]:
    return [
        f"--kubeconfig={credentials.kubeconfig_of(SCHEDULER)}",
        "--secure-port=0",
        "--leader-elect=false",
        "--kube-api-qps=200",
        "--kube-api-burst=400",
    ]


def _kwok(credentials: Credentials) -> list[str]:
    return [
        f"--kubeconfig={credentials.kubeconfig_of(KWOK)}",
        f"--config={_STAGES}",
        "--manage-all-nodes=true",
        "--node-lease-duration-seconds=40",  # without a Lease the node controller considers a node lost after 50 s
        f"--cidr={POD_ADDRESSES}",
    ]


@contextmanager
def _held_port() -> Iterator[socket.socket]:
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind((HOST, 0))
        yield holder


def _wait(is_ready: Callable[[], str | None], components: list[Component], check: Callable[[], None]) -> None:
    """Wait until the newest component is ready, as long as all components run and `check` does not raise."""
    newest = components[-1]

    def is_up() -> bool:
        why_not = is_ready()
        if why_not is None:
            return True
        check()
        for component in components:
            component.check_alive()
        raise AssertionError(why_not)

    try:
        eventually(is_up, timeout_s=READY_TIMEOUT_S, poll_s=0.1)
    except AssertionError as why_not:
        why = f"{newest.name} is not ready after {READY_TIMEOUT_S:.0f} s: {why_not}"
        raise NotReadyError(f"{why}; its last lines:\n{newest.log_tail()}") from None
