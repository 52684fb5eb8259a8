"""The rights of a user as the server lists them, and the resources that they are about.

The rights are read and not written down here, so that a right that is added to a role is tried as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.wire import Wire

READS = frozenset({"get", "list", "watch"})
# creating one of these stores nothing
_REVIEWS = ("authorization.k8s.io", "authentication.k8s.io")


@dataclass(frozen=True, slots=True)
class Right:
    """A verb on a resource, perhaps only on some names."""

    verb: str
    group: str
    resource: str
    names: frozenset[str] = frozenset()

    @property
    def parent(self) -> str:
        """The resource without its subresource."""
        return self.resource.partition("/")[0]

    @property
    def subresource(self) -> str:
        """The part after the slash; empty for a whole object."""
        return self.resource.partition("/")[2]


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as the server serves it."""

    group: str
    version: str
    plural: str
    kind: str
    is_namespaced: bool

    @property
    def api_version(self) -> str:
        """Of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str) -> str:
        """The path of the collection."""
        root = "apis" if self.group else "api"
        place = f"/namespaces/{namespace}" if self.is_namespaced else ""
        return f"/{root}/{self.api_version}{place}/{self.plural}"


def rights_of(wire: Wire, namespace: str, *, user: str | None = None) -> frozenset[Right]:
    """All rights in a namespace.

    Args:
        wire: as the user, or as one who may impersonate the user.
        namespace: in which the rights count.
        user: the user to impersonate, as a signed-in one. Default: the user of the wire.
    """
    headers = {"Impersonate-User": user, "Impersonate-Group": "system:authenticated"} if user else {}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    answer = wire("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", review, headers=headers)
    assert answer.status == 201, answer.body
    assert not answer.body["status"]["incomplete"]
    return frozenset(_each(answer.body["status"]["resourceRules"]))


def writes_of(wire: Wire, namespace: str) -> list[Right]:
    """The rights to change something, in a stable order."""
    found = {right for right in rights_of(wire, namespace) if right.verb not in READS and right.group not in _REVIEWS}
    return sorted(found, key=lambda right: (right.group, right.resource, right.verb, sorted(right.names)))


def _each(rules: list[dict[str, Any]]) -> Iterator[Right]:
    for rule in rules:
        names = frozenset(rule.get("resourceNames") or ())
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                for verb in rule["verbs"]:
                    yield Right(verb, group, resource, names)


class Served:
    """The resources of a server, by group and plural.

    Args:
        wire: as any signed-in user.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._of_group = cache(self._read)

    def find(self, group: str, plural: str) -> Resource | None:
        """The resource; None if the server does not serve it, so that nothing can be written."""
        return self._of_group(group).get(plural)

    def _read(self, group: str) -> dict[str, Resource]:
        version = "v1"
        if group:
            found = self._wire("GET", f"/apis/{group}")
            if found.status != 200:
                return {}
            version = found.body["preferredVersion"]["version"]
        listed = self._wire("GET", f"/apis/{group}/{version}" if group else "/api/v1")
        assert listed.status == 200, listed.body
        return {
            it["name"]: Resource(group, version, it["name"], it["kind"], it["namespaced"])
            for it in listed.body["resources"]
            if "/" not in it["name"]
        }
