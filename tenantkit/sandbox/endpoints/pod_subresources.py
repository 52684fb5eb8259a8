"""The pod subresources `binding` and `eviction`.

As on the real server, the fields that a binding sets have no manager. The sandbox has no PodDisruptionBudgets, so an
eviction is a deletion.

Source: pkg/registry/core/pod/storage, 1.37; page "API-initiated Eviction".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.sandbox.admission.attributes import Attributes
from tenantkit.sandbox.admission.chain import review_subresource
from tenantkit.sandbox.apimachinery.delete_options import DeleteOptions
from tenantkit.sandbox.apimachinery.errors import ApiError, Cause, bad_request, conflict, invalid, not_found, other_uid
from tenantkit.sandbox.apimachinery.field_errors import ErrorList
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.apimachinery.validation import dns_subdomain
from tenantkit.sandbox.apis.scheme import read_as
from tenantkit.sandbox.endpoints.bodies import read_body
from tenantkit.sandbox.endpoints.options import UNSAFE, check_delete_options, write_options
from tenantkit.sandbox.registry.binding import bound
from tenantkit.sandbox.registry.delete import delete_live

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.endpoints.options import WriteOptions
    from tenantkit.sandbox.endpoints.request import ApiRequest
    from tenantkit.sandbox.storage.store import Store

CREATED = 201
_DONE: Manifest = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": CREATED}


def bind(store: Store, resource: Resource, request: ApiRequest) -> tuple[int, Manifest]:
    """POST of a Binding: assign a node to a pod that has none."""
    options, binding = _read(resource, request)
    name, target = request.info.name, binding.get("target") or {}
    if binding["metadata"].get("name") != name:
        raise bad_request("name in URL does not match name in Binding object")
    _check_target(target)
    review_created(store, resource, request, binding, options)
    live = _live(store, resource, request)
    uid, metadata = binding["metadata"].get("uid"), live["metadata"]
    version = binding["metadata"].get("resourceVersion") or metadata["resourceVersion"]
    if version != metadata["resourceVersion"]:
        why = f"Precondition failed: resourceVersion {version} is not {metadata['resourceVersion']}"
        raise conflict(resource, name, f"StorageError: invalid object, Code: 4, AdditionalErrorMsg: {why}")
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


def evict(store: Store, resource: Resource, request: ApiRequest) -> tuple[int, Manifest]:
    """POST of an Eviction: delete the pod with the options in it."""
    options, eviction = _read(resource, request)
    if eviction["metadata"].get("name") != request.info.name:
        raise bad_request("name in URL does not match name in Eviction object")
    sent = eviction.get("deleteOptions") or {}
    check_delete_options(sent)
    if sent.get(UNSAFE):
        why = "Invalid value: true: can not be set for pod eviction"
        cause = Cause(f"deleteOptions.{UNSAFE}", why, "FieldValueInvalid")
        raise invalid("policy/v1", "Eviction", request.info.name, [cause])
    review_created(store, resource, request, eviction, options)
    preconditions = sent.get("preconditions") or {}
    delete_options = DeleteOptions(
        dry_run=options.dry_run or bool(sent.get("dryRun")),
        grace_period_s=sent.get("gracePeriodSeconds"),
        uid=preconditions.get("uid"),
        version=preconditions.get("resourceVersion"),
        propagation=sent.get("propagationPolicy") or "",
    )
    delete_live(store, resource, _live(store, resource, request), delete_options, request.user, is_admitted=True)
    return CREATED, _DONE


def review_created(
    store: Store, resource: Resource, request: ApiRequest, created: Manifest, options: WriteOptions
) -> None:
    """Run admission for what is created at a subresource; raises ApiError if it is refused."""
    info = request.info
    place = {"name": info.name, "namespace": info.namespace}
    manifest = {**created, "metadata": {**created["metadata"], **place}}
    attributes = Attributes("CREATE", resource, manifest, None, store, request.user, info.subresource)
    attributes = replace(attributes, dry_run=options.dry_run, options=options.shown("CreateOptions"))
    review_subresource(replace(attributes, warnings=request.warnings, shown=(manifest, None)))


def _read(resource: Resource, request: ApiRequest) -> tuple[WriteOptions, Manifest]:
    subresource = resource.subresources[request.info.subresource]
    options = write_options("CreateOptions", request)
    sent = read_body(request.body, request.content_type, subresource.api_version, subresource.kind)
    found, _ = read_as(sent, subresource.api_version, subresource.kind, strict=options.strict)
    namespace = (found.get("metadata") or {}).get("namespace") or request.info.namespace
    if namespace != request.info.namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    return options, {**found, "metadata": found.get("metadata") or {}}


def _live(store: Store, resource: Resource, request: ApiRequest) -> Manifest:
    found = store.get(resource, request.info.name, request.info.namespace)
    if found is None:
        raise not_found(resource, request.info.name)
    return found


def _check_target(target: Manifest) -> None:
    """Check a binding's target; as on the real server the error has no reason."""
    errors, name = ErrorList(), target.get("name", "")
    if target.get("kind", "") not in {"", "Node"}:
        errors.unsupported("target.kind", target["kind"], ("Node", "<empty>"))
    if not name:
        errors.required("target.name")
    else:
        errors.all_of("target.name", name, dns_subdomain(name))
    if errors:
        texts = [f"{error.field}: {error.message}" for error in errors]
        message = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
        raise ApiError(code=500, reason="", message=message)


def _refused(name: str, why: str) -> ApiError:
    message = f'Operation cannot be fulfilled on pods/binding "{name}": {why}'
    return ApiError(code=409, reason="Conflict", message=message, name=name, kind="pods/binding")
