"""How many objects of each kind a tenant may have: the kinds without a field of their own in `Quota`.

A kind without an entry is unlimited, and its objects fill the cluster's store, which all tenants share: 1,000 objects
of 1 MB are more than etcd holds by default. The defaults are far above what a team needs.
Source: page "Resource Quotas", section "Quota on object count".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLE_BINDINGS = "rolebindings.rbac.authorization.k8s.io"
# made by controllers from what tenants create, with the content that tenants chose
MADE_FOR_TENANTS = ("controllerrevisions.apps",)
DEFAULT_COUNTS: Mapping[str, int] = {
    "replicationcontrollers": 10,
    "serviceaccounts": 50,
    "controllerrevisions.apps": 500,  # ten per StatefulSet and DaemonSet
    "daemonsets.apps": 10,
    "deployments.apps": 100,
    "replicasets.apps": 1000,  # ten per Deployment: it keeps them to roll back
    "statefulsets.apps": 50,
    "horizontalpodautoscalers.autoscaling": 100,
    "cronjobs.batch": 50,
    "poddisruptionbudgets.policy": 100,
    ROLE_BINDINGS: 100,
    "workflowtaskresults.argoproj.io": 1000,  # one per step of a workflow
}
OTHER_COUNT = 50

# kinds that have a field of their own
_FIELDS: Mapping[str, str] = {
    "configmaps": "config_maps",
    "persistentvolumeclaims": "volume_claims",
    "pods": "pods or all_pods",
    "secrets": "secrets",
    "services": "services",
    "jobs.batch": "jobs",
    "ingresses.networking.k8s.io": "ingresses",
}
_KIND = re.compile(r"[a-z0-9]+(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_PREFIX = "count/"
_EXAMPLE = "for example 'deployments.apps'"


def _check_kind(value: str) -> str:
    kind = value.removeprefix(_PREFIX)
    if kind != value:
        raise ValueError(f"remove the prefix {_PREFIX!r}: use {kind!r}")
    if not _KIND.fullmatch(kind):
        raise ValueError(f"use a resource and its group in lower case, {_EXAMPLE}")
    if kind in _FIELDS:
        raise ValueError(f"use the field {_FIELDS[kind]}")
    whole = next((known for known in (*DEFAULT_COUNTS, *_FIELDS) if known.partition(".")[0] == kind), kind)
    if whole != kind:
        raise ValueError(f"add the group: use {whole!r}")
    return kind


CountedKind = Annotated[str, AfterValidator(_check_kind)]
