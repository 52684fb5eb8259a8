"""The namespaces of a user who may not list all: those of their tenants, which the index names in one request.

Nothing is kept: a reader asks once and passes on what it covered, so a new member sees their tenant at once. Rejected
alternatives: a cache, which would be wrong for as long as it saves requests; trying each namespace by name, which needs
a list of names that a user may not have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tenantkit.exceptions import NotFound, PermissionDenied
from tenantkit.hints import Hint
from tenantkit.rules.tenant_index import INDEX_NAMESPACE, has_marker, owned_in, tenants_in

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.tenant_index import IndexedTenant

_NO_INDEX = "the platform does not keep an index of tenants (yet): ask the platform team to run install_platform"
NAME_NAMESPACES = Hint("you are not a member of any known tenant: {name_namespaces}")


class ReadsOwnRules(Protocol):
    """The part of a Cluster that is used here."""

    @property
    def fallback_namespaces(self) -> tuple[str, ...]:
        """The namespaces of a user who may not list any and is not a member of any known tenant."""

    def own_rules(self, namespace: str) -> Manifest:
        """The rules of the user's roles in a namespace."""


@dataclass(frozen=True, slots=True)
class OwnTenants:
    """The user's tenants, as the index names them.

    Args:
        tenants: sorted by name.
        incomplete: why some may be missing; None if none are.
        owned: the names of those that the user owns; without those that are frozen read-only.
    """

    tenants: tuple[IndexedTenant, ...] = ()
    incomplete: str | None = None
    owned: tuple[str, ...] = ()

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Their namespaces, each once."""
        return tuple(dict.fromkeys(tenant.namespace for tenant in self.tenants))


def own_namespaces(cluster: ReadsOwnRules) -> tuple[str, ...]:
    """The namespaces that a user who may not list all of them reads by default; at least one.

    Returns:
        Those of the user's tenants, by the index; if it names none, those of $TENANTKIT_NAMESPACES; else the
        connection's own: that of the context or of the pod.

    Raises:
        Unauthorized: the server does not accept the credentials.
        ClusterUnavailable: the server gave no answer.

    RBAC: create selfsubjectrulesreviews, as any user may.

    Example:
        >>> own_namespaces(tk.connect(context="sandbox-owner"))
        ('chatbot', 'recsys', 'speech')
    """
    return read_index(cluster).namespaces or cluster.fallback_namespaces


def read_index(cluster: ReadsOwnRules) -> OwnTenants:
    """The user's tenants in one request. A server that denies it is an index without tenants, and `incomplete`.

    So is a cluster without an index: a review of one's rules in a namespace that does not exist is no error.

    Raises:
        Unauthorized: the server does not accept the credentials.
        ClusterUnavailable: the server gave no answer.

    RBAC: create selfsubjectrulesreviews, as any user may.
    """
    try:
        status = cluster.own_rules(INDEX_NAMESPACE)
    except (NotFound, PermissionDenied) as error:
        return OwnTenants(incomplete=str(error))
    rules = resource_rules(status)
    tenants, incomplete = tenants_in(rules), why_incomplete(status)
    is_kept = bool(tenants) or has_marker(rules)
    return OwnTenants(tenants, incomplete if is_kept else incomplete or _NO_INDEX, owned_in(rules))


def resource_rules(status: Manifest) -> list[Manifest]:
    """The rules on resources of a review's status; none if it has another form."""
    rules = status.get("resourceRules")
    return [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []


def why_incomplete(status: Manifest) -> str | None:
    """Why a review's status lacks rules; None if it has all."""
    if status.get("incomplete") is not True:
        return None
    reason = status.get("evaluationError")
    return f"the server could not list all of your permissions{f': {reason}' if reason else ''}"
