"""The grammar of Services, Ingresses and NetworkPolicies."""

from __future__ import annotations

from typing import Any

from tests.differential.kinds import RUN, Kind

_NET, _NET_V1 = "/apis/networking.k8s.io/v1", "networking.k8s.io/v1"
_BACKEND: Any = {"service": {"name": "a", "port": {"number": 80}}}


def rule(path: Any = "/x", path_type: Any = "Prefix", backend: Any = None, **fields: Any) -> Any:
    """A rule of an Ingress with one path."""
    return {"http": {"paths": [{"path": path, "pathType": path_type, "backend": backend or _BACKEND}]}, **fields}


KINDS = (
    Kind(
        "/api/v1",
        "v1",
        "Service",
        "services",
        needs={
            "spec.ports": (
                [{"port": 80}],
                [{"port": 80, "targetPort": "http"}],
                [{"name": "a", "port": 80}, {"name": "b", "port": 443, "protocol": "TCP", "targetPort": 8443}],
                [{"name": "u", "port": 53, "protocol": "UDP"}, {"name": "t", "port": 53}],
            ),
        },
        may={
            "spec.selector": ({"app": "x"}, {"app": "y"}, {}),
            "spec.type": ("ClusterIP",),
            "spec.sessionAffinity": ("ClientIP", "None"),
            "spec.publishNotReadyAddresses": (True,),
        },
        wrong={
            "spec.ports": (
                [],
                None,
                [{"port": 0}],
                [{"port": 65536}],
                [{"port": "80"}],
                [{"port": 80, "protocol": "Nope"}],
                [{"port": 80}, {"port": 81}],
                [{"name": "a", "port": 80}, {"name": "a", "port": 81}],
                [{"name": "a", "port": 80}, {"name": "b", "port": 80}],
                [{"name": "Bad_Name", "port": 80}],
                [{"port": 80, "targetPort": 0}],
                [{"port": 80, "targetPort": "Bad_Name"}],
                [{"port": 80, "targetPort": True}],
            ),
            "spec.selector": ({"bad key": "x"}, {"app": "b c"}, {"app": 1}),
            "spec.type": ("Nope", "ExternalName", "", 1),
            "spec.sessionAffinity": ("Nope",),
            "spec.externalName": ("Bad_Name",),
            "spec.internalTrafficPolicy": ("Nope",),
            "spec.externalTrafficPolicy": ("Cluster", "Local"),
            "spec": (None, {}, "x"),
        },
        status={"status.loadBalancer": ({"ingress": [{"ip": "192.0.2.1"}]}, {"ingress": [{"ip": "x"}]}, {})},
        fields=("spec.type", "spec.clusterIP"),
        weight=3,
    ),
    Kind(
        _NET,
        _NET_V1,
        "Ingress",
        "ingresses",
        needs={
            "spec.rules": (
                [rule(host="a.example.com")],
                [rule(host="*.example.com"), rule("/", "Exact")],
                [rule(backend={"service": {"name": "a", "port": {"name": "http"}}})],
                [
                    rule(
                        None,
                        "ImplementationSpecific",
                        {"resource": {"kind": "Bucket", "name": "b", "apiGroup": "example.com"}},
                    )
                ],
            ),
        },
        may={
            "spec.ingressClassName": (f"{RUN}-a", f"{RUN}-b"),
            "spec.tls": ([{"hosts": ["a.example.com"], "secretName": "a"}], [{}]),
            "spec.defaultBackend": (_BACKEND,),
            "metadata.annotations": ({"kubernetes.io/ingress.class": "x"}, {"note": "1"}),
        },
        wrong={
            "spec.rules": (
                None,
                [rule("x")],
                [rule("/x", "Nope")],
                [rule("/x", None)],
                [rule("/a//b")],
                [rule("/a/../b")],
                [rule(host="Bad_Host")],
                [rule(host="192.0.2.1")],
                [rule(host="a.*.com")],
                [rule(backend={"service": {"name": "", "port": {}}})],
                [rule(backend={"service": {"name": "a", "port": {"number": 80, "name": "x"}}})],
                [rule(backend={"service": {"name": "a", "port": {"number": 0}}})],
                [rule(backend={"service": {"name": "Bad_Name", "port": {"number": 80}}})],
                [rule(backend={"resource": {"kind": "", "name": ""}})],
                [rule(backend={"resource": {"kind": "x", "name": "y"}, "service": {"name": "a"}})],
                [{"http": {"paths": []}}],
                [{"http": {}}],
                [{"host": "a.example.com"}],
                "x",
            ),
            "spec.ingressClassName": ("Bad_Class", ""),
            "spec.tls": ([{"hosts": ["Bad_Host"]}], [{"hosts": [""]}], [{"secretName": "Bad_Name"}]),
            "spec.defaultBackend": ({}, {"service": {"name": "a"}}),
            "spec": (None, {}),
        },
        status={
            "status.loadBalancer": (
                {"ingress": [{"ip": "192.0.2.1"}]},
                {"ingress": [{"ip": "x"}]},
                {"ingress": [{"hostname": "h.example.com"}]},
                {},
            )
        },
        weight=3,
    ),
    Kind(
        _NET,
        _NET_V1,
        "IngressClass",
        "ingressclasses",
        needs={"spec.controller": ("example.com/one", "example.com/two")},
        may={
            "spec.parameters": (
                {"kind": "Parameters", "name": "p"},
                {"apiGroup": "example.com", "kind": "P", "name": "p", "scope": "Namespace", "namespace": "n"},
            ),
        },
        wrong={
            "spec.controller": ("", "one", "Bad/x y", None, "x" * 251),
            "spec.parameters": (
                {},
                {"kind": "P", "name": "p", "scope": "Nope"},
                {"kind": "P", "name": "p", "scope": "Namespace"},
                {"kind": "a/b", "name": ""},
            ),
        },
        namespaced=False,
        weight=1,
    ),
    Kind(
        _NET,
        _NET_V1,
        "NetworkPolicy",
        "networkpolicies",
        needs={
            "spec.podSelector": (
                {},
                {"matchLabels": {"app": "x"}},
                {"matchExpressions": [{"key": "app", "operator": "In", "values": ["x"]}]},
            )
        },
        may={
            "spec.policyTypes": (["Ingress"], ["Ingress", "Egress"], ["Egress"]),
            "spec.ingress": (
                [{}],
                [{"from": [{"podSelector": {}}]}],
                [
                    {
                        "from": [{"namespaceSelector": {"matchLabels": {"team": "x"}}}],
                        "ports": [{"port": 80}, {"port": "http", "protocol": "UDP"}],
                    }
                ],
            ),
            "spec.egress": (
                [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]}],
                [{"ports": [{"port": 1, "endPort": 9}]}],
            ),
        },
        wrong={
            "spec.podSelector": (
                {"matchLabels": {"bad key": "x"}},
                {"matchExpressions": [{"key": "a", "operator": "In"}]},
                {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["x"]}]},
                {"matchExpressions": [{"key": "a", "operator": "Nope"}]},
                "x",
            ),
            "spec.policyTypes": (["Nope"], ["Ingress", "Egress", "Ingress"], "Ingress"),
            "spec.ingress": (
                [{"from": [{}]}],
                [{"from": [{"podSelector": {}, "ipBlock": {"cidr": "10.0.0.0/8"}}]}],
                [{"ports": [{"port": 0}]}],
                [{"ports": [{"port": "Bad_Port", "protocol": "Nope"}]}],
                [{"ports": [{"port": "http", "endPort": 90}]}],
                [{"ports": [{"port": 90, "endPort": 80}]}],
                "x",
            ),
            "spec.egress": (
                [{"to": [{"ipBlock": {"cidr": "x"}}]}],
                [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/8"]}}]}],
                [{"to": [{"ipBlock": {"cidr": ""}}]}],
            ),
            "spec": (None, "x"),
        },
    ),
)
