"""The changes of a plan by meaning: `quota requests.cpu 4 → 16`, `subjects + eve@example.com`.

The frame keeps the fields as the API has them. These words are for the person who reviews a plan, so that no person,
host or rule is cut off or hidden in JSON. Whatever takes access away is marked, since it is shown first.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenantkit.manifests.extra_objects import SOURCE_ANNOTATION, is_copy
from tenantkit.manifests.labels import GRANT_ANNOTATION, HOSTS_ANNOTATION, PLATFORM_KEY
from tenantkit.manifests.namespace import hosts_in
from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.manifests.served_paths import served_paths
from tenantkit.provision.compare import field_text
from tenantkit.provision.content.policies import openings
from tenantkit.provision.index.read import is_in_index
from tenantkit.provision.plans.differences import differences, grant_differences, parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tenantkit.provision.changes import PlanChange, PlanRow
    from tenantkit.provision.managed_fields import Path
    from tenantkit.provision.plans.differences import Difference
    from tenantkit.rules.manifest import Manifest

_BINDINGS = ("RoleBinding", "ClusterRoleBinding")
_ROLES = ("Role", "ClusterRole")
_HOSTS_FIELD = ("metadata", "annotations", HOSTS_ANNOTATION)
_GRANT_FIELD = ("metadata", "annotations", GRANT_ANNOTATION)
# The first words of a change, by kind and field.
_LABELS: tuple[tuple[str | None, Path, str], ...] = (
    ("ResourceQuota", ("spec", "hard"), "quota"),
    ("LimitRange", ("spec", "limits"), "limits"),
    (None, _GRANT_FIELD, "grant"),
    (None, ("metadata", "labels"), "label"),
    (None, ("metadata", "annotations"), "annotation"),
    ("ConfigMap", ("data", PLATFORM_KEY), "platform"),
)
# the grant's lists of persons and hosts
_ACCESS_KEYS = ("owners", "hosts")


@dataclass(frozen=True, slots=True)
class Line:
    """One difference in words.

    Args:
        text: such as `subjects + eve@example.com`.
        is_loss: whether somebody or something loses access by it.
    """

    text: str
    is_loss: bool = False


def describe(change: PlanChange, row: PlanRow) -> tuple[Line, ...]:
    """The words of one row of a plan; empty where its action says it all."""
    if is_in_index(row.ref):
        return tuple(_index_lines(change, row))
    if row.path:
        return tuple(_field_lines(row))
    if row.action == "foreign" and change.live is not None:
        return tuple(_object_lines(change.live, ""))
    if row.action in ("create", "not yours") and change.wanted is not None:
        return tuple(_object_lines(change.wanted, "+"))
    if row.action in ("delete", "not yours") and change.live is not None:
        return tuple(_object_lines(change.live, "-"))
    return ()


def _index_lines(change: PlanChange, row: PlanRow) -> Iterator[Line]:
    """What is in the index follows from the members, so it is short, and nobody loses rights in the tenant by it."""
    if row.path:
        yield from (Line(line.text) for line in _field_lines(row))
        return
    subjects = (change.wanted or change.live or {}).get("subjects") or ()
    if subjects and row.action != "unchanged":
        yield Line("index " + ", ".join(map(item_text, subjects)))


def _field_lines(row: PlanRow) -> Iterator[Line]:
    kind, path = row.ref.kind, row.path
    if path == _HOSTS_FIELD:
        yield from _members("hosts", hosts_in(row.before), hosts_in(row.after), is_access=True)
    elif path == ("spec", "rules") and _routes(kind, row.before) != _routes(kind, row.after):
        yield from _members("route", _routes(kind, row.before), _routes(kind, row.after), is_access=True)
    elif kind == "NetworkPolicy" and _opened(path, row.before) != _opened(path, row.after):
        yield from _members("network", _opened(path, row.before), _opened(path, row.after), is_access=True)
    elif kind in _BINDINGS and path == ("roleRef",):
        yield Line(f"role {_role_name(row.before)} → {_role_name(row.after)}", is_loss=True)
    else:
        found = grant_differences(row.before, row.after) if path == _GRANT_FIELD else None
        for difference in found or differences(parsed(row.before), parsed(row.after)):
            yield _line(_label(kind, path), difference, is_access=_is_access(row, difference))


def _is_access(row: PlanRow, difference: Difference) -> bool:
    if row.path == _GRANT_FIELD:
        return bool(difference.path) and difference.path[0] in _ACCESS_KEYS
    return (row.ref.kind in _BINDINGS and row.path == ("subjects",)) or (
        row.ref.kind in _ROLES and row.path == ("rules",)
    )


def _label(kind: str, path: Path) -> str:
    for of_kind, prefix, word in _LABELS:
        if of_kind in (kind, None) and path[: len(prefix)] == prefix:
            return " ".join([word, *path[len(prefix) :]])
    return field_text(path)


def _line(label: str, difference: Difference, *, is_access: bool) -> Line:
    place = " ".join([label, *difference.path])
    before, after = difference.before, difference.after
    if before is None:
        return Line(f"{place} + {item_text(after)}")
    if after is None:
        return Line(f"{place} - {item_text(before)}", is_loss=is_access)
    return Line(f"{place} {item_text(before)} → {item_text(after)}", is_loss=is_access)


def _members(label: str, before: Iterable[str], after: Iterable[str], *, is_access: bool) -> Iterator[Line]:
    old, new = list(before), list(after)
    for item in old:
        if item not in new:
            yield Line(f"{label} - {item}", is_loss=is_access)
    for item in new:
        if item not in old:
            yield Line(f"{label} + {item}")


def _object_lines(manifest: Manifest, sign: str) -> Iterator[Line]:
    """What an object that is created (`+`), deleted (`-`) or left as it is allows, and its amounts."""
    kind, is_loss = manifest["kind"], sign == "-"
    word, allowed = _allowed(manifest)
    for text in allowed if sign or kind != "NetworkPolicy" else ():  # the reason of a foreign policy says it
        yield Line(_joined(word, sign, text), is_loss=is_loss)
    if kind == "ResourceQuota" and not is_loss:
        yield Line("quota " + _amounts((manifest.get("spec") or {}).get("hard")))
    elif kind == "Namespace" and sign == "+":
        yield from _namespace_lines(manifest)
    elif kind == "NetworkPolicy" and sign == "+" and not allowed:
        closed = " and ".join(str(it).lower() for it in (manifest.get("spec") or {}).get("policyTypes") or ())
        yield Line(f"network closed for {closed}, except for what other policies allow")
    elif is_copy(manifest) and sign == "+":
        yield Line(f"copy of {manifest['metadata']['annotations'][SOURCE_ANNOTATION]}")


def _allowed(manifest: Manifest) -> tuple[str, list[str]]:
    """The persons, rules, routes or network traffic in an object, and the word for them."""
    kind = manifest["kind"]
    if kind in _BINDINGS:
        role = _role_name(manifest.get("roleRef"))
        return "subjects", [f"{item_text(subject)} ({role})" for subject in manifest.get("subjects") or ()]
    if kind in _ROLES:
        return "rules", [item_text(rule) for rule in manifest.get("rules") or ()]
    if kind in ROUTE_KINDS:
        return "route", [f"{served.place} → {served.backend}" for served in served_paths(manifest)]
    return "network", openings(manifest, has_own=True) if kind == "NetworkPolicy" else []


def _opened(path: Path, rules: Any) -> list[str]:
    """What one list of rules of a NetworkPolicy opens; nothing for its other fields."""
    types = [name for name in ("Ingress", "Egress") if path == ("spec", name.lower())]
    return openings({"spec": {"policyTypes": types, path[-1]: rules}}, has_own=True)


def _joined(*words: str) -> str:
    return " ".join(word for word in words if word)


def _namespace_lines(manifest: Manifest) -> Iterator[Line]:
    annotations = manifest["metadata"].get("annotations") or {}
    for host in hosts_in(annotations.get(HOSTS_ANNOTATION)):
        yield Line(f"hosts + {host}")
    grant = parsed(annotations.get(GRANT_ANNOTATION))
    if isinstance(grant, dict) and grant.get("size") is not None:
        yield Line(f"grant size {grant['size']}")


def item_text(value: Any) -> str:
    """A value in words: a subject as a person, a rule as its verbs and resources, other values as they are."""
    if isinstance(value, dict):
        if "verbs" in value:
            return _rule_text(value)
        if value.get("kind") in ("User", "Group", "ServiceAccount") and "name" in value:
            return _subject_text(value)
        if set(value) == {"name"}:
            return str(value["name"])
    if isinstance(value, str):
        return value or "''"
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _subject_text(subject: Manifest) -> str:
    if subject["kind"] == "Group":
        return f"group:{subject['name']}"
    if subject["kind"] == "ServiceAccount":
        return f"sa:{subject.get('namespace') or ''}/{subject['name']}"
    return str(subject["name"])


def _rule_text(rule: Manifest) -> str:
    """`get, list pods, pods/log`; with the API groups in brackets where there are any but the core group."""
    verbs = ", ".join(map(str, rule.get("verbs") or ()))
    what = ", ".join(map(str, rule.get("resources") or rule.get("nonResourceURLs") or ()))
    groups = [str(group) for group in rule.get("apiGroups") or () if group]
    names = ", ".join(map(str, rule.get("resourceNames") or ()))
    return f"{verbs} {what}" + (f" named {names}" if names else "") + (f" ({', '.join(groups)})" if groups else "")


def _role_name(role_ref: Any) -> str:
    return str(role_ref.get("name")) if isinstance(role_ref, dict) else str(role_ref)


def _amounts(hard: Any) -> str:
    return ", ".join(f"{key} {value}" for key, value in sorted((hard or {}).items()))


def _routes(kind: str, rules: Any) -> list[str]:
    """`vision.example.ai/ai → ai:80` for each path of the rules; those of an HTTPRoute have no hosts."""
    served = served_paths({"kind": kind, "spec": {"rules": rules}}) if rules else []
    places = ((it.place if kind == "Ingress" else it.place.removeprefix("every host"), it) for it in served)
    return [f"{place} → {it.backend}" for place, it in places]
