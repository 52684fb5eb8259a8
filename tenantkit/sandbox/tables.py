"""Objects as rows of the tables that `kubectl get` prints.

The columns are the real server's own (data/tables.json). What stands in a cell is Go code there, so it is written again
here: a line for each kind, in the order of its columns. A kind without such a line is shown as the server shows it that
has no printer for one: its name, and when it was made.

Source: page "Kubernetes API Concepts", section "Receiving resources as Tables"; Kubernetes 1.37:
pkg/printers/internalversion/printers.go, and apiserver's pkg/registry/rest/table.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.cells import NONE, at, labels_text, since
from tenantkit.sandbox.pod_cells import pod_cells, row_conditions
from tenantkit.sandbox.schema import load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.resources import Resource

    Cell = Callable[[Manifest, datetime], Any]

_ABOUT_LIST = ("resourceVersion", "continue", "remainingItemCount")
_NO_TIME = "0001-01-01T00:00:00Z"
_HOSTS_SHOWN = 3
_ACCESS_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
_BETA_CLASS = "volume.beta.kubernetes.io/storage-class"
_DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"


def table_of(
    resource: Resource, answer: Manifest, now: datetime, *, object_of: Callable[[Manifest], Manifest | None]
) -> Manifest:
    """A table without its kind.

    Args:
        resource: the kind of the objects.
        answer: an object, or a list.
        now: the time, by which ages are reckoned.
        object_of: what a row is to hold of its object.
    """
    rows = [_row_of(resource, item, now) | {"object": object_of(item)} for item in answer.get("items", [answer])]
    return {
        "metadata": {key: answer["metadata"][key] for key in _ABOUT_LIST if key in answer["metadata"]},
        "columnDefinitions": load("tables.json")["columns"][resource.qualified],
        "rows": rows if rows or resource.qualified in _ROWS else None,
    }


def _row_of(resource: Resource, item: Manifest, now: datetime) -> Manifest:
    conditions = row_conditions(item) if resource.qualified == "pods" else []
    cells = _ROWS.get(resource.qualified, _DEFAULT)(item, now)
    return {"cells": cells, "conditions": conditions} if conditions else {"cells": cells}


def _row(*cells: Cell) -> Callable[[Manifest, datetime], list[Any]]:
    return lambda manifest, now: [cell(manifest, now) for cell in cells]


def _text(path: str, default: str = "") -> Cell:
    return lambda manifest, _: at(manifest, path, default)


def _count(*fields: str) -> Cell:
    return lambda manifest, _: sum(len(at(manifest, field, {})) for field in fields)


def _of(value: Callable[[Manifest], Any]) -> Cell:
    return lambda manifest, _: value(manifest)


def _age(path: str) -> Cell:
    return lambda manifest, now: since(at(manifest, path), now)


def _selector(policy: Manifest) -> str:
    """The Pods that a NetworkPolicy is about."""
    selector = at(policy, "spec.podSelector", {})
    found = [(key, f"{key}={value}") for key, value in sorted(selector.get("matchLabels", {}).items())]
    for item in selector.get("matchExpressions", ()):
        key, operator, values = item["key"], item["operator"], ",".join(sorted(item.get("values", ())))
        plain = {"Exists": key, "DoesNotExist": f"!{key}"}
        found.append((key, plain.get(operator, f"{key} {operator.lower()} ({values})")))
    return ",".join(text for _, text in sorted(found, key=lambda pair: pair[0])) or NONE


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
    return _of(lambda b: ", ".join(form.format(**s) for s in b.get("subjects", ()) if s["kind"] == kind))


def _used(*, limits: bool) -> Cell:
    """What is used of a quota's hard limits, in the column for `limits.…` or in the one for all others."""

    def text(quota: Manifest) -> str:
        used, hard = at(quota, "status.used", {}), at(quota, "status.hard", {})
        chosen = (name for name in sorted(hard) if name.startswith("limits.") == limits)
        return ", ".join(f"{name}: {used.get(name, '0')}/{hard[name]}" for name in chosen)

    return _of(text)


