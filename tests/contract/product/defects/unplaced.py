"""Defects of pods and nodes: those that no node of the pool takes, as the scheduler says, or may not be looked at."""

from __future__ import annotations

from tests.contract.product.defects.defect import APP, Defect, asking, claim, deployment, job, node, pod, stateful_set

# The pool on which defects are planted: nothing of it is ready for more than this.
NODES = (
    node("defects-1"),
    node("defects-2", cpu="16", gpu="4"),
    node("defects-3", taints=({"key": "tenantkit.dev/reserved", "value": "team", "effect": "NoSchedule"},), gpu="8"),
)

_ALONE = {
    "podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"labelSelector": {"matchLabels": {APP: "serve"}}, "topologyKey": "tenantkit.dev/pool"}
        ]
    }
}
_BESIDE_NOBODY = {
    "podAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"labelSelector": {"matchLabels": {APP: "nobody"}}, "topologyKey": "kubernetes.io/hostname"}
        ]
    }
}
_ON_NO_NODE = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["mars"]}]}]
        }
    }
}


def _mounting(name: str) -> list[dict[str, object]]:
    return [{"name": "data", "persistentVolumeClaim": {"claimName": name}}]


UNPLACED = (
    Defect(
        name="more cores than any node has",
        cause="no node fits",
        workload="Deployment/train",
        object="{pod}",
        says="Insufficient cpu",
        writer="scheduler",
        manifests=(deployment("train", asking(cpu="64")),),
    ),
    Defect(
        name="more memory than any node has",
        cause="no node fits",
        workload="Job/train",
        object="{pod}",
        says="Insufficient memory",
        writer="scheduler",
        manifests=(job("train", asking(memory="640Gi")),),
    ),
    Defect(
        name="more accelerators than a node has",
        cause="no node fits",
        workload="StatefulSet/train",
        object="Pod/train-0",
        says="Insufficient nvidia.com/gpu",
        writer="scheduler",
        manifests=(stateful_set("train", asking(gpu="6")),),
    ),
    Defect(
        name="the only nodes large enough are tainted",
        cause="no node fits",
        workload="Pod/train",
        object="Pod/train",
        says="1 node(s) had untolerated taint(s)",
        writer="scheduler",
        manifests=(pod("train", asking(gpu="8")),),
    ),
    Defect(
        name="a node selector that no node has",
        cause="no node fits",
        workload="Deployment/serve",
        object="{pod}",
        says="node(s) didn't match Pod's node affinity/selector",
        writer="scheduler",
        manifests=(deployment("serve", nodeSelector={"nvidia.com/gpu.product": "none"}),),
    ),
    Defect(
        name="a node affinity that no node has",
        cause="no node fits",
        workload="Deployment/serve",
        object="{pod}",
        says="node(s) didn't match Pod's node affinity/selector",
        writer="scheduler",
        manifests=(deployment("serve", affinity=_ON_NO_NODE),),
    ),
    Defect(
        name="replicas that must be alone",
        cause="no node fits",
        workload="Deployment/serve",
        object="{pod}",
        says="node(s) didn't match pod anti-affinity rules",
        writer="scheduler",
        manifests=(deployment("serve", replicas=2, affinity=_ALONE),),
    ),
    Defect(
        name="a pod that must be beside one that is not there",
        cause="no node fits",
        workload="Deployment/serve",
        object="{pod}",
        says="node(s) didn't match pod affinity rules",
        writer="scheduler",
        manifests=(deployment("serve", affinity=_BESIDE_NOBODY),),
    ),
    Defect(
        name="a claim that is not there",
        cause="volume unbound",
        workload="Deployment/serve",
        object="PersistentVolumeClaim/data",
        says='persistentvolumeclaim "data" not found',
        writer="scheduler",
        manifests=(deployment("serve", volumes=_mounting("data")),),
    ),
    Defect(
        name="a claim that no volume is for",
        cause="volume unbound",
        workload="Deployment/serve",
        object="PersistentVolumeClaim/data",
        says="pod has unbound immediate PersistentVolumeClaims",
        writer="scheduler",
        manifests=(claim("data"), deployment("serve", volumes=_mounting("data"))),
    ),
    Defect(
        name="a claim of a storage class that is not there",
        cause="volume unbound",
        workload="StatefulSet/store",
        object="PersistentVolumeClaim/data-store-0",
        says="pod has unbound immediate PersistentVolumeClaims",
        writer="scheduler",
        manifests=(stateful_set("store", claims=(claim("data", storageClassName="no-such-class"),)),),
    ),
    Defect(
        name="a pod on a node that is gone",
        cause="node not ready",
        workload="Deployment/serve",
        object="Node/{namespace}-gone",
        says="node {namespace}-gone does not exist any more",
        writer="somebody",
        manifests=(deployment("serve", nodeName="{namespace}-gone", nodeSelector={}),),
    ),
    Defect(
        name="a pod with a scheduling gate",
        cause="scheduling gate",
        workload="Job/train",
        object="{pod}",
        says="",
        writer="scheduler",
        manifests=(job("train", schedulingGates=[{"name": "example.ai/queue"}]),),
    ),
    Defect(
        name="a claim that is deleted and in use",
        cause="stuck terminating",
        workload="PersistentVolumeClaim/data",
        object="PersistentVolumeClaim/data",
        says="",
        writer="somebody",
        manifests=(
            {
                **claim("data", volumeName="no-such-volume"),
                "metadata": {"name": "data", "finalizers": ["kubernetes.io/pvc-protection"]},
            },
            pod(
                "serve",
                nodeName="defects-1",
                volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
            ),
        ),
        deleted=("PersistentVolumeClaim/data",),
    ),
)
