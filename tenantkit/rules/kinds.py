"""The kinds that tenantkit uses, as one table: the group, version and path of each.

A table needs no request and is the same for every cluster, since all these versions are stable ("v1"). A kind that a
cluster does not serve, such as HTTPRoute without the Gateway API, is answered with 404. Rejected alternative:
discovery, which costs a request per group on each connection and is refused to some users.
Source: page "Kubernetes API Concepts", section "Resource URIs".
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Kind:
    """The group, version and path of a kind; `group` is empty for the core group."""

    kind: str
    group: str
    version: str
    plural: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        """The `apiVersion` of this kind's manifests: `v1`, `networking.k8s.io/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """The resource as in RBAC, quotas and messages: `pods`, `ingresses.networking.k8s.io`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


_GATEWAY = "gateway.networking.k8s.io"
_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"
_REVIEW = "authorization.k8s.io"

_TABLE = (
    Kind("Namespace", "", "v1", "namespaces", namespaced=False),
    Kind("Node", "", "v1", "nodes", namespaced=False),
    Kind("ConfigMap", "", "v1", "configmaps", namespaced=True),
    Kind("Event", "", "v1", "events", namespaced=True),
    Kind("LimitRange", "", "v1", "limitranges", namespaced=True),
    Kind("PersistentVolumeClaim", "", "v1", "persistentvolumeclaims", namespaced=True),
    Kind("Pod", "", "v1", "pods", namespaced=True),
    Kind("ReplicationController", "", "v1", "replicationcontrollers", namespaced=True),
    Kind("ResourceQuota", "", "v1", "resourcequotas", namespaced=True),
    Kind("Secret", "", "v1", "secrets", namespaced=True),
    Kind("Service", "", "v1", "services", namespaced=True),
    Kind("ServiceAccount", "", "v1", "serviceaccounts", namespaced=True),
    Kind("Deployment", "apps", "v1", "deployments", namespaced=True),
    Kind("ReplicaSet", "apps", "v1", "replicasets", namespaced=True),
    Kind("DaemonSet", "apps", "v1", "daemonsets", namespaced=True),
    Kind("StatefulSet", "apps", "v1", "statefulsets", namespaced=True),
    Kind("CronJob", "batch", "v1", "cronjobs", namespaced=True),
    Kind("Job", "batch", "v1", "jobs", namespaced=True),
    Kind("Lease", "coordination.k8s.io", "v1", "leases", namespaced=True),
    Kind("EndpointSlice", "discovery.k8s.io", "v1", "endpointslices", namespaced=True),
    Kind("Ingress", "networking.k8s.io", "v1", "ingresses", namespaced=True),
    Kind("IngressClass", "networking.k8s.io", "v1", "ingressclasses", namespaced=False),
    Kind("NetworkPolicy", "networking.k8s.io", "v1", "networkpolicies", namespaced=True),
    Kind("ServiceCIDR", "networking.k8s.io", "v1", "servicecidrs", namespaced=False),
    Kind("PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets", namespaced=True),
    Kind("Gateway", _GATEWAY, "v1", "gateways", namespaced=True),
    Kind("GatewayClass", _GATEWAY, "v1", "gatewayclasses", namespaced=False),
    Kind("HTTPRoute", _GATEWAY, "v1", "httproutes", namespaced=True),
    Kind("ListenerSet", _GATEWAY, "v1", "listenersets", namespaced=True),
    Kind("ClusterRole", _RBAC, "v1", "clusterroles", namespaced=False),
    Kind("ClusterRoleBinding", _RBAC, "v1", "clusterrolebindings", namespaced=False),
    Kind("Role", _RBAC, "v1", "roles", namespaced=True),
    Kind("RoleBinding", _RBAC, "v1", "rolebindings", namespaced=True),
    Kind("PriorityClass", "scheduling.k8s.io", "v1", "priorityclasses", namespaced=False),
    Kind("StorageClass", "storage.k8s.io", "v1", "storageclasses", namespaced=False),
    Kind("ValidatingAdmissionPolicy", _ADMISSION, "v1", "validatingadmissionpolicies", namespaced=False),
    Kind("ValidatingAdmissionPolicyBinding", _ADMISSION, "v1", "validatingadmissionpolicybindings", namespaced=False),
    Kind("SelfSubjectReview", "authentication.k8s.io", "v1", "selfsubjectreviews", namespaced=False),
    Kind("SelfSubjectAccessReview", _REVIEW, "v1", "selfsubjectaccessreviews", namespaced=False),
    Kind("SelfSubjectRulesReview", _REVIEW, "v1", "selfsubjectrulesreviews", namespaced=False),
    Kind("SubjectAccessReview", _REVIEW, "v1", "subjectaccessreviews", namespaced=False),
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.kind: kind for kind in _TABLE})


def kind_of(name: str) -> Kind:
    """The kind with a name.

    Args:
        name: as in a manifest's `kind`: singular, in the case that Kubernetes uses.

    Returns:
        Its row of `KINDS`.

    Raises:
        InvalidSpecError: the table has no such kind; the reason names the closest one, or all of them.

    Example:
        >>> kind_of("Ingress").qualified
        'ingresses.networking.k8s.io'
    """
    if name in KINDS:
        return KINDS[name]
    spellings = {
        spelling.lower(): kind.kind for kind in _TABLE for spelling in (kind.kind, kind.plural, kind.qualified)
    }
    near = get_close_matches(str(name).lower(), spellings, n=1)
    reason = f"use {spellings[near[0]]!r}" if near else f"use one of {', '.join(sorted(KINDS))}"
    raise InvalidSpecError([Problem("kind", name, reason)])
