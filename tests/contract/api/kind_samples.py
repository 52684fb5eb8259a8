"""A valid object of each kind, how tests change it, and how they check a refusal."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from tests.contract.wire import Answer

Json = dict[str, Any]

_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
POD = {"containers": [{"name": "main", "image": "nginx"}]}
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": POD}
SELECTOR = {"matchLabels": {"app": "web"}}
ONCE = {**POD, "restartPolicy": "Never"}


@dataclass(frozen=True, slots=True)
class Good:
    """A kind: the path of its objects, and the fields of a valid one besides its metadata."""

    api_version: str
    kind: str
    plural: str
    body: Json
    namespaced: bool = True

    def path(self, namespace: str) -> str:
        """The path of the collection."""
        root = "apis" if "/" in self.api_version else "api"
        return f"/{root}/{self.api_version}{f'/namespaces/{namespace}' if self.namespaced else ''}/{self.plural}"

    def named(self, name: str, changes: Json | None = None) -> Json:
        """A valid object of that name, with these changes."""
        head = {"apiVersion": self.api_version, "kind": self.kind, "metadata": {"name": name}}
        return changed({**head, **self.body}, changes or {})


def changed(manifest: Json, changes: Json) -> Json:
    """The object with other values at some paths, of keys and indexes between slashes; None removes a field."""
    found = copy.deepcopy(manifest)
    for path, value in changes.items():
        *parts, last = path.split("/")
        place: Any = found
        for part in parts:
            place = place[int(part)] if isinstance(place, list) else place.setdefault(part, {})
        if value is None:
            place.pop(last, None)
        else:
            place[int(last) if isinstance(place, list) else last] = value
    return found


def anonymous(text: str, name: str) -> str:
    """A message of the server without the parts that differ from run to run."""
    return _UID.sub("UID", text).replace(name, "sample")


def table(file: str) -> list[Any]:
    """The cases in a file, each named by its kind and its changes."""
    cases = yaml.safe_load(Path(__file__).with_name(file).read_text(encoding="utf-8"))
    return [pytest.param(case, id=f"{case['kind']}-{json.dumps(case['with'])}") for case in cases]


def check_refusal(answer: Answer, good: Good, name: str, causes: list[str]) -> None:
    """Check that it is a 422 with these fields and messages; … stands for text that is not compared."""
    details = answer.body.get("details", {})
    found = [anonymous(f"{cause['field']}: {cause['message']}", name) for cause in details.get("causes", ())]
    for cause, expected in zip(found, causes, strict=True):
        head, dots, tail = anonymous(expected, name).partition("…")
        assert (cause.startswith(head) and cause.endswith(tail)) if dots else cause == head
    assert (answer.status, answer.body["reason"]) == (422, "Invalid")
    group = f".{good.api_version.partition('/')[0]}" if "/" in good.api_version else ""
    shown = found[0] if len(found) == 1 else f"[{', '.join(found)}]"
    assert anonymous(answer.body["message"], name) == f'{good.kind}{group} "sample" is invalid: {shown}'


def place(manifest: Json) -> str:
    """The path of an object."""
    good, metadata = (GOOD | GATEWAY_API)[manifest["kind"]], manifest["metadata"]
    return f"{good.path(metadata.get('namespace', ''))}/{metadata['name']}"


_SLICE: Json = {"addressType": "IPv4", "endpoints": [{"addresses": ["10.1.2.3"]}], "ports": [{"port": 80}]}
_VOLUME: Json = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/data"}}
_NODE: Json = {"spec": {}, "status": {"capacity": {"cpu": "8", "nvidia.com/gpu": "8"}}}
_CRON: Json = {"schedule": "*/5 * * * *", "jobTemplate": {"spec": {"template": {"spec": ONCE}}}}
_RUN: Json = {"template": {"metadata": {"labels": {"app": "web"}}, "spec": ONCE}}
_RULE = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["nodes/proxy"]}
_POLICY: Json = {"matchConstraints": {"resourceRules": [_RULE]}, "validations": [{"expression": "true"}]}
_BINDING: Json = {"policyName": "nobody", "validationActions": ["Deny"]}
_ADMISSION = "admissionregistration.k8s.io/v1"
GOOD = {
    good.kind: good
    for good in (
        Good("apps/v1", "Deployment", "deployments", {"spec": {"selector": SELECTOR, "template": TEMPLATE}}),
        Good("apps/v1", "ReplicaSet", "replicasets", {"spec": {"selector": SELECTOR, "template": TEMPLATE}}),
        Good(
            "apps/v1",
            "StatefulSet",
            "statefulsets",
            {"spec": {"serviceName": "web", "selector": SELECTOR, "template": TEMPLATE}},
        ),
        Good("batch/v1", "Job", "jobs", {"spec": _RUN}),
        Good("batch/v1", "CronJob", "cronjobs", {"spec": _CRON}),
        Good("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", _SLICE),
        Good("v1", "Node", "nodes", _NODE, namespaced=False),
        Good("v1", "PersistentVolume", "persistentvolumes", {"spec": _VOLUME}, namespaced=False),
        Good(
            "storage.k8s.io/v1",
            "StorageClass",
            "storageclasses",
            {"provisioner": "example.com/disk"},
            namespaced=False,
        ),
        Good("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", {"value": 1000}, namespaced=False),
        Good(
            _ADMISSION,
            "ValidatingAdmissionPolicy",
            "validatingadmissionpolicies",
            {"spec": _POLICY},
            namespaced=False,
        ),
        Good(
            _ADMISSION,
            "ValidatingAdmissionPolicyBinding",
            "validatingadmissionpolicybindings",
            {"spec": _BINDING},
            namespaced=False,
        ),
    )
}
# so that no controller of the real server changes them during a test
QUIET: dict[str, Json] = {
    "Deployment": {"spec/replicas": 0, "spec/paused": True},
    "ReplicaSet": {"spec/replicas": 0},
    "StatefulSet": {"spec/replicas": 0},
    "Job": {"spec/suspend": True},
    "CronJob": {"spec/suspend": True},
}

_LISTENER = {"name": "http", "port": 80, "protocol": "HTTP"}
_ROUTE: Json = {
    "parentRefs": [{"name": "web"}],
    "hostnames": ["a.ai"],
    "rules": [{"backendRefs": [{"name": "svc", "port": 80}]}],
}
_GRANT: Json = {
    "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "other"}],
    "to": [{"group": "", "kind": "Service"}],
}
_SET: Json = {"parentRef": {"name": "web"}, "listeners": [_LISTENER]}
_V1 = "gateway.networking.k8s.io/v1"
GATEWAY_API = {
    good.kind: good
    for good in (
        Good(_V1, "GatewayClass", "gatewayclasses", {"spec": {"controllerName": "example.com/gw"}}, namespaced=False),
        Good(_V1, "Gateway", "gateways", {"spec": {"gatewayClassName": "shared", "listeners": [_LISTENER]}}),
        Good(_V1, "HTTPRoute", "httproutes", {"spec": _ROUTE}),
        Good(_V1, "ListenerSet", "listenersets", {"spec": _SET}),
        Good(_V1, "ReferenceGrant", "referencegrants", {"spec": _GRANT}),
    )
}
