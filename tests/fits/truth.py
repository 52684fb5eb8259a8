"""`fits` against the truth: ask it, then create the pods, and check whether all were admitted and scheduled."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Self

import orjson

from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.session import Call
from tenantkit.cluster.requests.paths import object_path
from tenantkit.exceptions import AlreadyExists, NotFound, PermissionDenied, Rejected
from tenantkit.findings.fits.dry_run_pod import make_pod
from tenantkit.findings.fits.fits import fits
from tenantkit.findings.snapshot import condition
from tenantkit.manifests.labels import MANAGED_BY, MANAGED_BY_LABEL, TENANT_LABEL
from tenantkit.rules.amounts import parse_amounts
from tenantkit.rules.kinds import kind_of
from tenantkit.rules.manifest import ref_of
from tenantkit.rules.pod_quota import pod_in_scope, pod_usage
from tests.eventually import eventually
from tests.fits.worlds import PRIORITY, make_request, make_tenant, make_world

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest, ObjectRef
    from tests.fits.worlds import Request

REQUESTS_A_WORLD = 12
REQUESTS_A_TENANT = 3
_REQUEST = "request-"
_TIMEOUT_S = 30
_ANEW_S = 5
_SECOND_THOUGHTS_S = 5  # the scheduler retries a waiting pod as soon as something is deleted


@dataclass(slots=True)
class Comparison:
    """The answers and outcomes of all requests."""

    answers: Counter[str] = field(default_factory=Counter)
    truths: Counter[str] = field(default_factory=Counter)
    maybes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """The number of requests."""
        return self.answers.total()

    def __str__(self) -> str:
        said = ", ".join(f"{answer} {self.answers[answer]}" for answer in ("yes", "maybe", "no"))
        share = f"{100 * self.answers['maybe'] / max(self.total, 1):.1f} % maybe"
        return f"{self.total} requests: {said} ({share}); {len(self.wrong)} wrong; really {dict(self.truths)}"


def compare(cluster: Cluster, *, requests: int, seed: int, until: float = float("inf")) -> Comparison:
    """Ask that many random requests on random clusters, and carry out each.

    Args:
        cluster: a server with a scheduler and stand-ins for kubelets, and without nodes.
        requests: how many.
        seed: of all random choices.
        until: on the monotonic clock; no request starts after that.
    """
    found, random, number = Comparison(), Random(seed), 0  # noqa: S311 (no secret)
    _make_priority(cluster)
    while found.total < requests and time.monotonic() < until:
        number += 1
        with _World(cluster, random, f"fits-{seed}-{number}") as world:
            for tenant in range(REQUESTS_A_WORLD // REQUESTS_A_TENANT):
                namespace = world.add_tenant(tenant)
                for _ in range(REQUESTS_A_TENANT):
                    if found.total < requests and time.monotonic() < until:
                        _one(cluster, namespace, make_request(random), found)
    return found


def _one(cluster: Cluster, namespace: str, request: Request, found: Comparison) -> None:
    fit = fits(cluster, namespace, pods=request.pods, **request.arguments)
    expected = None if fit.pods is None else min(fit.pods, fit.wanted)
    made, placed = _do(cluster, namespace, request, expected)
    truth = "fits" if placed == request.pods else "does not fit"
    found.answers[fit.answer] += 1
    found.truths[f"{fit.answer}: {truth}"] += 1
    if fit.answer == "maybe":
        found.maybes.update(check.reason for check in fit.checks if check.answer == "maybe")
    if (fit.answer, truth) in (("yes", "does not fit"), ("no", "fits")) or expected not in (None, placed):
        found.wrong.append(f"{namespace}: {request}: {fit}\nreally: {made} admitted, {placed} scheduled")


def _do(cluster: Cluster, namespace: str, request: Request, expected: int | None) -> tuple[int, int]:
    """Create the pods, wait for the scheduler, and delete them: how many were admitted, and how many scheduled."""
    made: list[Manifest] = []
    for number in range(request.pods):
        pod = make_pod(namespace, **request.arguments)
        pod["metadata"]["name"] = f"{_REQUEST}{uuid.uuid4().hex[:8]}-{number}"  # kwok deletes by name, with a delay
        try:
            made.append(cluster.create(pod))
        except (PermissionDenied, Rejected):
            break
    placed = _placed_of(cluster, namespace, len(made), expected)
    _remove(cluster, [ref_of(pod) for pod in made])
    _settle(cluster, namespace)
    return len(made), placed


def _placed_of(cluster: Cluster, namespace: str, count: int, expected: int | None) -> int:
    """How many of the pods have a node once the scheduler has tried all; it may retry those that wait."""
    if not count:
        return 0

    def placed() -> int:
        judged = eventually(lambda: _judged(cluster, namespace, count), timeout_s=_TIMEOUT_S)
        return sum(condition(pod, "PodScheduled", "True") is not None for pod in judged)

    deadline = time.monotonic() + _SECOND_THOUGHTS_S
    eventually(lambda: expected in (None, placed()) or time.monotonic() > deadline, timeout_s=_TIMEOUT_S)
    return placed()


def _judged(cluster: Cluster, namespace: str, count: int) -> list[Manifest] | None:
    """The request's pods, once the scheduler has tried each."""
    pods = cluster.list("Pod", namespace=namespace)
    live = [pod for pod in pods if pod["metadata"]["name"].startswith(_REQUEST)]
    is_done = len(live) == count and all(condition(pod, "PodScheduled") is not None for pod in live)
    return live if is_done else None


