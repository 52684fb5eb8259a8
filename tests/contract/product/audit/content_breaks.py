"""Breaks by what lies in a tenant's namespace: bindings, routes, Services, workloads and claims."""

from __future__ import annotations

from tenantkit.manifests.access import binding_name
from tests.contract.product.audit.breaks import Break, Create, Delete, Patch, add
from tests.contract.product.audit.objects import (
    EVERYBODY,
    MALLORY,
    binding,
    deployment,
    ingress,
    pod,
    role,
    rule,
    service,
)
from tests.contract.product.audit.wall_breaks import EDITOR, hard, released
from tests.contract.tenants import OWNER

OWNERS, EDITORS = binding_name("owner", OWNER), binding_name("editor", EDITOR)
INDEX = "tenantkit-index"
_HELD = ["example.com/held"]

PEOPLE = (
    Break("owners-as-granted", lambda _: [Create(binding("mallory", "tenantkit-owner", MALLORY))]),
    Break("owners-bound", lambda _: [Delete("RoleBinding", OWNERS)]),
    Break("members-as-named", lambda _: [Patch("RoleBinding", EDITORS, [add("/subjects/-", MALLORY)])], case="editor"),
    Break("members-as-named", lambda _: [Patch("RoleBinding", OWNERS, [add("/subjects/-", MALLORY)])], case="owner"),
    Break("index", lambda name: [Patch("RoleBinding", f"tenant-{name}", [add("/subjects/-", MALLORY)], INDEX)]),
    Break("index", lambda name: [Delete("Role", f"owners-{name}", INDEX)], case="deleted"),
    Break("members-by-tenantkit", lambda _: [Create(binding("by-hand", "tenantkit-editor", MALLORY))]),
    Break(
        "other-roles-bound",
        lambda _: [Create(role("reader", "", "pods", "get")), Create(binding("more", "reader", MALLORY, kind="Role"))],
    ),
    Break(
        "others-without-power",
        lambda _: [
            Create(role("reader", "", "secrets", "get")),
            Create(binding("more", "reader", MALLORY, kind="Role")),
        ],
        also=frozenset({"other-roles-bound"}),
        case="secrets",
    ),
    Break(
        "others-without-power",
        lambda _: [Create(binding("more", "cluster-admin", MALLORY))],
        also=frozenset({"other-roles-bound"}),
        case="everything",
    ),
    Break(
        "system-subjects",
        lambda _: [Create(binding("all", "tenantkit-viewer", EVERYBODY))],
        also=frozenset({"members-by-tenantkit"}),
        case="group",
    ),
    Break(
        "system-subjects",
        lambda _: [Create(binding("all", "tenantkit-viewer", EVERYBODY | {"kind": "User", "name": "system:admin"}))],
        also=frozenset({"members-by-tenantkit"}),
        case="user",
    ),
    Break(
        "accounts-of-others",
        lambda _: [
            Create(
                binding("sa", "tenantkit-viewer", {"kind": "ServiceAccount", "name": "default", "namespace": "default"})
            )
        ],
        also=frozenset({"members-by-tenantkit"}),
    ),
    Break(
        "bindings-without-finalizers",
        lambda _: [Patch("RoleBinding", OWNERS, {"metadata": {"finalizers": _HELD}})],
        after=lambda _: released("RoleBinding", OWNERS),
    ),
    Break(
        "bindings-deleted",
        lambda _: [
            Patch("RoleBinding", OWNERS, {"metadata": {"finalizers": _HELD}}),
            Delete("RoleBinding", OWNERS),
        ],
        after=lambda _: released("RoleBinding", OWNERS),
    ),
    Break(
        "roles-in-namespace",
        lambda _: [Create(role("sharp", "", "resourcequotas", "update"))],
    ),
    Break(
        "default-account-token",
        lambda _: [Patch("ServiceAccount", "default", {"automountServiceAccountToken": True})],
    ),
    Break(
        "token-secrets",
        lambda _: [
            Create(
                {
                    "kind": "Secret",
                    "metadata": {"name": "token", "annotations": {"kubernetes.io/service-account.name": "workload"}},
                    "type": "kubernetes.io/service-account-token",
                }
            )
        ],
    ),
)
ROUTES = (
    Break(
        "ingress-hosts",
        lambda _: [Create(ingress("x", {"rules": [rule("bank.example.ai")]}))],
        also=frozenset({"foreign-routes"}),
    ),
    Break(
        "ingress-wildcards",
        lambda _: [Create(ingress("x", {"rules": [rule(None)]}))],
        also=frozenset({"foreign-routes"}),
        case="no-host",
    ),
    Break(
        "ingress-wildcards",
        lambda _: [Create(ingress("x", {"rules": [rule("*.example.ai")]}))],
        also=frozenset({"foreign-routes"}),
        case="wildcard",
    ),
    Break(
        "ingress-default-backend",
        lambda name: [
            Create(
                ingress(
                    "x",
                    {
                        "defaultBackend": {"service": {"name": "ai-service", "port": {"number": 80}}},
                        "rules": [rule(f"{name}.example.ai")],
                    },
                )
            )
        ],
        also=frozenset({"foreign-routes"}),
    ),
    Break(
        "ingress-tls-hosts",
        lambda name: [
            Create(
                ingress(
                    "x",
                    {"tls": [{"hosts": ["bank.example.ai"], "secretName": "x"}], "rules": [rule(f"{name}.example.ai")]},
                )
            )
        ],
        also=frozenset({"foreign-routes"}),
    ),
    Break(
        "ingress-annotations",
        lambda name: [
            Create(
                ingress(
                    "x",
                    {"rules": [rule(f"{name}.example.ai")]},
                    annotations={"nginx.ingress.kubernetes.io/server-snippet": "return 200;"},
                )
            )
        ],
        also=frozenset({"foreign-routes"}),
    ),
    Break("foreign-routes", lambda name: [Create(ingress("x", {"rules": [rule(f"{name}.example.ai")]}))]),
)
SERVICES = (
    Break(
        "service-external-name",
        lambda _: [Create(service("x", type="ExternalName", externalName="api.bank.example.ai"))],
    ),
    Break("service-external-ips", lambda _: [Create(service("x", externalIPs=["203.0.113.7"]))]),
    Break(
        "service-node-port",
        lambda _: [
            hard("services.nodeports", "5"),
            Create(service("x", type="NodePort")),
            hard("services.nodeports", "0"),
        ],
    ),
    Break(
        "service-load-balancer",
        lambda _: [
            hard("services.loadbalancers", "5"),
            hard("services.nodeports", "5"),
            Create(service("x", type="LoadBalancer")),
            hard("services.loadbalancers", "0"),
            hard("services.nodeports", "0"),
        ],
    ),
    Break("endpoints-by-hand", lambda _: [Create(_slice({}))], case="unlabelled"),
    Break(
        "endpoints-by-hand",
        lambda _: [
            Create(service("x")),
            Create(
                _slice(
                    {
                        "kubernetes.io/service-name": "x",
                        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
                    }
                )
            ),
        ],
        case="labelled",
    ),
)
WORKLOADS = (
    Break("pod-system-priority", lambda _: [Create(deployment("x", priorityClassName="system-node-critical"))]),
    Break("pod-priority-classes", lambda _: [Create(deployment("x", priorityClassName="gold"))]),
    Break("pod-node-name", lambda _: [Create(deployment("x", nodeName="gpu-1"))], case="template"),
    Break("pod-node-name", lambda _: [Create(pod("x", nodeName="gpu-1"))], case="pod"),
    Break("pod-tolerations", lambda _: [Create(deployment("x", tolerations=[{"operator": "Exists"}]))], case="all"),
    Break(
        "pod-tolerations",
        lambda _: [
            Create(
                deployment("x", tolerations=[{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}])
            )
        ],
        case="control-plane",
    ),
    Break(
        "pod-volumes",
        lambda _: [
            Create(deployment("x", volumes=[{"name": "v", "nfs": {"server": "nfs.example.ai", "path": "/home"}}]))
        ],
        case="nfs",
    ),
    Break(
        "pod-volumes",
        lambda _: [Create(deployment("x", volumes=[{"name": "v", "csi": {"driver": "csi.example.com"}}]))],
        case="csi",
    ),
    Break(
        "pod-volumes",
        lambda _: [Create(deployment("x", volumes=[{"name": "v", "hostPath": {"path": "/"}}]))],
        also=frozenset({"pod-security-met"}),
        case="host",
    ),
    Break("pod-security-met", lambda _: [Create(deployment("x", container={"securityContext": {"privileged": True}}))]),
    Break(
        "claim-volume-name",
        lambda _: [
            Create(
                {
                    "kind": "PersistentVolumeClaim",
                    "metadata": {"name": "x"},
                    "spec": {
                        "accessModes": ["ReadWriteOnce"],
                        "resources": {"requests": {"storage": "1Gi"}},
                        "storageClassName": "",
                        "volumeName": "of-another-tenant",
                    },
                }
            )
        ],
    ),
)


def _slice(labels: dict[str, str]) -> dict[str, object]:
    return {
        "kind": "EndpointSlice",
        "metadata": {"name": "x-by-hand", "labels": labels},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["203.0.113.9"]}],
        "ports": [{"port": 80}],
    }
