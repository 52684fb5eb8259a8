"""Random pods that a server accepts: init containers, sidecars, overhead, limits of the pod, accelerators, scopes.

They are valid by construction: fields that depend on each other are drawn together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.rules.quantities import parse_quantity

if TYPE_CHECKING:
    from random import Random

    from tenantkit.rules.manifest import Manifest

PRIORITY = "arithmetic-high"
RUNTIME = "arithmetic-heavy"
CPU = ("1m", "100m", "250m", "0.5", "1", "1500m", "2", "1e0")
MEMORY = ("1", "64Mi", "100M", "128Mi", "1Gi", "1.5Gi", "1e9", "123456789")
STORAGE = ("1Mi", "1Gi", "500M")
DEVICES = ("nvidia.com/gpu", "nvidia.com/mig-1g.10gb", "amd.com/gpu")
HUGE = "hugepages-2Mi"


def random_pod(draw: Random, namespace: str, name: str, *, says_all: bool, has_runtime: bool) -> Manifest:
    """A random pod.

    Args:
        draw: the source of random choices.
        namespace: its namespace.
        name: its name.
        says_all: whether each container has requests and limits of cpu and memory, as some quotas require.
        has_runtime: whether the server has the RuntimeClass with an overhead.
    """
    may_be_empty = not says_all and draw.random() < 0.4
    containers = [_container(draw, f"c{number}", says_all, may_be_empty) for number in range(draw.randint(1, 3))]
    prepared = [
        _container(draw, f"i{number}", says_all, may_be_empty) for number in range(draw.choice((0, 0, 1, 2, 3)))
    ]
    for each in prepared:
        if draw.random() < 0.5:
            each["restartPolicy"] = "Always"
    spec: Manifest = {
        "containers": containers,
        "initContainers": prepared,
        "automountServiceAccountToken": False,
        **({"activeDeadlineSeconds": 3600} if draw.random() < 0.3 else {}),
        **({"priorityClassName": PRIORITY} if draw.random() < 0.3 else {}),
        **({"runtimeClassName": RUNTIME} if has_runtime and draw.random() < 0.3 else {}),
        **({"resources": _of_the_pod(draw, containers + prepared)} if draw.random() < 0.2 else {}),
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def random_status(draw: Random, pod: Manifest) -> Manifest | None:
    """A status that a kubelet might write: an end, or other amounts than requested; None: nothing yet."""
    chance = draw.random()
    if chance < 0.15:
        return {"phase": draw.choice(("Succeeded", "Failed"))}
    if chance > 0.4:
        return None
    statuses = [
        {
            "name": container["name"],
            "image": "i",
            "imageID": "",
            "ready": True,
            "restartCount": 0,
            **({"allocatedResources": {"cpu": draw.choice(CPU)}} if draw.random() < 0.5 else {}),
            **({"resources": {"requests": {"cpu": draw.choice(CPU)}}} if draw.random() < 0.5 else {}),
        }
        for container in pod["spec"]["containers"]
    ]
    return {"phase": "Running", "containerStatuses": statuses}


def _container(draw: Random, name: str, says_all: bool, may_be_empty: bool) -> Manifest:  # noqa: FBT001 (of one caller)
    requests: dict[str, str] = {}
    limits: dict[str, str] = {}
    for resource, texts in (("cpu", CPU), ("memory", MEMORY), ("ephemeral-storage", STORAGE)):
        is_needed = says_all and resource != "ephemeral-storage"
        if is_needed or (not may_be_empty and draw.random() < 0.7):
            requests[resource] = draw.choice(texts)
        if is_needed or (not may_be_empty and draw.random() < 0.5):
            limits[resource] = draw.choice(texts)
        if resource in requests and resource in limits:
            low, high = sorted((requests[resource], limits[resource]), key=parse_quantity)
            requests[resource], limits[resource] = low, high
    for device in DEVICES:
        if draw.random() < 0.15:
            requests[device] = limits[device] = str(draw.randint(0, 4))
    if "cpu" in requests and draw.random() < 0.1:
        requests[HUGE] = limits[HUGE] = draw.choice(("2Mi", "64Mi"))
    return {"name": name, "image": "i", "resources": {"requests": requests, "limits": limits}}


def _of_the_pod(draw: Random, containers: list[Manifest]) -> dict[str, Any]:
    """Amounts of the whole pod, at least the sum of its containers' amounts."""
    found: dict[str, dict[str, str]] = {"requests": {}, "limits": {}}
    for resource, spare in (("cpu", "100m"), ("memory", "1Mi")):
        said = [parse_quantity(amount) for each in containers for amount in _said(each, resource)]
        total = sum(said, start=parse_quantity(spare)) * draw.randint(1, 3)
        text = f"{int(total * 1000)}m" if resource == "cpu" else str(int(total))
        found["requests"][resource] = found["limits"][resource] = text
    return found


def _said(container: Manifest, resource: str) -> list[str]:
    amounts = container["resources"]
    return [amounts[column][resource] for column in ("requests", "limits") if resource in amounts[column]]
