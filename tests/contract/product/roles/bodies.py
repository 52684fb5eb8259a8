"""What somebody may create to gain more than they were given. Each is tried, also where the server refuses it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenantkit.manifests.labels import own_labels
from tenantkit.rules.names import derived_name
from tests.contract.api.kind_samples import GOOD, POD, QUIET
from tests.contract.tenants import OWNER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.product.roles.rights import Resource
    from tests.contract.wire import Wire

EVE = "eve@example.com"
RBAC = "rbac.authorization.k8s.io"
# the three roles of tenants, and others that a role might be allowed to bind
TENANT_ROLES = ("tenantkit-owner", "tenantkit-editor", "tenantkit-viewer")
OTHER_ROLES = ("tenantkit-provisioner", "cluster-admin", "admin", "edit", "view", "system:basic-user")
SUBJECTS: dict[str, dict[str, str]] = {
    "user": {"kind": "User", "apiGroup": RBAC, "name": EVE},
    "everybody": {"kind": "Group", "apiGroup": RBAC, "name": "system:authenticated"},
    "masters": {"kind": "Group", "apiGroup": RBAC, "name": "system:masters"},
    "account": {"kind": "ServiceAccount", "name": "default", "namespace": "kube-system"},
}
SNIPPET = {"nginx.ingress.kubernetes.io/server-snippet": "return 200;"}


@dataclass(frozen=True, slots=True)
class Place:
    """The tenant whose namespace it is, and what belongs to another one.

    Args:
        tenant: its name, which is its namespace's, too.
        host: the tenant's own.
        other_host: of another tenant.
    """

    tenant: str
    host: str
    other_host: str


def bodies(resource: Resource, place: Place) -> Iterator[dict[str, Any]]:
    """The objects to create of a resource: at least a small one, and hostile ones of kinds that matter."""
    found = list(_BODIES[resource.kind](place)) if resource.kind in _BODIES else [_sample(resource)]
    for number, body in enumerate(found):
        head = {"apiVersion": resource.api_version, "kind": resource.kind}
        metadata = {"name": f"tried-{number}", **body.get("metadata", {})}
        yield {**head, **body, "metadata": metadata}


def planted_by_platform(admin: Wire, place: Place) -> None:
    """The ConfigMap that earlier versions kept the team's part in, as they left it."""
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "tenantkit-tenant", "labels": own_labels(place.tenant)},
        "data": {"tenant.json": json.dumps({"apiVersion": "tenantkit.dev/v1alpha1", "editors": [], "routes": []})},
    }
    answer = admin("POST", f"/api/v1/namespaces/{place.tenant}/configmaps", body, query={"fieldManager": "tenantkit"})
    assert answer.status == 201, answer.body


def _sample(resource: Resource) -> dict[str, Any]:
    good = GOOD.get(resource.kind)
    if good is None:
        return _SMALL.get(resource.kind, {})
    return {key: value for key, value in good.named("x", QUIET.get(resource.kind)).items() if key != "metadata"}


def _bindings(place: Place) -> Iterator[dict[str, Any]]:
    for role in (*TENANT_ROLES, *OTHER_ROLES):
        ref = {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}
        for name, subject in SUBJECTS.items():
            plain = {"metadata": {"name": f"tried-{role.replace(':', '-')}-{name}"}, "roleRef": ref}
            yield {**plain, "subjects": [subject]}
        ours = {"labels": own_labels(place.tenant), "annotations": {"tenantkit.dev/person": OWNER}}
        yield {"metadata": {"name": f"tried-ours-{role.replace(':', '-')}", **ours}, "roleRef": ref} | {
            "subjects": [SUBJECTS["user"]]
        }
    for role in ("owner", "editor", "viewer"):
        ref = {"apiGroup": RBAC, "kind": "ClusterRole", "name": f"tenantkit-{role}"}
        reserved = {"name": derived_name("tenantkit", role, EVE)}
        yield {"metadata": reserved, "roleRef": ref, "subjects": [SUBJECTS["user"]]}
        yield {"metadata": {"name": f"tried-two-{role}", "finalizers": ["example.com/stay"]}, "roleRef": ref} | {
            "subjects": [SUBJECTS["user"], {"kind": "User", "apiGroup": RBAC, "name": OWNER}]
        }
        yield {"metadata": {"name": f"tried-local-{role}"}, "roleRef": {**ref, "kind": "Role"}} | {
            "subjects": [SUBJECTS["user"]]
        }


