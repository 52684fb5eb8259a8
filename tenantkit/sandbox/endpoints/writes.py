"""Create, update, patch and apply: one object's way from the request to the store.

The order of steps is that of the real server's handlers, since each refusal has its place in it: read, note who manages
which field, mutating admission, escalation check, the server's own fields, validation, reviewing admission, store. Each
step takes an object and returns another; nothing stored is changed in place.

Source: apiserver's pkg/endpoints/handlers and pkg/registry/generic/registry/store.go, 1.37.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

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
from tenantkit.sandbox.apimachinery.time import timestamp
from tenantkit.sandbox.apis.scheme import read_as
from tenantkit.sandbox.apis.warnings import warnings_on_update
from tenantkit.sandbox.auth.escalation_check import check_escalation
from tenantkit.sandbox.auth.rbac import ROLES
from tenantkit.sandbox.endpoints.bodies import parse_yaml, read_body
from tenantkit.sandbox.endpoints.options import write_options
from tenantkit.sandbox.endpoints.patch import APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, patch
from tenantkit.sandbox.endpoints.scale import SCALE, applied_scale, in_scales_version, scale_of, scaled
from tenantkit.sandbox.managedfields.apply import apply
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
    from tenantkit.sandbox.endpoints.request import Request
    from tenantkit.sandbox.storage.store import Store

PATCH_TYPES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)
OK, CREATED = 200, 201
_PUT_MAY_CREATE = frozenset({"events", "limitranges", "services", "leases.coordination.k8s.io"})
_VERSION_NEEDED = frozenset({"leases.coordination.k8s.io"})
_MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


class Writes:
    """The writing verbs over one store; each answers with the HTTP status and the object."""

    def __init__(self, store: Store, authorizer: Authorizer) -> None:
        self._store = store
        self._authorizer = authorizer

    def create(self, resource: Resource, request: Request) -> tuple[int, Manifest]:
        """POST of a new object."""
        options = write_options("CreateOptions", request)
        manifest = self._read(resource, request, options)
        metadata = {key: value for key, value in manifest["metadata"].items() if key not in SET_BY_THE_SERVER}
        manifest = _placed({**manifest, "metadata": metadata}, resource, request)
        return CREATED, self._create(resource, request, options, self._tracked(None, manifest, options))

    def update(self, resource: Resource, request: Request) -> tuple[int, Manifest]:
        """PUT of a whole object, or of the part of it that a subresource is."""
        subresource = request.info.subresource
        options = write_options("UpdateOptions", request)
        if subresource == SCALE:
            return self._rescale(resource, request, options)
        manifest = _placed(self._read(resource, request, options), resource, request)
        _check_name(manifest, request)
        old, namespace = self._old(resource, request), request.info.namespace if resource.namespaced else ""
        if old is None:
            if subresource or not (resource.qualified in _PUT_MAY_CREATE or resource.group == ROLES.group):
                raise not_found(resource, request.info.name)
            if uid := manifest["metadata"].get("uid"):
                missing = {"metadata": {**manifest["metadata"], "namespace": namespace, "uid": ""}}
                raise other_uid(resource, missing, uid, dry_run=options.dry_run)
            return CREATED, self._create_instead(resource, request, options, self._tracked(None, manifest, options))
        uid = manifest["metadata"].get("uid")
        if uid and uid != old["metadata"]["uid"]:
            raise other_uid(resource, old, uid, dry_run=options.dry_run)
        tracked = self._tracked(old, manifest, options, subresource)
        return OK, self._replace(resource, request, options, tracked, old)

    def patch(self, resource: Resource, request: Request) -> tuple[int, Manifest]:
        """PATCH of any of the four kinds."""
        media_type = request.content_type.partition(";")[0].strip()
        if media_type not in PATCH_TYPES:
            message = "415: Unsupported Media Type"
            raise ApiError(code=415, reason="UnsupportedMediaType", message=message, empty_details=True)
        if media_type == STRATEGIC_PATCH and is_custom(resource.api_version):
            raise unsupported_media_type(f"{JSON_PATCH}, {MERGE_PATCH}, {APPLY_PATCH}")
        options = write_options("PatchOptions", request, is_apply=media_type == APPLY_PATCH)
        if request.info.subresource == SCALE:
            return self._rescale(resource, request, options, media_type)
        old = self._old(resource, request)
        if media_type == APPLY_PATCH:
            return self._apply(resource, request, options, old)
        if old is None:
            raise not_found(resource, request.info.name)
        patched = patch(old, request.body, media_type, strict=options.strict)
        found, unknown = read_as(patched, resource.api_version, resource.kind, strict=options.strict)
        _warn(request, options, unknown)
        _check_name(found, request)
        tracked = self._tracked(old, found, options, request.info.subresource)
        return OK, self._replace(resource, request, options, tracked, old)

    def _rescale(
        self, resource: Resource, request: Request, options: WriteOptions, media_type: str = ""
    ) -> tuple[int, Manifest]:
        """PUT or PATCH of a workload's scale; answers with the workload."""
        part, old = resource.subresources[SCALE], self._old(resource, request)
        if old is None:
            raise not_found(resource, request.info.name)
        if media_type == APPLY_PATCH:
            sent = read_body(request.body, "application/yaml", kind=part.kind)
        elif media_type:
            sent = patch(scale_of(old), request.body, media_type, strict=options.strict)
        else:
            sent = read_body(request.body, request.content_type, kind=part.kind)
        scale, unknown = read_as(sent, part.api_version, part.kind, strict=options.strict)
        _warn(request, options, unknown)
        _check_name({"metadata": scale.get("metadata") or {}}, request)
        uid = (scale.get("metadata") or {}).get("uid")
        if uid and uid != old["metadata"]["uid"]:
            raise other_uid(resource, old, uid)
        wanted, manager = scaled(old, scale), options.manager
        if media_type == APPLY_PATCH:
            config, now = applied_scale(old, scale), timestamp(self._store.clock())
            with in_scales_version(resource):
                tracked = apply(old, config, manager=manager, force=options.force, time=now, subresource=SCALE)
        else:
            tracked = self._tracked(old, wanted, options, SCALE)
        return OK, self._replace(resource, request, options, tracked, old)

    def _apply(
        self, resource: Resource, request: Request, options: WriteOptions, old: Manifest | None
    ) -> tuple[int, Manifest]:
        subresource = request.info.subresource
        try:
            applied = parse_yaml(request.body)
        except ValueError as error:
            raise bad_request(f"error encoding patch: {error}") from error
        if not isinstance(applied, dict):
            raise bad_request("error decoding YAML: the patch is no object")
        version, kind = (text if isinstance(text := applied.get(part), str) else "" for part in ("apiVersion", "kind"))
        if (version, kind) != (resource.api_version, resource.kind):
            shown = version if "/" in version else f"/{version}"
            raise bad_request(f"invalid object type: {shown}, Kind={kind}")
        if old is None and subresource:
            raise not_found(resource, request.info.name)
        applied = {**applied, "metadata": {} if applied.get("metadata") is None else applied["metadata"]}
        now = timestamp(self._store.clock())
        result = apply(old, applied, manager=options.manager, force=options.force, time=now, subresource=subresource)
        uid = applied["metadata"].get("uid")
        if old is None and uid:
            why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            raise conflict(resource, request.info.name, why)
        _check_name(_placed(result, resource, request), request)
        if old is None:
            return CREATED, self._create_instead(resource, request, options, result)
        return OK, self._replace(resource, request, options, result, old)

    def _create_instead(
        self, resource: Resource, request: Request, options: WriteOptions, manifest: Manifest
    ) -> Manifest:
        """An update or apply of what is not there: it takes the right to create, too."""
        self._authorizer.check(request.user, replace(request.info, verb="create"))
        _check_version(manifest["metadata"].get("resourceVersion") or "")
        if not options.dry_run:
            metadata = {key: value for key, value in manifest["metadata"].items() if key != "resourceVersion"}
            manifest = {**manifest, "metadata": metadata}
        return self._create(resource, request, options, manifest)

    def _create(self, resource: Resource, request: Request, options: WriteOptions, manifest: Manifest) -> Manifest:
        store = self._store
        manifest = _placed(manifest, resource, request, fill=True)
        user, warnings = request.user, request.warnings
        attributes = Attributes("CREATE", resource, manifest, None, store, user, "", options.dry_run, warnings)
        manifest = mutate(attributes)
        check_escalation(self._authorizer, request.user, resource, request.info, manifest, None)
        return store_new(replace(attributes, manifest=manifest), group=request.info.group)

    def _replace(
        self, resource: Resource, request: Request, options: WriteOptions, manifest: Manifest, old: Manifest
    ) -> Manifest:
        store, subresource = self._store, request.info.subresource
        manifest = _placed(manifest, resource, request, fill=True)
        user, warnings = request.user, request.warnings
        attributes = Attributes("UPDATE", resource, manifest, old, store, user, subresource, options.dry_run, warnings)
        manifest = mutate(attributes)
        if not subresource:
            check_escalation(self._authorizer, request.user, resource, request.info, manifest, old)
        manifest = _at_version_of(old, manifest, resource)
        manifest = prepare_update(manifest, old, subresource=subresource)
        check_valid(manifest, old, subresource=subresource, group=request.info.group)
        if not subresource:
            warnings.extend(warnings_on_update(manifest))
        if same_but_for_times(old, manifest):
            manifest = old
        review(replace(attributes, manifest=manifest))
        if options.dry_run:
            return manifest
        return remove_or_put(store, resource, manifest, old)

    def _read(self, resource: Resource, request: Request, options: WriteOptions) -> Manifest:
        """The object in the body, canonical, with defaults."""
        sent = read_body(request.body, request.content_type, kind=resource.kind)
        found, unknown = read_as(sent, resource.api_version, resource.kind, strict=options.strict)
        _warn(request, options, unknown)
        return {**found, "metadata": found.get("metadata") or {}}

    def _old(self, resource: Resource, request: Request) -> Manifest | None:
        return self._store.get(resource, request.info.name, request.info.namespace if resource.namespaced else "")

    def _tracked(
        self, old: Manifest | None, manifest: Manifest, options: WriteOptions, subresource: str = ""
    ) -> Manifest:
        now = timestamp(self._store.clock())
        try:
            return track_update(old, manifest, manager=options.manager, time=now, subresource=subresource)
        except TypedError:  # such as an item of a list that lacks its key: validation will tell
            return manifest


