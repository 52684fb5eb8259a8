"""Bindings as rights: which subject has which rules, where, and through which binding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenantkit.findings.access.powers import powers_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tenantkit.findings.access.powers import Power
    from tenantkit.findings.access.roles import RoleIndex, Rules
    from tenantkit.rules.manifest import Manifest

# Everybody who can reach the API server, or every pod of the cluster.
EVERYBODY = frozenset({"system:authenticated", "system:unauthenticated", "system:serviceaccounts", "system:anonymous"})


@dataclass(frozen=True, slots=True)
class Right:
    """What one subject has through one binding.

    Args:
        binding: the RoleBinding or ClusterRoleBinding.
        namespace: where it applies; empty for everywhere.
        place: the subject's index in the binding.
        subject: as the binding has it.
        rules: of the role; None if the role does not exist, so that the binding grants nothing yet.
    """

    binding: Manifest
    namespace: str
    place: int
    subject: Manifest
    rules: Rules | None

    @property
    def role(self) -> str:
        """The role: `ClusterRole/view`."""
        ref = self.binding.get("roleRef") or {}
        return f"{ref.get('kind')}/{ref.get('name')}"

    @property
    def powers(self) -> tuple[Power, ...]:
        """What its rules allow, in few words."""
        return powers_of(self.rules or ())

    @property
    def who(self) -> str:
        """The subject in words: `Group 'ml'`."""
        return subject_text(self.subject, self.namespace)


def rights_of(bindings: Iterable[Manifest], roles: RoleIndex) -> Iterator[Right]:
    """What each subject of some bindings has.

    Args:
        bindings: RoleBindings and ClusterRoleBindings.
        roles: the roles that they name.
    """
    for binding in bindings:
        namespace = str(binding["metadata"].get("namespace") or "")
        rules = roles.rules_of(binding.get("roleRef") or {}, namespace)
        for place, subject in enumerate(binding.get("subjects") or ()):
            yield Right(binding, namespace, place, subject, rules)


def subject_text(subject: Manifest, namespace: str) -> str:
    """A binding's subject in words.

    Example:
        >>> subject_text({"kind": "ServiceAccount", "name": "default"}, "vision")
        "ServiceAccount 'default' in 'vision'"
    """
    kind, name = subject.get("kind"), subject.get("name")
    if kind == "ServiceAccount":
        return f"ServiceAccount {name!r} in {subject.get('namespace') or namespace!r}"
    return f"{kind} {name!r}"


def is_everybody(subject: Manifest) -> bool:
    """Whether a subject is a group of everybody, or every account of a cluster."""
    return subject.get("kind") in ("Group", "User") and subject.get("name") in EVERYBODY


def is_system(subject: Manifest) -> bool:
    """Whether a subject has one of Kubernetes' reserved names, as a user or a group."""
    return subject.get("kind") in ("Group", "User") and str(subject.get("name")).startswith("system:")
