"""What pods and workloads try: to reach the host, to take nodes and GPUs of others, to mount what is not theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.contract.product.isolation.attempt import Attempt, Request, changed_by, created_by
from tests.contract.product.isolation.kinds import (
    POD,
    TEMPLATES,
    collection,
    every_way,
    new,
    resource,
    with_pods,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.product.isolation.attempt import Base, Requests
    from tests.contract.product.isolation.place import Manifest, Place

_EXISTS = {"operator": "Exists"}
_CONTROL_PLANE = {"key": "node-role.kubernetes.io/control-plane", **_EXISTS, "effect": "NoSchedule"}
_ISCSI = {"targetPortal": "10.0.0.1:3260", "iqn": "iqn.2026-01.com.example:disk", "lun": 0}


def _volume(**source: Any) -> Manifest:
    return {"volumes": [{"name": "v", **source}]}


def _container(**fields: Any) -> Manifest:
    return {"containers": [{**POD["containers"][0], **fields}]}


def _secured(**context: Any) -> Manifest:
    return _container(securityContext=context)


def _init(**fields: Any) -> Manifest:
    return {"initContainers": [{"name": "first", "image": "busybox", **fields}]}


# Denied in pods and in the templates of workloads alike, so that whoever creates the workload is told.
BY_GUARDRAIL: dict[str, Callable[[Place], Manifest]] = {
    "choose the node by name": lambda _: {"nodeName": "gpu-node"},
    "preempt others by `system-node-critical`": lambda _: {"priorityClassName": "system-node-critical"},
    "preempt others by `system-cluster-critical`": lambda _: {"priorityClassName": "system-cluster-critical"},
    "use a priority class that is not offered": lambda place: {"priorityClassName": place.priority},
    "tolerate every taint": lambda _: {"tolerations": [_EXISTS]},
    "tolerate the control plane's taint": lambda _: {"tolerations": [_CONTROL_PLANE]},
    "mount an NFS share": lambda _: _volume(nfs={"server": "10.0.0.1", "path": "/"}),
    "mount an iSCSI disk": lambda _: _volume(iscsi=_ISCSI),
    "mount an inline CSI volume": lambda _: _volume(csi={"driver": "csi.example.com"}),
    "mount a Ceph file system": lambda _: _volume(cephfs={"monitors": ["10.0.0.1:6789"]}),
}


def _spec(kind: str, change: Callable[[Place], Manifest]) -> Callable[[Place], Manifest]:
    return lambda place: with_pods(kind, "base", {**POD, **change(place)})


def _live_pod(*parts: str) -> Callable[[Place], str]:
    return lambda place: "/".join((collection("Pod", place.mine), "base", *parts))


def _more_tolerations(*more: Manifest) -> Requests:
    """Add tolerations to a pod that exists, as its spec allows."""

    def requests(place: Place, base: Base) -> Iterator[Request]:
        live = base("Pod")
        spec = {**live["spec"], "tolerations": [*live["spec"]["tolerations"], *more]}
        yield from changed_by(_live_pod()(place), live, {"metadata": {}, "spec": spec})

    return requests


GUARDED = [
    Attempt(
        what,
        ("guardrail pods",),
        new(kind, _spec(kind, change)) if kind == "Pod" else every_way(kind, _spec(kind, change)),
        kind=kind,
        needs=resource(kind),
    )
    for what, change in BY_GUARDRAIL.items()
    for kind in ("Pod", *TEMPLATES)
]

# Denied in pods by the Pod Security level `baseline` that every tenant has at least.
BASELINE: dict[str, tuple[str, list[Manifest]]] = {
    "run a privileged container": (
        "benchmark block_privileged_containers",
        [_secured(privileged=True), _init(securityContext={"privileged": True})],
    ),
    "add capabilities": (
        "benchmark block_add_capabilities",
        [_secured(capabilities={"add": [it]}) for it in ("SYS_ADMIN", "NET_RAW", "ALL")],
    ),
    "mount a path of the host": (
        "benchmark block_use_of_host_path",
        [_volume(hostPath={"path": "/"}), _volume(hostPath={"path": "/var/run", "type": "Directory"})],
    ),
    "use a bind mount of the host": (
        "benchmark block_use_of_bind_mounts",
        [_volume(hostPath={"path": "/etc"}) | _container(volumeMounts=[{"name": "v", "mountPath": "/host"}])],
    ),
    "use the host's network": (
        "benchmark block_use_of_host_networking_and_ports",
        [{"hostNetwork": True, **_container(ports=[{"containerPort": 80, "hostPort": 80}])}, {"hostNetwork": True}],
    ),
    "use a port of the host": (
        "benchmark block_use_of_host_networking_and_ports",
        [_container(ports=[{"containerPort": 80, "hostPort": 8080}])],
    ),
    "see the host's processes": ("benchmark block_use_of_host_pid", [{"hostPID": True}]),
    "use the host's IPC": ("benchmark block_use_of_host_ipc", [{"hostIPC": True}]),
    "unmask /proc": ("attack", [_secured(procMount="Unmasked")]),
    "switch off seccomp or AppArmor": (
        "attack",
        [_secured(seccompProfile={"type": "Unconfined"}), _secured(appArmorProfile={"type": "Unconfined"})],
    ),
    "set an SELinux type or an unsafe sysctl": (
        "attack",
        [
            _secured(seLinuxOptions={"type": "spc_t"}),
            {"securityContext": {"sysctls": [{"name": "kernel.shmmax", "value": "1"}]}},
        ],
    ),
    "run a Windows host process": (
        "attack",
        [
            {
                "hostNetwork": True,
                "securityContext": {"windowsOptions": {"hostProcess": True, "runAsUserName": "x"}},
            }
        ],
    ),
}
# What is denied where the platform sets `Security(enforce="restricted")`.
_SAFE: Manifest = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
RESTRICTED: dict[str, tuple[str, list[Manifest]]] = {
    "run as root": (
        "benchmark require_run_as_non_root_user",
        [_secured(**{**_SAFE, "runAsNonRoot": False}), _secured(**{**_SAFE, "runAsUser": 0})],
    ),
    "gain privileges by a setuid program": (
        "benchmark block_privilege_escalation",
        [_secured(**{**_SAFE, "allowPrivilegeEscalation": True})],
    ),
    "keep the default capabilities": (
        "benchmark require_cap_drop_all",
        [_secured(**{key: value for key, value in _SAFE.items() if key != "capabilities"})],
    ),
}
SAFE_POD: Manifest = _secured(**_SAFE)


def _pods(*specs: Manifest) -> list[Callable[[Place], Manifest]]:
    return [_pod(spec) for spec in specs]


def _pod(spec: Manifest) -> Callable[[Place], Manifest]:
    return lambda _: with_pods("Pod", "tried", {**POD, **spec})


SECURED = [
    # the server asks for a user namespace before Pod Security does
    Attempt(
        what,
        ("Pod Security", "validation") if "/proc" in what else ("Pod Security",),
        new("Pod", *_pods(*specs)),
        source=source,
    )
    for what, (source, specs) in BASELINE.items()
] + [
    Attempt(
        f"{what}, at the level `restricted`",
        ("Pod Security",),
        new("Pod", *_pods(*specs), namespace=lambda place: place.strict),
        source=source,
    )
    for what, (source, specs) in RESTRICTED.items()
]


def _ephemeral(place: Place, _: Base) -> Iterator[Request]:
    debug = {"name": "debug", "image": "busybox", "securityContext": {"privileged": True}}
    patch = {"spec": {"ephemeralContainers": [debug]}}
    path = _live_pod("ephemeralcontainers")(place)
    content_type = "application/strategic-merge-patch+json"
    yield Request("ephemeral container", "PATCH", path, patch, content_type)


def _status(place: Place, _: Base) -> Iterator[Request]:
    patch = {"status": {"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}], "phase": "Running"}}
    yield Request("status", "PATCH", _live_pod("status")(place), patch, "application/merge-patch+json")


def _bind(place: Place, _: Base) -> Iterator[Request]:
    target = {"apiVersion": "v1", "kind": "Node", "name": "gpu-node"}
    body = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "base"}, "target": target}
    yield Request("binding of the pod", "POST", _live_pod("binding")(place), body)
    yield Request("Binding", "POST", f"/api/v1/namespaces/{place.mine}/bindings", body)


def _resize(place: Place, _: Base) -> Iterator[Request]:
    more = {"containers": [{"name": "main", "resources": {"requests": {"cpu": "1000"}}}]}
    content_type = "application/strategic-merge-patch+json"
    yield Request("resize", "PATCH", _live_pod("resize")(place), {"spec": more}, content_type)


def _proxy(place: Place, _: Base) -> Iterator[Request]:
    yield Request("pod", "GET", _live_pod("proxy")(place), query=())
    yield Request("service", "GET", f"{collection('Service', place.mine)}/base/proxy", query=())
    yield Request("node", "GET", "/api/v1/nodes/gpu-node/proxy", query=())


def _propagated(place: Place, _: Base) -> Iterator[Request]:
    mount = {"name": "v", "mountPath": "/v", "mountPropagation": "Bidirectional"}
    spec = {**_container(volumeMounts=[mount]), **_volume(emptyDir={})}
    yield from created_by(collection("Pod", place.mine), with_pods("Pod", "tried", spec))


def _too_many_gpus(_: Place) -> Manifest:
    limits = {"nvidia.com/gpu": "3"}
    return with_pods("Pod", "tried", _container(resources={"limits": limits, "requests": limits}))


def _unknown_account(_: Place) -> Manifest:
    return with_pods("Pod", "tried", {**POD, "serviceAccountName": "of-another"})


PARTS = [
    Attempt("add a toleration to a running pod", ("guardrail pods",), _more_tolerations(_EXISTS)),
    Attempt(
        "add the control plane's toleration to a running pod", ("guardrail pods",), _more_tolerations(_CONTROL_PLANE)
    ),
    Attempt("add a privileged ephemeral container", ("RBAC",), _ephemeral),
    Attempt("write the status of a pod", ("RBAC",), _status),
    Attempt("bind a pod to a node", ("RBAC",), _bind),
    Attempt("enlarge a running pod beyond the quota", ("RBAC",), _resize),
    Attempt("reach pods, services and nodes through the API server's proxy", ("RBAC",), _proxy),
    Attempt(
        "propagate mounts to the host",
        ("validation",),
        _propagated,
        source="benchmark block_use_of_bind_mounts",
    ),
    Attempt(
        "request more GPUs than were granted",
        ("quota",),
        new("Pod", _too_many_gpus),
        source="benchmark configure_ns_quotas",
    ),
    Attempt("run as an account of another namespace", ("service accounts",), new("Pod", _unknown_account)),
]
