"""What the panel of a tenant's form shows besides plans and reports: the quota, and the fields to correct."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.exceptions import InvalidSpecError, TenantKitError
from tenantkit.forms.kit.panel import notice
from tenantkit.forms.tenant.results import problems_notice, quota_bars
from tenantkit.frames.quota import quota_usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.kit.markup import Html
    from tenantkit.forms.kit.panel import Panel
    from tenantkit.forms.tenant.inputs import TenantInputs


def quota_content(cluster: Cluster, namespace: str) -> Html:
    """The quota bars of a tenant. If they cannot be read, the apply has still succeeded."""
    try:
        usage = quota_usage(cluster, namespaces=[namespace])
    except TenantKitError as error:
        return notice("info", f"The quota usage could not be read: {error.words('form')}")
    return quota_bars(usage)


def show_problems(panel: Panel, inputs: TenantInputs, error: InvalidSpecError) -> None:
    """Show invalid values at their fields, and in the panel which fields to correct."""
    inputs.show(error.problems)
    values = inputs.values
    panel.follow(lambda: (_problems(inputs, error, values),))


def _problems(inputs: TenantInputs, error: InvalidSpecError, values: Mapping[str, Any]) -> Html:
    """The problems with these values; once they have changed, those that are left."""
    labels = {name: field.label for name, field in inputs.fields.items()}
    if inputs.values == values:
        return problems_notice(error, labels)
    if inputs.problems:
        return problems_notice(InvalidSpecError(inputs.problems), labels)
    return notice("info", "The fields have changed and are valid. Plan again.", word="Changed")
