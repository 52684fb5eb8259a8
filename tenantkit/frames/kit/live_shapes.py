"""The shapes of the kinds that frames and findings read: each field that is read anywhere, and its type.

Fields that nothing reads may hold anything. See `shapes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Required

from typing_extensions import TypedDict

from tenantkit.rules.shapes import QuantityText, Whole, fitted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest


def _struct(required: dict[str, Any] | None = None, /, **fields: Any) -> Any:
    whole = {**{name: Required[shape] for name, shape in (required or {}).items()}, **fields}
    make: Any = TypedDict
    return make("Shape", whole, total=False)


def _list(shape: Any) -> Any:
    return list[shape]


_TEXTS = dict[str, str]
_AMOUNTS = dict[str, QuantityText | Whole | float]
_OWNER = _struct({"kind": str, "name": str}, apiVersion=str, uid=str, controller=bool)
_ABOUT = {
    "uid": str,
    "labels": _TEXTS,
    "annotations": _TEXTS,
    "finalizers": list[str],
    "ownerReferences": _list(_OWNER),
    "creationTimestamp": str,
    "deletionTimestamp": str,
    "deletionGracePeriodSeconds": Whole,
    "generation": Whole,
}
_METADATA = _struct({"name": str, "namespace": str}, **_ABOUT)
_MANAGED = _struct({"name": str, "namespace": str}, **_ABOUT, managedFields=_list(_struct(manager=str, operation=str)))
_SUBJECT = _struct({"kind": str, "name": str}, apiGroup=str, namespace=str)
_ANYWHERE = _struct({"name": str}, **_ABOUT)  # of kinds that are not in namespaces
_CONDITION = _struct({"type": str}, status=str, reason=str, message=str, lastTransitionTime=str)
_CONDITIONS = _list(_CONDITION)

_OPERATOR = Literal["In", "NotIn", "Exists", "DoesNotExist"]
_NODE_OPERATOR = Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
_SELECTOR = _struct(
    matchLabels=_TEXTS, matchExpressions=_list(_struct({"key": str, "operator": _OPERATOR}, values=list[str]))
)
_NODE_FIELDS = _list(_struct({"key": str, "operator": _NODE_OPERATOR}, values=list[str]))
_NODE_TERMS = _list(_struct(matchExpressions=_NODE_FIELDS, matchFields=_NODE_FIELDS))
_POD_TERM = _struct({"topologyKey": str}, labelSelector=_SELECTOR, namespaceSelector=_SELECTOR, namespaces=list[str])
_POD_TERMS = _struct(
    requiredDuringSchedulingIgnoredDuringExecution=_list(_POD_TERM),
    preferredDuringSchedulingIgnoredDuringExecution=_list(_struct({"podAffinityTerm": _POD_TERM})),
)
_AFFINITY = _struct(
    nodeAffinity=_struct(requiredDuringSchedulingIgnoredDuringExecution=_struct(nodeSelectorTerms=_NODE_TERMS)),
    podAffinity=_POD_TERMS,
    podAntiAffinity=_POD_TERMS,
)
_SPREAD = _struct(
    {"topologyKey": str, "maxSkew": Whole},
    whenUnsatisfiable=str,
    labelSelector=_SELECTOR,
    minDomains=Whole,
    matchLabelKeys=list[str],
    nodeAffinityPolicy=str,
    nodeTaintsPolicy=str,
)
_RESOURCES = _struct(requests=_AMOUNTS, limits=_AMOUNTS)
_PORT = _struct(hostPort=Whole, hostIP=str, protocol=str)
_CONTAINER = _struct({"name": str}, image=str, restartPolicy=str, resources=_RESOURCES, ports=_list(_PORT))
_VOLUME = _struct(
    {"name": str},
    persistentVolumeClaim=_struct(claimName=str),
    configMap=_struct(name=str),
    secret=_struct(secretName=str),
)
_POD_SPEC = _struct(
    {"containers": _list(_CONTAINER)},
    initContainers=_list(_CONTAINER),
    resources=_RESOURCES,
    overhead=_AMOUNTS,
    nodeName=str,
    nodeSelector=_TEXTS,
    affinity=_AFFINITY,
    tolerations=_list(_struct(key=str, operator=str, value=str, effect=str)),
    topologySpreadConstraints=_list(_SPREAD),
    schedulingGates=_list(_struct({"name": str})),
    schedulerName=str,
    serviceAccountName=str,
    priority=Whole,
    priorityClassName=str,
    preemptionPolicy=str,
    restartPolicy=str,
    activeDeadlineSeconds=Whole,
    volumes=_list(_VOLUME),
)
_ENDED = _struct(exitCode=Whole, signal=Whole, reason=str, message=str, startedAt=str, finishedAt=str)
_STATE = _struct(waiting=_struct(reason=str, message=str), running=_struct(startedAt=str), terminated=_ENDED)
_CONTAINER_STATUS = _struct(
    {"name": str},
    image=str,
    ready=bool,
    started=bool,
    restartCount=Whole,
    state=_STATE,
    lastState=_STATE,
    allocatedResources=_AMOUNTS,
    resources=_RESOURCES,
)
_POD_STATUS = _struct(
    phase=str,
    reason=str,
    message=str,
    qosClass=str,
    startTime=str,
    nominatedNodeName=str,
    conditions=_CONDITIONS,
    initContainerStatuses=_list(_CONTAINER_STATUS),
    containerStatuses=_list(_CONTAINER_STATUS),
)
_REPLICAS = (
    *("replicas", "readyReplicas", "updatedReplicas", "availableReplicas", "desiredNumberScheduled"),
    *("currentNumberScheduled", "numberReady", "parallelism", "completions", "backoffLimit", "activeDeadlineSeconds"),
    *("ready", "succeeded", "failed"),
)
_WORKLOAD_SPEC = _struct(
    **dict.fromkeys(_REPLICAS, Whole),
    suspend=bool,
    paused=bool,
    schedule=str,
    template=_struct(metadata=_struct(labels=_TEXTS, annotations=_TEXTS), spec=_POD_SPEC),
)
_PROGRESS = {**dict.fromkeys(_REPLICAS, Whole), "conditions": _CONDITIONS, "startTime": str, "lastScheduleTime": str}
_WORKLOAD = _struct({"metadata": _METADATA}, spec=_WORKLOAD_SPEC, status=_struct(**_PROGRESS))
_BACKEND = _struct(service=_struct(name=str, port=_struct(number=Whole, name=str)))
_ADDRESSES = _struct(loadBalancer=_struct(ingress=_list(_struct(ip=str, hostname=str))))
_INVOLVED = _struct(kind=str, name=str, namespace=str, uid=str, fieldPath=str)
_PATH = _struct(path=str, pathType=str, backend=_BACKEND)
_FROM = _struct({}, **{"from": str, "selector": _SELECTOR})
_ALLOWED = _struct(namespaces=_FROM, kinds=_list(_struct(group=str, kind=str)))
_LISTENERS = _list(_struct(name=str, hostname=str, port=Whole, protocol=str, allowedRoutes=_ALLOWED))
_PARENT = _struct(group=str, kind=str, namespace=str, name=str, sectionName=str, port=Whole)
_ACCEPTED = _list(_struct({"type": str}, status=str, reason=str, message=str, observedGeneration=Whole))
_HEADERS = _list(dict[str, Any])
_MATCH = _struct(path=_struct(type=str, value=str), headers=_HEADERS, queryParams=_HEADERS, method=str)
_TAINT = _struct(key=str, value=str, effect=str)
_IN_SCOPE = _struct({"scopeName": str, "operator": str}, values=list[str])
_LIMIT = _struct(
    {"type": str},
    default=_AMOUNTS,
    defaultRequest=_AMOUNTS,
    max=_AMOUNTS,
    min=_AMOUNTS,
    maxLimitRequestRatio=_AMOUNTS,
)

SHAPES: dict[str, Any] = {
    **dict.fromkeys(("Pod", "AnyPod"), _struct({"metadata": _METADATA, "spec": _POD_SPEC}, status=_POD_STATUS)),
    "Event": _struct(
        {"metadata": _METADATA, "involvedObject": _INVOLVED},
        type=str,
        reason=str,
        message=str,
        count=Whole,
        firstTimestamp=str,
        lastTimestamp=str,
        eventTime=str,
        series=_struct(count=Whole, lastObservedTime=str),
        source=_struct(component=str),
        reportingComponent=str,
    ),
    **dict.fromkeys(("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"), _WORKLOAD),
    "Job": _struct({"metadata": _METADATA}, spec=_WORKLOAD_SPEC, status=_struct(**_PROGRESS, active=Whole)),
    "CronJob": _struct(
        {"metadata": _METADATA},
        spec=_WORKLOAD_SPEC,
        status=_struct(conditions=_CONDITIONS, lastScheduleTime=str, active=list[Any]),
    ),
    "Service": _struct(
        {"metadata": _METADATA},
        spec=_struct(
            type=str,
            clusterIP=str,
            externalIPs=list[str],
            externalName=str,
            ports=_list(_struct(port=Whole, nodePort=Whole, protocol=str)),
            selector=_TEXTS,
        ),
        status=_ADDRESSES,
    ),
    "EndpointSlice": _struct(
        {"metadata": _METADATA}, addressType=str, endpoints=_list(_struct(conditions=_struct(ready=bool)))
    ),
    "Ingress": _struct(
        {"metadata": _METADATA},
        spec=_struct(
            ingressClassName=str,
            defaultBackend=_BACKEND,
            tls=_list(_struct(hosts=list[str])),
            rules=_list(_struct(host=str, http=_struct(paths=_list(_PATH)))),
        ),
        status=_ADDRESSES,
    ),
    "HTTPRoute": _struct(
        {"metadata": _METADATA},
        spec=_struct(
            parentRefs=_list(_PARENT),
            hostnames=list[str],
            rules=_list(
                _struct(
                    matches=_list(_MATCH),
                    backendRefs=_list(_struct({"name": str}, group=str, kind=str, namespace=str, port=Whole)),
                )
            ),
        ),
        status=_struct(parents=_list(_struct(parentRef=_PARENT, conditions=_ACCEPTED))),
    ),
    "Gateway": _struct(
        {"metadata": _METADATA},
        spec=_struct(gatewayClassName=str, listeners=_LISTENERS, allowedListeners=_struct(namespaces=_FROM)),
    ),
    "ListenerSet": _struct({"metadata": _METADATA}, spec=_struct(parentRef=_PARENT, listeners=_LISTENERS)),
    "GatewayClass": _struct({"metadata": _ANYWHERE}, spec=_struct(controllerName=str)),
    "PersistentVolumeClaim": _struct(
        {"metadata": _METADATA},
        spec=_struct(resources=_struct(requests=_AMOUNTS), storageClassName=str, accessModes=list[str], volumeName=str),
        status=_struct(
            phase=str, capacity=_AMOUNTS, allocatedResources=_AMOUNTS, accessModes=list[str], conditions=_CONDITIONS
        ),
    ),
    "ResourceQuota": _struct(
        {
            "metadata": _METADATA,
            "spec": _struct(hard=_AMOUNTS, scopes=list[str], scopeSelector=_struct(matchExpressions=_list(_IN_SCOPE))),
        },
        status=_struct(hard=_AMOUNTS, used=_AMOUNTS),
    ),
    "Node": _struct(
        {"metadata": _ANYWHERE},
        spec=_struct(unschedulable=bool, taints=_list(_TAINT)),
        status=_struct(allocatable=_AMOUNTS, capacity=_AMOUNTS, conditions=_CONDITIONS),
    ),
    "Namespace": _struct(
        {"metadata": _ANYWHERE}, spec=_struct(finalizers=list[str]), status=_struct(phase=str, conditions=_CONDITIONS)
    ),
    "RoleBinding": _struct(
        {"metadata": _MANAGED},
        roleRef=_struct(apiGroup=str, kind=str, name=str),
        subjects=_list(_SUBJECT),
    ),
    "LimitRange": _struct({"metadata": _METADATA, "spec": _struct({"limits": _list(_LIMIT)})}),
    "Workload": _struct(  # Kueue's
        {"metadata": _METADATA},
        spec=_struct(queueName=str, active=bool, podSets=_list(_struct(count=Whole))),
        status=_struct(conditions=_CONDITIONS),
    ),
}


def as_read(kind: str, manifests: Iterable[Manifest]) -> list[Manifest]:
    """The objects of a kind without values of a wrong type; of a kind without a shape, as they are."""
    shape = SHAPES.get(kind)
    return [manifest if shape is None else fitted(manifest, shape) for manifest in manifests]
