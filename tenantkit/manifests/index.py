"""The index: objects in one namespace. Members find their tenants through it, and owners list new members in it.

A tenant has two Roles there, each with a RoleBinding of the same name. Role `tenant-NAME` lets every member get a
resource with the tenant's name, and the server lists this rule in a review of the member's own rules; it also lets
members read these four objects. Role `owners-NAME` lets owners change the subjects of RoleBinding `tenant-NAME`, and
nothing else: the server allows that, since owners have every rule of that Role themselves. Editors may not change any
of them. Rejected alternative: one Role for both, with which an editor could add and remove members in the index.
Source: page "Using RBAC Authorization", section "Privilege escalation prevention and bootstrapping".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.access import RBAC_GROUP, make_subject
from tenantkit.manifests.labels import own_labels
from tenantkit.rules.tenant_index import INDEX_NAMESPACE, index_rule, marker_rule, owners_role_name, role_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

WRITER_ROLE = "tenantkit-index-writer"
MARKER_ROLE = "tenantkit-index-marker"


def make_index(tenant: Tenant, platform: Platform) -> list[Manifest]:
    """The tenant's Roles in the index with their RoleBindings.

    Members stay in the index while the tenant is frozen. Where it is frozen read-only, its owners may not change it.
    """
    listed, owners = role_name(tenant.name), owners_role_name(tenant.name)
    keepers = () if tenant.frozen == "read-only" else tenant.owners
    read = _rule(("roles", "rolebindings"), ("get",), (listed, owners))
    change = _rule(("rolebindings",), ("update", "patch"), (listed,))
    labels = own_labels(tenant.name)
    return [
        _role(listed, labels, [index_rule(tenant.name, platform.namespace(tenant)), read]),
        _role(owners, labels, [change]),
        _binding(listed, labels, _subjects((person for _, person in tenant.people), platform)),
        _binding(owners, labels, _subjects(keepers, platform)),
    ]


def make_index_namespace() -> Manifest:
    """The namespace of the index."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": INDEX_NAMESPACE, "labels": own_labels()}}


def make_index_writers(platform: Platform) -> tuple[Manifest, Manifest]:
    """The right of provisioners to make Roles in the index; they may write RoleBindings everywhere."""
    labels = own_labels()
    subjects = [make_subject(person, platform.people) for person in platform.provisioners]
    rule = _rule(("roles",), ("create", "update", "patch", "delete"))
    return _role(WRITER_ROLE, labels, [rule]), _binding(WRITER_ROLE, labels, subjects)


def make_index_marker() -> tuple[Manifest, Manifest]:
    """What everybody's rules in the index name, so that an index which is not there is no answer "no tenants"."""
    labels = own_labels()
    everybody = {"kind": "Group", "apiGroup": RBAC_GROUP, "name": "system:authenticated"}
    return _role(MARKER_ROLE, labels, [marker_rule()]), _binding(MARKER_ROLE, labels, [everybody])


def is_indexed_member(manifest: Manifest) -> bool:
    """Whether an object is the RoleBinding of a tenant's members in the index, which several owners may change."""
    metadata = manifest.get("metadata") or {}
    return (
        manifest.get("kind") == "RoleBinding"
        and metadata.get("namespace") == INDEX_NAMESPACE
        and str(metadata["name"]).startswith(role_name(""))
    )


def _subjects(persons: Iterable[str], platform: Platform) -> list[Manifest]:
    """Each person once and in one order, whichever roles they have and however a spec lists them."""
    made = {
        tuple(sorted(subject.items())): subject for subject in (make_subject(it, platform.people) for it in persons)
    }
    return [made[key] for key in sorted(made)]


def _rule(resources: Sequence[str], verbs: Sequence[str], names: Sequence[str] = ()) -> Manifest:
    rule: Manifest = {"apiGroups": [RBAC_GROUP], "resources": list(resources), "verbs": list(verbs)}
    return rule | {"resourceNames": list(names)} if names else rule


def _role(name: str, labels: dict[str, str], rules: Sequence[Manifest]) -> Manifest:
    return _object("Role", name, labels, rules=list(rules))


def _binding(name: str, labels: dict[str, str], subjects: Sequence[Manifest]) -> Manifest:
    """Without subjects the field is left out, as the server does."""
    role = {"apiGroup": RBAC_GROUP, "kind": "Role", "name": name}
    return _object("RoleBinding", name, labels, roleRef=role, **({"subjects": list(subjects)} if subjects else {}))


def _object(kind: str, name: str, labels: dict[str, str], **fields: object) -> Manifest:
    metadata = {"name": name, "namespace": INDEX_NAMESPACE, "labels": labels}
    return {"apiVersion": f"{RBAC_GROUP}/v1", "kind": kind, "metadata": metadata, **fields}
