"""Policies of other kinds, such as AdminNetworkPolicy or CiliumNetworkPolicy: named where there are some.

They can allow what NetworkPolicies deny, and deny what they allow, so an answer without them is incomplete. Rejected
alternative: to evaluate them, which each network plug-in does in its own way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.cluster.lists import served_kinds
from tenantkit.cluster.visible import project_visible
from tenantkit.exceptions import NotFound, PermissionDenied, Worded
from tenantkit.rules.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.cluster.cluster import Cluster

_PLURAL = "networkpolicies"  # and adminnetworkpolicies, ciliumnetworkpolicies, globalnetworkpolicies, …


def note_other_policies(cluster: Cluster, namespaces: Sequence[str] | None, incomplete: dict[str, str]) -> None:
    """Name the kinds of which there are policies that `connectivity` does not evaluate, or may be some.

    RBAC: get /api and /apis, which any signed-in user may; list these kinds.
    """
    evaluated = kind_of("NetworkPolicy").group
    try:
        kinds = {each.place.group + each.place.plural: each.place for each in reversed(served_kinds(cluster))}
    except (NotFound, PermissionDenied) as refusal:
        incomplete["policies of other kinds"] = Worded.of(refusal)
        return
    for place in kinds.values():
        if not place.plural.endswith(_PLURAL) or place.group == evaluated:
            continue
        try:
            found, _ = project_visible(cluster, place, lambda _: None, metadata_only=True, namespaces=namespaces)
        except NotFound:
            continue
        except PermissionDenied as refusal:
            incomplete[f"{place.plural}.{place.group}"] = Worded.of(refusal)
            continue
        if found or found.unreadable:
            count = len(found) + len(found.unreadable)
            incomplete[f"{place.plural}.{place.group}"] = f"not evaluated; the cluster has {count}"
