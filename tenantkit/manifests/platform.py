"""The objects that a cluster needs once: the platform's settings, permission to read them, roles and the index.

The settings are a ConfigMap that any authenticated user may get by name: an owner's `plan` must use the same settings
as the platform team's. Rejected alternative: settings in a file beside the notebooks, of which every user has another
copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.access import RBAC_GROUP, make_subject
from tenantkit.manifests.index import make_index_marker, make_index_namespace, make_index_writers
from tenantkit.manifests.labels import PLATFORM_CONFIG_MAP, PLATFORM_KEY, own_labels
from tenantkit.manifests.roles import PROVISIONER_ROLE, make_roles
from tenantkit.spec.base import canonical_json
from tenantkit.spec.platform import SYSTEM_NAMESPACE

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform

_READER = "tenantkit-platform-reader"


def make_platform(platform: Platform) -> tuple[Manifest, ...]:
    """Every object that `install_platform` creates, in the order of applying."""
    return (
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM_NAMESPACE, "labels": own_labels()}},
        make_index_namespace(),
        *make_roles(platform),
        _provisioners(platform),
        _settings(platform),
        *_ordered(_readers(), make_index_writers(platform), make_index_marker()),
    )


def _ordered(*pairs: tuple[Manifest, Manifest]) -> list[Manifest]:
    """The Roles of these pairs before the RoleBindings."""
    return [role for role, _ in pairs] + [binding for _, binding in pairs]


def _settings(platform: Platform) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": PLATFORM_CONFIG_MAP, "namespace": SYSTEM_NAMESPACE, "labels": own_labels()},
        "data": {PLATFORM_KEY: canonical_json(platform.to_stored())},
    }


def _readers() -> tuple[Manifest, Manifest]:
    """Any authenticated user may get this one ConfigMap, and list none."""
    metadata = {"name": _READER, "namespace": SYSTEM_NAMESPACE, "labels": own_labels()}
    role = {
        "apiVersion": f"{RBAC_GROUP}/v1",
        "kind": "Role",
        "metadata": metadata,
        "rules": [
            {
                "apiGroups": [""],
                "resources": ["configmaps"],
                "resourceNames": [PLATFORM_CONFIG_MAP],
                "verbs": ["get"],
            }
        ],
    }
    binding = {
        "apiVersion": f"{RBAC_GROUP}/v1",
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": RBAC_GROUP, "kind": "Role", "name": _READER},
        "subjects": [{"kind": "Group", "apiGroup": RBAC_GROUP, "name": "system:authenticated"}],
    }
    return role, binding


def _provisioners(platform: Platform) -> Manifest:
    binding: Manifest = {
        "apiVersion": f"{RBAC_GROUP}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "tenantkit-provisioners", "labels": own_labels()},
        "roleRef": {"apiGroup": RBAC_GROUP, "kind": "ClusterRole", "name": PROVISIONER_ROLE},
    }
    subjects = [make_subject(person, platform.people) for person in platform.provisioners]
    return binding | {"subjects": subjects} if subjects else binding
