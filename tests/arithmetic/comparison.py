"""tenantkit's quota arithmetic against the server's `status.used`: random pods under quotas of all scopes.

In every second namespace the quotas exist first, so that each pod is admitted and counted by itself. In the others they
are created last, and count all pods at once. There pods may have amounts that no quota would admit, and a status.

The quota controller counts from its own cache. If the cache missed a change, the count stays wrong until the controller
returns after five minutes; a change of the quota's spec makes it recount at once.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING, Any

import orjson

from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.session import Call
from tenantkit.exceptions import AlreadyExists, NotFound
from tenantkit.frames.pods import pods_frame
from tenantkit.rules.pod_quota import pod_entries, pod_in_scope, pod_usage
from tenantkit.rules.quantities import parse_quantity
from tests.arithmetic.random_pods import DEVICES, HUGE, PRIORITY, RUNTIME, random_pod, random_status
from tests.contract.namespaces import fresh_name, own_namespace
from tests.eventually import eventually

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest

PODS_A_NAMESPACE = 40
_THREADS = 8
_SETTLED_S = 10

_SILENT = ("pods", "count/pods", *(f"requests.{name}" for name in DEVICES), HUGE, f"requests.{HUGE}")
_STORAGE = ("ephemeral-storage", "requests.ephemeral-storage", "limits.ephemeral-storage")
_COMPUTE = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
# The server decides which entries a scope may have: BestEffort counts only pods.
_QUOTAS: tuple[tuple[str, tuple[str, ...], dict[str, Any]], ...] = (
    ("all", (*_SILENT, *_STORAGE, *_COMPUTE), {}),
    ("terminating", ("pods", *_COMPUTE), {"scopes": ["Terminating"]}),
    ("not-terminating", ("pods", *_COMPUTE), {"scopes": ["NotTerminating"]}),
    ("best-effort", ("pods",), {"scopes": ["BestEffort"]}),
    ("not-best-effort", ("pods", *_COMPUTE), {"scopes": ["NotBestEffort"]}),
    (
        "high",
        ("pods", *_COMPUTE),
        {
            "scopeSelector": {
                "matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": [PRIORITY]}]
            }
        },
    ),
)


@dataclass(slots=True)
class Comparison:
    """The counts and differences of all namespaces."""

    pods: int = 0
    entries: int = 0
    recounted: int = 0
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        wrong = f"{len(self.differences)} differences"
        return f"{self.pods} pods, {self.entries} entries of quotas: {wrong}; {self.recounted} quotas recounted"


def compare(cluster: Cluster, *, pods: int, seed: int) -> Comparison:
    """Create that many pods, and compare each namespace's quotas with the amounts computed from its pods."""
    draw, found = Random(seed), Comparison()  # noqa: S311 (the same pods every time)
    has_runtime = _make_classes(cluster)
    number = 0
    while found.pods < pods:
        with own_namespace(cluster, fresh_name()) as namespace:
            _compare_one(cluster, namespace, draw, found, is_first=number % 2 == 0, has_runtime=has_runtime)
        number += 1
    return found


def _compare_one(  # noqa: PLR0913 (where, with what, and in which order)
    cluster: Cluster, namespace: str, draw: Random, found: Comparison, *, is_first: bool, has_runtime: bool
) -> None:
    eventually(lambda: cluster.get("ServiceAccount", "default", namespace))
    if is_first:
        _make_quotas(cluster, namespace)
    wanted = [
        random_pod(draw, namespace, f"p{number}", says_all=is_first, has_runtime=has_runtime)
        for number in range(PODS_A_NAMESPACE)
    ]
    with ThreadPoolExecutor(_THREADS) as pool:
        made = list(pool.map(cluster.create, wanted))
    if not is_first:
        for pod in made:
            status = random_status(draw, pod)
            if status is not None:
                _write_status(cluster, pod, status)
        _make_quotas(cluster, namespace)
    pods = cluster.list("Pod", namespace=namespace)
    expected = {
        name: _expected(_quota(namespace, name, entries, spec), pods, cluster) for name, entries, spec in _QUOTAS
    }
    seen: dict[str, dict[str, Fraction]] = {}

    def is_equal() -> bool:
        seen.update(_used(cluster, namespace))
        return seen == expected

    with suppress(AssertionError):
        eventually(is_equal, timeout_s=_SETTLED_S)
    if seen != expected:
        stale = [name for name, entries in expected.items() if seen.get(name) != entries]
        for name in stale:
            _count_anew(cluster, namespace, name)
        found.recounted += len(stale)
        with suppress(AssertionError):
            eventually(is_equal)
    found.pods += len(pods)
    found.entries += sum(map(len, expected.values()))
    if seen != expected:
        found.differences += [
            f"{namespace} {name} {entry}: the server has {seen.get(name, {}).get(entry)}, tenantkit {amount}"
            for name, entries in expected.items()
            for entry, amount in entries.items()
            if seen.get(name, {}).get(entry) != amount
        ]
    found.differences += _frame_differences(pods, expected["all"])


