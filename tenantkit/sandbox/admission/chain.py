"""Admission: what happens to a write between validation and the store, plug-in by plug-in, in the API server's order.

Two phases, as on a real server: `mutate` fills in (limits' defaults, the service account, tolerations), then the
object's fields are validated, then `review` refuses or reserves. `admit` runs both for callers that validate elsewhere.
The plug-ins are a table each, so that a later one (policies) is one more line before the quota, which always comes
last: it writes what it reserves. Only plug-ins that tenants meet are here; no service account token is mounted.

Source: page "Admission Control in Kubernetes"; AllOrderedPlugins in pkg/kubeapiserver/options/plugins.go, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from tenantkit.rules import limit_ranges
from tenantkit.sandbox.admission import pod_security, quota
from tenantkit.sandbox.admission.token_volume import with_token_volume
from tenantkit.sandbox.apimachinery.errors import Cause, forbidden, not_found
from tenantkit.sandbox.apimachinery.resources import find
from tenantkit.sandbox.registry.system_writes import API_SERVER, put_as

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.errors import ApiError
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.storage.store import Store

Operation = Literal["CREATE", "UPDATE", "DELETE"]

NAMESPACES = find("", "v1", "namespaces")
SERVICE_ACCOUNTS = find("", "v1", "serviceaccounts")
LIMIT_RANGES = find("", "v1", "limitranges")
INGRESS_CLASSES = find("networking.k8s.io", "v1", "ingressclasses")
CLAIMS = find("", "v1", "persistentvolumeclaims")
VOLUMES = find("", "v1", "persistentvolumes")
NODES = find("", "v1", "nodes")
PRIORITY_CLASSES = find("scheduling.k8s.io", "v1", "priorityclasses")
QUOTAS = find("", "v1", "resourcequotas")

# the finalizer that holds what is in use, see protection_controller.py
PROTECTED: Final = {CLAIMS: "kubernetes.io/pvc-protection", VOLUMES: "kubernetes.io/pv-protection"}
_NOT_READY = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
_TERMINATING = "NamespaceTerminating"
_IMMORTAL = frozenset({"default", "kube-system", "kube-public"})
_TOLERATED = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_TOLERATION_S = 300


@dataclass(frozen=True, slots=True)
class Attempt:
    """One write on its way to the store.

    Args:
        operation: what is tried; an apply is a CREATE or an UPDATE, by whether the object is there.
        manifest: the object as it would be stored, defaults set; for a DELETE the object that would go.
        old: the object that is stored; None for a CREATE.
        user: who asks, as the server knows them.
        subresource: `status` and the like; empty for the object itself.
        dry_run: nothing is reserved.
        warnings: what plug-ins that let a write pass say of it, for the answer's headers.
    """

    operation: Operation
    resource: Resource
    manifest: Manifest
    old: Manifest | None
    store: Store
    user: object
    subresource: str = ""
    dry_run: bool = False
    warnings: list[str] = field(default_factory=list)

    @property
    def namespace(self) -> str:
        """Where the object lives; empty for kinds that live in no namespace."""
        metadata = self.manifest.get("metadata") or {}
        return str(metadata.get("namespace") or "") if self.resource.namespaced else ""

    def refused(self, message: str, *, causes: tuple[Cause, ...] = ()) -> ApiError:
        """The 403 of an admission plug-in; an object yet unnamed goes by its generateName."""
        metadata = self.manifest["metadata"]
        name = metadata.get("name") or metadata.get("generateName") or "Unknown"
        return forbidden(self.resource, name, message, causes=causes)


def admit(  # noqa: PLR0913, PLR0917 (an Attempt's fields, for callers that need no Attempt)
    operation: Operation,
    resource: Resource,
    manifest: Manifest,
    old: Manifest | None,
    store: Store,
    user: object,
    *,
    subresource: str = "",
    dry_run: bool = False,
) -> Manifest:
    """Both phases at once: the object as it is to be stored.

    Returns:
        The manifest, with what the plug-ins filled in; what a quota reserves for it stands in the quota's status.

    Raises:
        ApiError: a plug-in refuses; nothing was reserved.
    """
    attempt = Attempt(operation, resource, manifest, old, store, user, subresource, dry_run)
    filled = mutate(attempt)
    review(replace(attempt, manifest=filled))
    return filled


def mutate(attempt: Attempt) -> Manifest:
    """The first phase: the object with what the plug-ins fill in, to be validated next.

    Raises:
        ApiError: the namespace is not there, or on its way out; a service account is missing.
    """
    for plugin in _MUTATING:
        attempt = replace(attempt, manifest=plugin(attempt))
    return attempt.manifest


def review(attempt: Attempt) -> None:
    """The second phase, on the validated object: refuse it, or reserve quota for it.

    Raises:
        ApiError: a limit range, the namespace's pod security level or a quota forbids it.
    """
    for plugin in _REVIEWING:
        plugin(attempt)


def _live_in_a_living_namespace(attempt: Attempt) -> Manifest:
    """NamespaceLifecycle: nothing new without a namespace, or in one that goes; three namespaces never go."""
    if attempt.resource == NAMESPACES:
        if attempt.operation == "DELETE" and attempt.manifest["metadata"]["name"] in _IMMORTAL:
            raise attempt.refused("this namespace may not be deleted")
        return attempt.manifest
    if not attempt.namespace or attempt.operation != "CREATE" or attempt.resource.kind == "LocalSubjectAccessReview":
        return attempt.manifest
    namespace = attempt.store.get(NAMESPACES, attempt.namespace)
    if namespace is None:
        raise not_found(NAMESPACES, attempt.namespace)
    if (namespace.get("status") or {}).get("phase") == "Terminating":
        raise attempt.refused(
            f"unable to create new content in namespace {attempt.namespace} because it is being terminated",
            causes=(Cause("metadata.namespace", f"namespace {attempt.namespace} is being terminated", _TERMINATING),),
        )
    return attempt.manifest


def _default_limits(attempt: Attempt) -> Manifest:
    """LimitRanger: fill in what containers leave unsaid."""
    manifest = attempt.manifest
    if _is_new_pod(attempt):
        for limit_range in attempt.store.list(LIMIT_RANGES, attempt.namespace):
            manifest = limit_ranges.with_defaults(manifest, limit_range)
    return manifest


def _default_service_account(attempt: Attempt) -> Manifest:
    """ServiceAccount: a pod runs as one that exists, gets its token, and takes its pull secrets."""
    if not _is_new_pod(attempt):
        return attempt.manifest
    spec = dict(attempt.manifest["spec"])
    if not spec.get("serviceAccountName"):
        spec["serviceAccountName"] = spec["serviceAccount"] = "default"
    name = spec["serviceAccountName"]
    account = attempt.store.get(SERVICE_ACCOUNTS, name, attempt.namespace)
    if account is None:
        raise attempt.refused(
            f'error looking up service account {attempt.namespace}/{name}: serviceaccount "{name}" not found'
        )
    spec = with_token_volume(spec, account, attempt.store.generated_names)
    if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
        spec["imagePullSecrets"] = [
            {key: secret[key] for key in ("name",) if key in secret} for secret in account["imagePullSecrets"]
        ]
    return {**attempt.manifest, "spec": spec}


_KEPT = ("priority", "preemptionPolicy")


def _default_priority_and_tolerations(attempt: Attempt) -> Manifest:
    """Priority and DefaultTolerationSeconds: what each pod gets that does not say otherwise."""
    if attempt.resource.qualified != "pods" or attempt.subresource or attempt.operation == "DELETE":
        return attempt.manifest
    kept = {key: attempt.old["spec"][key] for key in _KEPT if key in attempt.old["spec"]} if attempt.old else {}
    spec = {**kept, **attempt.manifest["spec"]} if attempt.old else _with_priority(attempt)
    tolerations = list(spec.get("tolerations") or ())
    tolerations += [
        {"effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": _TOLERATION_S}
        for key in _TOLERATED
        if not any(_tolerates(toleration, key) for toleration in tolerations)
    ]
    return {**attempt.manifest, "spec": {**spec, "tolerations": tolerations}}


def _with_priority(attempt: Attempt) -> Manifest:
    """A new pod's spec with the priority of its class, or of the default one."""
    spec: Manifest = attempt.manifest["spec"]
    name, store = spec.get("priorityClassName") or "", attempt.store
    found = store.get(PRIORITY_CLASSES, name) if name else default_priority_class(store)
    if name and found is None:
        raise attempt.refused(f"no PriorityClass with name {name} was found")
    found = found or {"value": 0, "metadata": {"name": ""}}
    wanted, value = spec.get("priority"), found.get("value", 0)
    policy = found.get("preemptionPolicy", "PreemptLowerPriority")
    lead, tail = (
        "must not be provided in pod spec; priority admission controller computed",
        "from the given PriorityClass",
    )
    if wanted not in {None, value}:
        raise attempt.refused(f"the integer value of priority ({wanted}) {lead} {value} {tail} name")
    if spec.get("preemptionPolicy") not in {None, policy}:
        sent = spec["preemptionPolicy"]
        raise attempt.refused(f"the string value of PreemptionPolicy ({sent}) {lead} {policy} {tail} name")
    named = {"priorityClassName": found["metadata"]["name"]} if found["metadata"]["name"] else {}
    return {**spec, **named, "preemptionPolicy": policy, "priority": value}


