"""The defaults that the API server fills in: the SetDefaults_* functions of pkg/apis, for the served kinds.

One walk over an object by its type uses a table of rules by type, so a probe gets its defaults in any place. Admission
fills in service accounts and limits, and registry/strategies.py sets the fields of a new object.
"""

from __future__ import annotations

import base64
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from tenantkit.sandbox.apimachinery.apiextensions import filled, is_custom, json_schema
from tenantkit.sandbox.apimachinery.codec import DecodeError, canonical
from tenantkit.sandbox.apimachinery.errors import bad_request
from tenantkit.sandbox.apimachinery.schema import schema_of
from tenantkit.sandbox.apis.defaults_workloads import WORKLOAD_DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.schema import Type

_RBAC = "rbac.authorization.k8s.io"
_MODE = 0o644
_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}


def set_defaults(manifest: Manifest) -> Manifest:
    """The object as the server reads it: without unknown fields, with canonical texts and defaults.

    Args:
        manifest: with apiVersion and kind; it is not changed.

    Returns:
        A new object.

    Raises:
        ApiError: 400 in the server's words; a value has the wrong type.

    Example:
        >>> spec = {"ports": [{"port": 80}]}
        >>> service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": spec}
        >>> set_defaults(service)["spec"]["ports"]
        [{'port': 80, 'targetPort': 80, 'protocol': 'TCP'}]
    """
    try:
        return defaulted(canonical(manifest))
    except DecodeError as error:
        api_version, kind = manifest["apiVersion"], manifest["kind"]
        lead = f'{kind} in version "{str(api_version).rpartition("/")[2]}" cannot be handled as a {kind}'
        raise bad_request(f"{lead}: {error}") from error


def defaulted(manifest: Manifest) -> Manifest:
    """A canonical object with defaults."""
    if is_custom(str(manifest["apiVersion"])):
        found: Manifest = filled(json_schema(str(manifest["apiVersion"]), str(manifest["kind"])), manifest)
        return found
    kind = schema_of(str(manifest["apiVersion"]), str(manifest["kind"]))
    result: Manifest = _walk(kind, manifest)
    if kind.name == "Secret":
        result.pop("stringData", None)
    return result


@cache
def _has_rules(kind: Type) -> bool:
    """Whether values of this type, or values in them, have defaults."""
    inner = [item.type for item in kind.fields.values()] + ([kind.element] if kind.element else [])
    return kind.name in _RULES or any(_has_rules(item) for item in inner)


def _walk(kind: Type, value: Any) -> Any:
    """A value with its defaults; outer ones are set first, as on the server."""
    if not value and kind.name not in _RULES:
        return value
    if kind.form == "list":
        element = kind.element
        return [_walk(element, item) for item in value] if element and _has_rules(element) else value
    if kind.form != "struct" or value is None:
        return value
    rule = _RULES.get(kind.name)
    if rule is not None:
        value = {**value, **rule(value)}
    if not _has_rules(kind):
        return value
    fields = kind.fields
    return {
        name: _walk(fields[name].type, item) if name in fields and _has_rules(fields[name].type) else item
        for name, item in value.items()
    }


def _lives_an_hour(spec: Manifest) -> Manifest:
    """An hour unless seconds are given; 0 is given, and refused later."""
    return {"expirationSeconds": 3600} if spec.get("expirationSeconds") is None else {}


def _unless_set(**defaults: Any) -> Callable[[Manifest], Manifest]:
    """A rule that sets constants if the fields are missing or empty."""
    return lambda value: {name: default for name, default in defaults.items() if value.get(name) in (None, "", 0)}


def _namespace(value: Manifest) -> Manifest:
    metadata = value["metadata"]
    if not metadata.get("name"):
        return {}
    labels = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": metadata["name"]}
    return {"metadata": {**metadata, "labels": labels}}


def _secret(value: Manifest) -> Manifest:
    filled: Manifest = {} if value.get("type") else {"type": "Opaque"}
    if value.get("stringData"):  # write-only: moved into data
        text = {key: base64.b64encode(item.encode()).decode() for key, item in value["stringData"].items()}
        filled |= {"data": {**(value.get("data") or {}), **text}, "stringData": None}
    return filled


def _service(value: Manifest) -> Manifest:
    spec = dict(value["spec"])
    spec.setdefault("sessionAffinity", "None")
    if spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    elif not ((spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}).get("timeoutSeconds"):
        spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": 10800}}
    kind = spec.setdefault("type", "ClusterIP")
    outside = kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and spec.get("externalIPs"))
    if outside:
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind in ("ClusterIP", "NodePort", "LoadBalancer"):
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    return {"spec": spec}


def _service_port(value: Manifest) -> Manifest:
    target = value.get("targetPort") or value.get("port", 0)
    return {"protocol": value.get("protocol") or "TCP", "targetPort": target}


def _pod(value: Manifest) -> Manifest:
    spec = {"enableServiceLinks": True, **value["spec"]}
    grace = spec.get("terminationGracePeriodSeconds")
    if grace is not None and grace < 0:
        spec["terminationGracePeriodSeconds"] = 1
    for field in ("containers", "initContainers"):
        if spec.get(field):
            spec[field] = [_requests_from_limits(container) for container in spec[field]]
            if spec.get("hostNetwork"):
                spec[field] = [_host_ports(container) for container in spec[field]]
    return {"spec": spec}


