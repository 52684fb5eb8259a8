"""Quotas of tenants, and the default sizes.

Everything that costs money or exposes the cluster has an amount, 0 if nothing is granted: a resource without an entry
in a ResourceQuota is unlimited (page "Resource Quotas").
"""

from __future__ import annotations

from itertools import pairwise

from pydantic import model_validator

from tenantkit.rules.quantities import parse_quantity
from tenantkit.spec.base import Spec
from tenantkit.spec.counts import CountedKind
from tenantkit.spec.fields import Count, DnsSubdomain, Quantity, ResourceName


class StorageClassQuota(Spec):
    """The quota for one storage class.

    Args:
        storage: sum of the claims' requests, in bytes as a quantity: `500Gi`.
        claims: number of PersistentVolumeClaims. Default: limited by `Quota.volume_claims` only.

    Example:
        >>> fast = tk.StorageClassQuota(storage="200Gi", claims=2)
        >>> tk.Quota(requests_cpu=8, requests_memory="32Gi", storage_classes={"fast": fast}).storage
        '100Gi'
    """

    storage: Quantity
    claims: Count | None = None


class ContainerLimits(Spec):
    """Default requests and limits of a container, and the highest limits it may have.

    Under a cpu or memory quota a pod without requests is refused, and only an event of its ReplicaSet says so. The
    defaults let it start (page "Limit Ranges").

    Args:
        request_cpu: default request, in cores as a quantity. Default 100m: an idle notebook.
        request_memory: default request, in bytes as a quantity. Default 256Mi.
        request_ephemeral_storage: default request for local ephemeral storage, in bytes as a quantity. Default 1Gi:
            without a request the quota refuses the pod.
        limit_cpu: default limit, in cores as a quantity. Default: none. A quota with `limits_cpu` needs one.
        limit_memory: default limit, in bytes as a quantity. Default 512Mi.
        max_cpu: the highest limit of one container, in cores as a quantity. Default: only the quota limits it.
        max_memory: the same for memory, in bytes as a quantity. Default: only the quota limits it.

    Raises:
        InvalidSpecError: with every wrong field.

    Example:
        >>> tk.ContainerLimits(request_cpu="250m").request_memory
        '256Mi'
    """

    request_cpu: Quantity = "100m"
    request_memory: Quantity = "256Mi"
    request_ephemeral_storage: Quantity = "1Gi"
    limit_cpu: Quantity | None = None
    limit_memory: Quantity = "512Mi"
    max_cpu: Quantity | None = None
    max_memory: Quantity | None = None

    @model_validator(mode="after")
    def _in_order(self) -> ContainerLimits:
        for resource in ("cpu", "memory"):
            steps = [
                (f"{step}_{resource}", getattr(self, f"{step}_{resource}")) for step in ("request", "limit", "max")
            ]
            given = [(name, value) for name, value in steps if value is not None]
            for (low_name, low), (high_name, high) in pairwise(given):
                if parse_quantity(low) > parse_quantity(high):
                    raise ValueError(f"{low_name} ({low}) is more than {high_name} ({high}): use a smaller {low_name}")
        return self


