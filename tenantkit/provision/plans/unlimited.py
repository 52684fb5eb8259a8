"""What a platform does not limit: devices and storage classes of the cluster that its settings do not list.

And the cluster's default priority class, which pods get that name none: if it is not listed, their quota refuses them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.manifests.labels import PRIORITY_QUOTA_NAME
from tenantkit.provision.plans.notice import PlanNotice
from tenantkit.rules.labels import check_resource_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from tenantkit.provision.changes import PlanChange
    from tenantkit.spec.platform import Platform


def unlimited_notices(
    platform: Platform, resources: Collection[str], storage_classes: Collection[str]
) -> Iterator[PlanNotice]:
    """Devices and storage classes that tenants use without a limit.

    Args:
        platform: the settings.
        resources: the names of all resources that nodes offer.
        storage_classes: the names of the cluster's classes.
    """
    for resource in sorted(resources):
        is_device = check_resource_name(resource) is None
        if is_device and resource not in platform.accelerators:
            text = f"nodes offer {resource!r}, which no quota limits: add it to accelerators"
            yield PlanNotice("not-limited", text)
    if platform.storage_classes:
        for name in sorted(set(storage_classes) - set(platform.storage_classes)):
            text = f"storage class {name!r} is limited by a quota's storage only: add it to storage_classes"
            yield PlanNotice("not-limited", text)


def check_default_class(platform: Platform, default: str | None) -> None:
    """Refuse settings under which pods without a priority class would be refused.

    Args:
        platform: the settings.
        default: the cluster's default PriorityClass; None if it has none, or if it may not be read.

    Raises:
        InvalidSpecError: the default class is not listed.
    """
    if default is not None and default not in platform.priority_classes:
        names = [*platform.priority_classes, default]
        reason = (
            f"the cluster's default PriorityClass {default!r} is not listed, and pods without a class get it, so "
            f"pods of tenants would be refused: use {names!r}"
        )
        raise InvalidSpecError([Problem("priority_classes", list(platform.priority_classes), reason)])


def sets_priority(changes: Iterable[PlanChange]) -> bool:
    """Whether a plan creates or changes a quota for priority classes."""
    return any(
        change.ref.kind == "ResourceQuota"
        and change.ref.name == PRIORITY_QUOTA_NAME
        and change.action in ("create", "update")
        for change in changes
    )


def default_class_notices(platform: Platform, default: str | None) -> Iterator[PlanNotice]:
    """The cluster's default class, where settings from before do not list it."""
    if default is not None and default not in platform.priority_classes:
        text = (
            f"pods without a priority class get {default!r}, the cluster's default, and the quota for priority classes "
            f"refuses it: add it to the platform's priority_classes before you apply this plan"
        )
        yield PlanNotice("default-class-refused", text)