def _warn(request: Request, options: WriteOptions, unknown: list[str]) -> None:
    if options.warn:
        request.warnings.extend(unknown)


def _placed(manifest: Manifest, resource: Resource, request: Request, *, fill: bool = False) -> Manifest:
    """The object, checked to be of the request's namespace; `fill` writes that into it."""
    namespace = request.info.namespace if resource.namespaced else ""
    sent = manifest["metadata"].get("namespace") or ""
    if sent and namespace and sent != namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    if not fill or sent == namespace:
        return manifest
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "namespace"}
    return {**manifest, "metadata": metadata | ({"namespace": namespace} if namespace else {})}


def _check_name(manifest: Manifest, request: Request) -> None:
    """The object in the body must be the one in the path."""
    name, wanted = manifest["metadata"].get("name"), request.info.name
    if not name:
        why = "undeterminable: name must be provided"
        raise bad_request(f"the name of the object ({wanted} based on URL) was {why}")
    if name != wanted:
        raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({wanted})")


def _check_version(version: str) -> None:
    if version and not version.isdecimal():
        message = f'strconv.ParseUint: parsing "{version}": invalid syntax'
        raise ApiError(code=500, reason="", message=message)


def _at_version_of(old: Manifest, manifest: Manifest, resource: Resource) -> Manifest:
    """The object at the live one's version; raises ApiError where it speaks of another version."""
    version, live = manifest["metadata"].get("resourceVersion") or "", old["metadata"]["resourceVersion"]
    name = old["metadata"]["name"]
    _check_version(version)
    if version in {"", "0"}:
        if resource.qualified in _VERSION_NEEDED or is_custom(resource.api_version):
            why = "Invalid value: 0: must be specified for an update"
            cause = Cause("metadata.resourceVersion", why, "FieldValueInvalid")
            raise invalid(resource.api_version, resource.plural, name, [cause])
        return {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": live}}
    if version != live:
        raise conflict(resource, name, _MODIFIED)
    return manifest
