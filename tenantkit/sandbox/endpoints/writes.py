"""The writing verbs: create, update, patch and apply.

The steps are in the order of the real server's handlers, which decides the error that a request gets: decode, update
managed fields, mutating admission, escalation check, strategy, validation, validating admission, store. Each step
returns a new object; stored objects are never changed in place.

Source: apiserver's pkg/endpoints/handlers and pkg/registry/generic/registry/store.go, 1.37.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tenantkit.sandbox.admission.attributes import Attributes
from tenantkit.sandbox.admission.chain import mutate, review
from tenantkit.sandbox.apimachinery.apiextensions import is_custom
from tenantkit.sandbox.apimachinery.errors import (
    ApiError,
    Cause,
    bad_request,
    conflict,
    invalid,
    not_found,
    other_uid,
    unsupported_media_type,
)
from tenantkit.sandbox.apimachinery.go_text import not_uint64, quoted
from tenantkit.sandbox.apimachinery.resources import POLICIES, POLICY_BINDINGS
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.apis.scheme import read_as
from tenantkit.sandbox.apis.validation.objects import validate
from tenantkit.sandbox.apis.warnings import warnings_on_update
from tenantkit.sandbox.auth.escalation_check import check_escalation
from tenantkit.sandbox.auth.policy_params import unreadable_params
from tenantkit.sandbox.auth.rbac import ROLES
from tenantkit.sandbox.endpoints.bodies import read_body
from tenantkit.sandbox.endpoints.options import write_options
from tenantkit.sandbox.endpoints.patch import (
    APPLY_PATCH,
    JSON_PATCH,
    MERGE_PATCH,
    STRATEGIC_PATCH,
    check_strictly,
    patch,
    read_patch,
)
from tenantkit.sandbox.endpoints.request import check_name_in_path
from tenantkit.sandbox.endpoints.scale import SCALE, applied_scale, scale_of, scaled, with_scale_version, without_zero
from tenantkit.sandbox.managedfields.apply import apply, check_configuration
from tenantkit.sandbox.managedfields.fieldmanager import same_but_for_times, track_update
from tenantkit.sandbox.managedfields.fieldpath import TypedError
from tenantkit.sandbox.registry.create import SET_BY_THE_SERVER, check_valid, store_new
from tenantkit.sandbox.registry.delete import remove_or_put
from tenantkit.sandbox.registry.strategies import prepare_update

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.auth.rbac import Authorizer
    from tenantkit.sandbox.endpoints.options import WriteOptions
    from tenantkit.sandbox.endpoints.request import ApiRequest
    from tenantkit.sandbox.storage.store import Store

PATCH_TYPES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)
OK, CREATED = 200, 201
_PUT_MAY_CREATE = frozenset({"events", "limitranges", "services", "leases.coordination.k8s.io"})
_VERSION_NEEDED = frozenset(
    {"leases.coordination.k8s.io", "validatingadmissionpolicies.admissionregistration.k8s.io"}
    | {"validatingadmissionpolicybindings.admissionregistration.k8s.io"}
)
_MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


class Writes:
    """The writing verbs over one store; each returns the HTTP status and the object."""

    def __init__(self, store: Store, authorizer: Authorizer) -> None:
        self._store = store
        self._authorizer = authorizer

    def create(self, resource: Resource, request: ApiRequest) -> tuple[int, Manifest]:
        """POST of a new object."""
        options = write_options("CreateOptions", request)
        manifest = self._read(resource, request, options)
        metadata = {key: value for key, value in manifest["metadata"].items() if key not in SET_BY_THE_SERVER}
        manifest = _in_namespace({**manifest, "metadata": metadata}, resource, request)
        return CREATED, self._create(resource, request, options, self._tracked(None, manifest, options))

    def update(self, resource: Resource, request: ApiRequest) -> tuple[int, Manifest]:
        """PUT of an object or a subresource."""
        subresource = request.info.subresource
        options = write_options("UpdateOptions", request)
        if subresource == SCALE:
            return self._rescale(resource, request, options)
        manifest = _in_namespace(self._read(resource, request, options), resource, request)
        _check_name(manifest, request)
        old, namespace = self._old(resource, request), request.info.namespace if resource.namespaced else ""
        if old is None:
            if subresource or not (resource.qualified in _PUT_MAY_CREATE or resource.group == ROLES.group):
                raise not_found(resource, request.info.name)
            if uid := manifest["metadata"].get("uid"):
                missing = {"metadata": {**manifest["metadata"], "namespace": namespace, "uid": ""}}
                raise other_uid(resource, missing, uid, dry_run=options.dry_run)
            return CREATED, self._create_on_write(resource, request, options, self._tracked(None, manifest, options))
        uid = manifest["metadata"].get("uid")
        if uid and uid != old["metadata"]["uid"]:
            raise other_uid(resource, old, uid, dry_run=options.dry_run)
        tracked = self._tracked(old, manifest, options, subresource)
        return OK, self._replace(resource, request, options, tracked, old)

    def patch(self, resource: Resource, request: ApiRequest) -> tuple[int, Manifest]:
        """PATCH with one of the four patch types."""
        media_type = request.content_type.partition(";")[0]
        options = write_options("PatchOptions", request, is_apply=media_type == APPLY_PATCH)
        if request.info.subresource == SCALE:
            return self._rescale(resource, request, options, media_type)
        sent = read_patch(request.body, media_type)
        old = self._old(resource, request)
        if media_type == APPLY_PATCH:
            return self._apply(resource, request, options, sent, old)
        if old is None:
            raise not_found(resource, request.info.name)
        patched = patch(old, sent, media_type, strict=options.strict, lenient=options.lenient)
        if options.strict:
            check_strictly(request.body, media_type, patched)
        found, unknown = read_as(patched, resource.api_version, resource.kind, strict=options.strict)
        _warn(request, options, unknown)
        _check_name(found, request)
        tracked = self._tracked(old, found, options, request.info.subresource)
        return OK, self._replace(resource, request, options, tracked, old)

    def _rescale(
        self, resource: Resource, request: ApiRequest, options: WriteOptions, media_type: str = ""
    ) -> tuple[int, Manifest]:
        """PUT or PATCH of a workload's scale; returns the workload."""
        subresource, old = resource.subresources[SCALE], self._old(resource, request)
        sent: Any = None
        if not media_type:
            found = read_body(request.body, request.content_type, subresource.api_version, subresource.kind)
            sent = self._scale(resource, request, options, found)
        if old is None:
            raise not_found(resource, request.info.name)
        if media_type == APPLY_PATCH:
            config = read_body(request.body, "application/yaml", subresource.api_version, subresource.kind)
            _check_applied_type(config, subresource.api_version, subresource.kind)
            check_configuration(config)
            sent = self._scale(resource, request, options, config)
        elif media_type:
            changed = patch(
                scale_of(old),
                read_patch(request.body, media_type),
                media_type,
                strict=options.strict,
                lenient=options.lenient,
            )
            if options.strict:
                check_strictly(request.body, media_type, changed)
            sent = self._scale(resource, request, options, changed)
        uid = (sent.get("metadata") or {}).get("uid")
        if uid and uid != old["metadata"]["uid"]:
            raise other_uid(resource, old, uid)
        if media_type == APPLY_PATCH:
            now, manager = timestamp(self._store.clock()), options.manager
            live, config = without_zero(old), applied_scale(old, config)
            with with_scale_version(resource):
                tracked = apply(live, config, manager=manager, force=options.force, time=now, subresource=SCALE)
            if options.strict:
                check_strictly(request.body, media_type, tracked)
            replicas = scaled(old, sent)["spec"]["replicas"]
            tracked = {**tracked, "spec": {**tracked["spec"], "replicas": replicas}}
        else:
            tracked = self._tracked(old, scaled(old, sent), options, SCALE)
        return OK, self._replace(resource, request, options, tracked, old)

    def _scale(self, resource: Resource, request: ApiRequest, options: WriteOptions, sent: Manifest) -> Manifest:
        """The scale that was sent, in canonical form."""
        subresource = resource.subresources[SCALE]
        scale, unknown = read_as(sent, subresource.api_version, subresource.kind, strict=options.strict)
        _warn(request, options, unknown)
        _in_namespace({"metadata": scale.get("metadata") or {}}, resource, request)
        _check_name({"metadata": scale.get("metadata") or {}}, request)
        return scale

    def _apply(
        self, resource: Resource, request: ApiRequest, options: WriteOptions, applied: Any, old: Manifest | None
    ) -> tuple[int, Manifest]:
        subresource = request.info.subresource
        if old is None and subresource:
            raise not_found(resource, request.info.name)
        applied = {} if applied is None else applied
        if not isinstance(applied, dict):
            raise bad_request("error decoding YAML: the patch is not an object")
        _check_applied_type(applied, resource.api_version, resource.kind)
        applied = {**applied, "metadata": {} if applied.get("metadata") is None else applied["metadata"]}
        now = timestamp(self._store.clock())
        result = apply(old, applied, manager=options.manager, force=options.force, time=now, subresource=subresource)
        if options.strict:
            check_strictly(request.body, APPLY_PATCH, result)
        uid = applied["metadata"].get("uid")
        if old is None and uid:
            why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            raise conflict(resource, request.info.name, why)
        _check_name(_in_namespace(result, resource, request), request)
        if old is None:
            return CREATED, self._create_on_write(resource, request, options, result)
        return OK, self._replace(resource, request, options, result, old)

    def _create_on_write(
        self, resource: Resource, request: ApiRequest, options: WriteOptions, manifest: Manifest
    ) -> Manifest:
        """An update or apply of an object that does not exist; it needs permission to create."""
        self._authorizer.check(request.user, replace(request.info, verb="create"))
        _check_version(manifest["metadata"].get("resourceVersion") or "")
        if not options.dry_run:
            metadata = {key: value for key, value in manifest["metadata"].items() if key != "resourceVersion"}
            manifest = {**manifest, "metadata": metadata}
        return self._create(resource, request, options, manifest)

    def _create(self, resource: Resource, request: ApiRequest, options: WriteOptions, manifest: Manifest) -> Manifest:
        store = self._store
        manifest = _in_namespace(manifest, resource, request, fill=True)
        user, warnings = request.user, request.warnings
        attributes = Attributes("CREATE", resource, manifest, None, store, user, "", options.dry_run, warnings)
        attributes = replace(attributes, options=options.shown("CreateOptions"))
        manifest = mutate(attributes)
        check_escalation(self._authorizer, request.user, resource, request.info, manifest, None)
        self._check_params(resource, request, manifest, None)
        return store_new(replace(attributes, manifest=manifest), group=request.info.group)

    def _replace(
        self, resource: Resource, request: ApiRequest, options: WriteOptions, manifest: Manifest, old: Manifest
    ) -> Manifest:
        store, subresource = self._store, request.info.subresource
        manifest = _in_namespace(manifest, resource, request, fill=True)
        user, warnings = request.user, request.warnings
        attributes = Attributes("UPDATE", resource, manifest, old, store, user, subresource, options.dry_run, warnings)
        manifest = mutate(attributes)
        if not subresource:
            check_escalation(self._authorizer, request.user, resource, request.info, manifest, old)
            self._check_params(resource, request, manifest, old)
        manifest = _at_version_of(old, manifest, resource)
        manifest = prepare_update(manifest, old, subresource=subresource)
        check_valid(manifest, old, subresource=subresource, group=request.info.group)
        if not subresource:
            warnings.extend(warnings_on_update(manifest))
        if same_but_for_times(old, manifest):
            manifest = old
        shown = (scale_of(manifest), scale_of(old)) if subresource == SCALE else None
        review(replace(attributes, manifest=manifest, shown=shown, options=options.shown("UpdateOptions")))
        if options.dry_run:
            return manifest
        return remove_or_put(store, resource, manifest, old)

    def _check_params(self, resource: Resource, request: ApiRequest, manifest: Manifest, old: Manifest | None) -> None:
        """Raise ApiError 422 if the user may not read the parameters of a policy that is valid otherwise."""
        if resource not in {POLICIES, POLICY_BINDINGS} or validate(manifest, old):
            return
        cause = unreadable_params(self._store, self._authorizer, request.user, resource, manifest, old)
        if cause is not None:
            raise invalid(resource.api_version, resource.kind, str(manifest["metadata"].get("name", "")), [cause])

    def _read(self, resource: Resource, request: ApiRequest, options: WriteOptions) -> Manifest:
        """The object in the body, in canonical form with defaults."""
        sent = read_body(request.body, request.content_type, resource.api_version, resource.kind)
        found, unknown = read_as(sent, resource.api_version, resource.kind, strict=options.strict)
        _warn(request, options, unknown)
        return {**found, "metadata": found.get("metadata") or {}}

    def _old(self, resource: Resource, request: ApiRequest) -> Manifest | None:
        check_name_in_path(request.info.name)
        return self._store.get(resource, request.info.name, request.info.namespace if resource.namespaced else "")

    def _tracked(
        self, old: Manifest | None, manifest: Manifest, options: WriteOptions, subresource: str = ""
    ) -> Manifest:
        now = timestamp(self._store.clock())
        try:
            return track_update(old, manifest, manager=options.manager, time=now, subresource=subresource)
        except TypedError:  # such as a list item without its key: validation reports it
            return manifest


