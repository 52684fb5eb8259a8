"""Defects that the API server and the controllers name: pods that it refuses, and jobs that end without their work."""

from __future__ import annotations

from tests.contract.product.defects.defect import (
    Defect,
    asking,
    claim,
    container,
    deployment,
    job,
    limit_range,
    pod,
    quota,
    stateful_set,
)

_POLICY = (
    {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "{namespace}-registry"},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
                ]
            },
            "validations": [
                {
                    "expression": "object.spec.containers.all(c, c.image.startsWith('registry.example.ai/'))",
                    "message": "images come from registry.example.ai",
                    "reason": "Forbidden",
                }
            ],
        },
    },
    {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "{namespace}-registry"},
        "spec": {
            "policyName": "{namespace}-registry",
            "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "{namespace}"}}},
        },
    },
)

BY_POLICY = Defect(
    name="an image that a policy does not let in",
    cause="policy",
    workload="Deployment/serve",
    object="ValidatingAdmissionPolicy/{namespace}-registry",
    says="denied request: images come from registry.example.ai",
    writer="server",
    manifests=(*_POLICY, deployment("serve", container(image="elsewhere.example/main:1"))),
    proof=pod("proof", container(image="elsewhere.example/main:1")),
)

REFUSED = (
    Defect(
        name="a Deployment over its quota of accelerators",
        cause="quota exceeded",
        workload="Deployment/train",
        object="ResourceQuota/team",
        says="exceeded quota: team, requested: requests.nvidia.com/gpu=1, used: requests.nvidia.com/gpu=2",
        writer="server",
        manifests=(quota(requests__gpu="2"), pod("serve", asking(gpu="2")), deployment("train", asking(gpu="1"))),
    ),
    Defect(
        name="a Deployment of a frozen tenant",
        cause="tenant frozen",
        workload="Deployment/serve",
        object="ResourceQuota/tenantkit-frozen",
        says="exceeded quota: tenantkit-frozen, requested: pods=1, used: pods=0, limited: pods=0",
        writer="server",
        manifests=(quota(pods="0") | {"metadata": {"name": "tenantkit-frozen"}}, deployment("serve")),
    ),
    Defect(
        name="a Job over its quota of memory",
        cause="quota exceeded",
        workload="Job/train",
        object="ResourceQuota/team",
        says="requested: requests.memory=2Gi, used: requests.memory=0, limited: requests.memory=1Gi",
        writer="server",
        manifests=(quota(requests__memory="1Gi"), job("train", asking(memory="2Gi"))),
    ),
    Defect(
        name="a StatefulSet over its quota of storage",
        cause="quota exceeded",
        workload="StatefulSet/store",
        object="ResourceQuota/team",
        says="exceeded quota: team, requested: requests.storage=10Gi",
        writer="server",
        manifests=(quota(requests__storage="5Gi"), stateful_set("store", claims=(claim("data", "10Gi"),))),
    ),
    Defect(
        name="a Deployment over its quota of pods",
        cause="quota exceeded",
        workload="Deployment/serve",
        object="ResourceQuota/team",
        says="limited: pods=1",
        writer="server",
        manifests=(quota(pods="1"), deployment("serve", replicas=3)),
    ),
    Defect(
        name="no requests under a quota",
        cause="request missing",
        workload="Deployment/train",
        object="ResourceQuota/team",
        says="failed quota: team: must specify requests.cpu for: main",
        writer="server",
        manifests=(quota(requests__cpu="4"), deployment("train", container(resources={}))),
    ),
    Defect(
        name="more memory than the LimitRange allows",
        cause="limit range",
        workload="Deployment/train",
        object="LimitRange/bounds",
        says="maximum memory usage per Container is 1Gi, but limit is 2Gi",
        writer="server",
        manifests=(limit_range(max={"memory": "1Gi"}), deployment("train", asking(memory="2Gi"))),
    ),
    Defect(
        name="less memory than the LimitRange wants",
        cause="limit range",
        workload="Job/train",
        object="LimitRange/bounds",
        says="minimum memory usage per Container is 1Gi, but request is 128Mi",
        writer="server",
        manifests=(limit_range(min={"memory": "1Gi"}), job("train", asking(memory="128Mi"))),
    ),
    Defect(
        name="a limit too far above its request",
        cause="limit range",
        workload="Deployment/train",
        object="LimitRange/bounds",
        says="cpu max limit to request ratio per Container is 2",
        writer="server",
        manifests=(
            limit_range(maxLimitRequestRatio={"cpu": "2"}),
            deployment("train", container(resources={"requests": {"cpu": "1"}, "limits": {"cpu": "4"}})),
        ),
    ),
    Defect(
        name="a pod that Pod Security does not let in",
        cause="pod security",
        workload="Deployment/serve",
        object="Namespace/{namespace}",
        says='violates PodSecurity "restricted:latest"',
        writer="server",
        manifests=(deployment("serve"),),
        labels=(("pod-security.kubernetes.io/enforce", "restricted"),),
    ),
    Defect(
        name="a service account that is not there",
        cause="service account missing",
        workload="Deployment/serve",
        object="ServiceAccount/nobody",
        says='serviceaccount "nobody" not found',
        writer="server",
        manifests=(deployment("serve", serviceAccountName="nobody"),),
    ),
    Defect(
        name="a priority class that is not there",
        cause="priority class missing",
        workload="Job/train",
        object="PriorityClass/urgent",
        says="no PriorityClass with name urgent was found",
        writer="server",
        manifests=(job("train", priorityClassName="urgent"),),
    ),
    Defect(
        name="a Job past its deadline",
        cause="deadline exceeded",
        workload="Job/train",
        object="Job/train",
        says="Job was active longer than specified deadline",
        writer="server",
        manifests=(job("train", of_job={"activeDeadlineSeconds": 1}, nodeSelector={"tenantkit.dev/pool": "none"}),),
    ),
    Defect(
        name="a Job that is suspended",
        cause="suspended",
        workload="Job/train",
        object="Job/train",
        says="",
        writer="somebody",
        manifests=(job("train", of_job={"suspend": True}),),
    ),
    Defect(
        name="a namespace that is going",
        cause="namespace terminating",
        workload="Namespace/{namespace}",
        object="Namespace/{namespace}",
        says="example.ai/held in 1 resource instances",
        writer="server",
        manifests=(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "held", "finalizers": ["example.ai/held"]},
            },
        ),
        deleted=("Namespace/{namespace}",),
    ),
    Defect(
        name="a pod with a finalizer",
        cause="stuck terminating",
        workload="Pod/serve",
        object="Pod/serve",
        says="",
        writer="somebody",
        manifests=(
            {
                **pod("serve", schedulingGates=[{"name": "example.ai/later"}]),
                "metadata": {"name": "serve", "finalizers": ["example.ai/held"]},
            },
        ),
        deleted=("Pod/serve",),
    ),
)
