"""Requests that a guardrail denies, and similar ones that it lets through."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from tests.contract.api.kind_samples import ONCE, POD, SELECTOR, changed

Json = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"
BACKEND = {"service": {"name": "web", "port": {"number": 80}}}
PATHS = {"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": BACKEND}]}}
INGRESS = {"ingressClassName": "shared", "rules": [{"host": "NAME.example.ai", **PATHS}]}
PORTS = [{"port": 80}]
ROLE_REF = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "tenantkit-viewer"}
EVE = {"apiGroup": RBAC, "kind": "User", "name": "eve@example.com"}
# custom resources need their kind in the body
_KINDS = {"httproutes": "HTTPRoute"}
PARENT = {"namespace": "infra", "name": "edge"}


@dataclass(frozen=True)
class Case:
    """An object to create in the tenant's namespace; NAME and OTHER stand for the tenants.

    Args:
        resource: API version and plural.
        fields: besides apiVersion, kind and name.
        words: that the denial has; empty for a request that is let through.
    """

    resource: str
    fields: Json
    words: str = ""

    def path(self, namespace: str) -> str:
        """The path of the collection."""
        version, _, plural = self.resource.rpartition("/")
        root = "apis" if "/" in version else "api"
        return f"/{root}/{version}/namespaces/{namespace}/{plural}"

    def body(self) -> Json:
        """The object."""
        version, _, plural = self.resource.rpartition("/")
        head: Json = {"apiVersion": version, "kind": _KINDS[plural]} if plural in _KINDS else {}
        body = head | copy.deepcopy(self.fields)
        body.setdefault("metadata", {}).setdefault("name", "tried")
        return body


def ingress(words: str = "", **changes: Any) -> Case:
    """An Ingress for the tenant's own host, with other values at some paths."""
    fields = {"spec": INGRESS}
    return Case(
        "networking.k8s.io/v1/ingresses", changed(fields, {k.replace("__", "/"): v for k, v in changes.items()}), words
    )


def service(words: str = "", **spec: Any) -> Case:
    """A Service with these fields."""
    return Case("v1/services", {"spec": {"ports": PORTS, **spec}}, words)


def binding(words: str = "", **fields: Any) -> Case:
    """A RoleBinding with these fields."""
    return Case(f"{RBAC}/v1/rolebindings", {"roleRef": ROLE_REF, "subjects": [EVE], **fields}, words)


def policy(words: str = "", **spec: Any) -> Case:
    """A NetworkPolicy with these fields."""
    return Case("networking.k8s.io/v1/networkpolicies", {"spec": {"podSelector": {}, **spec}}, words)


def route(words: str = "", **spec: Any) -> Case:
    """An HTTPRoute with these fields."""
    fields = {"hostnames": ["NAME.example.ai"], "parentRefs": [PARENT], **spec}
    kept = {key: value for key, value in fields.items() if value is not None}
    return Case("gateway.networking.k8s.io/v1/httproutes", {"spec": kept}, words)


def _annotated(case: Case, words: str, **annotations: str) -> Case:
    return Case(case.resource, {**case.fields, "metadata": {"annotations": annotations}}, words)


_SNIPPET = {"nginx.ingress.kubernetes.io/server-snippet": "return 200;"}
_ALIAS = {"nginx.ingress.kubernetes.io/server-alias": "OTHER.example.ai"}
_NOT_GRANTED = "use a host that was granted to this tenant, or ask the platform team to grant it"

