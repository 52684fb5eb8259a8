"""The panel of a tenant's form: the report of an apply with the quota, and errors with the fields to correct."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.exceptions import InvalidSpecError, TenantKitError
from tenantkit.forms.kit.panel import notice, now_text
from tenantkit.forms.tenant import results
from tenantkit.frames.quota import quota_usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.kit.markup import Content, Html
    from tenantkit.forms.kit.panel import Panel
    from tenantkit.forms.tenant.inputs import TenantInputs
    from tenantkit.provision.report import Report


class ResultsPanel:
    """Shows the results of one form's jobs.

    Args:
        panel: to show them in.
        inputs: of the form.
        cluster: read for the quota.
        as_links: whether addresses are links.
    """

    def __init__(self, panel: Panel, inputs: TenantInputs, cluster: Cluster, *, as_links: bool) -> None:
        self._panel = panel
        self._inputs = inputs
        self._cluster = cluster
        self._as_links = as_links

    def show_report(self, report: Report) -> None:
        """Show the report of an apply without a failure."""
        self._panel.show(
            results.report_notice(report, now_text()),
            results.url_list(report, as_links=self._as_links),
            self._quota(),
            results.report_table(report),
        )

    def show_error(self, error: BaseException) -> None:
        """Show an error; invalid values are shown at their fields."""
        if isinstance(error, InvalidSpecError):
            self._inputs.show(error.problems)
            values = self._inputs.values
            self._panel.follow(lambda: (self._problems(error, values),))
        else:
            self._panel.show(*results.error_content(error, as_links=self._as_links))

    def _quota(self) -> Content:
        """The quota bars. If they cannot be read, the apply has still succeeded."""
        try:
            usage = quota_usage(self._cluster, namespaces=[self._inputs.namespace])
        except TenantKitError as error:
            return notice("info", f"The quota usage could not be read: {error.words('form')}")
        return results.quota_bars(usage)

    def _problems(self, error: InvalidSpecError, values: Mapping[str, Any]) -> Html:
        """The problems with these values; once they have changed, those that are left."""
        labels = {name: field.label for name, field in self._inputs.fields.items()}
        if self._inputs.values == values:
            return results.problems_notice(error, labels)
        if self._inputs.problems:
            return results.problems_notice(InvalidSpecError(self._inputs.problems), labels)
        return notice("info", "The fields have changed and are valid. Plan again.", word="Changed")
