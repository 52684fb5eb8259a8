"""The two tenants of these tests, and what belongs to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Manifest = dict[str, Any]

RBAC = "rbac.authorization.k8s.io"
EVE = "eve@example.com"
# by who may do what in a tenant: owners may do all that editors may
PEOPLE = ("owner", "editor", "viewer", "stranger")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the attempts are made.

    Args:
        mine: the namespace of the personas' own tenant.
        other: of another, protected tenant, in which none of them has a role.
        plain: a namespace that belongs to no tenant.
        strict: of a tenant whose Pod Security level is `restricted`.
        priority: a PriorityClass that the platform does not offer to tenants.
    """

    mine: str
    other: str
    plain: str
    strict: str
    priority: str

    @property
    def host(self) -> str:
        """The own tenant's host."""
        return f"{self.mine}.example.ai"

    @property
    def other_host(self) -> str:
        """The other tenant's host."""
        return f"{self.other}.example.ai"


def user(name: str) -> Manifest:
    """A person as a subject of a binding."""
    return {"kind": "User", "apiGroup": RBAC, "name": name}


def group(name: str) -> Manifest:
    """A group as a subject of a binding."""
    return {"kind": "Group", "apiGroup": RBAC, "name": name}


def account(namespace: str, name: str = "default") -> Manifest:
    """A ServiceAccount as a subject of a binding."""
    return {"kind": "ServiceAccount", "namespace": namespace, "name": name}
