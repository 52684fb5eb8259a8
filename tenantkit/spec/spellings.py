"""Other names of fields, from kubectl, manifests and other tools, and the field that was meant.

Similar letters find `owner` for `owners`, but not `accelerators` for `gpus`. Rejected alternative: to take these names
as aliases, after which a file would have two spellings of one field.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_GPUS = ("accelerators", "for example {'nvidia.com/gpu': 2}")
_CPU = ("requests_cpu", "in cores, for example '16'")
_MEMORY = ("requests_memory", "with a unit, for example '64Gi'")
_STORAGE = ("storage", "with a unit, for example '500Gi'")
_SIZE = ("size", "for example 'small', or quota for exact amounts")

# by class and by name in lower case without punctuation: the field, and how to write its value
FIELDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Quota": {
        **dict.fromkeys(("gpu", "gpus", "nvidiagpu", "nvidiacomgpu", "amdcomgpu", "devices", "tpu", "tpus"), _GPUS),
        **dict.fromkeys(("requestsnvidiacomgpu", "limitsnvidiacomgpu", "gpucount", "numgpus", "ngpus"), _GPUS),
        **dict.fromkeys(("cpu", "cpus", "vcpu", "vcpus", "core", "cores", "cpurequests", "cpurequest"), _CPU),
        **dict.fromkeys(("mem", "memory", "ram", "memorygb", "memorygib", "memgb", "memgib", "ramgb"), _MEMORY),
        **dict.fromkeys(("memoryrequests", "memoryrequest", "memorymb", "memorybytes"), _MEMORY),
        **dict.fromkeys(("cpulimit", "cpulimits"), ("limits_cpu", "in cores, for example '16'")),
        **dict.fromkeys(("memorylimit", "memorylimits"), ("limits_memory", "with a unit, for example '64Gi'")),
        **dict.fromkeys(("disk", "diskgb", "storagegb", "storagegib", "requestsstorage", "volumestorage"), _STORAGE),
        **dict.fromkeys(
            ("scratch", "tmp", "localstorage", "requestsephemeralstorage"),
            ("ephemeral_storage", "with a unit, for example '50Gi'"),
        ),
        **dict.fromkeys(("volumes", "pvc", "pvcs", "claims", "persistentvolumeclaims"), ("volume_claims", "a number")),
        **dict.fromkeys(("maxpods", "podcount"), ("pods", "a number")),
        **dict.fromkeys(("countpods", "endedpods"), ("all_pods", "a number")),
        **dict.fromkeys(
            ("deployments", "replicasets", "statefulsets", "cronjobs", "objects", "count", "objectcounts"),
            ("counts", "for example {'deployments.apps': 50}"),
        ),
        **dict.fromkeys(("deviceclass", "resourceclaims"), ("device_classes", "for example {'gpu.example.com': 2}")),
        **dict.fromkeys(("servicesloadbalancers", "lbs", "publicips"), ("load_balancers", "a number")),
        **dict.fromkeys(("servicesnodeports",), ("node_ports", "a number")),
        **dict.fromkeys(("limitrange", "containerlimits", "defaults"), ("containers", "a ContainerLimits")),
        **dict.fromkeys(("storageclass",), ("storage_classes", "by name")),
    },
    "ContainerLimits": {
        **dict.fromkeys(("cpu", "defaultrequestcpu", "defaultcpu"), ("request_cpu", "in cores, for example '250m'")),
        **dict.fromkeys(("memory", "mem", "defaultrequestmemory"), ("request_memory", "with a unit")),
    },
    "Tenant": {
        **dict.fromkeys(("gpu", "gpus", "cpu", "cpus", "memory", "mem", "limits", "resources", "requests"), _SIZE),
        **dict.fromkeys(("admin", "admins", "manager", "managers", "lead", "leads"), ("owners", "a list")),
        **dict.fromkeys(("members", "users", "developers", "people", "writers"), ("editors", "a list")),
        **dict.fromkeys(("readers", "guests", "readonly"), ("viewers", "a list")),
        **dict.fromkeys(("host", "hostname", "hostnames", "domain", "domains"), ("hosts", "a list")),
        **dict.fromkeys(("ingress", "ingresses", "httproutes", "services", "urls"), ("routes", "a list")),
        **dict.fromkeys(("ttl", "expiry", "expiration", "until", "enddate"), ("expires", "a date, a time and a zone")),
        **dict.fromkeys(("freeze", "paused", "suspended", "suspend"), ("frozen", "'pods' or 'read-only'")),
        **dict.fromkeys(("burst", "temporaryquota", "extraquota"), ("boost", "with until, and size or quota")),
        **dict.fromkeys(("namespace", "id", "tenant"), ("name", "for example 'vision'")),
        **dict.fromkeys(("group", "department", "project"), ("team", "for example 'ml-vision'")),
    },
    "Route": {
        **dict.fromkeys(("svc", "backend", "servicename", "target"), ("service", "its name")),
        **dict.fromkeys(("targetport", "serviceport", "containerport"), ("port", "that of the Service")),
        **dict.fromkeys(("url", "prefix", "uri", "location"), ("path", "for example '/ai-service'")),
        **dict.fromkeys(("domain",), ("host", "one that is granted to the tenant")),
    },
    "Platform": {
        **dict.fromkeys(("gpu", "gpus", "devices"), ("accelerators", "for example ['nvidia.com/gpu']")),
        **dict.fromkeys(("quotas", "tiers", "plans", "flavors"), ("sizes", "quotas by name")),
        **dict.fromkeys(("admins", "creators"), ("provisioners", "a list")),
        **dict.fromkeys(("oidc", "auth", "users"), ("people", "with user_prefix and group_prefix")),
        **dict.fromkeys(("ingress", "ingressclass", "gateway", "tls"), ("routing", "a Routing")),
        **dict.fromkeys(("clusterroles", "rbac", "rules"), ("roles", "names of presets, or a RoleRules each")),
        **dict.fromkeys(("deviceclass", "dra"), ("device_classes", "a list")),
        **dict.fromkeys(("priorityclass", "priorities"), ("priority_classes", "a list")),
        **dict.fromkeys(("storageclass",), ("storage_classes", "a list")),
    },
}


def meant_field(spec: str, name: str) -> tuple[str, str] | None:
    """The field of a spec that another name means, and how to write its value; None if it is unknown.

    Example:
        >>> meant_field("Quota", "requests.nvidia.com/gpu")
        ('accelerators', "for example {'nvidia.com/gpu': 2}")
    """
    return FIELDS.get(spec, {}).get(re.sub(r"[^a-z0-9]", "", name.lower()))
