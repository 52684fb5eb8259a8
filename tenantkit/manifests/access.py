"""ServiceAccounts and RoleBindings of a tenant: the accounts of workloads, and the permissions of persons.

One RoleBinding per person and role, so that adding a person does not change another's binding. Its name contains a
hash, so that two persons never share a name (`a.b@x` and `a-b@x` both become `a-b-x`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.manifests.labels import PERSON_ANNOTATION, WORKLOAD_ACCOUNT, own_labels
from tenantkit.rules.names import derived_name
from tenantkit.spec.people import subject_of

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.people import People, Role
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

RBAC_GROUP = "rbac.authorization.k8s.io"


def make_accounts(tenant: Tenant, platform: Platform) -> list[Manifest]:
    """The ServiceAccounts `default`, without a token in every pod, and `workload`."""
    secrets = [{"name": name} for name in platform.security.image_pull_secrets]
    accounts: list[dict[str, Any]] = [
        {"metadata": {"name": "default"}, "automountServiceAccountToken": False},
        {"metadata": {"name": WORKLOAD_ACCOUNT}},
    ]
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            **account,
            "metadata": {
                **account["metadata"],
                "namespace": platform.namespace(tenant),
                "labels": own_labels(tenant.name),
            },
        }
        | ({"imagePullSecrets": secrets} if secrets else {})
        for account in accounts
    ]


def make_bindings(tenant: Tenant, platform: Platform) -> list[Manifest]:
    """One RoleBinding per person and role.

    Where the tenant is frozen read-only, owners and editors have bindings of other names to the viewer role. The name
    keeps which role the person has. It is another one, so that at each moment one of the two bindings exists.
    """
    return [_binding(tenant, platform, role, person) for role, person in tenant.people]


def make_subject(person: str, people: People) -> Manifest:
    """A person as a binding's subject (page "Using RBAC Authorization"), with the platform's prefixes."""
    kind, name, namespace = subject_of(person, people)
    if kind == "ServiceAccount":
        return {"kind": kind, "name": name, "namespace": namespace}
    return {"kind": kind, "apiGroup": RBAC_GROUP, "name": name}


def binding_name(role: Role, person: str) -> str:
    """The name of a person's RoleBinding for one role."""
    return derived_name("tenantkit", role, person)


def frozen_binding_name(role: Role, person: str) -> str:
    """The name of the RoleBinding that a person has instead while the tenant is frozen read-only."""
    return binding_name(role, person) if role == "viewer" else derived_name("tenantkit", f"frozen-{role}", person)


def _binding(tenant: Tenant, platform: Platform, role: Role, person: str) -> Manifest:
    is_frozen = tenant.frozen == "read-only"
    name = frozen_binding_name(role, person) if is_frozen else binding_name(role, person)
    bound = "viewer" if is_frozen else role
    return {
        "apiVersion": f"{RBAC_GROUP}/v1",
        "kind": "RoleBinding",
        "metadata": {
            "name": name,
            "namespace": platform.namespace(tenant),
            "labels": own_labels(tenant.name),
            "annotations": {PERSON_ANNOTATION: person},
        },
        "roleRef": {"apiGroup": RBAC_GROUP, "kind": "ClusterRole", "name": f"tenantkit-{bound}"},
        "subjects": [make_subject(person, platform.people)],
    }
