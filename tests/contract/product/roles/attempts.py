"""Rounds of writes: each round does one kind of thing to everything that a role may write.

Separate rounds, since a later write would undo an earlier one: what was deleted has no labels to strip.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.contract.product.roles.bodies import EVE, RBAC, SNIPPET, bodies
from tests.contract.product.roles.rights import Right, Served, writes_of
from tests.contract.wire import APPLY, JSON, MERGE_PATCH

if TYPE_CHECKING:
    from tests.contract.product.roles.bodies import Place
    from tests.contract.product.roles.rights import Resource
    from tests.contract.wire import Answer, Wire

Manifest = dict[str, Any]
# a user may send any manager, also that of tenantkit
AS_TENANTKIT = {"fieldManager": "tenantkit"}
STUCK = "example.com/stuck"


Round = Callable[["Attacker", Right, "Resource"], None]


@dataclass
class Attacker:
    """A user who tries every write of a round.

    Args:
        wire: as that user.
        admin: reads what exists.
        place: the tenant.
        tried: the rights of which a write was sent.
        stored: the writes that the server carried out.
    """

    wire: Wire
    admin: Wire
    place: Place
    tried: set[Right] = field(default_factory=set)
    stored: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.served = Served(self.admin)
        self.rights = writes_of(self.wire, self.place.tenant)

    def run(self, name: str) -> None:
        """Try the writes of one round."""
        for right in self.rights:
            resource = self.served.find(right.group, right.parent)
            if resource is None:  # nothing of it exists on this server
                self.tried.add(right)
                continue
            ROUNDS[name](self, right, resource)

    def send(
        self, right: Right, method: str, path: str, body: Any = None, *, content_type: str = JSON, **query: str
    ) -> Answer:
        """Send one write; a refusal is as good as any answer."""
        self.tried.add(right)
        answer = self.wire(method, path, body, content_type=content_type, query=query)
        if answer.status < 300:
            self.stored.append(f"{method} {path}")
        return answer

    def objects(self, right: Right, resource: Resource) -> list[Manifest]:
        """What the right is about: objects in the tenant's namespace, or the Namespace itself."""
        if not resource.is_namespaced:
            if resource.kind != "Namespace":
                return []
            return [self.admin("GET", f"{resource.path('')}/{self.place.tenant}").body]
        listed = self.admin("GET", resource.path(self.place.tenant))
        if listed.status != 200:
            return []
        head = {"apiVersion": resource.api_version, "kind": resource.kind}
        items = [{**head, **item} for item in listed.body["items"]]
        return [item for item in items if not right.names or item["metadata"]["name"] in right.names]


def _path(resource: Resource, manifest: Manifest, right: Right) -> str:
    metadata = manifest["metadata"]
    path = f"{resource.path(metadata.get('namespace', ''))}/{metadata['name']}"
    return f"{path}/{right.subresource}" if right.subresource else path


def _create(attacker: Attacker, right: Right, resource: Resource, **query: str) -> None:
    if right.verb != "create":
        return
    if right.subresource:
        for manifest in attacker.objects(right, resource):
            attacker.send(right, "POST", _path(resource, manifest, right), {"metadata": {"name": "x"}})
        attacker.tried.add(right)
        return
    for body in bodies(resource, attacker.place):
        attacker.send(right, "POST", resource.path(attacker.place.tenant), body, **query)


def created(attacker: Attacker, right: Right, resource: Resource) -> None:
    """Everything that can be created, as any client does."""
    _create(attacker, right, resource)


def created_as_tenantkit(attacker: Attacker, right: Right, resource: Resource) -> None:
    """The same with tenantkit's field manager."""
    _create(attacker, right, resource, **AS_TENANTKIT)


def changing(change: Callable[[Manifest, Place], Manifest], *, verb: str = "patch", **query: str) -> Round:
    """A round that changes every object: by a merge patch, by an update, or by server-side apply."""

    def run(attacker: Attacker, right: Right, resource: Resource) -> None:
        if right.verb != verb:
            return
        attacker.tried.add(right)  # there may be no such object
        for manifest in attacker.objects(right, resource):
            patch = change(manifest, attacker.place)
            path = _path(resource, manifest, right)
            if verb == "update":
                attacker.send(right, "PUT", path, merged(manifest, patch), **query)
            elif "force" in query:
                attacker.send(right, "PATCH", path, _identified(manifest, patch), content_type=APPLY, **query)
            else:
                attacker.send(right, "PATCH", path, patch, content_type=MERGE_PATCH, **query)

    return run


