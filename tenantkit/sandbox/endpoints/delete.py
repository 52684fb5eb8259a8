"""Deletes: at once, after a pod's grace, or when the last finalizer is gone; one object or many.

What becomes of dependents is here only noted as a finalizer (propagation.py), which the garbage collector sees to.

Source: apiserver's pkg/registry/rest/delete.go, 1.37; pages "Finalizers" and "Pod Lifecycle".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.errors import not_found
from tenantkit.sandbox.endpoints.options import delete_options
from tenantkit.sandbox.registry.delete import delete_live

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.delete_options import DeleteOptions
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.endpoints.reads import Reads
    from tenantkit.sandbox.endpoints.request import Request
    from tenantkit.sandbox.storage.store import Store

OK, ACCEPTED = 200, 202
_JOBS_ORPHAN = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set "
    "propagationPolicy=Orphan to suppress this warning"
)
_ANSWERED_WITH_THE_OBJECT = frozenset(
    {"namespaces", "persistentvolumeclaims", "persistentvolumes", "pods", "resourcequotas", "serviceaccounts"}
    | {"services", "storageclasses.storage.k8s.io"}
)


class Deletion:
    """The deleting verbs over one store."""

    def __init__(self, store: Store, reads: Reads) -> None:
        self._store = store
        self._reads = reads

    def delete(self, resource: Resource, request: Request) -> tuple[int, Manifest]:
        """DELETE of one object: answers with it, or with a Status, as the real server does for its kind."""
        options = _options(resource, request)
        name, namespace = request.info.name, request.info.namespace if resource.namespaced else ""
        live = self._store.get(resource, name, namespace)
        if live is None:
            raise not_found(resource, name)
        last, held = delete_live(self._store, resource, live, options, request.user)
        if held or resource.qualified in _ANSWERED_WITH_THE_OBJECT:
            return ACCEPTED if held and options.orphan_dependents is False else OK, last
        details = {"name": name, "group": resource.group, "kind": resource.plural, "uid": last["metadata"]["uid"]}
        details = {key: value for key, value in details.items() if value}
        return OK, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}

    def delete_many(self, resource: Resource, request: Request) -> tuple[int, Manifest]:
        """DELETE of all that a list would give; answers with that list."""
        options = _options(resource, request)
        found = self._reads.list(resource, request)
        for item in found["items"]:
            live = self._store.get(resource, item["metadata"]["name"], item["metadata"].get("namespace", ""))
            if live is not None:
                delete_live(self._store, resource, live, options, request.user)
        return OK, found


def _options(resource: Resource, request: Request) -> DeleteOptions:
    """The options of a delete; who deletes Jobs without a word on their pods is told what becomes of these."""
    options = delete_options(request)
    if resource.qualified == "jobs.batch" and not options.propagation and options.orphan_dependents is None:
        request.warnings.append(_JOBS_ORPHAN)
    return options