def check_patch_type(resource: Resource, content_type: str) -> None:
    """Raise ApiError 415 if the Content-Type is none of the patch types that the resource has."""
    media_type = content_type.partition(";")[0]
    if media_type not in PATCH_TYPES:
        message = "415: Unsupported Media Type"
        raise ApiError(code=415, reason="UnsupportedMediaType", message=message, empty_details=True)
    if media_type == STRATEGIC_PATCH and is_custom(resource.api_version):
        raise unsupported_media_type(f"{JSON_PATCH}, {MERGE_PATCH}, {APPLY_PATCH}")


def _check_applied_type(applied: Manifest, api_version: str, kind: str) -> None:
    """Raise ApiError 400 if the configuration of an apply is for another kind."""
    sent = tuple(text if isinstance(text := applied.get(part), str) else "" for part in ("apiVersion", "kind"))
    if sent != (api_version, kind):
        shown = sent[0] if "/" in sent[0] else f"/{sent[0]}"
        raise bad_request(f"invalid object type: {shown}, Kind={sent[1]}")


def _warn(request: ApiRequest, options: WriteOptions, unknown: list[str]) -> None:
    if options.warn:
        request.warnings.extend(unknown)


def _in_namespace(manifest: Manifest, resource: Resource, request: ApiRequest, *, fill: bool = False) -> Manifest:
    """The object, checked against the request's namespace; `fill` sets the namespace."""
    namespace = request.info.namespace if resource.namespaced else ""
    sent = manifest["metadata"].get("namespace") or ""
    if sent and namespace and sent != namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    if not fill or sent == namespace:
        return manifest
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "namespace"}
    return {**manifest, "metadata": metadata | ({"namespace": namespace} if namespace else {})}