def _settle(cluster: Cluster, namespace: str) -> None:
    """Wait until the quotas have counted all pods.

    Only the controller lowers `used`, and with a delay. Sometimes it misses an object that was just created, and does
    not recount until something else is deleted or the quota's spec changes.
    """
    for turn in range(1, _TIMEOUT_S // _ANEW_S):
        with suppress(AssertionError):
            eventually(lambda: _is_settled(cluster, namespace), timeout_s=_ANEW_S)
            return
        _count_anew(cluster, namespace, turn)
    eventually(lambda: _is_settled(cluster, namespace), timeout_s=_ANEW_S)


def _count_anew(cluster: Cluster, namespace: str, turn: int) -> None:
    """Make the controller recount the quotas by changing an entry that does not count pods."""
    for quota in cluster.list("ResourceQuota", namespace=namespace):
        path = object_path(kind_of("ResourceQuota"), quota["metadata"]["name"], namespace)
        body = orjson.dumps({"spec": {"hard": {"count/leases.coordination.k8s.io": str(turn)}}})
        cluster._session.ask(
            Call("PATCH", path, Operation("patch", "ResourceQuota"), body, "application/merge-patch+json")
        )


def _is_settled(cluster: Cluster, namespace: str) -> bool:
    pods = cluster.list("Pod", namespace=namespace)
    for quota in cluster.list("ResourceQuota", namespace=namespace):
        used = parse_amounts((quota.get("status") or {}).get("used"))
        taken = [pod_usage(pod, cluster.server_time) for pod in pods if pod_in_scope(quota, pod["spec"])]
        for entry, amount in used.items():
            if sum(each[entry].value for each in taken if entry in each) != amount.value:
                return False
    return True


class _World:
    """The nodes and pods of a random cluster; deleted afterwards."""

    def __init__(self, cluster: Cluster, random: Random, name: str) -> None:
        self._cluster, self._random, self._name = cluster, random, name
        self._made: list[ObjectRef] = []

    def __enter__(self) -> Self:
        world = make_world(self._random, self._name)
        for node in world.nodes:
            self._make(node)
        eventually(lambda: all(condition(self._cluster.get("Node", ref.name), "Ready", "True") for ref in self._made))
        eventually(lambda: all(_is_untainted(self._cluster.get("Node", ref.name)) for ref in self._made))
        self._namespace(f"{self._name}-load")
        for pod in world.load:
            self._make(_placed(pod, f"{self._name}-load"))
        return self

    def __exit__(self, *_: object) -> None:
        _remove(self._cluster, self._made[::-1])

    def add_tenant(self, number: int) -> str:
        """Create a tenant's namespace and its objects; its quotas are counted before its pods exist."""
        namespace = f"{self._name}-{number}"
        self._namespace(namespace)
        tenant = [_placed(manifest, namespace) for manifest in make_tenant(self._random)]
        for manifest in tenant:
            if manifest["kind"] != "Pod":
                self._make(manifest)
        eventually(lambda: self._are_counted(namespace))
        for manifest in tenant:
            if manifest["kind"] == "Pod":
                self._hold(manifest)
        _settle(self._cluster, namespace)
        return namespace

    def _namespace(self, name: str) -> None:
        labels = {MANAGED_BY_LABEL: MANAGED_BY, TENANT_LABEL: name}
        self._make({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        eventually(lambda: self._cluster.get("ServiceAccount", "default", name))

    def _hold(self, pod: Manifest) -> None:
        try:
            self._make(pod)
        except (PermissionDenied, Rejected):  # the tenant's quota or LimitRange may refuse it
            return

    def _make(self, manifest: Manifest) -> None:
        self._made.append(ref_of(self._cluster.create(manifest)))

    def _are_counted(self, namespace: str) -> bool:
        quotas = self._cluster.list("ResourceQuota", namespace=namespace)
        return all((quota.get("status") or {}).get("hard") == quota["spec"]["hard"] for quota in quotas)


def _make_priority(cluster: Cluster) -> None:
    body, operation = orjson.dumps(PRIORITY), Operation("create", "PriorityClass")
    try:
        cluster._session.ask(Call("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", operation, body))
    except AlreadyExists:
        return


def _is_untainted(node: Manifest) -> bool:
    """Whether the node controller has removed its taint."""
    return not any(
        taint["key"] == "node.kubernetes.io/not-ready" for taint in (node.get("spec") or {}).get("taints") or ()
    )


def _placed(manifest: Manifest, namespace: str) -> Manifest:
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}


def _remove(cluster: Cluster, refs: list[ObjectRef]) -> None:
    """Delete objects; pods without a grace period."""
    for ref in refs:
        try:
            if ref.kind == "Pod":
                _delete_at_once(cluster, ref)
            else:
                cluster.delete(ref)
        except NotFound:
            continue
    eventually(lambda: not any(_is_there(cluster, ref) for ref in refs if ref.kind in ("Pod", "Node")))


def _delete_at_once(cluster: Cluster, ref: ObjectRef) -> None:
    body = orjson.dumps({"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0})
    operation = Operation("delete", ref.kind, ref.name, ref.namespace)
    cluster._session.ask(Call("DELETE", object_path(kind_of(ref.kind), ref.name, ref.namespace), operation, body))


def _is_there(cluster: Cluster, ref: ObjectRef) -> bool:
    try:
        cluster.get(ref.kind, ref.name, ref.namespace)
    except NotFound:
        return False
    return True