def _requests_from_limits(container: Manifest) -> Manifest:
    """A limit without a request is also the request."""
    resources = container.get("resources") or {}
    if not resources.get("limits"):
        return container
    return {
        **container,
        "resources": {**resources, "requests": {**resources["limits"], **(resources.get("requests") or {})}},
    }


def _host_ports(container: Manifest) -> Manifest:
    """In the host's network, a container's port is also the host port."""
    if not container.get("ports"):
        return container
    ports = [
        port if port.get("hostPort") else {**port, "hostPort": port["containerPort"]} for port in container["ports"]
    ]
    return {**container, "ports": ports}


def _pod_spec(value: Manifest) -> Manifest:
    account = value.get("serviceAccountName") or value.get("serviceAccount")
    names = {"serviceAccountName": account, "serviceAccount": account} if account else {}
    return names | {
        "dnsPolicy": value.get("dnsPolicy") or "ClusterFirst",
        "restartPolicy": value.get("restartPolicy") or "Always",
        "securityContext": value.get("securityContext") or {},
        "terminationGracePeriodSeconds": value.get("terminationGracePeriodSeconds", 30),
        "schedulerName": value.get("schedulerName") or "default-scheduler",
    }


def _container(value: Manifest) -> Manifest:
    image = str(value.get("image", ""))
    name, _, tag = image.rpartition("/")[2].partition("@")[0].partition(":")
    latest = (tag == "latest" or not tag) and "@" not in image and bool(name)
    return {
        "imagePullPolicy": value.get("imagePullPolicy") or ("Always" if latest else "IfNotPresent"),
        "terminationMessagePath": value.get("terminationMessagePath") or "/dev/termination-log",
        "terminationMessagePolicy": value.get("terminationMessagePolicy") or "File",
    }


def _volume(value: Manifest) -> Manifest:
    return {} if any(name != "name" for name in value) else {"emptyDir": {}}


def _pod_status(value: Manifest) -> Manifest:
    address, addresses = value.get("podIP"), value.get("podIPs")
    if address:
        return {} if addresses and addresses[0].get("ip") == address else {"podIPs": [{"ip": address}]}
    return {"podIP": addresses[0]["ip"]} if addresses else {}


def _limit_range_item(value: Manifest) -> Manifest:
    if value.get("type") != "Container":
        return {}
    limits = {**(value.get("max") or {}), **(value.get("default") or {})}
    requests = {**(value.get("min") or {}), **limits, **(value.get("defaultRequest") or {})}
    filled = {"default": limits, "defaultRequest": requests}
    return {name: amounts for name, amounts in filled.items() if amounts}


def _network_policy_spec(value: Manifest) -> Manifest:
    if value.get("policyTypes"):
        return {}
    return {"policyTypes": ["Ingress", "Egress"] if value.get("egress") else ["Ingress"]}


def _subject(value: Manifest) -> Manifest:
    ours = value.get("kind") in ("User", "Group") and not value.get("apiGroup")
    return {"apiGroup": _RBAC} if ours else {}


def _claim(value: Manifest) -> Manifest:
    return {"status": {"phase": "Pending", **(value.get("status") or {})}}


_RULES: Final[dict[str, Callable[[Manifest], Manifest]]] = {
    **WORKLOAD_DEFAULTS,
    "Namespace": _namespace,
    "NamespaceStatus": _unless_set(phase="Active"),
    "Secret": _secret,
    "Service": _service,
    "ServicePort": _service_port,
    "Pod": _pod,
    "PodSpec": _pod_spec,
    "PodStatus": _pod_status,
    "Container": _container,
    "EphemeralContainer": _container,
    "ContainerPort": _unless_set(protocol="TCP"),
    "Probe": _unless_set(**_PROBE),
    "HTTPGetAction": _unless_set(path="/", scheme="HTTP"),
    "ObjectFieldSelector": _unless_set(apiVersion="v1"),
    "Volume": _volume,
    "SecretVolumeSource": _unless_set(defaultMode=_MODE),
    "ConfigMapVolumeSource": _unless_set(defaultMode=_MODE),
    "DownwardAPIVolumeSource": _unless_set(defaultMode=_MODE),
    "ProjectedVolumeSource": _unless_set(defaultMode=_MODE),
    "ServiceAccountTokenProjection": _lives_an_hour,
    "HostPathVolumeSource": lambda value: {} if "type" in value else {"type": ""},
    "PersistentVolumeClaim": _claim,
    "PersistentVolumeClaimSpec": lambda value: {} if "volumeMode" in value else {"volumeMode": "Filesystem"},
    "LimitRangeItem": _limit_range_item,
    "NetworkPolicySpec": _network_policy_spec,
    "NetworkPolicyPort": _unless_set(protocol="TCP"),
    "IngressClassParametersReference": _unless_set(scope="Cluster"),
    "RoleRef": _unless_set(apiGroup=_RBAC),
    "Subject": _subject,
    "TokenRequestSpec": _lives_an_hour,
    "ValidatingAdmissionPolicySpec": _unless_set(failurePolicy="Fail"),
    "MatchResources": lambda value: {
        "matchPolicy": value.get("matchPolicy") or "Equivalent",
        **{name: value.get(name) or {} for name in ("namespaceSelector", "objectSelector")},
    },
    "NamedRuleWithOperations": _unless_set(scope="*"),
}
