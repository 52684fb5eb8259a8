"""What rules mean, in few words: `read`, `write`, `secrets`, `exec`, `manage members`, and what is dangerous.

A rule that names single objects counts, since one Secret or one RoleBinding is enough.

Source: page "Role Based Access Control Good Practices", section "Kubernetes RBAC - privilege escalation risks".
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from tenantkit.cluster.subject_access import Request
from tenantkit.manifests.access import RBAC_GROUP
from tenantkit.manifests.role_rules import TENANT_ROLES
from tenantkit.manifests.roles import rules_by_role
from tenantkit.rules.rbac.permissions import allows_some, beyond

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform

Power: TypeAlias = Literal[
    "read",
    "write",
    "secrets",
    "exec",
    "manage members",
    "bind",
    "escalate",
    "impersonate",
    "tokens",
    "walls",
    "manage tenants",
]
POWERS: tuple[Power, ...] = get_args(Power)
# More than tenantkit's own roles give to anybody.
DANGEROUS: frozenset[Power] = frozenset({"bind", "escalate", "impersonate", "tokens", "walls", "manage tenants"})
# What a person outside a tenant's spec must not have in its namespace.
MATTERS: frozenset[Power] = DANGEROUS | {"secrets", "exec", "manage members"}

_READ = ("get", "list", "watch")
_WRITE = ("create", "update", "patch", "delete", "deletecollection")
_ADMISSION = "admissionregistration.k8s.io"
_WORKLOADS = (
    ("", "pods"),
    ("", "services"),
    ("", "configmaps"),
    ("", "persistentvolumeclaims"),
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("apps", "daemonsets"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
    ("networking.k8s.io", "ingresses"),
    ("gateway.networking.k8s.io", "httproutes"),
)
_PROBES: Mapping[Power, tuple[tuple[Sequence[str], Sequence[tuple[str, str]]], ...]] = {
    "read": ((_READ, _WORKLOADS),),
    "write": ((_WRITE, _WORKLOADS),),
    "secrets": ((_READ, (("", "secrets"),)),),
    "exec": (
        (("create", "get"), (("", "pods/exec"), ("", "pods/attach"), ("", "pods/portforward"), ("", "nodes/proxy"))),
        (("update", "patch"), (("", "pods/ephemeralcontainers"),)),
    ),
    "manage members": ((("create", "update", "patch"), ((RBAC_GROUP, "rolebindings"),)),),
    "bind": ((("bind",), ((RBAC_GROUP, "roles"), (RBAC_GROUP, "clusterroles"))),),
    "escalate": ((("escalate",), ((RBAC_GROUP, "roles"), (RBAC_GROUP, "clusterroles"))),),
    "impersonate": ((("impersonate",), (("", "users"), ("", "groups"), ("", "serviceaccounts"))),),
    "tokens": ((("create",), (("", "serviceaccounts/token"),)),),
    "walls": (
        (
            _WRITE,
            (
                ("", "namespaces"),
                ("", "resourcequotas"),
                ("", "limitranges"),
                ("networking.k8s.io", "networkpolicies"),
                (_ADMISSION, "validatingadmissionpolicies"),
                (_ADMISSION, "validatingadmissionpolicybindings"),
            ),
        ),
    ),
    "manage tenants": ((("manage",), (("tenantkit.dev", "tenants"),)),),
}


def powers_of(rules: Sequence[Manifest]) -> tuple[Power, ...]:
    """What rules allow, in the order of `POWERS`.

    Args:
        rules: of one or several roles.

    Example:
        >>> powers_of([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}])
        ('secrets',)
    """
    return tuple(power for power in POWERS if probe_of(rules, power) is not None)


def more_than_ours(rules: Sequence[Manifest], platform: Platform) -> bool:
    """Whether rules allow something that the platform's owner role does not."""
    return next(beyond(rules, rules_by_role(platform)["owner"]), None) is not None


def probe_of(rules: Sequence[Manifest], power: Power) -> Request | None:
    """A request that rules allow and that shows a power; None if they do not give it.

    Args:
        rules: of one or several roles.
        power: which.
    """
    for verbs, resources in _PROBES[power]:
        for verb, (group, resource) in product(verbs, resources):
            for rule in _wider(rules) if power == "bind" else rules:
                if allows_some([rule], verb, group, resource):
                    return Request(verb, group, resource, next(iter(rule.get("resourceNames") or ()), None))
    return None


def _wider(rules: Sequence[Manifest]) -> list[Manifest]:
    """The rules that are about other roles than the three of tenants, which an owner may bind."""
    return [rule for rule in rules if not set(rule.get("resourceNames") or ("",)) <= set(TENANT_ROLES)]
