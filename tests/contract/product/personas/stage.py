"""Two tenants with a workload each, and the persons who use every function on them: see `test_every_function.py`."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import tenantkit as tk
from tests.contract.tenants import ROUTE, fresh_name
from tests.contract.tokens import tokens_of
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tenantkit.rules.manifest import Manifest
    from tests.contract.engines import Engine
    from tests.contract.wire import Wire

PERSONAS = ("provisioner", "owner", "editor", "viewer", "stranger", "account", "pod")
PLATFORM = tk.Platform(provisioners=["provisioner@example.com"])
_ACCOUNTS = {"account": "notebook", "pod": "workload"}  # the first is a member, the second is that of every pod


@dataclass
class Stage:
    """The tenants, and the persons' connections.

    Args:
        mine: the tenant whose members the personas are.
        other: a tenant of somebody else.
        folder: for files.
        connect_as: as the users of the engine.
        server: its URL.
        ca_file: its authority.
        wire: as its administrator.
    """

    mine: str
    other: str
    folder: Path
    connect_as: Callable[[str], tk.Cluster]
    server: str
    ca_file: str
    wire: Wire
    _accounts: dict[str, tk.Cluster] = field(default_factory=dict)

    def connect(self, persona: str) -> tk.Cluster:
        """The connection of a persona; an account's is in the namespace of its pod."""
        if persona not in _ACCOUNTS:
            return self.connect_as(persona)
        if persona not in self._accounts:
            path = f"/api/v1/namespaces/{self.mine}/serviceaccounts/{_ACCOUNTS[persona]}/token"
            body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
            answer = self.wire("POST", path, body)
            assert answer.status == 201, answer.body
            token = answer.body["status"]["token"]
            self._accounts[persona] = tk.connect(
                server=self.server, ca_file=self.ca_file, token=token, namespace=self.mine
            )
        return self._accounts[persona]

    @cached_property
    def plan_file(self) -> Path:
        """A plan of the tenant, as a file of the administrator."""
        path = self.folder / "plan.json"
        admin = self.connect_as("admin")
        tk.write_plan(path, tk.plan(admin, tk.get_tenant(admin, self.mine).with_(size="large")))
        return path

    def close(self) -> None:
        """Close the accounts' connections."""
        for connection in self._accounts.values():
            connection.close()


@contextmanager
def set_stage(engine: Engine, wire: Wire, connect_as: Callable[[str], tk.Cluster], folder: Path) -> Iterator[Stage]:
    """Install the platform, and create both tenants and their workloads; the tenants are deleted afterwards."""
    admin = connect_as("admin")
    tk.install_platform(admin, PLATFORM, progress=False)
    logins = tokens_of(engine, ["admin"])
    ca_file = folder / "ca.pem"
    ca_file.write_text(logins.ca, encoding="utf-8")
    with fresh_name(admin, installs=False) as mine, fresh_name(admin, installs=False) as other:
        tenants = [
            _tenant(mine, "owner@example.com").with_(
                editors=["editor@example.com", f"sa:{mine}/notebook"], viewers=["viewer@example.com"]
            ),
            _tenant(other, "somebody@example.com"),
        ]
        tk.apply(admin, tk.plan(admin, tenants), progress=False)
        for name in (mine, other):
            for manifest in _workload(name):
                admin.create(manifest)
        account = {"name": "notebook", "namespace": mine}
        admin.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
        stage = Stage(mine, other, folder, connect_as, logins.server, str(ca_file), wire)
        members = [stage.connect(persona) for persona in ("owner", "editor", "viewer", "account")]
        eventually(lambda: all(mine in set(tk.my_tenants(member)["tenant"]) for member in members))
        eventually(lambda: all(member.can("list", "Pod", namespace=mine) for member in members))
        eventually(lambda: connect_as("provisioner").can("patch", "Namespace"))
        eventually(lambda: {mine, other} <= set(tk.quota_usage(admin).dropna(subset="used")["namespace"]))
        eventually(lambda: {mine, other} <= set(tk.pods(admin)["namespace"]))
        eventually(lambda: {mine, other} <= set(tk.why(admin)["namespace"]))
        yield stage
        stage.close()
    tk.install_platform(admin, tk.Platform(), progress=False)


def _tenant(name: str, owner: str) -> tk.Tenant:
    return tk.Tenant(name=name, team="cv", owners=[owner], size="small", routes=[ROUTE])


def _workload(namespace: str) -> list[Manifest]:
    """A Deployment with a pod, a Service, a claim and an Event."""
    metadata = {"name": "train", "namespace": namespace}
    requests = {"cpu": "100m", "memory": "64Mi"}
    container = {"name": "main", "image": "busybox", "resources": {"requests": requests, "limits": requests}}
    template = {"metadata": {"labels": {"app": "train"}}, "spec": {"containers": [container]}}
    selector = {"matchLabels": {"app": "train"}}
    involved = {"apiVersion": "apps/v1", "kind": "Deployment", **metadata}
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {"replicas": 1, "selector": selector, "template": template},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": {"app": "train"}, "ports": [{"name": "http", "port": 80}]},
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": metadata,
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        },
        {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": "train.1", "namespace": namespace},
            "involvedObject": involved,
            "type": "Warning",
            "reason": "Odd",
            "message": "something is odd",
            "lastTimestamp": "2026-11-30T12:00:00Z",
        },
    ]