def deleted(attacker: Attacker, right: Right, resource: Resource) -> None:
    """Every object but the Namespace, with which all is gone."""
    if right.verb != "delete":
        return
    attacker.tried.add(right)
    for manifest in attacker.objects(right, resource):
        if resource.kind != "Namespace":
            attacker.send(right, "DELETE", _path(resource, manifest, right))


def deleted_together(attacker: Attacker, right: Right, resource: Resource) -> None:
    """All objects of a kind in one request."""
    if right.verb == "deletecollection":
        attacker.send(right, "DELETE", resource.path(attacker.place.tenant))


def bound(attacker: Attacker, right: Right, resource: Resource) -> None:
    """`bind` counts together with the right to create RoleBindings, which tries every role."""
    if right.verb == "bind" and (right.group, resource.kind) == (RBAC, "ClusterRole"):
        attacker.tried.add(right)


def merged(manifest: Manifest, patch: Manifest) -> Manifest:
    """An object after a merge patch."""
    result = copy.deepcopy(manifest)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = merged(result.get(key) or {}, value)
        else:
            result[key] = value
    return result


def _identified(manifest: Manifest, patch: Manifest) -> Manifest:
    metadata = {**patch.get("metadata", {}), "name": manifest["metadata"]["name"]}
    needed: Manifest = {key: manifest[key] for key in ("apiVersion", "kind", "roleRef") if key in manifest}
    return {**patch, **needed, "metadata": metadata}


def _no_labels(manifest: Manifest, _: Place) -> Manifest:
    labels = manifest["metadata"].get("labels") or {}
    annotations = manifest["metadata"].get("annotations") or {}
    return {"metadata": {"labels": dict.fromkeys(labels), "annotations": dict.fromkeys(annotations)}}


def _more_labels(manifest: Manifest, place: Place) -> Manifest:
    added = {"example.com/added": "x", "tenantkit.dev/tenant": f"not-{place.tenant}"}
    annotations = SNIPPET if manifest["kind"] == "Ingress" else {"tenantkit.dev/person": EVE}
    return {"metadata": {"labels": added, "annotations": annotations}}


def _stuck(_manifest: Manifest, _: Place) -> Manifest:
    return {"metadata": {"finalizers": [STUCK]}}


def _content(manifest: Manifest, place: Place) -> Manifest:
    """The change of an object that gives most."""
    kind, spec = manifest["kind"], manifest.get("spec") or {}
    backend = {"service": {"name": "evil", "port": {"number": 80}}}
    rules = spec.get("rules") or [{}]
    changes: dict[str, Manifest] = {
        "RoleBinding": {
            "subjects": [*(manifest.get("subjects") or []), {"kind": "User", "apiGroup": RBAC, "name": EVE}]
        },
        "Ingress": {"spec": {"rules": [*rules, {**rules[0], "host": place.other_host}], "defaultBackend": backend}},
        "ResourceQuota": {"spec": {"hard": {**spec.get("hard", {}), "pods": "9999"}}},
        "LimitRange": {"spec": {"limits": [{"type": "Container", "max": {"cpu": "1m"}}]}},
        "Namespace": {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}},
        "ConfigMap": {"data": {"tenant.json": '{"editors": ["eve@example.com"]}'}},
    }
    return changes.get(kind, {"metadata": {"annotations": {"example.com/changed": "x"}}})


def _status(_manifest: Manifest, _: Place) -> Manifest:
    return {"status": {"hard": {"pods": "9999"}, "used": {"pods": "0"}, "phase": "Terminating"}}


ROUNDS: dict[str, Round] = {
    "created": created,
    "created as tenantkit": created_as_tenantkit,
    "labels stripped": changing(_no_labels),
    "labels stripped by update": changing(_no_labels, verb="update"),
    "labels stripped as tenantkit": changing(_no_labels, **AS_TENANTKIT),
    "labels and annotations added": changing(_more_labels),
    "content changed": changing(_content),
    "content changed by update": changing(_content, verb="update"),
    "content changed as tenantkit": changing(_content, **AS_TENANTKIT),
    "content applied as tenantkit": changing(_content, **AS_TENANTKIT, force="true"),
    "status changed": changing(_status),
    "finalizers added": changing(_stuck),
    "deleted": deleted,
    "deleted together": deleted_together,
    "bound": bound,
}
# what comes after what, in one attack
ATTACKS: tuple[tuple[str, ...], ...] = (
    *((name,) for name in ROUNDS if name != "bound"),
    ("finalizers added", "deleted"),
    ("finalizers added", "labels stripped", "deleted"),
    ("content changed", "labels stripped"),
    ("content changed", "finalizers added", "deleted"),
    ("created", "finalizers added", "deleted"),
)
