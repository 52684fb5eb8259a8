"""Objects as rows of the tables that `kubectl get` prints.

The columns are the real server's (data/tables.json). The cells, which are Go code there, are defined here: one row per
kind, in the order of its columns. A kind without a row shows its name and creation time, as on the server.

Source: page "Kubernetes API Concepts", section "Receiving resources as Tables"; Kubernetes 1.37:
pkg/printers/internalversion/printers.go, and apiserver's pkg/registry/rest/table.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.schema import load
from tenantkit.sandbox.apis.events_conversion import as_older
from tenantkit.sandbox.printers.cells import (
    AGE,
    NAME,
    NONE,
    access_modes_at,
    at,
    count,
    labels_text,
    of,
    row,
    selector_at,
    since,
    storage_class,
    text,
)
from tenantkit.sandbox.printers.pods import pod_cells, row_conditions
from tenantkit.sandbox.printers.workloads import WORKLOAD_ROWS, effective_default

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.printers.cells import Cell, Row

_ABOUT_LIST = ("resourceVersion", "continue", "remainingItemCount")
_NO_TIME = "0001-01-01T00:00:00Z"
_HOSTS_SHOWN = 3
_DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"


def table_of(
    resource: Resource, answer: Manifest, now: datetime, *, object_of: Callable[[Manifest], Manifest | None]
) -> Manifest:
    """A table, without apiVersion and kind.

    Args:
        resource: the resource of the objects.
        answer: an object or a list.
        now: the time from which ages are computed.
        object_of: returns what a row includes of its object.
    """
    rows = [_row_of(resource, item, now) | {"object": object_of(item)} for item in answer.get("items", [answer])]
    if resource.kind == "StorageClass" and "items" in answer:
        default = effective_default(answer["items"])
        for cells in (row["cells"] for row in rows if default and row["cells"][0] == default):
            cells[0] += " (default)"
    return {
        "metadata": {key: answer["metadata"][key] for key in _ABOUT_LIST if key in answer["metadata"]},
        "columnDefinitions": load("tables.json")["columns"][resource.qualified],
        "rows": rows if rows or resource.qualified in _ROWS else None,
    }


def _row_of(resource: Resource, item: Manifest, now: datetime) -> Manifest:
    conditions = row_conditions(item) if resource.qualified == "pods" else []
    cells = _ROWS.get(resource.qualified, _DEFAULT)(item, now)
    return {"cells": cells, "conditions": conditions} if conditions else {"cells": cells}


def _hosts(ingress: Manifest) -> str:
    rules = at(ingress, "spec.rules", [])
    hosts: list[str] = []
    for rule in rules:
        if len(hosts) == _HOSTS_SHOWN:
            return f"{','.join(hosts)} + {len(rules) - _HOSTS_SHOWN} more..."
        hosts += [rule["host"]] if rule.get("host") else []
    return ",".join(hosts) or "*"


def _addresses(manifest: Manifest) -> str:
    found = at(manifest, "status.loadBalancer.ingress", [])
    return ",".join(sorted({text for item in found if (text := item.get("ip") or item.get("hostname"))}))


def _external(service: Manifest) -> str:
    kind, fixed = at(service, "spec.type"), ",".join(at(service, "spec.externalIPs", []))
    match kind:
        case "ClusterIP" | "NodePort":
            return fixed or NONE
        case "LoadBalancer":
            return ",".join(filter(None, (_addresses(service), fixed))) or "<pending>"
        case "ExternalName":
            return str(at(service, "spec.externalName"))
    return "<unknown>"


def _ports(service: Manifest) -> str:
    found = at(service, "spec.ports", [])
    texts = (f"{p['port']}{':' * bool(p.get('nodePort'))}{p.get('nodePort', '')}/{p['protocol']}" for p in found)
    return ",".join(texts) or NONE


def _subjects(form: str, kind: str) -> Cell:
    return of(lambda b: ", ".join(form.format(**s) for s in b.get("subjects", ()) if s["kind"] == kind))


def _used(*, limits: bool) -> Cell:
    """The usage of a quota, in the column for `limits.…` or in the one for other resources."""

    def text(quota: Manifest) -> str:
        used, hard = at(quota, "status.used", {}), at(quota, "status.hard", {})
        chosen = (name for name in sorted(hard) if name.startswith("limits.") == limits)
        return ", ".join(f"{name}: {used.get(name, '0')}/{hard[name]}" for name in chosen)

    return of(text)


def _of_bound(cell: Cell) -> Cell:
    """A claim's cell that is empty until the claim is bound."""
    return lambda claim, now: cell(claim, now) if at(claim, "spec.volumeName") else ""


def _class_name(ingress_class: Manifest) -> str:
    is_default = at(ingress_class, "metadata.annotations", {}).get(_DEFAULT_CLASS) == "true"
    return f"{at(ingress_class, 'metadata.name')}{' (default)' if is_default else ''}"


def _parameters(ingress_class: Manifest) -> str:
    found = at(ingress_class, "spec.parameters", None)
    if found is None:
        return NONE
    group = f".{found['apiGroup']}" if found.get("apiGroup") is not None else ""
    return f"{found['kind']}{group}/{found['name']}"


