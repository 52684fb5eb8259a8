"""EndpointSlices: the addresses of each Service that selects pods, at most a hundred per slice.

Left out: topology hints and the annotation of the last trigger, which only matter in real networks.

Source: k8s.io/endpointslice (reconciler.go, utils.go) and pkg/controller/endpointslice, 1.37; page "EndpointSlices".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.resources import PODS, SERVICES, find
from tenantkit.sandbox.client.in_process import InProcessClient
from tenantkit.sandbox.controllers.replicas import controller_reference, is_finished, is_ready, is_terminating

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.storage.store import Event, Store

SLICES, NODES = find("discovery.k8s.io", "v1", "endpointslices"), find("", "v1", "nodes")
_SERVICE, _MANAGED_BY = "kubernetes.io/service-name", "endpointslice.kubernetes.io/managed-by"
_HEADLESS, _MANAGER = "service.kubernetes.io/headless", "endpointslice-controller.k8s.io"
_MOST_ENDPOINTS = 100
_ZONE = "topology.kubernetes.io/zone"


class EndpointSliceController:
    """Writes the slices of Services; keys are `namespace/name` of the Services."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._client = InProcessClient(store, "endpointslice-controller")

    def keys(self, event: Event) -> Iterator[str]:
        """The Service itself, the Services that select or selected the pod, and the Service of the slice."""
        metadata = event.manifest["metadata"]
        if event.resource is SERVICES and event.type != "DELETED":
            yield _key(metadata["namespace"], metadata["name"])
        elif event.resource is SLICES:
            labels = metadata.get("labels") or {}
            if labels.get(_MANAGED_BY) == _MANAGER and _SERVICE in labels:
                yield _key(metadata["namespace"], labels[_SERVICE])
        elif event.resource is PODS or (event.resource is NODES and event.type == "ADDED"):
            for service in self._store.list(SERVICES, metadata.get("namespace", "")):
                states = (event.manifest, event.previous) if event.resource is PODS else ()
                if event.resource is NODES or any(_selects(service, state) for state in states if state):
                    yield _key(service["metadata"]["namespace"], service["metadata"]["name"])

    def sync(self, key: str) -> None:
        """Bring the slices of one Service in line with its pods."""
        namespace, _, name = key.partition("/")
        service = self._store.get(SERVICES, name, namespace)
        if service is None or service["spec"].get("type") == "ExternalName" or not service["spec"].get("selector"):
            return
        pods = [pod for pod in self._store.list(PODS, namespace) if _selects(service, pod)]
        managed = {_SERVICE: name, _MANAGED_BY: _MANAGER}
        existing = [
            item
            for item in self._store.list(SLICES, namespace)
            if managed.items() <= (item["metadata"].get("labels") or {}).items() and not is_terminating(item)
        ]
        families = service["spec"].get("ipFamilies") or ["IPv4"]
        for family in families:
            self._reconcile(service, pods, family, [item for item in existing if item["addressType"] == family])
        for item in existing:
            if item["addressType"] not in families:
                self._client.delete(SLICES, item)

    def _reconcile(self, service: Manifest, pods: list[Manifest], family: str, existing: list[Manifest]) -> None:
        """Update, create and delete the slices of one address family."""
        own = [item for item in existing if _is_owned(item, service)]
        spare = {item["metadata"]["name"]: item for item in own}
        wanted = _slices([self._endpoint(service, pod, family) for pod in pods], own)
        taken: list[Manifest | None] = []
        for ports, _ in wanted:  # prefer a slice that has these ports already
            like = next((item for item in spare.values() if (item.get("ports") or []) == ports), None)
            taken.append(spare.pop(like["metadata"]["name"]) if like else None)
        for (ports, endpoints), item in zip(wanted, taken, strict=True):
            live = item or (spare.pop(next(iter(spare))) if spare else None)
            self._put(service, family, live, {"ports": ports or None, "endpoints": endpoints or None})
        for item in [*spare.values(), *(item for item in existing if not _is_owned(item, service))]:
            self._client.delete(SLICES, item)

    def _put(self, service: Manifest, family: str, live: Manifest | None, fields: Manifest) -> None:
        """Create or update a slice. Storage has None for an empty list."""
        about, name = service["metadata"], service["metadata"]["name"]
        labels = {**(about.get("labels") or {}), _SERVICE: name, _MANAGED_BY: _MANAGER}
        labels.pop(_HEADLESS, None)
        labels |= {_HEADLESS: ""} if service["spec"].get("clusterIP") in {None, "", "None"} else {}
        if live is not None:
            self._client.update(SLICES, live, metadata={**live["metadata"], "labels": labels}, **fields)
            return
        metadata = {"namespace": about["namespace"], "generateName": f"{name}-", "labels": labels}
        metadata["ownerReferences"] = [controller_reference(service)]
        self._client.create(SLICES, {"metadata": metadata, "addressType": family, **fields})

    def _endpoint(self, service: Manifest, pod: Manifest, family: str) -> tuple[list[Manifest], Manifest] | None:
        """A pod's ports and endpoint; None while it has no address or its node does not exist."""
        spec, status, metadata = pod["spec"], pod["status"], pod["metadata"]
        addresses = [item["ip"] for item in status.get("podIPs") or () if (":" in item["ip"]) == (family == "IPv6")]
        node = self._store.get(NODES, spec.get("nodeName") or "")
        regardless = service["spec"].get("publishNotReadyAddresses", False)
        if is_finished(pod) or not addresses or (node is None and not regardless):
            return None
        serving, terminating = is_ready(pod), is_terminating(pod)
        ready = regardless or (serving and not terminating)
        found = {
            "addresses": addresses,
            "conditions": {"ready": ready, "serving": serving, "terminating": terminating},
            "targetRef": {"kind": "Pod", **{part: metadata[part] for part in ("namespace", "name", "uid")}},
        }
        zone = ((node or {"metadata": {}})["metadata"].get("labels") or {}).get(_ZONE)
        has_name = spec.get("hostname") and spec.get("subdomain") == service["metadata"]["name"]
        found |= {"nodeName": spec["nodeName"]} if spec.get("nodeName") else {}
        found |= {"zone": zone} if zone else {}
        return _ports(service, pod), found | ({"hostname": spec["hostname"]} if has_name else {})