def default_priority_class(store: Store) -> Manifest | None:
    """The PriorityClass of pods that name none; None where no class is marked as that."""
    marked = [item for item in store.list(PRIORITY_CLASSES) if item.get("globalDefault")]
    return min(marked, key=lambda item: int(item.get("value", 0)), default=None)


def _check_default_priority(attempt: Attempt) -> None:
    """Priority: of all PriorityClasses one at most is the default."""
    if (
        attempt.resource != PRIORITY_CLASSES
        or attempt.operation == "DELETE"
        or not attempt.manifest.get("globalDefault")
    ):
        return
    found = default_priority_class(attempt.store)
    name = found["metadata"]["name"] if found else ""
    if name and (attempt.operation == "CREATE" or name != attempt.manifest["metadata"]["name"]):
        raise attempt.refused(f"PriorityClass {name} is already marked as default. Only one default can exist")


def _tolerates(toleration: Manifest, key: str) -> bool:
    return toleration.get("key") in {None, "", key} and toleration.get("effect") in {None, "", "NoExecute"}


def _default_ingress_class(attempt: Attempt) -> Manifest:
    """DefaultIngressClass: an Ingress that names no class gets the newest of those marked as default, if any."""
    annotations = attempt.manifest["metadata"].get("annotations") or {}
    is_new = attempt.resource.qualified == "ingresses.networking.k8s.io" and attempt.operation == "CREATE"
    if not is_new or "ingressClassName" in attempt.manifest["spec"] or "kubernetes.io/ingress.class" in annotations:
        return attempt.manifest
    defaults = [
        found["metadata"]
        for found in attempt.store.list(INGRESS_CLASSES)
        if (found["metadata"].get("annotations") or {}).get("ingressclass.kubernetes.io/is-default-class") == "true"
    ]
    if not defaults:
        return attempt.manifest
    # Of classes of one second the first by name: max() keeps the first, and the store lists by name.
    newest = max(defaults, key=lambda metadata: str(metadata["creationTimestamp"]))
    return {**attempt.manifest, "spec": {**attempt.manifest["spec"], "ingressClassName": newest["name"]}}


