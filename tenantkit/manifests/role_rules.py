"""What each role may do, as reviewed data: the resources, the verbs, and the reason for each.

`docs/roles.md` shows this table, and a test compares both. A role of tenants has its own rules and those of the roles
before it, so that each right is listed once, for the least of the roles that has it.

Rejected alternative: the built-in `admin` and `edit` (page "Using RBAC Authorization", user-facing roles). Both may
write NetworkPolicies, which are additive and so can allow traffic that the platform denies. `edit` may create
ServiceAccount tokens, and `admin` may bind roles to `system:authenticated`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.manifests.access import RBAC_GROUP
from tenantkit.rules.tenant_index import INDEX_GROUP, INDEX_RESOURCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.people import Role

READ = ("get", "list", "watch")
_CHANGE = ("create", "update", "patch", "delete")
_CHANGE_MANY = (*_CHANGE, "deletecollection")
TENANT_ROLES = ("tenantkit-owner", "tenantkit-editor", "tenantkit-viewer")
_GATEWAY = "gateway.networking.k8s.io"


@dataclass(frozen=True, slots=True)
class Grant:
    """One rule of a role, and why the role has it.

    Args:
        group: the API group; empty for the core group.
        resources: plural names, with subresources.
        verbs: what may be done.
        why: the reason, as a sentence without a subject: `they run the team's workloads`.
        names: only objects of these names. Default: all.
    """

    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    why: str
    names: tuple[str, ...] = ()

    @property
    def rule(self) -> Manifest:
        """The rule of a ClusterRole."""
        rule: Manifest = {
            "apiGroups": [self.group],
            "resources": list(self.resources),
            "verbs": list(self.verbs),
        }
        return rule | {"resourceNames": list(self.names)} if self.names else rule


_SEEN = "members see what runs and what it needs"
_RUN = "editors run the team's workloads"
_BIND = Grant(
    RBAC_GROUP,
    ("clusterroles",),
    ("bind",),
    "members get one of the three roles of tenants, and no other",
    names=TENANT_ROLES,
)
_READABLE = (
    Grant("", ("pods", "services", "configmaps", "persistentvolumeclaims", "replicationcontrollers"), READ, _SEEN),
    Grant("apps", ("deployments", "replicasets", "statefulsets", "daemonsets", "controllerrevisions"), READ, _SEEN),
    Grant("batch", ("jobs", "cronjobs"), READ, _SEEN),
    Grant("autoscaling", ("horizontalpodautoscalers",), READ, _SEEN),
    Grant("policy", ("poddisruptionbudgets",), READ, _SEEN),
    Grant("", ("pods/log", "pods/status", "events"), READ, "members find out why a pod does not run"),
    Grant("events.k8s.io", ("events",), READ, "members find out why a pod does not run"),
    Grant("metrics.k8s.io", ("pods",), READ, "members see what pods really use"),
    Grant("", ("namespaces", "resourcequotas", "limitranges"), READ, "members see their grant and how much is used"),
    Grant("discovery.k8s.io", ("endpointslices",), READ, "members see whether a Service has pods"),
    Grant("networking.k8s.io", ("ingresses", "networkpolicies"), READ, "members see routes and which traffic may pass"),
    Grant(_GATEWAY, ("httproutes",), READ, "members see routes"),
    Grant("", ("serviceaccounts",), READ, "members see the accounts of workloads"),
    Grant(RBAC_GROUP, ("roles", "rolebindings"), READ, "members see who has which role"),
)

GRANTS: Mapping[Role, Sequence[Grant]] = {
    "viewer": _READABLE,
    "editor": (
        Grant(
            "",
            ("pods", "services", "configmaps", "persistentvolumeclaims", "replicationcontrollers"),
            _CHANGE_MANY,
            _RUN,
        ),
        Grant("apps", ("deployments", "replicasets", "statefulsets", "daemonsets"), _CHANGE_MANY, _RUN),
        Grant("batch", ("jobs", "cronjobs"), _CHANGE_MANY, _RUN),
        Grant("autoscaling", ("horizontalpodautoscalers",), _CHANGE_MANY, _RUN),
        Grant("policy", ("poddisruptionbudgets",), _CHANGE_MANY, _RUN),
        Grant(
            "apps", ("deployments/scale", "statefulsets/scale"), ("get", "update", "patch"), "editors scale workloads"
        ),
        Grant("", ("pods/eviction",), ("create",), "editors end a pod without breaking a disruption budget"),
        Grant(
            "",
            ("pods/exec", "pods/attach", "pods/portforward"),
            ("get", "create"),
            "editors enter their pods; a user who may create pods could do so anyway",
        ),
        Grant(
            "",
            ("secrets",),
            (*READ, *_CHANGE_MANY),
            "workloads need passwords; viewers do not read them, since a token in one gives more rights",
        ),
    ),
    "owner": (
        Grant("", ("serviceaccounts",), _CHANGE, "owners make accounts for workloads, but no tokens of them"),
        Grant("networking.k8s.io", ("ingresses",), _CHANGE, "owners expose services at the tenant's hosts"),
        Grant(_GATEWAY, ("httproutes",), _CHANGE, "owners expose services at the tenant's hosts"),
        Grant(RBAC_GROUP, ("rolebindings",), _CHANGE, "owners add and remove members"),
        _BIND,
    ),
}

_AUDIT = "plans and audits read who has which rights, and what may weaken a wall"
PROVISIONER_GRANTS: Sequence[Grant] = (
    Grant(
        "tenantkit.dev",
        ("tenants",),
        ("manage",),
        "exempts provisioners from the guardrails in tenants' namespaces; no such resource exists",
    ),
    Grant(
        INDEX_GROUP,
        (INDEX_RESOURCE,),
        ("get",),
        "provisioners add members to the index, so they need the permissions that members get there",
    ),
    *(Grant(it.group, it.resources, it.verbs, "provisioners see what runs in all tenants") for it in _READABLE),
    Grant("", ("nodes",), READ, "plans name devices that no node offers"),
    Grant("scheduling.k8s.io", ("priorityclasses",), READ, "plans check the cluster's default class"),
    Grant("storage.k8s.io", ("storageclasses",), READ, "plans name classes that no quota limits"),
    Grant("resource.k8s.io", ("deviceclasses",), READ, "plans name classes that no quota limits"),
    Grant("networking.k8s.io", ("ingressclasses",), READ, "plans check the class of routes"),
    Grant("networking.k8s.io", ("servicecidrs",), READ, "plans compare the cluster's ranges with the settings"),
    Grant(_GATEWAY, ("gateways", "gatewayclasses", "listenersets"), READ, "plans check the gateway of routes"),
    Grant(RBAC_GROUP, ("clusterroles", "clusterrolebindings"), READ, _AUDIT),
    Grant("authorization.k8s.io", ("subjectaccessreviews",), ("create",), "audits ask the server what a person may do"),
    Grant(
        "admissionregistration.k8s.io",
        ("validatingadmissionpolicies", "validatingadmissionpolicybindings"),
        READ,
        _AUDIT,
    ),
    Grant(
        "",
        ("namespaces", "configmaps", "resourcequotas", "limitranges", "serviceaccounts"),
        _CHANGE,
        "provisioners create, change and delete tenants",
    ),
    Grant("networking.k8s.io", ("ingresses", "networkpolicies"), _CHANGE, "provisioners create and change tenants"),
    Grant(_GATEWAY, ("httproutes",), _CHANGE, "provisioners create and change tenants"),
    Grant(RBAC_GROUP, ("rolebindings",), _CHANGE, "provisioners give owners and members their roles"),
    _BIND,
)
