"""One short scenario with each common client: create, list, watch, change, conflict, delete.

    python -m tests.contract.api.client_scenario CLIENT KUBECONFIG CONTEXT NAMESPACE

prints what the client saw as a JSON list. Each client runs in its own process, since some keep threads and event loops.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.contract.wire import kubectl, kubectl_command

NAME, LABEL = "scenario", "client"
WATCH_S = 20
SAME_FOR_ALL = [
    ["created", {"step": "1"}],
    ["listed", [NAME]],
    ["seen by a watch", "MODIFIED", {"step": "2"}],
    ["an outdated change", 409],
    ["deleted", 404],
]


class Login(NamedTuple):
    """Where the client connects, and as whom."""

    client: str
    kubeconfig: str
    context: str
    namespace: str

    @property
    def manifest(self) -> dict[str, Any]:
        """The ConfigMap of the scenario."""
        metadata = {"name": NAME, "namespace": self.namespace, "labels": {LABEL: self.client}}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"step": "1"}}

    @property
    def selector(self) -> str:
        return f"{LABEL}={self.client}"


def by_typed(login: Login) -> list[Any]:
    """Run it with the official client's typed objects and its Watch."""
    from kubernetes import client, config, watch

    connect: Any = config.new_client_from_config
    api: Any = client.CoreV1Api(connect(login.kubeconfig, login.context))
    seen: list[Any] = []
    first = api.create_namespaced_config_map(login.namespace, login.manifest)
    seen.append(["created", first.data])
    found = api.list_namespaced_config_map(login.namespace, label_selector=login.selector)
    seen.append(["listed", [it.metadata.name for it in found.items]])
    api.patch_namespaced_config_map(NAME, login.namespace, {"data": {"step": "2"}})
    watching: Any = watch.Watch  # the client has no types here
    events = watching().stream(
        api.list_namespaced_config_map,
        login.namespace,
        label_selector=login.selector,
        resource_version=found.metadata.resource_version,
        timeout_seconds=WATCH_S,
    )
    event = next(iter(events))
    seen.append(["seen by a watch", event["type"], event["object"].data])
    try:
        api.replace_namespaced_config_map(NAME, login.namespace, first)
    except client.ApiException as error:
        seen.append(["an outdated change", error.status])
    api.delete_namespaced_config_map(NAME, login.namespace)
    try:
        api.read_namespaced_config_map(NAME, login.namespace)
    except client.ApiException as error:
        seen.append(["deleted", error.status])
    return seen


def by_dynamic(login: Login) -> list[Any]:
    """Run it with the official client's DynamicClient."""
    from kubernetes import config, dynamic

    connect: Any = config.new_client_from_config
    open_client: Any = dynamic.DynamicClient
    cache = Path(login.kubeconfig).with_name(f"discovery-{login.namespace}.json")
    connection = connect(login.kubeconfig, login.context)
    maps = open_client(connection, cache_file=str(cache)).resources.get(api_version="v1", kind="ConfigMap")
    seen: list[Any] = []
    first = maps.create(body=login.manifest, namespace=login.namespace).to_dict()
    seen.append(["created", first["data"]])
    found = maps.get(namespace=login.namespace, label_selector=login.selector)
    seen.append(["listed", [it.metadata.name for it in found.items]])
    change = {"data": {"step": "2"}}
    maps.patch(body=change, name=NAME, namespace=login.namespace, content_type="application/merge-patch+json")
    events = maps.watch(login.namespace, label_selector=login.selector, resource_version=found.metadata.resourceVersion)
    event = next(events)
    seen.append(["seen by a watch", event["type"], event["raw_object"]["data"]])
    try:
        maps.replace(body=first, namespace=login.namespace)
    except dynamic.exceptions.ConflictError as error:
        seen.append(["an outdated change", error.status])
    maps.delete(NAME, login.namespace)
    try:
        maps.get(NAME, login.namespace)
    except dynamic.exceptions.NotFoundError as error:
        seen.append(["deleted", error.status])
    cache.unlink(missing_ok=True)
    return seen


