"""Guardrail `pods`: pods run where the scheduler puts them, with the tenant's own priority and volumes.

Templates are checked like pods: otherwise a Deployment is accepted, and only its ReplicaSet reports the denial.
Source: pages "Multi-tenancy", "Pod Priority and Preemption", "Taints and Tolerations", "Volumes" and "Disruptions".
"""

from __future__ import annotations

from tenantkit.manifests.guardrails.cel import (
    is_no_cleaner,
    is_same,
    lacks_right,
    may_not_manage,
    setting,
    texts,
)
from tenantkit.manifests.guardrails.policy import Policy, Resources, Rule

_CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
# Volumes by which a pod names a server itself; the Pod Security levels decide about hostPath.
_NETWORK_VOLUMES = (
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "gitRepo",
    "glusterfs",
    "iscsi",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
)


def _pod_of(of: str) -> str:
    """The pod's spec in a pod, a workload or a CronJob."""
    return (
        f"has({of}.spec.jobTemplate) ? {of}.spec.jobTemplate.spec.template.spec : (has({of}.spec.template) "
        f"? (has({of}.spec.template.spec) ? {of}.spec.template.spec : {{}}) : {of}.spec)"
    )


PODS = Policy(
    "tenantkit-pods",
    "pods",
    [
        Resources("", ("pods", "replicationcontrollers")),
        Resources("apps", ("deployments", "replicasets", "statefulsets", "daemonsets")),
        Resources("batch", ("jobs", "cronjobs")),
    ],
    [may_not_manage()],
    [
        Rule(
            "variables.same || variables.node == '' || variables.node == variables.node_before",
            "a pod with spec.nodeName",
            "leave the choice of a node to the scheduler, or use nodeSelector",
        ),
        Rule(
            "variables.same || variables.class == '' || variables.class in variables.classes",
            "priority class",
            "use one that the platform lists, or none",
            values="[variables.class]",
        ),
        Rule(
            "variables.same || size(variables.refused_tolerations) == 0",
            "a toleration of",
            "name the taints of the nodes that are meant for tenants",
            values="variables.refused_tolerations",
        ),
        Rule(
            "variables.same || size(variables.refused_volumes) == 0",
            "a volume that names its server or driver:",
            "use a PersistentVolumeClaim, or ask the platform team",
            values="variables.refused_volumes",
        ),
    ],
    {
        "pod": _pod_of("object"),
        "before": f"oldObject == null ? {{}} : ({_pod_of('oldObject')})",
        "same": "oldObject != null && variables.pod == variables.before",
        "node": "has(variables.pod.nodeName) ? variables.pod.nodeName : ''",
        "node_before": ("oldObject == null ? '' : (has(variables.before.nodeName) ? variables.before.nodeName : '')"),
        "class": "has(variables.pod.priorityClassName) ? variables.pod.priorityClassName : ''",
        "classes": setting("priority_classes"),
        "taints": f"{texts(_CONTROL_PLANE)} + {setting('reserved_taints')}",
        "tolerations": "has(variables.pod.tolerations) ? variables.pod.tolerations : []",
        "refused_tolerations": (
            "variables.tolerations.filter(it, !has(it.key) || it.key == '' || it.key in variables.taints)"
            ".map(it, !has(it.key) || it.key == '' ? 'every taint' : it.key)"
        ),
        "drivers": setting("csi_drivers"),
        "volumes": "has(variables.pod.volumes) ? variables.pod.volumes : []",
        "refused_volumes": (
            f"variables.volumes.filter(it, {texts(_NETWORK_VOLUMES)}.exists(kind, kind in it) "
            "|| ('csi' in it && !(it.csi.driver in variables.drivers))).map(it, it.name)"
        ),
    },
)

PLACEMENT = Policy(
    "tenantkit-pods-placement",
    "pods",
    [Resources("", ("pods/binding", "bindings"))],
    [may_not_manage(), lacks_right("create", "", "pods", "binding")],
    [Rule("false", "binding a pod to a node", "leave it to the scheduler")],
    operations=("CREATE",),
)

REVISIONS = Policy(
    "tenantkit-pods-revisions",
    "pods",
    [Resources("apps", ("controllerrevisions",))],
    [may_not_manage(), is_no_cleaner(), lacks_right("create", "apps", "controllerrevisions")],
    [
        Rule(
            is_same("data"),
            "a ControllerRevision made by hand",
            "leave it to the controller: pods are made from it, and nothing checks its template",
        )
    ],
)

CLAIMS = Policy(
    "tenantkit-pods-claims",
    "pods",
    [Resources("", ("persistentvolumeclaims",))],
    [may_not_manage(), lacks_right("update", "", "persistentvolumes")],
    [
        Rule(
            "!has(object.spec.volumeName) || object.spec.volumeName == '' || (oldObject != null "
            "&& has(oldObject.spec.volumeName) && oldObject.spec.volumeName == object.spec.volumeName)",
            "a claim that names its volume, which may be meant for others,",
            "leave volumeName out, or ask the platform team to bind it",
        ),
        Rule(
            "oldObject != null || !has(object.spec.selector)",  # it can't be changed later
            "a claim that selects its volume by labels, which may be meant for others,",
            "leave selector out, or ask the platform team to bind it",
        ),
    ],
)

BUDGETS = Policy(
    "tenantkit-pods-budgets",
    "pods",
    [Resources("policy", ("poddisruptionbudgets",))],
    [may_not_manage()],
    [
        Rule(
            "variables.same || !has(object.spec.maxUnavailable) || !(string(object.spec.maxUnavailable)"
            ".matches('^0+%?$'))",
            "a PodDisruptionBudget that blocks every eviction",
            "set maxUnavailable to 1 or more",
        ),
        Rule(
            "variables.same || !has(object.spec.minAvailable) || !(string(object.spec.minAvailable)"
            ".matches('^0*[1-9][0-9][0-9]+%$'))",
            "a PodDisruptionBudget that blocks every eviction",
            "set minAvailable to less than 100%",
        ),
    ],
    {"same": is_same("spec")},
)

POLICIES = (PODS, PLACEMENT, REVISIONS, CLAIMS, BUDGETS)