def _storage_class(claim: Manifest) -> str:
    found: str = at(claim, "metadata.annotations", {}).get(_BETA_CLASS, at(claim, "spec.storageClassName"))
    return found


def _of_bound(value: Callable[[Manifest], str]) -> Cell:
    """A claim's cell that is empty until the claim has a volume."""
    return _of(lambda claim: value(claim) if at(claim, "spec.volumeName") else "")


def _access_modes(claim: Manifest) -> str:
    modes = at(claim, "status.accessModes", [])
    return ",".join(short for mode, short in _ACCESS_MODES.items() if mode in modes)


def _class_name(ingress_class: Manifest) -> str:
    is_default = at(ingress_class, "metadata.annotations", {}).get(_DEFAULT_CLASS) == "true"
    return f"{at(ingress_class, 'metadata.name')}{' (default)' if is_default else ''}"


def _parameters(ingress_class: Manifest) -> str:
    found = at(ingress_class, "spec.parameters", None)
    if found is None:
        return NONE
    group = f".{found['apiGroup']}" if found.get("apiGroup") is not None else ""
    return f"{found['kind']}{group}/{found['name']}"


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


_NAME, _AGE = _text("metadata.name"), _age("metadata.creationTimestamp")
_DEFAULT = _row(_NAME, _text("metadata.creationTimestamp", _NO_TIME))
_BINDING = _row(
    _NAME,
    _of(lambda binding: f"{at(binding, 'roleRef.kind')}/{at(binding, 'roleRef.name')}"),
    _AGE,
    _subjects("{name}", "User"),
    _subjects("{name}", "Group"),
    _subjects("{namespace}/{name}", "ServiceAccount"),
)
_ROWS: Mapping[str, Callable[[Manifest, datetime], list[Any]]] = {
    "clusterrolebindings.rbac.authorization.k8s.io": _BINDING,
    "configmaps": _row(_NAME, _count("data", "binaryData"), _AGE),
    "events": _row(
        _last_seen,
        _text("type"),
        _text("reason"),
        _of(_involved),
        _text("involvedObject.fieldPath"),
        _of(_source),
        _of(lambda event: at(event, "message").strip()),
        _first_seen,
        _of(_times_seen),
        _NAME,
    ),
    "ingressclasses.networking.k8s.io": _row(_of(_class_name), _text("spec.controller"), _of(_parameters), _AGE),
    "ingresses.networking.k8s.io": _row(
        _NAME,
        _text("spec.ingressClassName", NONE),
        _of(_hosts),
        _of(_addresses),
        _of(lambda ingress: "80, 443" if at(ingress, "spec.tls") else "80"),
        _AGE,
    ),
    "leases.coordination.k8s.io": _row(_NAME, _text("spec.holderIdentity"), _AGE),
    "namespaces": _row(_NAME, _text("status.phase"), _AGE),
    "networkpolicies.networking.k8s.io": _row(_NAME, _of(_selector), _AGE),
    "persistentvolumeclaims": _row(
        _NAME,
        _of(lambda claim: "Terminating" if at(claim, "metadata.deletionTimestamp") else at(claim, "status.phase")),
        _text("spec.volumeName"),
        _of_bound(lambda claim: str(at(claim, "status.capacity.storage", "0"))),
        _of_bound(_access_modes),
        _of(_storage_class),
        _text("spec.volumeAttributesClassName", "<unset>"),
        _AGE,
        _text("spec.volumeMode", "<unset>"),
    ),
    "pods": pod_cells,
    "resourcequotas": _row(_NAME, _used(limits=False), _used(limits=True), _AGE),
    "rolebindings.rbac.authorization.k8s.io": _BINDING,
    "secrets": _row(_NAME, _text("type"), _count("data"), _AGE),
    "serviceaccounts": _row(_NAME, _AGE),
    "services": _row(
        _NAME,
        _text("spec.type"),
        _of(lambda service: next(iter(at(service, "spec.clusterIPs", [])), NONE)),
        _of(_external),
        _of(_ports),
        _AGE,
        _of(lambda service: labels_text(at(service, "spec.selector", {}))),
    ),
}
