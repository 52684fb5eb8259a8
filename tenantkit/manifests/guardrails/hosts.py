"""Guardrail `hosts`: Ingresses and routes name only hosts that were granted to the tenant.

The granted hosts are an annotation of the Namespace. A catch-all (no host, a wildcard, a default backend) would answer
for other tenants' hosts. Annotations configure the controller itself (`server-snippet`, `server-alias`), so only listed
ones are allowed.
Source: pages "Ingress" and "Gateway API"; CVE-2021-25742 for snippets.
"""

from __future__ import annotations

from tenantkit.manifests.guardrails.cel import (
    annotations_of,
    is_same,
    may_not_manage,
    namespace_annotation,
    setting,
    text,
)
from tenantkit.manifests.guardrails.policy import Policy, Resources, Rule
from tenantkit.manifests.labels import HOSTS_ANNOTATION

_GATEWAY = "gateway.networking.k8s.io"
_ASK_FOR_HOST = "use a host that was granted to this tenant, or ask the platform team to grant it"
_CLASS_ANNOTATION = "kubernetes.io/ingress.class"

_COMMON = {"granted": namespace_annotation(HOSTS_ANNOTATION)}
# Only new annotations are checked: those that an object had before the rule stay.
_ANNOTATIONS = {
    "before": f"oldObject == null ? {{}} : {annotations_of('oldObject')}",
    "now": annotations_of("object"),
    "allowed": setting("annotations"),
    "refused_annotations": (
        "variables.now.filter(key, !(key in variables.before && variables.before[key] == variables.now[key]) "
        f"&& !key.startsWith('tenantkit.dev/') && key != {text(_CLASS_ANNOTATION)} && !variables.allowed.exists(it, "
        "it.endsWith('/*') ? key.startsWith(it.substring(0, size(it) - 1)) : key == it))"
    ),
}
_ANNOTATION_RULE = Rule(
    "size(variables.refused_annotations) == 0",
    "the annotation",
    "remove it, or ask the platform team to list it in its guardrails",
    values="variables.refused_annotations",
)

INGRESSES = Policy(
    "tenantkit-hosts",
    "hosts",
    [Resources("networking.k8s.io", ("ingresses", "ingresses/status"))],
    [may_not_manage()],
    [
        Rule(
            "variables.same || !has(object.spec.defaultBackend)",
            "a defaultBackend, which answers for every host,",
            "name a granted host in a rule",
        ),
        Rule(
            "variables.same || size(variables.hosts) > 0",
            "an Ingress without rules",
            "name a granted host in a rule",
        ),
        Rule(
            "variables.same || size(variables.refused) == 0",
            "an Ingress for host",
            _ASK_FOR_HOST,
            values="variables.refused",
        ),
        Rule(
            "variables.same || size(variables.refused_tls) == 0",
            "a certificate for host",
            _ASK_FOR_HOST,
            values="variables.refused_tls",
        ),
        Rule(
            "variables.same_classes || size(variables.refused_classes) == 0",
            "ingress class",
            "use a class that the platform lists",
            values="variables.refused_classes",
        ),
        _ANNOTATION_RULE,
    ],
    _COMMON
    | _ANNOTATIONS
    | {
        "same": is_same("spec"),
        "hosts": "has(object.spec.rules) ? object.spec.rules.map(rule, has(rule.host) ? rule.host : '') : []",
        "refused": (
            "variables.hosts.filter(host, !(host in variables.granted)).map(host, host == '' ? '(every host)' : host)"
        ),
        "refused_tls": (
            "has(object.spec.tls) ? object.spec.tls.filter(entry, has(entry.hosts) "
            "&& entry.hosts.exists(host, !(host in variables.granted)))"
            ".map(entry, entry.hosts.filter(host, !(host in variables.granted))[0]) : []"
        ),
        "classes": setting("ingress_classes"),
        "used_classes": (
            "(has(object.spec.ingressClassName) ? [object.spec.ingressClassName] : []) "
            f"+ ({text(_CLASS_ANNOTATION)} in variables.now ? [variables.now[{text(_CLASS_ANNOTATION)}]] : [])"
        ),
        "same_classes": (
            "variables.same && (!("
            f"{text(_CLASS_ANNOTATION)} in variables.now) || ({text(_CLASS_ANNOTATION)} in variables.before "
            f"&& variables.before[{text(_CLASS_ANNOTATION)}] == variables.now[{text(_CLASS_ANNOTATION)}]))"
        ),
        "refused_classes": (
            "size(variables.classes) == 0 ? [] : (size(variables.used_classes) == 0 ? ['(none)'] "
            ": variables.used_classes.filter(it, !(it in variables.classes)))"
        ),
    },
)

ROUTES = Policy(
    "tenantkit-hosts-routes",
    "hosts",
    [
        Resources(
            _GATEWAY,
            ("httproutes", "httproutes/status", "grpcroutes", "grpcroutes/status", "tlsroutes", "tlsroutes/status"),
            ("*",),
        )
    ],
    [may_not_manage()],
    [
        Rule(
            "variables.same || size(variables.hosts) > 0",
            "a route without hostnames, which answers for every host,",
            "name a granted host in spec.hostnames",
        ),
        Rule(
            "variables.same || size(variables.refused) == 0",
            "a route for host",
            _ASK_FOR_HOST,
            values="variables.refused",
        ),
        Rule(
            "variables.same || size(variables.refused_gateways) == 0",
            "a route on Gateway",
            "use a Gateway that the platform lists in spec.parentRefs",
            values="variables.refused_gateways",
        ),
        _ANNOTATION_RULE,
    ],
    _COMMON
    | _ANNOTATIONS
    | {
        "same": is_same("spec"),
        "hosts": "has(object.spec.hostnames) ? object.spec.hostnames : []",
        "refused": "variables.hosts.filter(host, !(host in variables.granted))",
        "gateways": setting("gateways"),
        "parents": (
            "has(object.spec.parentRefs) ? object.spec.parentRefs.map(it, "
            "(has(it.namespace) ? it.namespace : request.namespace) + '/' + it.name) : []"
        ),
        "refused_gateways": (
            "size(variables.gateways) == 0 ? [] : variables.parents.filter(it, !(it in variables.gateways))"
        ),
    },
)

LISTENERS = Policy(
    "tenantkit-hosts-listeners",
    "hosts",
    [
        Resources(_GATEWAY, ("gateways", "listenersets"), ("*",)),
        Resources("gateway.networking.x-k8s.io", ("xlistenersets",), ("*",)),
    ],
    [may_not_manage()],
    [
        Rule(
            "variables.same || size(variables.refused) == 0",
            "a listener for host",
            _ASK_FOR_HOST,
            values="variables.refused",
        ),
    ],
    _COMMON
    | {
        "same": is_same("spec"),
        "hosts": "has(object.spec.listeners) ? object.spec.listeners.map(it, has(it.hostname) ? it.hostname : '') : []",
        "refused": (
            "variables.hosts.filter(host, !(host in variables.granted)).map(host, host == '' ? '(every host)' : host)"
        ),
    },
)

POLICIES = (INGRESSES, ROUTES, LISTENERS)
