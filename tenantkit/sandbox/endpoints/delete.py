"""The deleting verbs: DELETE of one object or of many.

Source: apiserver's pkg/endpoints/handlers/delete.go, 1.37.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.errors import ApiError, Cause, conflict, forbidden, invalid, not_found
from tenantkit.sandbox.apimachinery.resources import NAMESPACES
from tenantkit.sandbox.endpoints.options import UNSAFE, delete_options, list_options
from tenantkit.sandbox.endpoints.request import check_name_in_path
from tenantkit.sandbox.endpoints.selectors import selectors_of
from tenantkit.sandbox.registry.delete import delete_live

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.delete_options import DeleteOptions
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.auth.rbac import Authorizer
    from tenantkit.sandbox.endpoints.reads import Reads
    from tenantkit.sandbox.endpoints.request import ApiRequest
    from tenantkit.sandbox.storage.store import Store

OK, ACCEPTED = 200, 202
_JOBS_ORPHAN = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set "
    "propagationPolicy=Orphan to suppress this warning"
)
_UNSAFE_VERB = "unsafe-delete-ignore-read-errors"
_NEVER_UNSAFE = frozenset({"rbac.authorization.k8s.io"})  # groups whose objects the server deletes in its own way
_RETURNS_OBJECT = frozenset(
    {"namespaces", "persistentvolumeclaims", "persistentvolumes", "pods", "resourcequotas", "serviceaccounts"}
    | {"services", "storageclasses.storage.k8s.io"}
)


class Deletes:
    """The deleting verbs over one store."""

    def __init__(self, store: Store, reads: Reads, authorizer: Authorizer) -> None:
        self._authorizer = authorizer
        self._store = store
        self._reads = reads

    def delete(self, resource: Resource, request: ApiRequest) -> tuple[int, Manifest]:
        """DELETE of one object; the response is the object or a Status, as on the real server for that kind."""
        options = _options(resource, request)
        if options.unsafe:
            self._check_unsafe(resource, request)
        name, namespace = request.info.name, request.info.namespace if resource.namespaced else ""
        check_name_in_path(name)
        live = self._store.get(resource, name, namespace)
        if live is None:
            raise not_found(resource, name)
        if options.unsafe:
            why = "the object is not corrupt, try again without the option"
            raise conflict(resource, name, f"{UNSAFE}: {why}")
        last, exists = delete_live(self._store, resource, live, options, request.user, warnings=request.warnings)
        if exists or resource.qualified in _RETURNS_OBJECT:
            return ACCEPTED if exists and options.orphan_dependents is False else OK, last
        details = {"name": name, "group": resource.group, "kind": resource.plural, "uid": last["metadata"]["uid"]}
        details = {key: value for key, value in details.items() if value}
        return OK, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}

    def _check_unsafe(self, resource: Resource, request: ApiRequest) -> None:
        """Raise ApiError if the server can't delete such objects unread, or the user may not."""
        if resource.group in _NEVER_UNSAFE or resource is NAMESPACES:
            why = f"no unsafe deleter provided, can not honor {UNSAFE}"
            raise ApiError(code=500, reason="InternalError", message=f"Internal error occurred: {why}")
        if not self._authorizer.allows(request.user, replace(request.info, verb=_UNSAFE_VERB)):
            why = f'not permitted to do "{_UNSAFE_VERB}", reason: '
            raise forbidden(resource, request.info.name, why)

    def delete_many(self, resource: Resource, request: ApiRequest) -> tuple[int, Manifest]:
        """DELETE of all objects that a list would return; the response is that list."""
        selectors_of(resource, list_options(request.query), name=request.info.name)
        options = _options(resource, request)
        if options.unsafe:
            why = "Invalid value: true: is not allowed with DELETECOLLECTION, try again after removing the option"
            raise invalid("meta.k8s.io/v1", "DeleteOptions", "", [Cause(UNSAFE, why, "FieldValueInvalid")])
        found = self._reads.list(resource, request)
        for item in found["items"]:
            live = self._store.get(resource, item["metadata"]["name"], item["metadata"].get("namespace", ""))
            if live is not None:
                told = request.warnings
                delete_live(self._store, resource, live, options, request.user, warnings=told, is_named=False)
        return OK, found


def _options(resource: Resource, request: ApiRequest) -> DeleteOptions:
    """The options of a delete; deleting Jobs without a propagation policy gives a warning."""
    options = delete_options(request)
    if resource.qualified == "jobs.batch" and not options.propagation and options.orphan_dependents is None:
        request.warnings.append(_JOBS_ORPHAN)
    return options
