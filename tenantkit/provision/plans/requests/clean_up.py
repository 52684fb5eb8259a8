"""What a user may delete by themselves in a tenant that only somebody else may delete."""

from __future__ import annotations

import shlex
from functools import partial
from typing import TYPE_CHECKING

from tenantkit.cluster.parallel import side_by_side
from tenantkit.provision.plans.notice import PlanNotice
from tenantkit.rules.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.cluster_api import ClusterApi

# What people make, and what holds resources; the rest is deleted with these. Data cannot be made again, so that volume
# claims are not in a command to copy.
_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "Pod", "Service")


def clean_up_notices(cluster: ClusterApi, changes: Sequence[PlanChange]) -> Iterator[PlanNotice]:
    """A notice for each tenant that is not the user's to delete, with what they may delete in it.

    Args:
        cluster: the cluster.
        changes: of the plan of a deletion.

    RBAC: create selfsubjectaccessreviews, which any signed-in user may.
    """
    others = {change.ref.name: change.tenant for change in changes if _is_others(change)}
    for namespace, tenant in others.items():
        there = {change.ref.kind for change in changes if change.ref.namespace == namespace}
        asked = [kind for kind in _KINDS if kind in there]
        answers = side_by_side(partial(_may_delete, cluster, namespace), asked)
        allowed = [kind_of(kind).plural for kind, may in zip(asked, answers, strict=True) if may]
        if allowed:
            command = f"kubectl delete {','.join(allowed)} --all -n {shlex.quote(namespace)}"
            text = f"you may delete what is in namespace {namespace} yourself: `{command}`"
            yield PlanNotice("clean-up", f"{text}. This also deletes other members' work.", tenant)


def _may_delete(cluster: ClusterApi, namespace: str, kind: str) -> bool:
    return cluster.can("delete", kind, namespace=namespace)


def _is_others(change: PlanChange) -> bool:
    return change.ref.kind == "Namespace" and change.action == "not yours"
