"""Whom to ask where advice needs rights that the caller does not have: the tenant's owners and editors.

A review of the caller's own rules says the role, as in `whoami`: one for each namespace for which there is such advice.
Names are read only where the caller is a viewer. Rejected alternative: one access review for each verb and kind that
the advice needs, which is a dozen of requests for a sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.cluster.own_namespaces import resource_rules, why_incomplete
from tenantkit.cluster.parallel import side_by_side
from tenantkit.cluster.visible import list_visible
from tenantkit.exceptions import NotFound, PermissionDenied
from tenantkit.frames.members import members_frame
from tenantkit.provision.stored.identity import role_by_rules
from tenantkit.rules.listing import first_of
from tenantkit.spec.people import to_ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.people import People

_NAMED = 3
_WHO = "an owner or editor"


def whom_to_ask(cluster: Cluster, namespaces: Iterable[str], people: People | None) -> dict[str, str]:
    """Who may follow advice in place of the caller, by namespace; without those in which the caller may.

    Args:
        cluster: the connection.
        namespaces: those for which there is advice.
        people: the platform's prefixes; None if they are not known.

    RBAC: create selfsubjectrulesreviews, and for several namespaces selfsubjectaccessreviews, which any signed-in user
    may; list rolebindings, else nobody is named.
    """
    asked = sorted(set(namespaces))
    if not asked or (len(asked) > 1 and cluster.can("create", "Pod")):  # in all namespaces
        return {}
    views = side_by_side(lambda namespace: _only_views(cluster, namespace), asked)
    viewed = [namespace for namespace, is_viewer in zip(asked, views, strict=True) if is_viewer]
    return _named(cluster, viewed, people) if viewed else {}


def _only_views(cluster: Cluster, namespace: str) -> bool:
    """Whether the caller may read and not change there; False where the server does not say."""
    try:
        status = cluster.own_rules(namespace)
    except (NotFound, PermissionDenied):
        return False
    return why_incomplete(status) is None and role_by_rules(resource_rules(status)) == "viewer"


def _named(cluster: Cluster, namespaces: list[str], people: People | None) -> dict[str, str]:
    try:
        names = _members(list_visible(cluster, "RoleBinding", namespaces=namespaces)[0], people)
    except PermissionDenied:
        names = {}
    return {
        namespace: f"{_WHO} ({first_of(names[namespace], _NAMED)})" if namespace in names else f"{_WHO} of {namespace}"
        for namespace in namespaces
    }


def _members(bindings: Iterable[Manifest], people: People | None) -> Mapping[str, list[str]]:
    """Owners and editors by namespace, owners first; service accounts only where there is nobody else."""
    frame = members_frame(bindings, people=people)
    able = frame[frame["role"].isin(["owner", "editor"])].dropna(subset="person")
    return {str(namespace): to_ask(rows["person"].unique()) for namespace, rows in able.groupby("namespace")}
