"""The platform's own objects: settings, roles and provisioners, and the namespace that they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.access.bindings import rights_of
from tenantkit.findings.audit.check import Check, Evidence
from tenantkit.findings.audit.fields import name_of
from tenantkit.findings.audit.view import PLATFORM
from tenantkit.hints import Message
from tenantkit.manifests.labels import PLATFORM_CONFIG_MAP
from tenantkit.spec.platform import SYSTEM_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tenantkit.findings.audit.check import Found
    from tenantkit.findings.audit.view import ClusterView

_INSTALL = Message("install the platform again: use {install_platform}")
_BINDINGS = ("RoleBinding", "ClusterRoleBinding")


def _is_installed(view: ClusterView) -> Iterator[Found]:
    if not view.snapshot.is_installed:
        yield Evidence(f"ConfigMap/{PLATFORM_CONFIG_MAP}", "", f"does not exist in {SYSTEM_NAMESPACE!r}")


def _differs(code: str) -> Callable[[ClusterView], Iterable[Found]]:
    return lambda view: view.platform_differences.get(code, [])


def _collects_only_ours(view: ClusterView) -> Iterator[Found]:
    """ClusterRoles that add rules to tenants' roles, and that the platform did not make."""
    for role in view.snapshot.of("ClusterRole", ""):
        if not is_of_tenants(str(role["metadata"]["name"])):
            continue
        for other in view.roles.collected_by(role):
            name = str(other["metadata"]["name"])
            if name not in view.wanted_roles:
                yield Evidence(
                    f"ClusterRole/{name}", "metadata.labels", f"adds its rules to {role['metadata']['name']}"
                )


def is_of_tenants(role: str) -> bool:
    """Whether a ClusterRole is one of tenantkit's."""
    return role.startswith("tenantkit-")


def _system_namespace(view: ClusterView) -> Iterator[Found]:
    """Who has rights in the namespace of the settings, which decide about every tenant."""
    for right in rights_of(view.snapshot.of("RoleBinding", SYSTEM_NAMESPACE), view.roles):
        if right.binding["metadata"]["name"] not in view.wanted_bindings:  # those are compared by platform-objects
            what = f"{right.who} has {right.role}"
            yield Evidence(f"{name_of(right.binding)} in {SYSTEM_NAMESPACE}", f"subjects[{right.place}]", what)


CHECKS = (
    Check(
        "platform-installed",
        "platform",
        "critical",
        "The platform is installed and its settings can be read.",
        _INSTALL,
        _is_installed,
        (PLATFORM,),
    ),
    Check(
        "platform-roles",
        "platform",
        "critical",
        "tenantkit's ClusterRoles have the rules that this version gives them.",
        _INSTALL,
        _differs("platform-roles"),
        (PLATFORM, "ClusterRole"),
    ),
    Check(
        "platform-roles-collected",
        "platform",
        "high",
        "tenantkit's ClusterRoles collect no rules of roles that the platform does not know.",
        Message("remove the label from the ClusterRole, or add its rules to the platform's roles"),
        _collects_only_ours,
        (PLATFORM, "ClusterRole"),
    ),
    Check(
        "platform-provisioners",
        "platform",
        "critical",
        "Only the platform's provisioners are bound by tenantkit-provisioners.",
        _INSTALL,
        _differs("platform-provisioners"),
        (PLATFORM, "ClusterRoleBinding"),
    ),
    Check(
        "platform-objects",
        "platform",
        "medium",
        "The other objects of the platform are as this version makes them.",
        _INSTALL,
        _differs("platform-objects"),
        (PLATFORM, "Namespace", "Role", "ConfigMap", *_BINDINGS),
    ),
    Check(
        "platform-namespace",
        "platform",
        "high",
        "Nobody but the platform has rights in namespace tenantkit-system.",
        Message("delete the RoleBinding, or remove this subject from it"),
        _system_namespace,
        (PLATFORM, "RoleBinding", "Role", "ClusterRole"),
    ),
)
