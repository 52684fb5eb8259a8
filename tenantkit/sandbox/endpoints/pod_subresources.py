"""What is done to a pod by posting to a path below it: it is bound to a node, or evicted.

Nobody manages the fields that a binding sets, as on the real server. There are no disruption budgets to ask, so that an
eviction is a deletion.

Source: pkg/registry/core/pod/storage, 1.37; page "API-initiated Eviction".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.errors import ApiError, bad_request, not_found, other_uid
from tenantkit.sandbox.apimachinery.field_errors import ErrorList
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.apimachinery.validation import dns_subdomain
from tenantkit.sandbox.endpoints.bodies import read_as, read_body
from tenantkit.sandbox.endpoints.delete import delete_live
from tenantkit.sandbox.endpoints.options import DeleteOptions, write_options

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.endpoints.options import WriteOptions
    from tenantkit.sandbox.endpoints.request_info import Request
    from tenantkit.sandbox.storage.store import Store

CREATED = 201
_DONE: Manifest = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": CREATED}


def bind(store: Store, resource: Resource, call: Request) -> tuple[int, Manifest]:
    """POST of a Binding: the pod gets its node, once."""
    options, binding = _read(resource, call)
    name, target = call.action.name, binding.get("target") or {}
    if binding["metadata"].get("name") != name:
        raise bad_request("name in URL does not match name in Binding object")
    _check_target(target)
    live = _live(store, resource, call)
    uid, metadata = binding["metadata"].get("uid"), live["metadata"]
    if uid and uid != metadata["uid"]:
        raise other_uid(resource, live, uid)
    if metadata.get("deletionTimestamp"):
        raise _refused(name, f"pod {name} is being deleted, cannot be assigned to a host")
    if node := live["spec"].get("nodeName"):
        raise _refused(name, f'pod {name} is already assigned to node "{node}"')
    if live["spec"].get("schedulingGates"):
        raise _refused(name, f"pod {name} has non-empty .spec.schedulingGates")
    if not options.dry_run:
        store.put(resource, bound(live, target["name"], timestamp(store.clock()), added=binding["metadata"]))
    return CREATED, _DONE


def bound(pod: Manifest, node: str, now: str, *, added: Manifest | None = None) -> Manifest:
    """The pod on that node; `added` are metadata whose labels and annotations it takes over."""
    metadata = dict(pod["metadata"])
    for part in ("labels", "annotations"):
        if found := {**(metadata.get(part) or {}), **((added or {}).get(part) or {})}:
            metadata[part] = found
    before = pod.get("status") or {}
    others = [item for item in before.get("conditions") or [] if item["type"] != "PodScheduled"]
    told = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now}
    status = {key: value for key, value in before.items() if key != "nominatedNodeName"}
    return {
        **pod,
        "metadata": metadata,
        "spec": {**pod["spec"], "nodeName": node},
        "status": {**status, "conditions": [*others, told]},
    }


def evict(store: Store, resource: Resource, call: Request) -> tuple[int, Manifest]:
    """POST of an Eviction: the pod is deleted as its options say."""
    options, eviction = _read(resource, call)
    if eviction["metadata"].get("name") != call.action.name:
        raise bad_request("name in URL does not match name in Eviction object")
    asked = eviction.get("deleteOptions") or {}
    conditions = asked.get("preconditions") or {}
    wanted = DeleteOptions(
        dry_run=options.dry_run or bool(asked.get("dryRun")),
        grace_period_s=asked.get("gracePeriodSeconds"),
        uid=conditions.get("uid"),
        version=conditions.get("resourceVersion"),
        propagation=asked.get("propagationPolicy") or "",
    )
    delete_live(store, resource, _live(store, resource, call), wanted, call.user)
    return CREATED, _DONE


def _read(resource: Resource, call: Request) -> tuple[WriteOptions, Manifest]:
    part = resource.subresources[call.action.subresource]
    options = write_options("CreateOptions", call)
    sent = read_body(call.body, call.content_type, kind=part.kind)
    found, _ = read_as(sent, part.api_version, part.kind, strict=options.strict)
    return options, {**found, "metadata": found.get("metadata") or {}}


def _live(store: Store, resource: Resource, call: Request) -> Manifest:
    found = store.get(resource, call.action.name, call.action.namespace)
    if found is None:
        raise not_found(resource, call.action.name)
    return found


def _check_target(target: Manifest) -> None:
    """The node that a binding names; the real server answers what is wrong there without a reason."""
    problems, name = ErrorList(), target.get("name", "")
    if target.get("kind", "") not in {"", "Node"}:
        problems.unsupported("target.kind", target["kind"], ("Node", "<empty>"))
    if not name:
        problems.required("target.name")
    else:
        problems.all_of("target.name", name, dns_subdomain(name))
    if problems:
        texts = [f"{problem.field}: {problem.message}" for problem in problems]
        message = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
        raise ApiError(code=500, reason="", message=message)


def _refused(name: str, why: str) -> ApiError:
    message = f'Operation cannot be fulfilled on pods/binding "{name}": {why}'
    return ApiError(code=409, reason="Conflict", message=message, name=name, kind="pods/binding")
