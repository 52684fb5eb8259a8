"""The objects of the tests: a Gateway that tenants share, and what a tenant puts at it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tests.controlplane.gateway_api import GROUP
from tests.controlplane.pods import workload

if TYPE_CHECKING:
    import trustme

    Manifest = dict[str, Any]

CONTROLLER_NAMESPACE = "envoy-gateway-system"
GATEWAY_NAMESPACE, GATEWAY = "gateways", "shared"
WILDCARD = "*.gw.example.ai"  # of the Gateway's only listener, which has no TLS
SERVICE, PATH, SECRET, OWN_LISTENERS, ROUTE = "ai", "/ai-service", "cert", "own", "ai"

_TENANT_LABEL = "tenantkit.dev/tenant"
_OF_ENVOY = "gateway.envoyproxy.io"
_TENANTS_ONLY = {
    "namespaces": {
        "from": "Selector",
        "selector": {"matchExpressions": [{"key": _TENANT_LABEL, "operator": "Exists"}]},
    }
}


def shared_host(tenant: str) -> str:
    """The tenant's host at the Gateway's own listener."""
    return f"{tenant}.{WILDCARD.removeprefix('*.')}"


def own_host(tenant: str) -> str:
    """The tenant's host at its ListenerSet."""
    return f"{tenant}.example.org"


def namespace(name: str, *, is_tenant: bool = True) -> Manifest:
    labels = {_TENANT_LABEL: name} if is_tenant else {}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def gateway() -> list[Manifest]:
    """The class, whose proxy has no load balancer, and one Gateway that admits all tenants, their ListenerSets, too."""
    parameters = {"group": _OF_ENVOY, "kind": "EnvoyProxy", "name": "proxy", "namespace": CONTROLLER_NAMESPACE}
    inside = {"type": "Kubernetes", "kubernetes": {"envoyService": {"type": "ClusterIP"}}}
    listener = {"name": "http", "port": 80, "protocol": "HTTP", "hostname": WILDCARD, "allowedRoutes": _TENANTS_ONLY}
    return [
        {
            "apiVersion": f"{_OF_ENVOY}/v1alpha1",
            "kind": "EnvoyProxy",
            "metadata": {"name": "proxy", "namespace": CONTROLLER_NAMESPACE},
            "spec": {"provider": inside},
        },
        {
            "apiVersion": f"{GROUP}/v1",
            "kind": "GatewayClass",
            "metadata": {"name": "envoy"},
            "spec": {"controllerName": f"{_OF_ENVOY}/gatewayclass-controller", "parametersRef": parameters},
        },
        namespace(GATEWAY_NAMESPACE, is_tenant=False),
        {
            "apiVersion": f"{GROUP}/v1",
            "kind": "Gateway",
            "metadata": {"name": GATEWAY, "namespace": GATEWAY_NAMESPACE},
            "spec": {"gatewayClassName": "envoy", "listeners": [listener], "allowedListeners": _TENANTS_ONLY},
        },
    ]


def tenant(name: str, authority: trustme.CA) -> list[Manifest]:
    """A namespace with a pod, a host at the shared listener, and a host with TLS at listeners of its own."""
    return [
        namespace(name),
        *workload(name, SERVICE),
        certificate(name, authority, own_host(name)),
        listener_set(name, own_host(name)),
        route(name, [shared_host(name), own_host(name)], parents=[at_gateway(), at_listener_set(OWN_LISTENERS)]),
    ]


def at_gateway() -> Manifest:
    """The parent reference to the shared Gateway."""
    return {"name": GATEWAY, "namespace": GATEWAY_NAMESPACE}


def at_listener_set(name: str, of: str | None = None) -> Manifest:
    """The parent reference to a ListenerSet; `of` names another namespace."""
    return {"group": GROUP, "kind": "ListenerSet", "name": name} | ({"namespace": of} if of else {})


def route(  # noqa: PLR0913 (what a route has; most tests set one of them)
    tenant: str,
    hosts: list[str],
    *,
    name: str = ROUTE,
    path: str = PATH,
    parents: list[Manifest] | None = None,
    backend_of: str | None = None,
) -> Manifest:
    """An HTTPRoute of these hosts and of all below the path; without hosts, of all hosts that its parents have.

    Args:
        tenant: its namespace.
        hosts: the `hostnames`.
        name: of the HTTPRoute.
        path: a prefix.
        parents: references; default: the shared Gateway.
        backend_of: the namespace of the Service; default: the tenant's.
    """
    backend = {"name": SERVICE, "port": 80} | ({"namespace": backend_of} if backend_of else {})
    rule = {"matches": [{"path": {"type": "PathPrefix", "value": path}}], "backendRefs": [backend]}
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": tenant},
        "spec": {"parentRefs": parents or [at_gateway()], "hostnames": hosts, "rules": [rule]},
    }


def listener_set(
    tenant: str, host: str, *, name: str = OWN_LISTENERS, secret: str = SECRET, secret_of: str | None = None
) -> Manifest:
    """A ListenerSet at the shared Gateway: HTTPS on port 443 for one host, with the certificate of a Secret.

    Args:
        tenant: its namespace.
        host: its only hostname.
        name: of the ListenerSet.
        secret: of the certificate.
        secret_of: the namespace of the Secret; default: the tenant's.
    """
    reference = {"name": secret} | ({"namespace": secret_of} if secret_of else {})
    tls = {"mode": "Terminate", "certificateRefs": [reference]}
    return _listeners(tenant, name, {"name": "https", "port": 443, "protocol": "HTTPS", "hostname": host, "tls": tls})


def plain_listener_set(tenant: str, host: str, *, name: str) -> Manifest:
    """A ListenerSet at the shared Gateway: HTTP on port 80, on which the Gateway listens, too."""
    return _listeners(tenant, name, {"name": "http", "port": 80, "protocol": "HTTP", "hostname": host})


def certificate(tenant: str, authority: trustme.CA, *hosts: str, name: str = SECRET) -> Manifest:
    """The Secret of a certificate whose common name is `tenant/name`."""
    issued = authority.issue_cert(*hosts, common_name=f"{tenant}/{name}")
    chain = b"".join(pem.bytes() for pem in issued.cert_chain_pems)
    files = {"tls.crt": chain, "tls.key": issued.private_key_pem.bytes()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": name, "namespace": tenant},
        "data": {file: base64.b64encode(content).decode() for file, content in files.items()},
    }


def _listeners(tenant: str, name: str, *listeners: Manifest) -> Manifest:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "ListenerSet",
        "metadata": {"name": name, "namespace": tenant},
        "spec": {"parentRef": at_gateway(), "listeners": list(listeners)},
    }