class Quota(Spec):
    """The total amounts that a tenant may use.

    Args:
        requests_cpu: sum of the pods' cpu requests, in cores as a quantity: `16`, `500m`.
        requests_memory: sum of the memory requests, in bytes as a quantity: `64Gi`.
        limits_cpu: sum of the cpu limits, in cores as a quantity. Default: unlimited, since cpu limits throttle pods
            while cores are idle.
        limits_memory: sum of the memory limits, in bytes as a quantity. Default: twice `requests_memory`.
        accelerators: number of devices by resource name: `{"nvidia.com/gpu": 2}`. Default: 0 of each that the platform
            offers.
        ephemeral_storage: sum of the requests for local ephemeral storage, in bytes as a quantity. Default 50Gi.
        storage: sum of the requests of all PersistentVolumeClaims, in bytes as a quantity. Default 100Gi.
        device_classes: number of devices by DeviceClass, for dynamic resource allocation: `{"gpu.example.com": 2}`.
            Default: 0 of each that the platform offers.
        storage_classes: quotas of single storage classes, by name; then 0 of each other class that the platform offers.
            Default: only `storage` limits them.
        max_volume: the largest single claim, in bytes as a quantity. Default: the same as `storage`.
        volume_claims: number of PersistentVolumeClaims. Default 10.
        pods: number of pods that have not finished. Default 30.
        all_pods: number of pods, finished ones included: they stay until somebody deletes their Job. Default: ten times
            `pods`, at least 100.
        services: number of Services. Default 20.
        load_balancers: number of Services of type LoadBalancer, each a public address. Default 0.
        node_ports: number of node ports, each open on every node. Default 0.
        jobs: number of Jobs, including finished ones. Default 50.
        ingresses: number of Ingresses, and of HTTPRoutes. Default 10.
        config_maps: number of ConfigMaps; Kubernetes and tenantkit need one each. Default 50.
        secrets: number of Secrets. Default 50.
        counts: number of objects of other kinds, by resource and group as `kubectl api-resources` shows them:
            `{"deployments.apps": 20}`. Default: each kind that the roles let tenants create has an entry, such as
            100 Deployments, 100 RoleBindings and 50 of each kind of an operator.
        containers: defaults and maximums of a single container.

    Raises:
        InvalidSpecError: with every wrong field.

    Example:
        >>> tk.Quota(requests_cpu=8, requests_memory="32Gi", accelerators={"nvidia.com/gpu": 1}).pods
        30
    """

    requests_cpu: Quantity
    requests_memory: Quantity
    limits_cpu: Quantity | None = None
    limits_memory: Quantity | None = None
    accelerators: dict[ResourceName, Count] = {}
    device_classes: dict[DnsSubdomain, Count] = {}
    ephemeral_storage: Quantity = "50Gi"
    storage: Quantity = "100Gi"
    storage_classes: dict[DnsSubdomain, StorageClassQuota] = {}
    max_volume: Quantity | None = None
    volume_claims: Count = 10
    pods: Count = 30
    all_pods: Count | None = None
    services: Count = 20
    load_balancers: Count = 0
    node_ports: Count = 0
    jobs: Count = 50
    ingresses: Count = 10
    config_maps: Count = 50
    secrets: Count = 50
    counts: dict[CountedKind, Count] = {}
    containers: ContainerLimits = ContainerLimits()

    @model_validator(mode="after")
    def _limits_hold_requests(self) -> Quota:
        for resource in ("cpu", "memory"):
            request, limit = getattr(self, f"requests_{resource}"), getattr(self, f"limits_{resource}")
            if limit is not None and parse_quantity(limit) < parse_quantity(request):
                raise ValueError(
                    f"limits_{resource} ({limit}) is less than requests_{resource} ({request}): use at least {request}"
                )
        if self.all_pods is not None and self.all_pods < self.pods:
            raise ValueError(f"all_pods ({self.all_pods}) is less than pods ({self.pods}): use at least {self.pods}")
        if self.limits_cpu is not None and self.containers.limit_cpu is None:
            raise ValueError(
                "limits_cpu is set but containers.limit_cpu is not, so a container without a cpu limit is refused: "
                "set containers=ContainerLimits(limit_cpu='1')"
            )
        return self


DEFAULT_SIZES: dict[str, Quota] = {
    "small": Quota(requests_cpu="4", requests_memory="16Gi", pods=20, ephemeral_storage="20Gi", storage="50Gi"),
    "medium": Quota(
        requests_cpu="16", requests_memory="64Gi", accelerators={"nvidia.com/gpu": 2}, pods=50, storage="500Gi"
    ),
    "large": Quota(
        requests_cpu="64",
        requests_memory="256Gi",
        accelerators={"nvidia.com/gpu": 8},
        ephemeral_storage="200Gi",
        storage="2Ti",
        volume_claims=40,
        pods=200,
        services=50,
        jobs=200,
        ingresses=30,
        config_maps=200,
        secrets=200,
    ),
}
