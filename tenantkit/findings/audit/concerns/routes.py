"""Routes: which hosts a tenant's Ingresses and HTTPRoutes ask for, and with which controller's settings.

Source: pages "Ingress" and "Gateway API"; CVE-2021-25742 and CVE-2023-5044 for annotations of ingress-nginx.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.audit.check import Check, Evidence, cut
from tenantkit.findings.audit.concerns.planned import planned_check
from tenantkit.findings.audit.fields import annotations_of, items, mapping, name_of, texts
from tenantkit.findings.audit.view import PLATFORM, SPEC
from tenantkit.hints import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.findings.audit.check import Found
    from tenantkit.findings.audit.view import TenantView
    from tenantkit.rules.manifest import Manifest

_INGRESS, _ROUTE = "Ingress", "HTTPRoute"
_CHANGE = Message("change or delete it, or grant the host to this tenant")
_OURS = "tenantkit.dev/"


def _asks_for_granted_hosts(view: TenantView) -> Iterator[Found]:
    for ingress in view.of(_INGRESS):
        for place, rule in enumerate(items(ingress, "spec", "rules")):
            host = rule.get("host")
            if host and not str(host).startswith("*") and host not in view.hosts:
                yield Evidence(name_of(ingress), f"spec.rules[{place}].host", cut(repr(host)))


def _asks_for_no_wildcard(view: TenantView) -> Iterator[Found]:
    for ingress in view.of(_INGRESS):
        for place, rule in enumerate(items(ingress, "spec", "rules")):
            host = rule.get("host")
            if not host or (str(host).startswith("*") and host not in view.hosts):
                yield Evidence(name_of(ingress), f"spec.rules[{place}].host", f"{host!r}" if host else "every host")


def _has_no_default_backend(view: TenantView) -> Iterator[Found]:
    for ingress in view.of(_INGRESS):
        if mapping(ingress, "spec", "defaultBackend"):
            yield Evidence(name_of(ingress), "spec.defaultBackend", "answers for every host")


def _has_granted_tls_hosts(view: TenantView) -> Iterator[Found]:
    for ingress in view.of(_INGRESS):
        for place, entry in enumerate(items(ingress, "spec", "tls")):
            foreign = sorted({str(host) for host in entry.get("hosts") or ()} - view.hosts)
            if foreign:
                yield Evidence(name_of(ingress), f"spec.tls[{place}].hosts", cut(", ".join(foreign)))


def _has_allowed_annotations(view: TenantView) -> Iterator[Found]:
    allowed = (*view.platform.routing.annotations, *view.platform.guardrails.annotations)
    for ingress in view.of(_INGRESS):
        for key, value in sorted(annotations_of(ingress).items()):
            if not key.startswith(_OURS) and not any(_is_listed(key, pattern) for pattern in allowed):
                yield Evidence(name_of(ingress), f"metadata.annotations[{key}]", cut(value))


def _is_listed(key: str, pattern: str) -> bool:
    """Whether an annotation is one of the list's, which may end in `/*`."""
    return key == pattern or (pattern.endswith("/*") and key.startswith(pattern.removesuffix("*")))


def _has_allowed_class(view: TenantView) -> Iterator[Found]:
    wanted = view.platform.routing.ingress_class
    allowed = {*view.platform.guardrails.ingress_classes, *([wanted] if wanted else ())}
    for ingress in view.of(_INGRESS):
        found = mapping(ingress, "spec").get("ingressClassName")
        if allowed and found is not None and found not in allowed:
            yield Evidence(name_of(ingress), "spec.ingressClassName", repr(found))


def _http_routes_have_granted_hosts(view: TenantView) -> Iterator[Found]:
    for route in view.of(_ROUTE):
        hosts = texts(route, "spec", "hostnames")
        if not hosts:
            yield Evidence(name_of(route), "spec.hostnames", "every host of its Gateway")
        for place, host in enumerate(hosts):
            if host not in view.hosts:
                yield Evidence(name_of(route), f"spec.hostnames[{place}]", cut(repr(host)))