def _check_name(manifest: Manifest, request: ApiRequest) -> None:
    """Raise ApiError 400 if the name in the body is not that in the path."""
    name, name_in_path = manifest["metadata"].get("name"), request.info.name
    if not name:
        why = "undeterminable: name must be provided"
        raise bad_request(f"the name of the object ({name_in_path} based on URL) was {why}")
    if name != name_in_path:
        raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({name_in_path})")


def _check_version(version: str) -> None:
    if version and (why := not_uint64(version)):
        message = f"strconv.ParseUint: parsing {quoted(version)}: {why}"
        raise ApiError(code=500, reason="", message=message)


def _at_version_of(old: Manifest, manifest: Manifest, resource: Resource) -> Manifest:
    """The object with the live resourceVersion; raises ApiError if it names another version."""
    version, live = manifest["metadata"].get("resourceVersion") or "", old["metadata"]["resourceVersion"]
    name = old["metadata"]["name"]
    _check_version(version)
    if not version.strip("0"):
        if resource.qualified in _VERSION_NEEDED or is_custom(resource.api_version):
            why = "Invalid value: 0: must be specified for an update"
            cause = Cause("metadata.resourceVersion", why, "FieldValueInvalid")
            raise invalid(resource.api_version, resource.plural, name, [cause])
        return {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": live}}
    if version.lstrip("0") != live:
        raise conflict(resource, name, _MODIFIED)
    return manifest
