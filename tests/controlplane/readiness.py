"""When a component is ready: once a request that needs it is answered, not once some time has passed.

Each check returns why the component is not ready, as text for the final error, or None if it is.
"""

from __future__ import annotations

import json
import socket
import ssl
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.controlplane.credentials import Credentials

_REQUEST_TIMEOUT_S = 5.0

# kube-controller-manager creates these: the first account, the first certificate, the first aggregated role
_MADE_BY_CONTROLLERS = (
    "/api/v1/namespaces/default/serviceaccounts/default",
    "/api/v1/namespaces/default/configmaps/kube-root-ca.crt",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles/admin",
)

_PODS, _EVENTS = "/api/v1/namespaces/default/pods", "/api/v1/namespaces/default/events"
_PROBE = "is-it-ready"
_NODE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": _PROBE},
    "status": {"capacity": {"cpu": "1", "memory": "1Gi", "pods": "1"}},
}
_POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": _PROBE},
    "spec": {"terminationGracePeriodSeconds": 0, "containers": [{"name": "main", "image": "none"}]},
}


def listens(path: Path) -> str | None:
    """Whether a process listens on that Unix socket."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
    except OSError as error:
        return f"{path.name}: {error}"
    return None


def answers(credentials: Credentials, path: str) -> str | None:
    """Whether the API server answers at that address."""
    try:
        _ask(credentials, "GET", path)
    except OSError as error:
        return f"GET {path}: {error}"
    return None


def controllers_work(credentials: Credentials) -> str | None:
    """Whether the controllers have created the objects that every cluster has."""
    for path in _MADE_BY_CONTROLLERS:
        try:
            answer = json.loads(_ask(credentials, "GET", path))
        except OSError as error:
            return f"GET {path}: {error}"
        if answer.get("rules") is None and answer.get("aggregationRule"):
            return f"GET {path}: has no rules yet"
    return None


def pods_run(credentials: Credentials) -> str | None:
    """Whether a pod gets a node, runs there and has an address; node, pod and their events are deleted afterwards.

    The pod is made after the node is ready: kwok may end where its first node and its first pod come at once.
    """
    try:
        _make(credentials, "/api/v1/nodes", _NODE)
        conditions = json.loads(_ask(credentials, "GET", f"/api/v1/nodes/{_PROBE}"))["status"].get("conditions", ())
        if not any((each["type"], each["status"]) == ("Ready", "True") for each in conditions):
            return f"node {_PROBE} is not ready: {json.dumps(conditions)}"
        _make(credentials, _PODS, _POD)
        status = json.loads(_ask(credentials, "GET", f"{_PODS}/{_PROBE}"))["status"]
        if status["phase"] != "Running" or "podIP" not in status:
            return f"pod {_PROBE}: {json.dumps(status)}"
        for path in (f"{_PODS}/{_PROBE}", f"/api/v1/nodes/{_PROBE}", _EVENTS):
            _ask(credentials, "DELETE", path)
    except OSError as error:
        return f"pod {_PROBE}: {error}"
    return None


def _make(credentials: Credentials, path: str, manifest: Mapping[str, Any]) -> None:
    try:
        _ask(credentials, "POST", path, manifest)
    except urllib.error.HTTPError as error:
        if error.code != 409:  # created by an earlier check
            raise


def _ask(credentials: Credentials, method: str, path: str, body: Mapping[str, Any] | None = None) -> bytes:
    request = urllib.request.Request(  # noqa: S310 - the address is ours, and https
        credentials.server + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {credentials.tokens['admin']}", "Content-Type": "application/json"},
    )
    trust = ssl.create_default_context(cafile=credentials.ca)
    with urllib.request.urlopen(request, timeout=_REQUEST_TIMEOUT_S, context=trust) as answer:  # noqa: S310 - as above
        content: bytes = answer.read()
        return content