def _http_routes_stay_inside(view: TenantView) -> Iterator[Found]:
    """Backends in other namespaces, and parents that are not the platform's Gateway."""
    allowed = {*view.platform.guardrails.gateways}
    gateway = view.platform.routing.gateway
    if gateway is not None:
        allowed.add(f"{gateway.namespace}/{gateway.name}")
    for route in view.of(_ROUTE):
        for place, parent in enumerate(items(route, "spec", "parentRefs")):
            home = parent.get("namespace") or view.name
            if f"{home}/{parent.get('name')}" not in allowed:
                yield Evidence(name_of(route), f"spec.parentRefs[{place}]", f"{parent.get('name')!r} in {home!r}")
        yield from _backends(view, route)


def _backends(view: TenantView, route: Manifest) -> Iterator[Found]:
    for place, rule in enumerate(items(route, "spec", "rules")):
        for number, backend in enumerate(items(rule, "backendRefs")):
            home = backend.get("namespace") or view.name
            if home != view.name:
                field = f"spec.rules[{place}].backendRefs[{number}].namespace"
                yield Evidence(name_of(route), field, repr(home))


def _hosts_are_granted_once(view: TenantView) -> Iterator[Found]:
    for host in sorted(view.hosts):
        for other in view.cluster.host_holders.get(host, ()):
            if other != view.name:
                yield Evidence(f"Namespace/{other}", "metadata.annotations[tenantkit.dev/hosts]", f"also has {host!r}")


CHECKS = (
    Check(
        "hosts-granted-once",
        "routes",
        "critical",
        "No other tenant was granted one of this tenant's hosts.",
        Message("take the host from one of the tenants: change its hosts, then plan and apply it"),
        _hosts_are_granted_once,
        ("Namespace*", SPEC),
    ),
    Check(
        "ingress-hosts",
        "routes",
        "critical",
        "Ingresses ask only for hosts that the tenant was granted.",
        _CHANGE,
        _asks_for_granted_hosts,
        (_INGRESS, SPEC),
    ),
    Check(
        "ingress-wildcards",
        "routes",
        "critical",
        "No Ingress asks for every host or for a wildcard.",
        Message("give the rule one of the tenant's hosts, or delete the Ingress"),
        _asks_for_no_wildcard,
        (_INGRESS, SPEC),
    ),
    Check(
        "ingress-default-backend",
        "routes",
        "critical",
        "No Ingress has a default backend, which answers for every host.",
        Message("remove spec.defaultBackend"),
        _has_no_default_backend,
        (_INGRESS,),
    ),
    Check(
        "ingress-tls-hosts",
        "routes",
        "high",
        "Certificates of Ingresses are for granted hosts only.",
        _CHANGE,
        _has_granted_tls_hosts,
        (_INGRESS, SPEC),
    ),
    Check(
        "ingress-annotations",
        "routes",
        "high",
        "Ingresses have only annotations that the platform allows, since others can configure the controller for all.",
        Message("remove the annotation, or allow it in the platform's guardrails"),
        _has_allowed_annotations,
        (_INGRESS, PLATFORM),
    ),
    Check(
        "ingress-class",
        "routes",
        "medium",
        "Ingresses have a class that the platform allows.",
        Message("remove spec.ingressClassName, or allow the class in the platform's guardrails"),
        _has_allowed_class,
        (_INGRESS, PLATFORM),
    ),
    Check(
        "http-route-hosts",
        "routes",
        "critical",
        "HTTPRoutes ask only for hosts that the tenant was granted, and for at least one.",
        _CHANGE,
        _http_routes_have_granted_hosts,
        (_ROUTE, SPEC),
    ),
    Check(
        "http-route-references",
        "routes",
        "high",
        "HTTPRoutes attach to the platform's Gateway only, and send to Services of their own namespace.",
        Message("change spec.parentRefs and backendRefs, or delete the HTTPRoute"),
        _http_routes_stay_inside,
        (_ROUTE, PLATFORM),
    ),
    planned_check(
        "foreign-routes",
        "routes",
        "low",
        "Each Ingress and HTTPRoute is one of the tenant's routes.",
        _INGRESS,
        _ROUTE,
        what_to_do=Message("add it to the tenant's routes, or delete it"),
    ),
)
