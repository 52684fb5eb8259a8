"""Users as the server knows them: the sandbox's test users, and service accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

AUTHENTICATED = "system:authenticated"
MASTERS = "system:masters"
SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:"


@dataclass(frozen=True, slots=True)
class User:
    """Who asks, as the server knows them."""

    name: str
    groups: tuple[str, ...] = (AUTHENTICATED,)
    uid: str = ""
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def is_master(self) -> bool:
        """Whether RBAC does not bind them at all."""
        return MASTERS in self.groups


PERSONAS: Mapping[str, tuple[str, ...]] = {
    "admin": (MASTERS,),
    "provisioner": (),
    "owner": (),
    "editor": (),
    "viewer": (),
    "stranger": (),
}


def persona_user(name: str) -> User:
    """The user that a persona is: `owner@example.com`."""
    return User(f"{name}@example.com", (*PERSONAS[name], AUTHENTICATED), str(uuid4()))


def service_account_user(namespace: str, name: str, uid: str = "") -> User:
    """The user that a service account is.

    Source: page "Managing Service Accounts", section "User accounts versus service accounts".
    """
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    return User(f"{SERVICE_ACCOUNT_PREFIX}{namespace}:{name}", groups, uid)
