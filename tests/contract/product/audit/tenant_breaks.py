"""One break for each check of a tenant that a server lets an administrator make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.findings.audit.comparison import NETWORK_POLICIES, QUOTA_CLASSES
from tenantkit.manifests.access import binding_name
from tests.contract.product.audit.breaks import Break, Create, Delete, Patch, Wait, add, label_path, remove, replace
from tests.contract.product.audit.objects import (
    EVERYBODY,
    MALLORY,
    binding,
    deployment,
    ingress,
    namespace,
    pod,
    policy,
    role,
    rule,
    service,
)
from tests.contract.tenants import OWNER, tenant

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.product.audit.breaks import Operation

EDITOR = "eve@example.com"
GRANT = label_path("annotations", "tenantkit.dev/grant")
HOSTS = label_path("annotations", "tenantkit.dev/hosts")
QUOTA = "tenantkit-quota"
OWNERS, EDITORS = binding_name("owner", OWNER), binding_name("editor", EDITOR)
_HELD = ["example.com/held"]
_UNBOUND = frozenset({"quota-counts-everything", *QUOTA_CLASSES})


def hard(entry: str, value: str) -> Patch:
    """Change one entry of the tenant's quota."""
    return Patch("ResourceQuota", QUOTA, {"spec": {"hard": {entry: value}}})


def labelled(key: str, value: str | None) -> Patch:
    return Patch("Namespace", "", {"metadata": {"labels": {key: value}}})


def other_namespace(name: str, tenant_name: str, **annotations: str) -> Create:
    labels = {"app.kubernetes.io/managed-by": "tenantkit", "tenantkit.dev/tenant": tenant_name}
    return Create(namespace(f"{name}-b", labels, {f"tenantkit.dev/{key}": value for key, value in annotations.items()}))


def released(kind: str, name: str) -> list[Operation]:
    """Remove the finalizers of an object, so that its namespace can be deleted."""
    return [Patch(kind, name, {"metadata": {"finalizers": None}})]


def _deleted(policy_name: str) -> Callable[[str], list[Delete]]:
    return lambda _: [Delete("NetworkPolicy", policy_name)]


def _opened_to_all(policy_name: str) -> Callable[[str], list[Patch]]:
    direction = "egress" if policy_name in ("tenantkit-dns", "tenantkit-egress") else "ingress"
    return lambda _: [Patch("NetworkPolicy", policy_name, [add(f"/spec/{direction}", [{}])])]


