"""Admission: what happens to a write between validation and the store, plug-in by plug-in, in the API server's order.

Two phases, as on a real server: `mutate` fills in (limits' defaults, the service account, tolerations), then the
object's fields are validated, then `review` refuses or reserves. `admit` runs both for callers that validate elsewhere.
The plug-ins are a table each, so that a later one (policies) is one more line before the quota, which always comes
last: it writes what it reserves. Only plug-ins that tenants meet are here; no service account token is mounted.

Source: page "Admission Control in Kubernetes"; AllOrderedPlugins in pkg/kubeapiserver/options/plugins.go, 1.37.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.sandbox.admission import pod_security
from tenantkit.sandbox.admission.attributes import Attributes
from tenantkit.sandbox.admission.default_ingress_class import default_ingress_class
from tenantkit.sandbox.admission.limit_ranger import check_limits, default_limits
from tenantkit.sandbox.admission.namespace_lifecycle import live_in_a_living_namespace
from tenantkit.sandbox.admission.object_in_use_protection import protect
from tenantkit.sandbox.admission.priority import check_default_priority, default_priority_and_tolerations
from tenantkit.sandbox.admission.resource_quota import reserve_quota
from tenantkit.sandbox.admission.service_account import default_service_account

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.attributes import Operation
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.storage.store import Store


def admit(  # noqa: PLR0913, PLR0917 (an Attributes's fields, for callers that need no Attributes)
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
    attributes = Attributes(operation, resource, manifest, old, store, user, subresource, dry_run)
    filled = mutate(attributes)
    review(replace(attributes, manifest=filled))
    return filled


def mutate(attributes: Attributes) -> Manifest:
    """The first phase: the object with what the plug-ins fill in, to be validated next.

    Raises:
        ApiError: the namespace is not there, or on its way out; a service account is missing.
    """
    for plugin in _MUTATING:
        attributes = replace(attributes, manifest=plugin(attributes))
    return attributes.manifest


def review(attributes: Attributes) -> None:
    """The second phase, on the validated object: refuse it, or reserve quota for it.

    Raises:
        ApiError: a limit range, the namespace's pod security level or a quota forbids it.
    """
    for plugin in _REVIEWING:
        plugin(attributes)


_MUTATING: tuple[Callable[[Attributes], Manifest], ...] = (
    live_in_a_living_namespace,
    default_limits,
    default_service_account,
    default_priority_and_tolerations,
    default_ingress_class,
    protect,
)
_REVIEWING: tuple[Callable[[Attributes], None], ...] = (
    check_limits,
    pod_security.review,
    check_default_priority,
    reserve_quota,
)
