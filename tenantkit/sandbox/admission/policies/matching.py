"""Whether a policy or binding applies to a write: rules, excluded rules and the two selectors.

Source: apiserver's pkg/admission/plugin/policy/matching and plugin/webhook/predicates, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.rules.selectors.label_selectors import label_selector_of
from tenantkit.sandbox.apimachinery.resources import NAMESPACES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.policies.request import Write

# the resources whose objects are also those of another group
_EQUIVALENT = {"events": ("events.k8s.io", "v1"), "events.events.k8s.io": ("", "v1")}


def matches(match: Manifest | None, write: Write) -> bool:
    """Whether `matchConstraints` of a policy or `matchResources` of a binding apply to a write; None always does."""
    if match is None:
        return True
    if not _selects_namespace(match, write) or not _selects_object(match, write):
        return False
    exact = match.get("matchPolicy") == "Exact"
    rules, excluded = match.get("resourceRules"), match.get("excludeResourceRules")
    if _any_rule(excluded or (), write, exact=exact):
        return False
    return not rules or _any_rule(rules, write, exact=exact)


def _selects_namespace(match: Manifest, write: Write) -> bool:
    """Whether the namespace's labels are selected: those of a namespace itself are the new ones."""
    is_namespace = write.resource is NAMESPACES
    if not write.namespace and not is_namespace:
        return True
    selector = label_selector_of(match.get("namespaceSelector") or {})
    if not selector.requirements:
        return True
    if is_namespace and not write.subresource and write.operation in {"CREATE", "UPDATE"}:
        return selector.matches(_labels(write.object))
    return selector.matches(_labels(write.stored_namespace))


def _selects_object(match: Manifest, write: Write) -> bool:
    selector = label_selector_of(match.get("objectSelector") or {})
    found = (item for item in (write.object, write.old) if item is not None)
    return not selector.requirements or any(selector.matches(_labels(item)) for item in found)


def _labels(manifest: Manifest | None) -> Mapping[str, str]:
    return ((manifest or {}).get("metadata") or {}).get("labels") or {}


def _any_rule(rules: Sequence[Manifest], write: Write, *, exact: bool) -> bool:
    places = [(write.resource.group, write.resource.version)]
    if not exact and write.resource.qualified in _EQUIVALENT:
        places.append(_EQUIVALENT[write.resource.qualified])
    return any(_rule_matches(rule, write, *place) for place in places for rule in rules)


def _rule_matches(rule: Manifest, write: Write, group: str, version: str) -> bool:
    names = rule.get("resourceNames")
    return (
        _in_scope(rule.get("scope", "*"), write)
        and _has(rule.get("operations"), write.operation)
        and _has(rule.get("apiGroups"), group)
        and _has(rule.get("apiVersions"), version)
        and any(_names(item, write) for item in rule.get("resources") or ())
        and (not names or write.name in names)
    )


def _in_scope(scope: str, write: Write) -> bool:
    is_cluster = write.resource is NAMESPACES or not write.namespace
    return scope == "*" or (scope == "Cluster") == is_cluster


def _names(pattern: str, write: Write) -> bool:
    """Whether `pods`, `pods/status`, `*/scale` or `*` names the write's resource; `*` has no subresources."""
    resource, _, subresource = pattern.partition("/")
    return resource in {"*", write.resource.plural} and subresource in {"*", write.subresource}


def _has(values: Sequence[str] | None, value: str) -> bool:
    return value in (values or ()) or "*" in (values or ())