NAMESPACE = (
    Break(
        "namespace-active",
        lambda _: [
            Create({"kind": "ConfigMap", "metadata": {"name": "held", "finalizers": _HELD}}),
            Delete("Namespace", ""),
            Wait("ResourceQuota", QUOTA),
        ],
        also=frozenset({"quota-counts-everything"}),
        after=lambda _: released("ConfigMap", "held"),
    ),
    Break("grant-readable", lambda _: [Patch("Namespace", "", [replace(GRANT, "{")])], case="broken"),
    Break("grant-readable", lambda _: [Patch("Namespace", "", [remove(GRANT)])], case="removed"),
    Break("grant-fits", lambda name: [_granted(tenant(name, size="huge").grant_json())], case="size"),
    Break("grant-fits", lambda name: [_granted(tenant(f"{name}-x").grant_json())], case="name"),
    Break("grant-not-expired", lambda name: [_granted(tenant(name, expires="2020-01-01T00:00:00Z").grant_json())]),
    Break("one-namespace", lambda name: [other_namespace(name, name)], after=lambda name: [_gone(name)]),
    Break(
        "hosts-granted-once",
        lambda name: [other_namespace(name, f"{name}-b", hosts=f"{name}.example.ai")],
        after=lambda name: [_gone(name)],
    ),
    Break("hosts-annotation", lambda _: [Patch("Namespace", "", [replace(HOSTS, "other.example.ai")])]),
    Break("namespace-labels", lambda _: [labelled("tenantkit.dev/team", "another")]),
    Break("foreign-labels", lambda _: [labelled("istio-injection", "enabled")]),
    Break("pod-security-enforced", lambda _: [labelled("pod-security.kubernetes.io/enforce", None)], case="removed"),
    Break(
        "pod-security-enforced", lambda _: [labelled("pod-security.kubernetes.io/enforce", "privileged")], case="lower"
    ),
    Break(
        "pod-security-enforced", lambda _: [labelled("pod-security.kubernetes.io/enforce-version", "v1.20")], case="old"
    ),
    Break("pod-security-reported", lambda _: [labelled("pod-security.kubernetes.io/warn", "privileged")]),
    Break(
        "drift", lambda _: [Patch("ServiceAccount", "workload", [remove(label_path("labels", "tenantkit.dev/tenant"))])]
    ),
)
QUOTAS = (
    Break("quota-whole", lambda _: [Delete("ResourceQuota", QUOTA)], also=_UNBOUND, case="deleted"),
    Break("quota-compute", lambda _: [hard("requests.cpu", "1000")]),
    Break("quota-storage", lambda _: [hard("requests.storage", "100Ti")]),
    Break(
        "quota-accelerators", lambda _: [Patch("ResourceQuota", QUOTA, [remove("/spec/hard/requests.nvidia.com~1gpu")])]
    ),
    Break("quota-services", lambda _: [hard("services.nodeports", "5")]),
    Break("quota-objects", lambda _: [hard("pods", "10000")]),
    Break(
        "quota-counts-everything",
        lambda _: [Patch("ResourceQuota", QUOTA, [remove("/spec/hard/count~1configmaps")])],
        also=frozenset({"quota-objects"}),
    ),
    Break("quota-priority", lambda _: [Delete("ResourceQuota", "tenantkit-priority")], case="deleted"),
    Break(
        "quota-priority",
        lambda _: [Patch("ResourceQuota", "tenantkit-priority", {"spec": {"hard": {"pods": "5"}}})],
        case="raised",
    ),
    Break("limit-range", lambda _: [Delete("LimitRange", "tenantkit-limits")], case="deleted"),
    Break("limit-range", lambda _: [Patch("LimitRange", "tenantkit-limits", [remove("/spec/limits/1")])], case="less"),
    Break(
        "foreign-limits",
        lambda _: [Create({"kind": "ResourceQuota", "metadata": {"name": "second"}, "spec": {"hard": {"pods": "9"}}})],
    ),
)
NETWORK = (
    *(Break(code, _deleted(name), case="deleted") for name, code in NETWORK_POLICIES.items()),
    *(Break(code, _opened_to_all(name), case="opened") for name, code in NETWORK_POLICIES.items()),
    Break(
        "network-default-deny",
        lambda _: [_selecting("tenantkit-default-deny")],
        also=frozenset({"network-selects-something"}),
        case="selects-less",
    ),
    Break("network-opened", lambda _: [Create(policy("open", policyTypes=["Ingress"], ingress=[{}]))], case="all"),
    Break(
        "network-opened",
        lambda _: [Create(policy("open", policyTypes=["Ingress"], ingress=[{"from": [{"namespaceSelector": {}}]}]))],
        case="namespaces",
    ),
    Break(
        "network-opened",
        lambda _: [
            Create(policy("open", policyTypes=["Egress"], egress=[{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]))
        ],
        case="addresses",
    ),
    Break(
        "network-selects-something",
        lambda _: [Create(policy("nobody", podSelector={"matchLabels": {"app": "none"}}, policyTypes=["Ingress"]))],
    ),
    Break(
        "network-one-direction",
        lambda _: [
            Create(
                policy("half", policyTypes=["Ingress", "Egress"], ingress=[{"from": [{"podSelector": {}}]}]),
            )
        ],
    ),
)
PEOPLE = (
    Break("owners-as-granted", lambda _: [Create(binding("mallory", "tenantkit-owner", MALLORY))]),
    Break("owners-bound", lambda _: [Delete("RoleBinding", OWNERS)]),
    Break("members-as-named", lambda _: [Patch("RoleBinding", EDITORS, [add("/subjects/-", MALLORY)])], case="editor"),
    Break("members-as-named", lambda _: [Patch("RoleBinding", OWNERS, [add("/subjects/-", MALLORY)])], case="owner"),
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
TENANT_BREAKS = (*NAMESPACE, *QUOTAS, *NETWORK, *PEOPLE, *ROUTES, *SERVICES, *WORKLOADS)


def _granted(text: str) -> Patch:
    return Patch("Namespace", "", [replace(GRANT, text)])


def _gone(name: str) -> Delete:
    return Delete("Namespace", f"{name}-b")


def _selecting(name: str) -> Patch:
    return Patch("NetworkPolicy", name, [replace("/spec/podSelector", {"matchLabels": {"app": "few"}})])


def _slice(labels: dict[str, str]) -> dict[str, object]:
    return {
        "kind": "EndpointSlice",
        "metadata": {"name": "x-by-hand", "labels": labels},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["203.0.113.9"]}],
        "ports": [{"port": 80}],
    }