def _frame_differences(pods: list[Manifest], expected: dict[str, Fraction]) -> list[str]:
    """Where the sums of the frame's columns differ from the quota's counts."""
    frame = pods_frame(pods).query("counted")
    sums = {
        "requests.cpu": Fraction(round(frame["cpu_requests_cores"].sum() * 1000), 1000),
        "limits.cpu": Fraction(round(frame["cpu_limits_cores"].sum() * 1000), 1000),
        "requests.memory": Fraction(int(frame["memory_requests_bytes"].sum())),
        "limits.memory": Fraction(int(frame["memory_limits_bytes"].sum())),
    }
    devices = sum((expected[f"requests.{name}"] for name in DEVICES), start=Fraction(0))
    wrong = [f"the frame has {name} {amount}, the quota {expected[name]}" for name, amount in sums.items()]
    wrong = [text for text, (name, amount) in zip(wrong, sums.items(), strict=True) if amount != expected[name]]
    if frame["accelerators"].sum() != devices:
        wrong.append(f"the frame has {frame['accelerators'].sum()} accelerators, the quota {devices}")
    return wrong


def _expected(quota: Manifest, pods: list[Manifest], cluster: Cluster) -> dict[str, Fraction]:
    entries = pod_entries(quota["spec"]["hard"])
    total = dict.fromkeys(entries, Fraction(0))
    for pod in pods:
        if pod_in_scope(quota, pod["spec"]):
            for name, amount in pod_usage(pod, cluster.server_time).items():
                if name in total:
                    total[name] += amount.value
    return total


def _used(cluster: Cluster, namespace: str) -> dict[str, dict[str, Fraction]]:
    return {
        quota["metadata"]["name"]: {
            name: parse_quantity(text) for name, text in ((quota.get("status") or {}).get("used") or {}).items()
        }
        for quota in cluster.list("ResourceQuota", namespace=namespace)
    }


def _make_quotas(cluster: Cluster, namespace: str) -> None:
    for name, entries, spec in _QUOTAS:
        cluster.create(_quota(namespace, name, entries, spec))
    eventually(lambda: all(map(bool, _used(cluster, namespace).values())))  # the quotas' first count


def _quota(namespace: str, name: str, entries: tuple[str, ...], spec: dict[str, Any]) -> Manifest:
    hard = dict.fromkeys(entries, "1P")
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": hard, **spec}}


def _make_classes(cluster: Cluster) -> bool:
    """Create the PriorityClass, and the RuntimeClass with an overhead if the server has that kind; whether it has."""
    priority = {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": PRIORITY},
        "value": 7,
    }
    overhead = {"podFixed": {"cpu": "125m", "memory": "120Mi"}}
    runtime = {
        "apiVersion": "node.k8s.io/v1",
        "kind": "RuntimeClass",
        "metadata": {"name": RUNTIME},
        "handler": "heavy",
    }
    _post(cluster, "/apis/scheduling.k8s.io/v1/priorityclasses", priority)
    try:
        _post(cluster, "/apis/node.k8s.io/v1/runtimeclasses", runtime | {"overhead": overhead})
    except NotFound:
        return False
    return True


def _post(cluster: Cluster, path: str, manifest: Manifest) -> None:
    try:
        cluster._session.ask(Call("POST", path, Operation("create", manifest["kind"]), orjson.dumps(manifest)))
    except AlreadyExists:
        return


def _write_status(cluster: Cluster, pod: Manifest, status: Manifest) -> None:
    metadata = pod["metadata"]
    path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/status"
    body = orjson.dumps({"status": status})
    cluster._session.ask(Call("PATCH", path, Operation("patch", "Pod"), body, "application/merge-patch+json"))


def _count_anew(cluster: Cluster, namespace: str, name: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/resourcequotas/{name}"
    body = orjson.dumps({"spec": {"hard": {"pods": "2P"}}})
    cluster._session.ask(Call("PATCH", path, Operation("patch", "ResourceQuota"), body, "application/merge-patch+json"))
