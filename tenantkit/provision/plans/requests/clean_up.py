"""What a user may delete by themselves in a tenant that only somebody else may delete."""

from __future__ import annotations

import os
import shlex
from functools import partial
from typing import TYPE_CHECKING

from tenantkit.cluster.parallel import side_by_side
from tenantkit.hints import Code, Message
from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.manifests.served_paths import served_paths
from tenantkit.provision.ownership import is_ours
from tenantkit.provision.plans.notice import PlanNotice
from tenantkit.rules.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.live import LiveState
    from tenantkit.rules.manifest import Manifest

# What people make, and what holds resources; the rest is deleted with these. Data cannot be made again, so that volume
# claims are not in a command to copy.
_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "Pod", "Service")


def clean_up_notices(cluster: ClusterApi, changes: Sequence[PlanChange], contents: LiveState) -> Iterator[PlanNotice]:
    """A notice for each tenant that is not the user's to delete, with what they may delete in it.

    Args:
        cluster: the cluster.
        changes: of the plan of a deletion.
        contents: of the tenants' namespaces.

    RBAC: create selfsubjectaccessreviews, which any signed-in user may.
    """
    others = {change.ref.name: change.tenant for change in changes if _is_others(change)}
    for namespace, tenant in others.items():
        there = {change.ref.kind for change in changes if change.ref.namespace == namespace}
        made = _routes(contents, namespace, tenant or "")
        routes = sorted({f"{it.host or ''}{it.path or '/'}" for manifest in made for it in served_paths(manifest)})
        asked = [kind for kind in _KINDS if kind in there] + list(dict.fromkeys(it["kind"] for it in made))
        answers = side_by_side(partial(_may_delete, cluster, namespace), asked)
        allowed = [kind for kind, may in zip(asked, answers, strict=True) if may]
        if allowed:
            steps = _steps(cluster, allowed, namespace, tenant or "", routes)
            text = Message(
                "first save the data and files that are to be kept: volumes are deleted with the tenant. Then you may "
                "delete what is in namespace {namespace} yourself: {steps}. This also deletes other members' work.",
                {"namespace": namespace, "steps": steps},
            )
            yield PlanNotice("clean-up", text, tenant)


def clean_up_notes(notices: Iterable[PlanNotice]) -> tuple[str, ...]:
    """The same for whoever reads the request: what its sender may do before the tenant is deleted; no command."""
    found = [it.text.values for it in notices if it.code == "clean-up" and isinstance(it.text, Message)]
    return tuple(
        f"the sender may delete workloads and routes in namespace {values['namespace']} first; what is still there is "
        f"deleted with the tenant, also volumes and their data"
        for values in found
    )


def _steps(
    cluster: ClusterApi, kinds: Sequence[str], namespace: str, tenant: str, routes: Sequence[str]
) -> str | Message:
    """The commands: one for the routes, if there are any, and one for everything else."""
    plurals = ",".join(kind_of(kind).plural for kind in kinds if kind in _KINDS)
    command = _same_user(cluster, f"kubectl delete {plurals} --all -n {shlex.quote(namespace)}")
    if not any(kind in ROUTE_KINDS for kind in kinds):
        return command
    code = Code("remove_routes", {"tenant": tenant, "urls": routes})
    if not plurals:
        return Message("its routes with {code}", {"code": code})
    return Message("{command}, and its routes with {code}", {"command": command, "code": code})


def _same_user(cluster: ClusterApi, command: str) -> str:
    """A command of kubectl for the cluster and the user of the connection, whatever the current context is."""
    if not cluster.kubeconfig or not cluster.context:
        return f"`{command}` (on {cluster.server}, as the user of this connection)"
    files, context = shlex.quote(cluster.kubeconfig), shlex.quote(cluster.context)
    if os.pathsep in cluster.kubeconfig:  # the option takes one file
        return f"`KUBECONFIG={files} {command} --context {context}`"
    return f"`{command} --kubeconfig {files} --context {context}`"


def _routes(contents: LiveState, namespace: str, tenant: str) -> list[Manifest]:
    """The Ingresses and HTTPRoutes that tenantkit made."""
    return [
        manifest
        for ref, manifest in contents.objects.items()
        if ref.kind in ROUTE_KINDS and ref.namespace == namespace and is_ours(manifest, tenant)
    ]


def _may_delete(cluster: ClusterApi, namespace: str, kind: str) -> bool:
    return cluster.can("delete", kind, namespace=namespace)


def _is_others(change: PlanChange) -> bool:
    return change.ref.kind == "Namespace" and change.action == "not yours"
