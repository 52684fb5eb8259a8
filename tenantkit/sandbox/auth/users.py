"""Users: the sandbox's test users, one per role, and service accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
ANONYMOUS = "system:anonymous"
MASTERS = "system:masters"
SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:"


@dataclass(frozen=True, slots=True)
class User:
    """The user who makes a request, as the server identifies them."""

    name: str
    groups: tuple[str, ...] = (AUTHENTICATED,)
    uid: str = ""
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def is_master(self) -> bool:
        """Whether the user is in `system:masters`, which RBAC allows everything."""
        return MASTERS in self.groups


USERS: Mapping[str, tuple[str, ...]] = {
    "admin": (MASTERS,),
    "provisioner": (),
    "owner": (),
    "editor": (),
    "viewer": (),
    "stranger": (),
}


def sandbox_user(name: str) -> User:
    """The test user of that name, such as `owner@example.com`."""
    return User(f"{name}@example.com", (*USERS[name], AUTHENTICATED), str(uuid4()))


def component_user(name: str) -> User:
    """The user of a component with a certificate of its own, such as `system:kube-scheduler`."""
    return User(name)


def node_user(name: str) -> User:
    """The user of a node's kubelet."""
    return User(f"system:node:{name}", ("system:nodes", AUTHENTICATED))


def service_account_user(namespace: str, name: str, uid: str = "") -> User:
    """The user that a service account authenticates as.

    Source: page "Managing Service Accounts", section "User accounts versus service accounts".
    """
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    return User(f"{SERVICE_ACCOUNT_PREFIX}{namespace}:{name}", groups, uid)