def _config_maps(place: Place) -> Iterator[dict[str, Any]]:
    route = {"service": "evil", "port": 80, "path": "/", "host": place.other_host}
    team = {"apiVersion": "tenantkit.dev/v1alpha1", "editors": [EVE], "viewers": [EVE], "routes": [route]}
    for labels in ({}, own_labels(place.tenant)):
        yield {"metadata": {"name": "tenantkit-tenant", "labels": labels}, "data": {"tenant.json": json.dumps(team)}}
    yield {"metadata": {"name": "tried-ours", "labels": own_labels(place.tenant)}, "data": {"tenant.json": "{"}}
    yield {"metadata": {"name": "platform"}, "data": {"platform.json": "{}"}}


def _ingresses(place: Place) -> Iterator[dict[str, Any]]:
    backend = {"service": {"name": "evil", "port": {"number": 80}}}
    paths = {"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    ours = {"labels": own_labels(place.tenant)}
    specs: dict[str, dict[str, Any]] = {
        "other-host": {"rules": [{"host": place.other_host, **paths}]},
        "second-rule": {"rules": [{"host": place.host, **paths}, {"host": place.other_host, **paths}]},
        "wildcard": {"rules": [{"host": "*.example.ai", **paths}]},
        "no-host": {"rules": [paths]},
        "default-backend": {"defaultBackend": backend},
        "tls": {"rules": [{"host": place.host, **paths}], "tls": [{"hosts": [place.other_host], "secretName": "x"}]},
        "own-host": {"rules": [{"host": place.host, **paths}]},
    }
    for name, spec in specs.items():
        yield {"metadata": {"name": f"tried-{name}"}, "spec": spec}
        yield {"metadata": {"name": f"tried-ours-{name}", **ours}, "spec": spec}
    yield {"metadata": {"name": "tried-snippet", "annotations": SNIPPET, **ours}, "spec": specs["own-host"]}


def _quotas(place: Place) -> Iterator[dict[str, Any]]:
    yield {"metadata": {"name": "tried-second"}, "spec": {"hard": {"pods": "0"}}}
    yield {"metadata": {"name": "tried-ours", "labels": own_labels(place.tenant)}, "spec": {"hard": {"pods": "1"}}}


def _limits(place: Place) -> Iterator[dict[str, Any]]:
    limit = {"limits": [{"type": "Container", "max": {"cpu": "1m"}}]}
    yield {"metadata": {"name": "tried-second"}, "spec": limit}
    yield {"metadata": {"name": "tried-ours", "labels": own_labels(place.tenant)}, "spec": limit}


def _accounts(place: Place) -> Iterator[dict[str, Any]]:
    yield {"metadata": {"name": "tried-account"}}
    yield {"metadata": {"name": "tried-ours", "labels": own_labels(place.tenant)}}


def _secrets(_: Place) -> Iterator[dict[str, Any]]:
    yield {"stringData": {"a": "b"}}
    for account in ("default", "workload"):
        annotations = {"kubernetes.io/service-account.name": account}
        metadata = {"name": f"tried-token-{account}", "annotations": annotations}
        yield {"metadata": metadata, "type": "kubernetes.io/service-account-token"}


def _namespaces(place: Place) -> Iterator[dict[str, Any]]:
    yield {"metadata": {"name": f"{place.tenant}-tried", "labels": own_labels(place.tenant)}}


_SMALL: dict[str, dict[str, Any]] = {
    "Pod": {"spec": POD},
    "Service": {"spec": {"ports": [{"port": 80}]}},
    "PersistentVolumeClaim": {
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    },
    "NetworkPolicy": {"spec": {"podSelector": {}, "ingress": [{}]}},
}
_BODIES = {
    "RoleBinding": _bindings,
    "ConfigMap": _config_maps,
    "Ingress": _ingresses,
    "ResourceQuota": _quotas,
    "LimitRange": _limits,
    "ServiceAccount": _accounts,
    "Secret": _secrets,
    "Namespace": _namespaces,
}