HOSTS = {
    "the host of another tenant": ingress(
        f"an Ingress for host OTHER.example.ai is not allowed in tenants' namespaces: {_NOT_GRANTED}",
        spec__rules=[{"host": "OTHER.example.ai", **PATHS}],
    ),
    "another host in a second rule": ingress(
        "for host OTHER.example.ai",
        spec__rules=[{"host": "NAME.example.ai", **PATHS}, {"host": "OTHER.example.ai", **PATHS}],
    ),
    "a wildcard": ingress("for host *.example.ai", spec__rules=[{"host": "*.example.ai", **PATHS}]),
    "no host": ingress("for host (every host)", spec__rules=[PATHS]),
    "a default backend": ingress("a defaultBackend", spec__defaultBackend=BACKEND),
    "a default backend alone": ingress("a defaultBackend", spec__rules=None, spec__defaultBackend=BACKEND),
    "another host's certificate": ingress(
        "a certificate for host OTHER.example.ai", spec__tls=[{"hosts": ["OTHER.example.ai"], "secretName": "x"}]
    ),
    "another class": ingress("ingress class private", spec__ingressClassName="private"),
    "no class": ingress("ingress class (none)", spec__ingressClassName=None),
    "another class by annotation": _annotated(
        ingress(spec__ingressClassName=None), "ingress class private", **{"kubernetes.io/ingress.class": "private"}
    ),
    "a snippet": _annotated(ingress(), "annotation nginx.ingress.kubernetes.io/server-snippet", **_SNIPPET),
    "an alias": _annotated(ingress(), "annotation nginx.ingress.kubernetes.io/server-alias", **_ALIAS),
}
ROUTES = {
    "a route for the host of another tenant": route("a route for host OTHER", hostnames=["OTHER.example.ai"]),
    "a route for a wildcard": route("a route for host *.example.ai", hostnames=["*.example.ai"]),
    "a route without hosts": route("a route without hostnames", hostnames=None),
    "a route on another Gateway": route("on Gateway infra/admin", parentRefs=[{**PARENT, "name": "admin"}]),
    "a route on a Gateway of its own": route("on Gateway NAME/edge", parentRefs=[{"name": "edge"}]),
}
SERVICES = {
    "an external name": service("a Service of type ExternalName", type="ExternalName", externalName="10.0.0.1.nip.io"),
    "a node port": service("a Service of type NodePort", type="NodePort"),
    "a load balancer": service("a Service of type LoadBalancer", type="LoadBalancer"),
    "external addresses": service("a Service with externalIPs", externalIPs=["8.8.8.8"]),
    "a fixed address": service("a Service with a cluster IP of its own choice", clusterIP="10.96.7.7"),
    "a name in the organization's DNS": _annotated(
        service(), "external-dns", **{"external-dns.alpha.kubernetes.io/hostname": "OTHER.example.ai"}
    ),
    "a slice of addresses": Case(
        "discovery.k8s.io/v1/endpointslices",
        {"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}], "ports": []},
        "an endpoint with addresses made by hand",
    ),
}
PEOPLE = {
    "cluster-admin": binding(
        "a RoleBinding to ClusterRole cluster-admin", roleRef=ROLE_REF | {"name": "cluster-admin"}
    ),
    "a role outside the list": binding(
        "ClusterRole system:basic-user", roleRef=ROLE_REF | {"name": "system:basic-user"}
    ),
    "everybody": binding(
        "a RoleBinding to system:authenticated",
        subjects=[EVE, {"apiGroup": RBAC, "kind": "Group", "name": "system:authenticated"}],
    ),
    "every account": binding(
        "a RoleBinding to system:serviceaccounts",
        subjects=[{"apiGroup": RBAC, "kind": "Group", "name": "system:serviceaccounts"}],
    ),
    "a user of Kubernetes": binding(
        "to system:kube-proxy", subjects=[{"apiGroup": RBAC, "kind": "User", "name": "system:kube-proxy"}]
    ),
    "the account of another tenant": binding(
        "the account of another namespace, OTHER/default",
        subjects=[{"kind": "ServiceAccount", "namespace": "OTHER", "name": "default"}],
    ),
    "a note of somebody else": binding(
        "the annotation tenantkit.dev/added-by with another user",
        metadata={"name": "tried", "annotations": {"tenantkit.dev/added-by": "somebody@example.com"}},
    ),
    "a finalizer": binding(
        "a finalizer on a RoleBinding", metadata={"name": "tried", "finalizers": ["example.com/stay"]}
    ),
    "too many subjects": binding(
        "more than 50 subjects", subjects=[EVE | {"name": f"eve-{number}@example.com"} for number in range(51)]
    ),
    "a Role over the walls": Case(
        f"{RBAC}/v1/roles",
        {"rules": [{"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": ["create"]}]},
        "a Role with rights to change networkpolicies",
    ),
    "a Role over everything": Case(
        f"{RBAC}/v1/roles", {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}, "rights to change *"
    ),
    "a token": Case(
        "v1/secrets",
        {
            "type": "kubernetes.io/service-account-token",
            "metadata": {"name": "tried", "annotations": {"kubernetes.io/service-account.name": "default"}},
        },
        "a Secret with the token of a ServiceAccount",
    ),
}
WALLS = {
    "a second quota": Case("v1/resourcequotas", {"spec": {"hard": {"pods": "9"}}}, "changing resourcequotas"),
    "a second limit range": Case(
        "v1/limitranges", {"spec": {"limits": [{"type": "Container", "max": {"cpu": "1m"}}]}}, "changing limitranges"
    ),
    "a policy with a name of ours": Case(
        "networking.k8s.io/v1/networkpolicies",
        {"metadata": {"name": "tenantkit-mine"}, "spec": {"podSelector": {}}},
        "changing the platform's NetworkPolicy tenantkit-mine",
    ),
    "the label of another tenant": Case(
        "v1/configmaps",
        {"metadata": {"name": "tried", "labels": {"tenantkit.dev/tenant": "OTHER"}}},
        "a label of another tenant",
    ),
}
OPENING = {
    "a policy that admits everyone": policy("opens the namespace", ingress=[{}]),
    "a policy that admits other namespaces": policy(
        "opens the namespace", ingress=[{"from": [{"namespaceSelector": {}, "podSelector": {}}]}]
    ),
    "a policy that admits addresses": policy(
        "opens the namespace", ingress=[{"from": [{"ipBlock": {"cidr": "::/0"}}]}]
    ),
    "a policy that lets everything out": policy("opens the namespace", egress=[{}], policyTypes=["Egress"]),
}

# changes of a pod's spec, by what is tried
POD_CHANGES: dict[str, tuple[Json, str]] = {
    "a node": ({"nodeName": "control-plane"}, "a pod with spec.nodeName"),
    "a class of Kubernetes": ({"priorityClassName": "system-node-critical"}, "priority class system-node-critical"),
    "an unlisted class": ({"priorityClassName": "contract-first"}, "priority class contract-first"),
    "every taint": ({"tolerations": [{"operator": "Exists"}]}, "a toleration of every taint"),
    "the control plane's taint": (
        {"tolerations": [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}]},
        "a toleration of node-role.kubernetes.io/control-plane",
    ),
    "a reserved taint": ({"tolerations": [{"key": "example.com/reserved"}]}, "a toleration of example.com/reserved"),
    "an NFS volume": (
        {"volumes": [{"name": "data", "nfs": {"server": "10.0.0.1", "path": "/"}}]},
        "a volume that names its server or driver: data",
    ),
    "an iSCSI volume": (
        {"volumes": [{"name": "data", "iscsi": {"targetPortal": "10.0.0.1", "iqn": "iqn.2001-04.a:b", "lun": 0}}]},
        "a volume that names its server or driver: data",
    ),
    "an inline CSI volume": (
        {"volumes": [{"name": "data", "csi": {"driver": "nfs.csi.k8s.io"}}]},
        "a volume that names its server or driver: data",
    ),
}
_WEB = {"metadata": {"labels": {"app": "web"}}}


