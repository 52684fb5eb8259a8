"""Admission: the plug-ins that each write passes, in the API server's order.

Admission has two phases, as on a real server. Mutating plug-ins (`mutate`) fill in defaults, such as limits, service
account and tolerations. The object is then validated, and validating plug-ins (`review`) refuse it or reserve quota.
The quota comes last, because it stores what it reserves. Only the plug-ins that affect tenants are implemented.

Source: page "Admission Control in Kubernetes"; AllOrderedPlugins in pkg/kubeapiserver/options/plugins.go, 1.37.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.sandbox.admission import pod_security
from tenantkit.sandbox.admission.default_ingress_class import default_ingress_class
from tenantkit.sandbox.admission.limit_ranger import check_limits, default_limits
from tenantkit.sandbox.admission.namespace_lifecycle import check_namespace_lifecycle
from tenantkit.sandbox.admission.object_in_use_protection import protect_objects_in_use
from tenantkit.sandbox.admission.policies import plugin as validating_admission_policy
from tenantkit.sandbox.admission.priority import check_default_priority, default_priority_and_tolerations
from tenantkit.sandbox.admission.resource_quota import reserve_quota
from tenantkit.sandbox.admission.service_account import default_service_account

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.admission.attributes import Attributes


def mutate(attributes: Attributes) -> Manifest:
    """Run the mutating plug-ins; the object that they return is validated next.

    Raises:
        ApiError: the namespace does not exist or is terminating, or a service account does not exist.
    """
    for plugin in _MUTATING:
        attributes = replace(attributes, manifest=plugin(attributes))
    return attributes.manifest


def review(attributes: Attributes) -> None:
    """Run the validating plug-ins on the validated object: refuse it, or reserve quota for it.

    Raises:
        ApiError: a LimitRange, the namespace's pod security level or a quota forbids it.
    """
    for plugin in _VALIDATING:
        plugin(attributes)


def review_subresource(attributes: Attributes) -> None:
    """Run the validating plug-ins that act on what is created at a subresource: a Binding, Eviction or TokenRequest.

    Raises:
        ApiError: an admission policy forbids it.
    """
    validating_admission_policy.review(attributes)


_MUTATING: tuple[Callable[[Attributes], Manifest], ...] = (
    check_namespace_lifecycle,
    default_limits,
    default_service_account,
    default_priority_and_tolerations,
    default_ingress_class,
    protect_objects_in_use,
)
_VALIDATING: tuple[Callable[[Attributes], None], ...] = (
    check_limits,
    pod_security.review,
    check_default_priority,
    validating_admission_policy.review,
    reserve_quota,
)