def by_lightkube(login: Login) -> list[Any]:
    import lightkube
    from lightkube.resources.core_v1 import ConfigMap

    config = lightkube.KubeConfig.from_file(login.kubeconfig).get(context_name=login.context)
    client: Any = lightkube.Client(config, namespace=login.namespace)
    labels = {LABEL: login.client}
    seen: list[Any] = []
    first = client.create(ConfigMap.from_dict(login.manifest))
    seen.append(["created", first.data])
    found = client.list(ConfigMap, labels=labels)
    seen.append(["listed", [it.metadata.name for it in found]])
    client.patch(ConfigMap, NAME, {"data": {"step": "2"}})
    kind, item = next(iter(client.watch(ConfigMap, labels=labels, resource_version=found.resourceVersion)))
    seen.append(["seen by a watch", kind, item.data])
    try:
        client.replace(first)
    except lightkube.ApiError as error:
        seen.append(["an outdated change", error.status.code])
    client.delete(ConfigMap, NAME)
    try:
        client.get(ConfigMap, NAME)
    except lightkube.ApiError as error:
        seen.append(["deleted", error.status.code])
    return seen


def by_kr8s(login: Login) -> list[Any]:
    import kr8s
    from kr8s.objects import ConfigMap

    api: Any = kr8s.api(kubeconfig=login.kubeconfig, context=login.context, namespace=login.namespace)
    seen: list[Any] = []
    made: Any = ConfigMap(login.manifest, api=api)
    made.create()
    seen.append(["created", dict(made.data)])
    first = made.metadata.resourceVersion
    found = list(api.get("configmaps", namespace=login.namespace, label_selector=login.selector))
    seen.append(["listed", [it.name for it in found]])
    made.patch({"data": {"step": "2"}})
    events = api.watch("configmaps", namespace=login.namespace, label_selector=login.selector, since=first)
    kind, item = next(iter(events))
    seen.append(["seen by a watch", kind, dict(item.data)])
    try:
        made.patch({"metadata": {"resourceVersion": first}, "data": {"step": "3"}})
    except kr8s.ServerError as error:
        seen.append(["an outdated change", error.response and error.response.status_code])
    made.delete()
    try:
        ConfigMap.get(NAME, namespace=login.namespace, api=api)
    except kr8s.NotFoundError:
        seen.append(["deleted", 404])
    return seen


def by_kubectl(login: Login) -> list[Any]:
    kubeconfig, where = Path(login.kubeconfig), ("--context", login.context, "--namespace", login.namespace)
    seen: list[Any] = []
    made = kubectl(kubeconfig, *where, "create", "-f", "-", "-o", "json", stdin=json.dumps(login.manifest))
    seen.append(["created", json.loads(made)["data"]])
    listed = kubectl(kubeconfig, *where, "get", "configmaps", "-l", login.selector, "-o", "name")
    seen.append(["listed", [line.removeprefix("configmap/") for line in listed.split()]])
    changed = "--for=jsonpath={.data.step}=2"
    waiting = subprocess.Popen(
        kubectl_command(kubeconfig, *where, "wait", f"configmap/{NAME}", changed, f"--timeout={WATCH_S}s"),
        stdout=subprocess.DEVNULL,
    )
    kubectl(kubeconfig, *where, "patch", "configmap", NAME, "-p", '{"data":{"step":"2"}}')
    if waiting.wait() == 0:
        now = json.loads(kubectl(kubeconfig, *where, "get", "configmap", NAME, "-o", "json"))
        seen.append(["seen by a watch", "MODIFIED", now["data"]])
    for step, code, words in (
        ("an outdated change", "Conflict", ("replace", "-f", "-")),
        ("deleted", "NotFound", ("get", "configmap", NAME)),
    ):
        if step == "deleted":
            kubectl(kubeconfig, *where, "delete", "configmap", NAME)
        command = kubectl_command(kubeconfig, *where, *words)
        ended = subprocess.run(command, input=made, capture_output=True, text=True, timeout=WATCH_S, check=False)
        seen.append([step, {"Conflict": 409, "NotFound": 404}[code] if f"({code})" in ended.stderr else ended.stderr])
    return seen


CLIENTS = {
    "typed": by_typed,
    "dynamic": by_dynamic,
    "lightkube": by_lightkube,
    "kr8s": by_kr8s,
    "kubectl": by_kubectl,
}

if __name__ == "__main__":
    login = Login(*sys.argv[1:])
    sys.stdout.write(json.dumps(CLIENTS[login.client](login)))
