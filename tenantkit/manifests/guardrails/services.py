"""Guardrail `services`: a Service reaches the tenant's own pods, inside the cluster.

ExternalName, external IPs and endpoints made by hand send the traffic of others to addresses of the tenant's choice. A
node port or load balancer is open to the world.
Source: page "Service"; CVE-2020-8554 for external IPs and load balancers' status, CVE-2021-25740 for endpoints.
"""

from __future__ import annotations

from tenantkit.manifests.guardrails.cel import (
    annotations_of,
    is_no_cleaner,
    is_same,
    lacks_right,
    may_not_manage,
    namespace_annotation,
    setting,
    texts,
)
from tenantkit.manifests.guardrails.policy import Policy, Resources, Rule
from tenantkit.manifests.labels import SERVICE_TYPES_ANNOTATION

# Annotations of Services that give names or settings of the whole cluster.
_CONFIGURING = ("external-dns.alpha.kubernetes.io/", "getambassador.io/")

SERVICES = Policy(
    "tenantkit-services",
    "services",
    [Resources("", ("services",))],
    [may_not_manage()],
    [
        Rule(
            "variables.same || variables.type == 'ClusterIP' || variables.type in variables.types",
            "a Service of type",
            "use ClusterIP, or ask the platform team to grant it",
            values="[variables.type]",
        ),
        Rule(
            "variables.same || !has(object.spec.externalIPs) || size(object.spec.externalIPs) == 0",
            "a Service with externalIPs",
            "leave them out",
        ),
        Rule(
            "variables.same || !variables.has_fixed_address",
            "a Service with a cluster IP of its own choice",
            "leave clusterIP out, or use None",
        ),
        Rule(
            "size(variables.refused_annotations) == 0",
            "the annotation",
            "remove it, or ask the platform team to list it in its guardrails",
            values="variables.refused_annotations",
        ),
    ],
    {
        "same": is_same("spec"),
        "type": "has(object.spec.type) ? object.spec.type : 'ClusterIP'",
        "types": f"{setting('service_types')} + {namespace_annotation(SERVICE_TYPES_ANNOTATION)}",
        # The server has chosen an address by now; the managed fields say whether the client did.
        "has_fixed_address": (
            "oldObject == null && has(object.spec.clusterIP) && !(object.spec.clusterIP in ['', 'None']) "
            "&& has(object.metadata.managedFields) && object.metadata.managedFields.exists(it, has(it.fieldsV1) "
            "&& 'f:spec' in it.fieldsV1 && ('f:clusterIP' in it.fieldsV1['f:spec'] "
            "|| 'f:clusterIPs' in it.fieldsV1['f:spec']))"
        ),
        "before": f"oldObject == null ? {{}} : {annotations_of('oldObject')}",
        "now": annotations_of("object"),
        "allowed": setting("annotations"),
        "refused_annotations": (
            f"variables.now.filter(key, {texts(_CONFIGURING)}.exists(it, key.startsWith(it)) "
            "&& !(key in variables.before && variables.before[key] == variables.now[key]) "
            "&& !variables.allowed.exists(it, "
            "it.endsWith('/*') ? key.startsWith(it.substring(0, size(it) - 1)) : key == it))"
        ),
    },
)

ENDPOINTS = Policy(
    "tenantkit-services-endpoints",
    "services",
    [
        Resources("", ("endpoints",)),
        Resources("discovery.k8s.io", ("endpointslices",), ("*",)),
    ],
    [
        may_not_manage(),
        is_no_cleaner("system:serviceaccount:kube-system:endpoint-controller"),  # it may write Endpoints only
        lacks_right("update", "discovery.k8s.io", "endpointslices"),
    ],
    [
        Rule(
            "variables.same || variables.is_empty",
            "an endpoint with addresses made by hand",
            "use a Service with a selector",
        )
    ],
    {
        "same": (
            "oldObject != null && (has(object.subsets) ? object.subsets : []) == "
            "(has(oldObject.subsets) ? oldObject.subsets : []) && (has(object.endpoints) ? object.endpoints : []) == "
            "(has(oldObject.endpoints) ? oldObject.endpoints : [])"
        ),
        "is_empty": (
            "(!has(object.subsets) || object.subsets.all(it, !has(it.addresses) && !has(it.notReadyAddresses))) "
            "&& (!has(object.endpoints) || size(object.endpoints) == 0)"
        ),
    },
)

STATUS = Policy(
    "tenantkit-services-status",
    "services",
    [Resources("", ("services/status",))],
    [may_not_manage(), is_no_cleaner(), lacks_right("update", "", "services", "status")],
    [Rule(is_same("status.loadBalancer"), "a load balancer's address set by hand", "leave it to the cloud controller")],
)

POLICIES = (SERVICES, ENDPOINTS, STATUS)