def _param_kind(policy: Manifest) -> str:
    kind = at(policy, "spec.paramKind", None)
    return "<unset>" if kind is None else f"{kind['apiVersion']}/{kind['kind']}"


def _param_ref(binding: Manifest) -> str:
    ref = at(binding, "spec.paramRef", None) or {}
    if ref.get("name"):
        return f"{ref.get('namespace') or '*'}/{ref['name']}"
    return "<unset>" if ref.get("selector") is None else _selector_in_go(ref["selector"])


def _selector_in_go(selector: Manifest) -> str:
    """A label selector as Go prints it."""
    labels = "".join(f"{key}: {value}," for key, value in sorted((selector.get("matchLabels") or {}).items()))
    listed = "".join(
        f"LabelSelectorRequirement{{Key:{item['key']},Operator:{item['operator']},"
        f"Values:[{' '.join(item.get('values') or ())}],}},"
        for item in selector.get("matchExpressions") or ()
    )
    expressions = f"[]LabelSelectorRequirement{{{listed}}}"
    return f"&LabelSelector{{MatchLabels:map[string]string{{{labels}}},MatchExpressions:{expressions},}}"


def _first_seen(event: Manifest, now: datetime) -> str:
    return since(event.get("firstTimestamp") or event.get("eventTime"), now)


def _last_seen(event: Manifest, now: datetime) -> str:
    if event.get("series"):
        return since(event["series"].get("lastObservedTime"), now)
    return since(event["lastTimestamp"], now) if event.get("lastTimestamp") else _first_seen(event, now)


def _times_seen(event: Manifest) -> int:
    return int(event["series"].get("count", 0) if event.get("series") else event.get("count") or 1)


def _involved(event: Manifest) -> str:
    kind, name = at(event, "involvedObject.kind").lower(), at(event, "involvedObject.name")
    return f"{kind}/{name}" if name else kind


def _source(event: Manifest) -> str:
    component = at(event, "source.component") or event.get("reportingComponent", "")
    instance = at(event, "source.host") or event.get("reportingInstance", "")
    return f"{component}, {instance}" if instance else component


_DEFAULT = row(NAME, text("metadata.creationTimestamp", _NO_TIME))
_BINDING = row(
    NAME,
    of(lambda binding: f"{at(binding, 'roleRef.kind')}/{at(binding, 'roleRef.name')}"),
    AGE,
    _subjects("{name}", "User"),
    _subjects("{name}", "Group"),
    _subjects("{namespace}/{name}", "ServiceAccount"),
)
_EVENT = row(
    _last_seen,
    text("type"),
    text("reason"),
    of(_involved),
    text("involvedObject.fieldPath"),
    of(_source),
    of(lambda event: at(event, "message").strip()),
    _first_seen,
    of(_times_seen),
    NAME,
)
_ROWS: Mapping[str, Row] = {
    "validatingadmissionpolicies.admissionregistration.k8s.io": row(
        NAME, of(lambda policy: len(at(policy, "spec.validations", []))), of(_param_kind), AGE
    ),
    "validatingadmissionpolicybindings.admissionregistration.k8s.io": row(
        NAME, text("spec.policyName"), of(_param_ref), AGE
    ),
    **WORKLOAD_ROWS,
    "clusterrolebindings.rbac.authorization.k8s.io": _BINDING,
    "configmaps": row(NAME, count("data", "binaryData"), AGE),
    "events": _EVENT,
    "events.events.k8s.io": lambda event, now: _EVENT(as_older(event), now),
    "ingressclasses.networking.k8s.io": row(of(_class_name), text("spec.controller"), of(_parameters), AGE),
    "ingresses.networking.k8s.io": row(
        NAME,
        text("spec.ingressClassName", NONE),
        of(_hosts),
        of(_addresses),
        of(lambda ingress: "80, 443" if at(ingress, "spec.tls") else "80"),
        AGE,
    ),
    "leases.coordination.k8s.io": row(NAME, text("spec.holderIdentity"), AGE),
    "namespaces": row(NAME, text("status.phase"), AGE),
    "networkpolicies.networking.k8s.io": row(NAME, selector_at("spec.podSelector"), AGE),
    "persistentvolumeclaims": row(
        NAME,
        of(lambda claim: "Terminating" if at(claim, "metadata.deletionTimestamp") else at(claim, "status.phase")),
        text("spec.volumeName"),
        _of_bound(text("status.capacity.storage", "0")),
        _of_bound(access_modes_at("status.accessModes")),
        of(storage_class),
        text("spec.volumeAttributesClassName", "<unset>"),
        AGE,
        text("spec.volumeMode", "<unset>"),
    ),
    "pods": pod_cells,
    "resourcequotas": row(NAME, _used(limits=False), _used(limits=True), AGE),
    "rolebindings.rbac.authorization.k8s.io": _BINDING,
    "secrets": row(NAME, text("type"), count("data"), AGE),
    "serviceaccounts": row(NAME, AGE),
    "services": row(
        NAME,
        text("spec.type"),
        of(lambda service: next(iter(at(service, "spec.clusterIPs", [])), NONE)),
        of(_external),
        of(_ports),
        AGE,
        of(lambda service: labels_text(at(service, "spec.selector", {}))),
    ),
}