def _protect(attempt: Attempt) -> Manifest:
    """StorageObjectInUseProtection and TaintNodesByCondition: claims and volumes in use stay, new nodes must report."""
    manifest, metadata = attempt.manifest, attempt.manifest["metadata"]
    if attempt.operation == "DELETE" or attempt.subresource:
        return manifest
    finalizer, finalizers = PROTECTED.get(attempt.resource), metadata.get("finalizers") or []
    if finalizer and finalizer not in finalizers:
        return {**manifest, "metadata": {**metadata, "finalizers": [*finalizers, finalizer]}}
    if attempt.resource == NODES and attempt.operation == "CREATE":
        spec = manifest.get("spec") or {}
        taints = spec.get("taints") or []
        if all((taint.get("key"), taint.get("effect")) != tuple(_NOT_READY.values()) for taint in taints):
            return {**manifest, "spec": {**spec, "taints": [*taints, _NOT_READY]}}
    return manifest


def _check_limits(attempt: Attempt) -> None:
    """LimitRanger: refuse what is outside a limit range; a pod's containers can't change, so only new ones count."""
    is_claim = attempt.resource.qualified == "persistentvolumeclaims" and attempt.operation != "DELETE"
    is_leaving = attempt.old is not None and attempt.old["metadata"].get("deletionTimestamp")
    if attempt.subresource or is_leaving or not (is_claim or _is_new_pod(attempt)):
        return
    for limit_range in attempt.store.list(LIMIT_RANGES, attempt.namespace):
        message = limit_ranges.violations(attempt.resource.qualified, attempt.manifest, limit_range)
        if message is not None:
            raise attempt.refused(message)


def _reserve_quota(attempt: Attempt) -> None:
    """ResourceQuota: refuse what does not fit, and write down what is taken."""
    if not attempt.namespace or attempt.subresource or attempt.operation == "DELETE":
        return
    if attempt.old is not None and not quota.is_checked_on_update(attempt.resource, attempt.old, attempt.manifest):
        return
    store = attempt.store
    before = {live["metadata"]["name"]: live for live in store.list(QUOTAS, attempt.namespace)}
    try:
        grown = quota.reserve(before.values(), attempt.resource, attempt.manifest, attempt.old, store.clock())
    except quota.QuotaExceededError as error:
        raise attempt.refused(str(error)) from error
    if attempt.dry_run:
        return
    for after in grown:
        live = before[after["metadata"]["name"]]
        put_as(API_SERVER, store, QUOTAS, after, before=live, subresource="status")


def _is_new_pod(attempt: Attempt) -> bool:
    return attempt.resource.qualified == "pods" and attempt.operation == "CREATE" and not attempt.subresource


_MUTATING: tuple[Callable[[Attempt], Manifest], ...] = (
    _live_in_a_living_namespace,
    _default_limits,
    _default_service_account,
    _default_priority_and_tolerations,
    _default_ingress_class,
    _protect,
)
_REVIEWING: tuple[Callable[[Attempt], None], ...] = (
    _check_limits,
    pod_security.review,
    _check_default_priority,
    _reserve_quota,
)
