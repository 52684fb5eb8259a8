"""Defects of pods that have run and ended, which only a kubelet names: exits, memory, probes, evictions."""

from __future__ import annotations

from tests.contract.product.defects.defect import HELD, Captured, Defect, container, deployment, job, pod
from tests.contract.product.defects.kubelet import RUNNING, ended, looping, status

ENDED = (
    Defect(
        name="a container that ends again and again",
        cause="crash loop",
        workload="Deployment/serve",
        object="{pod}",
        says="back-off 5m0s restarting failed container=main",
        writer="kubelet",
        manifests=(deployment("serve"),),
        captured=Captured(
            "serve",
            status(phase="Running", **looping(1)),
            (("Warning", "BackOff", "Back-off restarting failed container main in pod {pod}_{namespace}(6f0b1c1e)"),),
        ),
    ),
    Defect(
        name="an init container that ends again and again",
        cause="crash loop",
        workload="Deployment/serve",
        object="{pod}",
        says="restarting failed container=fetch",
        writer="kubelet",
        manifests=(deployment("serve", initContainers=[{**container(), "name": "fetch"}]),),
        captured=Captured(
            "serve",
            status(
                init=looping(2, container="fetch"),
                state={"waiting": {"reason": "PodInitializing"}},
            ),
        ),
    ),
    Defect(
        name="a container that needs more memory than its limit",
        cause="out of memory",
        workload="Deployment/serve",
        object="{pod}",
        says="back-off 5m0s restarting failed container=main",
        writer="kubelet",
        manifests=(deployment("serve"),),
        captured=Captured("serve", status(phase="Running", **looping(137, "OOMKilled"))),
    ),
    Defect(
        name="a liveness probe that fails",
        cause="probe failing",
        workload="Deployment/serve",
        object="{pod}",
        says="Liveness probe failed: HTTP probe failed with statuscode: 500",
        writer="kubelet",
        manifests=(deployment("serve", container(livenessProbe={"httpGet": {"path": "/healthz", "port": 80}})),),
        captured=Captured(
            "serve",
            status(phase="Running", **looping(137)),
            (
                ("Normal", "Killing", "Container main failed liveness probe, will be restarted"),
                ("Warning", "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500"),
            ),
        ),
    ),
    Defect(
        name="a readiness probe that fails",
        cause="probe failing",
        workload="Deployment/serve",
        object="{pod}",
        says="Readiness probe failed: dial tcp 10.244.0.7:80: connect: connection refused",
        writer="kubelet",
        manifests=(deployment("serve", container(readinessProbe={"tcpSocket": {"port": 80}})),),
        captured=Captured(
            "serve",
            status(phase="Running", **RUNNING),
            (("Warning", "Unhealthy", "Readiness probe failed: dial tcp 10.244.0.7:80: connect: connection refused"),),
        ),
    ),
    Defect(
        name="a Job that gave up",
        cause="job back-off",
        workload="Job/train",
        object="Job/train",
        says="Job has reached the specified backoff limit",
        writer="kubelet",
        manifests=(job("train", of_job={"backoffLimit": 0}, schedulingGates=HELD),),
        captured=Captured("train", status(phase="Failed", state=ended(1)), is_unplaced=True),
    ),
    Defect(
        name="a Job whose pod needs more memory than its limit",
        cause="out of memory",
        workload="Job/train",
        object="{pod}",
        says="OOMKilled",
        writer="kubelet",
        manifests=(job("train", of_job={"backoffLimit": 0}, schedulingGates=HELD),),
        captured=Captured("train", status(phase="Failed", state=ended(137, "OOMKilled")), is_unplaced=True),
    ),
    Defect(
        name="a pod that failed and is not started again",
        cause="container failed",
        workload="Pod/train",
        object="Pod/train",
        says="Traceback: no such file: /data/train.csv",
        writer="kubelet",
        manifests=(pod("train", restartPolicy="Never"),),
        captured=Captured(
            "train", status(phase="Failed", state=ended(3, message="Traceback: no such file: /data/train.csv"))
        ),
    ),
    Defect(
        name="a pod past its own deadline",
        cause="deadline exceeded",
        workload="Pod/train",
        object="Pod/train",
        says="Pod was active on the node longer than the specified deadline",
        writer="kubelet",
        manifests=(pod("train", restartPolicy="Never", activeDeadlineSeconds=3600),),
        captured=Captured(
            "train",
            {
                **status(phase="Failed", state=ended(137)),
                "reason": "DeadlineExceeded",
                "message": "Pod was active on the node longer than the specified deadline",
            },
        ),
    ),
    Defect(
        name="a pod that its node has put out",
        cause="evicted",
        workload="Pod/notebook",
        object="Pod/notebook",
        says="The node was low on resource: memory.",
        writer="kubelet",
        manifests=(pod("notebook"),),
        captured=Captured(
            "notebook",
            {
                **status(phase="Failed", state=ended(137)),
                "reason": "Evicted",
                "message": "The node was low on resource: memory. Threshold quantity: 100Mi, available: 60Mi. "
                "Container main was using 2Gi, request is 128Mi, has larger consumption of memory. ",
            },
            (("Warning", "Evicted", "The node was low on resource: memory."),),
        ),
    ),
    Defect(
        name="a pod that its node would not take",
        cause="node refused",
        workload="Pod/train",
        object="Pod/train",
        says="Allocate failed due to requested number of devices unavailable for nvidia.com/gpu",
        writer="kubelet",
        manifests=(pod("train", restartPolicy="Never"),),
        captured=Captured(
            "train",
            {
                "phase": "Failed",
                "reason": "UnexpectedAdmissionError",
                "message": "Pod was rejected: Allocate failed due to requested number of devices unavailable for "
                "nvidia.com/gpu. Requested: 1, Available: 0, which is unexpected",
            },
        ),
    ),
)
