"""Label selectors for all kinds, and field selectors with the fields that each kind supports.

A field that a kind does not support is a 400, not an empty list. Source: page "Field Selectors";
AddFieldLabelConversionFunc in pkg/apis, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenantkit.rules.selectors.field_selectors import parse_field_selector
from tenantkit.rules.selectors.label_selectors import parse_label_selector
from tenantkit.rules.selectors.selector_errors import SelectorSyntaxError
from tenantkit.sandbox.apimachinery.errors import bad_request

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.selectors.field_selectors import FieldSelector
    from tenantkit.rules.selectors.label_selectors import LabelSelector
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.endpoints.options import ListOptions

_COMMON = ("metadata.name", "metadata.namespace")
_NOT_COMMON = frozenset({("namespaces", "metadata.namespace"), ("nodes", "metadata.namespace")})
_ABOUT = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
_FIELDS: dict[str, frozenset[str]] = {
    "pods": frozenset(
        {"status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName"}
        | {
            f"spec.{name}"
            for name in ("nodeName", "restartPolicy", "schedulerName", "serviceAccountName", "hostNetwork")
        }
    ),
    "events": frozenset(
        {"reason", "reportingComponent", "source", "type", *(f"involvedObject.{name}" for name in _ABOUT)}
    ),
    "jobs.batch": frozenset({"status.successful"}),
    "nodes": frozenset({"spec.unschedulable"}),
    "namespaces": frozenset({"status.phase", "name"}),
    "secrets": frozenset({"type"}),
    "services": frozenset({"spec.clusterIP", "spec.type"}),
}
_RENAMED = {
    ("namespaces", "name"): "metadata.name",
    ("events", "source"): "source.component",
    ("jobs.batch", "status.successful"): "status.succeeded",
}
# the message of the server's parser, by what our parser expected
_EXPECTED = {
    "',' or the end": "found '{}', expected: ',' or 'end of string'",
    "a key or '!'": "found '{}', expected: !, identifier, or 'end of string'",
    "a key": "unable to parse requirement: found '{}', expected: identifier",
    "a value": "unable to parse requirement: found '{}', expected: identifier",
    "'('": "unable to parse requirement: found '{}' expected: '('",
    "',' or ')'": "unable to parse requirement: found '{}', expected: ',' or ')'",
    "a value or ')'": "unable to parse requirement: found '{}', expected: ',', or identifier",
    "an operator: =, ==, !=, in, notin, < or >": (
        "unable to parse requirement: found '{}', expected: in, notin, =, ==, !=, gt, lt"
    ),
    "an operator": "can't understand '{}'",
}


@dataclass(frozen=True, slots=True)
class Selectors:
    """The selectors of a list or watch of one kind."""

    resource: Resource
    labels: LabelSelector
    fields: FieldSelector

    @property
    def is_all(self) -> bool:
        """Whether all objects match."""
        return not self.labels.requirements and not self.fields.requirements

    def matches(self, manifest: Manifest) -> bool:
        """Whether an object matches."""
        if self.is_all:
            return True
        return self.labels.matches(manifest["metadata"].get("labels")) and self.fields.matches(
            lambda field: self._field(manifest, field)
        )

    def _field(self, manifest: Manifest, field: str) -> str:
        """A field's value as text, as selectors compare it; empty if it is not set."""
        found: Any = manifest
        for key in _RENAMED.get((self.resource.qualified, field), field).split("."):
            found = found.get(key) if isinstance(found, dict) else None
        if field in {"spec.hostNetwork", "spec.unschedulable"}:
            return "true" if found else "false"
        if field == "status.successful":
            return str(found or 0)
        if field == "source" and not found:
            found = manifest.get("reportingComponent")
        return "" if found is None or isinstance(found, (dict, list)) else str(found)


def selectors_of(resource: Resource, options: ListOptions, *, name: str = "") -> Selectors:
    """The selectors of a list or watch.

    Args:
        resource: the listed resource.
        options: the list options, with both selectors.
        name: the name that the request asks for, if any.

    Raises:
        ApiError: 400, the kind does not support a field.
    """
    labels, fields = options.labels, options.fields
    known = _FIELDS.get(resource.qualified)
    for requirement in fields.requirements:
        is_common = requirement.field in _COMMON and (resource.qualified, requirement.field) not in _NOT_COMMON
        if is_common or (known and requirement.field in known):
            continue
        if resource.kind == "Job":
            raise bad_request(f'field label "{requirement.field}" not supported for Job')
        if known:
            raise bad_request(f"field label not supported: {requirement.field}")
        shown = ", ".join(f'"{field}"' for field in _COMMON)
        raise bad_request(f'"{requirement.field}" is not a known field selector: only {shown}')
    if name and not fields.requirements:
        fields = parse_field_selector(f"metadata.name={name}")
    elif name and fields.exact("metadata.name") != name:
        raise bad_request("fieldSelector metadata.name doesn't match requested name")
    return Selectors(resource, labels, fields)


def parsed_selectors(label_selector: str, field_selector: str) -> tuple[LabelSelector, FieldSelector]:
    """Parse both selectors of a request; raises ApiError 400, with the server's message, for a syntax error."""
    try:
        labels = parse_label_selector(label_selector.partition("\0")[0])  # the server's lexer ends there
    except SelectorSyntaxError as error:
        raise bad_request(_EXPECTED[error.wanted].format(error.found)) from error
    except ValueError as error:
        raise bad_request(f"unable to parse requirement: {error}") from error
    try:
        return labels, parse_field_selector(field_selector)
    except SelectorSyntaxError as error:
        why = _EXPECTED[error.wanted].format(error.found)
        raise bad_request(f"invalid selector: '{field_selector}'; {why}") from error
    except ValueError as error:
        raise bad_request(f"invalid selector: '{field_selector}'; {error}") from error
