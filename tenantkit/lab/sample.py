"""The sample platform: six tenants with pods that use their quota from empty to full, so that there is much to see.

It goes through the API like anybody's, so that admission counts the pods as it would on a real cluster. The pods run
nowhere: there is no node. Turned down: objects put into the sandbox's store, which no rule would have looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.provision.apply import apply
from tenantkit.provision.install import install
from tenantkit.provision.plan import plan
from tenantkit.spec.platform import Platform
from tenantkit.spec.quota import Quota
from tenantkit.spec.route import Route
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest

PROVISIONER = "provisioner@example.com"


@dataclass(frozen=True, slots=True)
class _Pods:
    """Some pods of one kind; what each requests is also its limit."""

    name: str
    count: int
    cpu: str
    memory: str
    gpus: int = 0


def sample_platform() -> Platform:
    """The default platform, with one person who may make tenants without being the cluster's administrator."""
    return Platform(provisioners=[PROVISIONER])


def sample_tenants() -> list[Tenant]:
    """Six tenants of different sizes; `speech` is where the sandbox's owner, editor and viewer belong."""
    return [
        Tenant(
            name="chatbot",
            team="ml-language",
            owners=["ada@example.com", "group:ml-language"],
            size="large",
            hosts=["chat.example.ai"],
            routes=[
                Route(service="chat", port=80, host="chat.example.ai"),
                Route(service="api", port=8080, path="/v1"),
            ],
            protected=True,
        ),
        Tenant(name="forecast", team="demand-planning", owners=["grace@example.com"], size="small"),
        Tenant(
            name="recsys",
            team="recommendations",
            owners=["lin@example.com"],
            editors=["sa:jupyterhub/jupyter-lin"],
            size="medium",
            routes=[Route(service="ranker", port=80, path="/rank")],
        ),
        Tenant(
            name="robotics",
            team="robotics",
            owners=["kim@example.com"],
            quota=Quota(requests_cpu="24", requests_memory="96Gi", accelerators={"nvidia.com/gpu": 4}, pods=10),
        ),
        Tenant(
            name="search",
            team="ml-language",
            owners=["ada@example.com"],
            viewers=["group:web"],
            size="medium",
            routes=[Route(service="embed", port=80, path="/embed"), Route(service="index", port=9200, path="/index")],
        ),
        Tenant(
            name="speech",
            team="ml-speech",
            owners=["owner@example.com"],
            editors=["editor@example.com"],
            viewers=["viewer@example.com"],
            size="small",
            routes=[Route(service="transcribe", port=80, path="/transcribe")],
        ),
    ]


# From empty to full: forecast has none, speech a quarter, recsys half, robotics most of its pods and few of its cores,
# search is near its cores and out of GPUs, chatbot is full.
_PODS = {
    "speech": (_Pods("transcribe", 1, "1", "4Gi"),),
    "recsys": (_Pods("ranker", 2, "2", "8Gi"), _Pods("trainer", 1, "4", "16Gi", gpus=1)),
    "robotics": (_Pods("simulator", 9, "500m", "2Gi"), _Pods("policy", 1, "4", "32Gi", gpus=1)),
    "search": (_Pods("embed", 2, "6", "24Gi", gpus=1), _Pods("index", 1, "2", "8Gi")),
    "chatbot": (_Pods("model", 8, "8", "32Gi", gpus=1),),
}


def fill_sample(cluster: Cluster) -> None:
    """Install the platform and put the sample's tenants and their pods on a cluster that is empty: the sandbox.

    Args:
        cluster: where, as its administrator.

    Raises:
        PartialApplyError: something failed; its `report` says what.
        AlreadyExists: the sample's pods are there already.

    RBAC: a cluster administrator's.

    Example:
        >>> fill_sample(connect(kubeconfig=box.kubeconfig, context="sandbox-admin"))  # doctest: +SKIP
    """
    install(cluster, sample_platform(), progress=False)
    apply(cluster, plan(cluster, sample_tenants()), progress=False)
    for pod in sample_pods():
        cluster.create(pod)


def sample_pods() -> list[Manifest]:
    """The sample's pods, each in its tenant's namespace."""
    return [
        _pod(f"{pods.name}-{number}", tenant, pods)
        for tenant, kinds in _PODS.items()
        for pods in kinds
        for number in range(pods.count)
    ]


def _pod(name: str, namespace: str, pods: _Pods) -> Manifest:
    amounts = {"cpu": pods.cpu, "memory": pods.memory} | ({"nvidia.com/gpu": str(pods.gpus)} if pods.gpus else {})
    container = {
        "name": "main",
        "image": f"{pods.name}:1.0",
        "resources": {"requests": amounts, "limits": amounts},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app.kubernetes.io/name": pods.name}},
        "spec": {
            "containers": [container],
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "serviceAccountName": "workload",
        },
    }