def pod_cases(change: Json, words: str) -> dict[str, Case]:
    """A pod, and each workload with that pod as its template."""
    template, once = {**_WEB, "spec": POD | change}, {"spec": ONCE | change}
    return {
        "pod": Case("v1/pods", {"spec": POD | change}, words),
        "deployment": Case("apps/v1/deployments", {"spec": {"selector": SELECTOR, "template": template}}, words),
        "replica set": Case("apps/v1/replicasets", {"spec": {"selector": SELECTOR, "template": template}}, words),
        "stateful set": Case(
            "apps/v1/statefulsets", {"spec": {"selector": SELECTOR, "serviceName": "web", "template": template}}, words
        ),
        "job": Case("batch/v1/jobs", {"spec": {"template": once}}, words),
        "cron job": Case(
            "batch/v1/cronjobs", {"spec": {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": once}}}}, words
        ),
    }


def more_pod_cases(change: Json, words: str) -> dict[str, Case]:
    """Each workload that the sandbox does not serve."""
    template = {**_WEB, "spec": POD | change}
    return {
        "daemon set": Case("apps/v1/daemonsets", {"spec": {"selector": SELECTOR, "template": template}}, words),
        "replication controller": Case(
            "v1/replicationcontrollers", {"spec": {"selector": {"app": "web"}, "template": template}}, words
        ),
    }


_CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
PODS = {
    "a claim of a chosen volume": Case(
        "v1/persistentvolumeclaims", {"spec": {**_CLAIM, "volumeName": "theirs"}}, "a claim that names its volume"
    ),
}
NOT_IN_THE_SANDBOX = {
    "endpoints by hand": Case(
        "v1/endpoints", {"subsets": [{"addresses": [{"ip": "10.0.0.1"}]}]}, "an endpoint with addresses made by hand"
    ),
    "a revision by hand": Case("apps/v1/controllerrevisions", {"revision": 1, "data": {}}, "a ControllerRevision"),
    "a budget of nothing": Case(
        "policy/v1/poddisruptionbudgets", {"spec": {"selector": SELECTOR, "maxUnavailable": 0}}, "blocks every eviction"
    ),
    "a budget of 0%": Case(
        "policy/v1/poddisruptionbudgets",
        {"spec": {"selector": SELECTOR, "maxUnavailable": "0%"}},
        "set maxUnavailable to 1",
    ),
    "a budget of everything": Case(
        "policy/v1/poddisruptionbudgets",
        {"spec": {"selector": SELECTOR, "minAvailable": "100%"}},
        "set minAvailable to less than 100%",
    ),
}

ALLOWED = {
    "an Ingress for the own host": ingress(),
    "an Ingress with a listed annotation": _annotated(ingress(), "", **{"example.com/timeout": "5s"}),
    "an Ingress as kubectl applies it": _annotated(
        ingress(), "", **{"kubectl.kubernetes.io/last-applied-configuration": "{}"}
    ),
    "an Ingress with the own host's certificate": ingress(
        spec__tls=[{"hosts": ["NAME.example.ai"], "secretName": "x"}]
    ),
    "the solver of cert-manager": _annotated(
        ingress(), "", **{"nginx.ingress.kubernetes.io/whitelist-source-range": "0.0.0.0/0,::/0"}
    ),
    "a route for the own host": route(),
    "a Service": service(),
    "a headless Service": service(clusterIP="None"),
    "a Service without pods": service(selector={"app": "nothing"}),
    "a binding of a person": binding(),
    "a binding of a listed role": binding(roleRef=ROLE_REF | {"name": "view"}),
    "a binding of the own account": binding(
        subjects=[{"kind": "ServiceAccount", "namespace": "NAME", "name": "workload"}]
    ),
    "a binding of a listed account": binding(
        subjects=[{"kind": "ServiceAccount", "namespace": "ci", "name": "deployer"}]
    ),
    "a Role over pods": Case(
        f"{RBAC}/v1/roles", {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "create"]}]}
    ),
    "a Role that reads the walls": Case(
        f"{RBAC}/v1/roles", {"rules": [{"apiGroups": [""], "resources": ["resourcequotas"], "verbs": ["list"]}]}
    ),
    "a Secret": Case("v1/secrets", {"stringData": {"a": "b"}}),
    "a ConfigMap": Case("v1/configmaps", {"data": {"a": "b"}}),
    "a policy among the own pods": policy(ingress=[{"from": [{"podSelector": {}}]}]),
    "a policy that closes": policy(policyTypes=["Ingress", "Egress"]),
    "a claim": Case("v1/persistentvolumeclaims", {"spec": _CLAIM}),
    **pod_cases(
        {
            "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
            "volumes": [
                {"name": "cache", "emptyDir": {}},
                {"name": "secrets", "csi": {"driver": "secrets.example.com"}},
            ],
            "nodeSelector": {"disk": "fast"},
        },
        "",
    ),
}
