"""Whether a policy or binding applies to a write: rules, excluded rules and the two selectors.

The rules are looked at before the selectors, which cost more. What a policy's rules say of a resource and an operation
is remembered (hooks.py), so that a write that no policy is about costs nearly nothing.

Source: apiserver's pkg/admission/plugin/policy/matching and plugin/webhook/predicates, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tenantkit.rules.selectors.label_selectors import label_selector_of
from tenantkit.sandbox.apimachinery.resources import NAMESPACES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.selectors.label_selectors import LabelSelector
    from tenantkit.sandbox.admission.policies.request import Write
    from tenantkit.sandbox.apimachinery.resources import Resource

# the resources whose objects are also those of another group
_EQUIVALENT = {"events": ("events.k8s.io", "v1"), "events.events.k8s.io": ("", "v1")}


class Target(NamedTuple):
    """What a write is about, as far as most rules go."""

    resource: Resource
    subresource: str
    operation: str


@dataclass(frozen=True, slots=True)
class Match:
    """`matchConstraints` of a policy or `matchResources` of a binding, with parsed selectors."""

    rules: tuple[Manifest, ...]
    excluded: tuple[Manifest, ...]
    exact: bool
    namespaces: LabelSelector
    objects: LabelSelector

    def may_match(self, target: Target) -> bool:
        """Whether some rule is about the target; its names, its scope and the selectors are left to `matches`."""
        return not self.rules or any(self._is_about(rule, target) for rule in self.rules)

    def matches(self, write: Write) -> bool:
        """Whether it applies to a write."""
        return (
            (not self.rules or self._any(self.rules, write))
            and not self._any(self.excluded, write)
            and self._selects_namespace(write)
            and self._selects_object(write)
        )

    def _any(self, rules: Iterable[Manifest], write: Write) -> bool:
        return any(self._is_about(rule, write.target) and _has_place(rule, write) for rule in rules)

    def _is_about(self, rule: Manifest, target: Target) -> bool:
        resource, subresource, operation = target
        places = [(resource.group, resource.version)]
        if not self.exact and resource.qualified in _EQUIVALENT:
            places.append(_EQUIVALENT[resource.qualified])
        return (
            _has(rule.get("operations"), operation)
            and any(_names(item, resource, subresource) for item in rule.get("resources") or ())
            and any(_has(rule.get("apiGroups"), group) and _has(rule.get("apiVersions"), at) for group, at in places)
        )

    def _selects_namespace(self, write: Write) -> bool:
        """Whether the namespace's labels are selected: those of a namespace itself are the new ones."""
        is_namespace = write.resource is NAMESPACES
        if not self.namespaces.requirements or (not write.namespace and not is_namespace):
            return True
        if is_namespace and not write.subresource and write.operation in {"CREATE", "UPDATE"}:
            return self.namespaces.matches(_labels(write.object))
        return self.namespaces.matches(_labels(write.stored_namespace))

    def _selects_object(self, write: Write) -> bool:
        found = (item for item in (write.object, write.old) if item is not None)
        return not self.objects.requirements or any(self.objects.matches(_labels(item)) for item in found)


def match_of(match: Manifest | None) -> Match:
    """A match, parsed; None applies to everything."""
    found = match or {}
    return Match(
        tuple(found.get("resourceRules") or ()),
        tuple(found.get("excludeResourceRules") or ()),
        found.get("matchPolicy") == "Exact",
        label_selector_of(found.get("namespaceSelector") or {}),
        label_selector_of(found.get("objectSelector") or {}),
    )


def _labels(manifest: Manifest | None) -> Mapping[str, str]:
    return ((manifest or {}).get("metadata") or {}).get("labels") or {}


def _has_place(rule: Manifest, write: Write) -> bool:
    """Whether a rule is about the object's name, and about objects in namespaces or outside."""
    names, scope = rule.get("resourceNames"), rule.get("scope", "*")
    is_cluster = write.resource is NAMESPACES or not write.namespace
    return (not names or write.name in names) and (scope == "*" or (scope == "Cluster") == is_cluster)


def _names(pattern: str, resource: Resource, subresource: str) -> bool:
    """Whether `pods`, `pods/status`, `*/scale` or `*` names a resource; `*` has no subresources."""
    name, _, sub = pattern.partition("/")
    return name in {"*", resource.plural} and sub in {"*", subresource}


def _has(values: Sequence[str] | None, value: str) -> bool:
    return value in (values or ()) or "*" in (values or ())