def _slices(
    endpoints: list[tuple[list[Manifest], Manifest] | None], own: list[Manifest]
) -> list[tuple[list[Manifest], list[Manifest]]]:
    """Ports and endpoints of each wanted slice; a Service without endpoints has one empty slice."""
    places = [
        item["targetRef"]["uid"] for slice_ in own for item in slice_.get("endpoints") or () if "targetRef" in item
    ]
    order = {uid: place for place, uid in enumerate(places)}
    groups: list[tuple[list[Manifest], list[Manifest]]] = []
    present = [item for item in endpoints if item is not None]
    for ports, endpoint in sorted(present, key=lambda item: order.get(item[1]["targetRef"]["uid"], len(order))):
        fitting = next((group for group in groups if group[0] == ports and len(group[1]) < _MOST_ENDPOINTS), None)
        if fitting is None:
            fitting = (ports, [])
            groups.append(fitting)
        fitting[1].append(endpoint)
    return groups or [([], [])]


def _ports(service: Manifest, pod: Manifest) -> list[Manifest]:
    """The Service's ports with this pod's port numbers; ports that no container names are left out."""
    found = []
    for port in service["spec"].get("ports") or ():
        number = port.get("targetPort", port["port"])
        if isinstance(number, str):
            number = _named_port(pod["spec"], number, port["protocol"])
        if number:
            protocol = {"appProtocol": port["appProtocol"]} if "appProtocol" in port else {}
            found.append({"name": port.get("name", ""), "port": number, "protocol": port["protocol"], **protocol})
    return found


def _named_port(spec: Manifest, name: str, protocol: str) -> int | None:
    sidecars = [item for item in spec.get("initContainers") or () if item.get("restartPolicy") == "Always"]
    for container in [*spec["containers"], *sidecars]:
        for port in container.get("ports") or ():
            if (port.get("name"), port["protocol"]) == (name, protocol):
                return int(port["containerPort"])
    return None


def _selects(service: Manifest, pod: Manifest) -> bool:
    selector = service["spec"].get("selector")
    return bool(selector) and selector.items() <= (pod["metadata"].get("labels") or {}).items()


def _is_owned(item: Manifest, service: Manifest) -> bool:
    owners = item["metadata"].get("ownerReferences") or ()
    return any(owner["uid"] == service["metadata"]["uid"] for owner in owners)


def _key(namespace: str, name: str) -> str:
    return f"{namespace}/{name}"
