"""`TenantForm`: make or change a tenant by filling in a form.

Nothing reaches the cluster that was not shown as a plan first: Apply is off until a plan of these very inputs stands
there without a blocked row, and off again once an input changes. The same plan and the same apply as in Python do the
work, and the form shows that Python. Turned down: one button that does both, which nobody reads before pressing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from ipywidgets import HTML, Button, Checkbox

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.exceptions import (
    CancelledError,
    InvalidSpecError,
    PartialApplyError,
    PermissionDenied,
    Problem,
    StalePlanError,
    TenantKitError,
)
from tenantkit.forms import tenant_results
from tenantkit.forms.generated_code import tenant_code
from tenantkit.forms.kit.form import Form, guarded
from tenantkit.forms.kit.markup import element
from tenantkit.forms.kit.panel import notice
from tenantkit.forms.permissions import tenant_rights
from tenantkit.forms.tenant_inputs import TenantInputs
from tenantkit.frames.quota import quota_usage
from tenantkit.manifests.labels import GRANT_ANNOTATION
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.provision.stored import get_tenant
from tenantkit.provision.stored_platform import get_platform

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.kit.field import Field
    from tenantkit.forms.kit.markup import Content
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.report import ApplyOutcome, Report
    from tenantkit.spec.tenant import Tenant

    _Result = TypeVar("_Result")

_NO_CODE = element(
    "p", "Once the fields are right, the Python and the YAML that do the same stand here.", class_="tk-about"
)


class TenantForm(Form):
    """Make a tenant, or change one, by filling in a form; shows itself as the last line of a cell.

    Args:
        cluster: where.
        tenant: name of the one to change. Default: a new one.

    Attributes:
        plan: the one that is shown; None before Plan, and after Apply.
        report: of the last apply; None before.
        plan_button: what a click on Plan does is `submit(plan_only=True)`, beside the cell.
        apply_button: on while the plan shown is of these inputs.
        take_back: tick it to take back the fields that others have set; shown where a plan has such.
        panel: where it says what has happened.

    Raises:
        NotFound: there is no such tenant.
        PermissionDenied: the platform's settings, or the tenant, may not be read.
        InvalidSpecError: what is stored there is not readable.
        SpecVersionError: it was written by a newer tenantkit.
        ClusterUnavailable: the server gave no answer: run the cell again.

    RBAC: what `plan` and `apply` need; what is missing is named beside the button that is off.

    Example:
        >>> form = TenantForm(cluster)  # doctest: +SKIP
        >>> form.fill(name="vision", team="ml-vision", owners=["dana@example.com"], size="small")  # doctest: +SKIP
        >>> form.submit().urls  # doctest: +SKIP
    """

    @takes_cluster
    def __init__(self, cluster: Cluster, tenant: str | None = None) -> None:
        super().__init__(cluster, css_class="tk-tenant-form")
        self._inputs = TenantInputs(get_platform(cluster))
        self._existing = tenant
        self._begun: set[str] = set()
        self.plan: Plan | None = None
        self.report: Report | None = None
        if tenant is not None:
            self._inputs.load(get_tenant(cluster, tenant))
        namespace = None if tenant is None else self._inputs.platform.namespace(tenant)
        self._rights = tenant_rights(cluster, namespace)
        if tenant is not None:
            self._inputs.lock(tenant, self._rights)
        self.plan_button = Button(description="Plan", button_style="primary", tooltip="Show what would change")
        self.apply_button = Button(description="Apply", button_style="primary", tooltip="Do what the plan says")
        self.take_back = Checkbox(description="Take back the fields that others have set", indent=False)
        self._why = _html("tk-why")
        self._same = _html("tk-same")
        self._inputs.on_change(self._on_change)
        self.take_back.observe(lambda _: self._on_change(), names="value")
        self.plan_button.on_click(lambda _: self._on_plan())
        self.apply_button.on_click(lambda _: self._on_apply())
        actions = [self.plan_button, self.apply_button, self.take_back]
        self._lay_out(self._title, self._inputs.sections(), actions, [self._why], [self._same])
        self._validate()

    @property
    def fields(self) -> dict[str, Field]:
        """The fields by the names of `Tenant`'s; each has `.value`, as `Tenant` takes it."""
        return self._inputs.fields

    @property
    def tenant(self) -> Tenant:
        """The tenant as the form has it.

        Raises:
            InvalidSpecError: with every wrong field.
        """
        if self._inputs.tenant is None:
            raise InvalidSpecError(self._inputs.problems)
        return self._inputs.tenant

    @property
    def code(self) -> str:
        """The Python that does what the form does; `cluster` in it is the form's own.

        Raises:
            InvalidSpecError: a field is wrong.
        """
        return tenant_code(self.tenant, take_back=self._takes_back)

    @property
    def yaml(self) -> str:
        """The same tenant as a file, for `tenantkit apply` or for Git.

        Raises:
            InvalidSpecError: a field is wrong.
        """
        return self.tenant.to_yaml()

    @property
    def off(self) -> dict[str, str]:
        """The buttons that are off, each with the reason: `{"apply": "plan first"}`."""
        reasons = {"plan": self._why_no_plan(), "apply": self._why_no_apply()}
        return {button: reason for button, reason in reasons.items() if reason}

    def fill(self, **values: Any) -> None:
        """Set fields from Python, with values as `Tenant` takes them; what is not named stays.

        Args:
            values: by the names of `Tenant`'s fields.

        Raises:
            InvalidSpecError: there is no such field, or it is locked. Wrong values are told by `tenant` and `submit`.
        """
        self._inputs.fill(values)

    @overload
    def submit(self, *, plan_only: Literal[True]) -> Plan: ...
    @overload
    def submit(self, *, plan_only: Literal[False] = ...) -> Report: ...
    def submit(self, *, plan_only: bool = False) -> Plan | Report:
        """Plan and apply, here and now, as the buttons do beside the cell; the panel shows the result, too.

        Args:
            plan_only: show what would change, and change nothing. Default: no.

        Returns:
            The Report, or the Plan.

        Raises:
            InvalidSpecError: a field is wrong, or the tenant is there already.
            PermissionDenied: you may not; the message names what is missing.
            PartialApplyError: something was blocked or failed, or it was cancelled; its `report` says what.
            StalePlanError: somebody changed the same objects at the same moment; nothing was written.
            CancelledError: Cancel was pressed before anything was written.
            BusyError: the form is at work already.
            ClusterError: the server gave an error, or no answer; nothing was written.
        """
        if plan_only:
            return self.work.run(lambda: self._told(self._make_plan))
        return self.work.run(lambda: self._told(self._plan_and_apply))

    def __repr__(self) -> str:
        subject = repr(self._existing) if self._existing is not None else "new"
        return f"<TenantForm: {subject}>"

    # What the buttons and submit() do

    def _make_plan(self) -> Plan:
        self._inputs.is_attempted = True
        self._validate()
        self.plan = None
        wanted = self.tenant
        if reason := self._why_no_plan():
            raise PermissionDenied(f"can't plan {wanted.name!r}: {reason}", status=403, operation="plan")
        self._say_progress("Planning: reading what is live")
        made = plan(self.cluster, [wanted])
        if self.tenant != wanted:  # a click overtakes the last keys, which the page holds back while the kernel is busy
            made = plan(self.cluster, [self.tenant])
        if self._existing is None:
            _refuse_taken(made, self._begun)
        self._inputs.platform = made.platform
        if self.work.cancelled.is_set():
            raise CancelledError("cancelled: nothing was changed, and no plan is kept")
        self.plan = made
        self.panel.show(tenant_results.plan_notice(made), tenant_results.plan_table(made))
        return made

    def _apply_plan(self, planned: Plan) -> Report:
        total = sum(change.action != "unchanged" for change in planned.changes)
        done = 0

        def count(outcome: ApplyOutcome) -> None:
            nonlocal done
            done += 1
            ending = "" if done < total else "; waiting until the quota counts"
            ending = "; cancelling" if self.work.cancelled.is_set() else ending
            self._say_progress(f"{done} of {total} objects: {outcome.ref}{ending}", done, total)

        rows = [row for row in planned.rows if row.action == "conflict"] if self._takes_back else None
        self._say_progress(f"0 of {total} objects", 0, total)
        self._begun.add(planned.tenants[0].name)
        try:
            report = apply(
                self.cluster,
                planned,
                force_conflicts=rows,
                progress=False,
                cancelled=self.work.cancelled,
                on_progress=count,
            )
        except PartialApplyError as error:
            self._note_report(planned, error.report)
            raise
        except (StalePlanError, InvalidSpecError):
            self.plan = None
            raise
        self._note_report(planned, report)
        self._show_report(report)
        return report

    def _plan_and_apply(self) -> Report:
        if reason := self._missing_rights():
            raise PermissionDenied(f"can't apply: {reason}", status=403, operation="apply")
        return self._apply_plan(self._make_plan())

    def _note_report(self, planned: Plan, report: Report) -> None:
        """Remember what was done: a tenant that is there, if only in part, is changed from now on, and not made."""
        self.plan = None
        self.report = report
        if self._existing is None and (report.applied or report.unchanged):
            self._existing = planned.tenants[0].name
            self._set_title(self._title)
            self._inputs.lock(self._existing, self._rights)

    def _told(self, job: Callable[[], _Result]) -> _Result:
        """Do it, and show on the page what it raises."""
        try:
            return job()
        except BaseException as error:
            self._show_error(error)
            raise

    # What is shown

    def _show_report(self, report: Report) -> None:
        self.panel.show(
            notice("ok", f"{report.summary}. The tenant is as planned."),
            tenant_results.url_list(report, as_links=not self.identity.is_sandbox),
            self._quota(),
            tenant_results.report_table(report),
        )

    def _quota(self) -> Content:
        """The bars; that they can't be read makes what was done no less done."""
        try:
            usage = quota_usage(self.cluster, namespaces=[self._inputs.platform.namespace(self._existing or "")])
        except TenantKitError as error:
            return notice("info", f"How much of the quota is used could not be read: {error}")
        return tenant_results.quota_bars(usage)

    def _show_error(self, error: BaseException) -> None:
        if isinstance(error, InvalidSpecError):
            self._inputs.show(error.problems)
            labels = {name: field.label for name, field in self.fields.items()}
            self.panel.show(tenant_results.problems_notice(error.problems, labels))
            return
        if not isinstance(error, TenantKitError):
            self.plan = None  # anything may have been written
        self.panel.show(*tenant_results.error_content(error, as_links=not self.identity.is_sandbox))

    # What is on and off

    def _validate(self) -> None:
        """Judge the inputs by the spec, and show all that follows from them."""
        with self._guard:
            self._inputs.judge()
            self._same.value = (
                tenant_results.same_code(self.code, self.yaml) if self._inputs.tenant is not None else _NO_CODE
            )
            self._refresh()

    def _show_state(self) -> None:
        super()._show_state()
        busy = self.work.is_busy
        self._inputs.set_busy(busy)
        self.take_back.layout.display = None if self._has_conflicts else "none"
        self.take_back.disabled = busy
        off = self.off
        self.plan_button.disabled = busy or "plan" in off
        self.apply_button.disabled = busy or "apply" in off
        told = [f"{button.capitalize()} is off: {reason}." for button, reason in off.items()]
        self._why.value = element("p", " ".join(told), class_="tk-why") if told and not busy else ""

    def _why_no_plan(self) -> str:
        return self._lacks(self._rights.plan) if self._rights.plan else ""

    def _missing_rights(self) -> str:
        """What the user lacks to apply anything at all; the YAML can still be handed to somebody who may."""
        grant, team = self._rights.grant, self._rights.team
        missing = grant if self._existing is None else f"{grant}, or {team}" if grant and team else ""
        return f"{self._lacks(missing)}; give the YAML below to somebody who has it" if missing else ""

    def _lacks(self, missing: str) -> str:
        return f"it needs the right {missing}, which {self.identity.username} lacks"

    def _why_no_apply(self) -> str:
        if reason := self._missing_rights():
            return reason
        if self._inputs.problems:
            return (
                "some fields are missing or wrong"
                if self._inputs.is_attempted or self.plan
                else "fill in the fields, then plan"
            )
        if self.plan is None:
            return "plan first"
        if self._inputs.tenant != self.plan.tenants[0]:
            return "the fields have changed since the plan: plan again"
        if any(change.action in ("blocked", "unknown") for change in self.plan.changes):
            return "the plan has rows that are blocked or unknown"
        return "" if self.plan.has_changes else "there is nothing to do"

    # Wiring

    @guarded
    def _on_change(self) -> None:
        self._validate()

    @guarded
    def _on_plan(self) -> None:
        if "plan" not in self.off:  # a click from Python, or one that waited, ignores `disabled`
            self.work.start(lambda: self._told(self._make_plan), lambda _: None)

    @guarded
    def _on_apply(self) -> None:
        planned = self.plan
        if planned is not None and "apply" not in self.off:
            self.work.start(lambda: self._told(lambda: self._apply_plan(planned)), lambda _: None)

    # Parts

    @property
    def _title(self) -> str:
        return "New tenant" if self._existing is None else f"Tenant {self._existing}"

    @property
    def _takes_back(self) -> bool:
        return self._has_conflicts and bool(self.take_back.value)

    @property
    def _has_conflicts(self) -> bool:
        return self.plan is not None and any(row.action == "conflict" for row in self.plan.rows)


def _html(css_class: str) -> Any:
    made = HTML(value="")
    made.add_class(css_class)
    return made


def _refuse_taken(made: Plan, begun: set[str]) -> None:
    """A new tenant must not write over one that is there, which a plan alone would call an update.

    Args:
        made: of one tenant.
        begun: names that this form has begun to make; a write whose answer was lost may have been done.
    """
    name = made.tenants[0].name
    namespace = next(change for change in made.changes if change.ref.kind == "Namespace")
    annotations = (namespace.live or {}).get("metadata", {}).get("annotations") or {}
    is_own = name in begun and namespace.action == "unchanged"
    if namespace.action != "blocked" and GRANT_ANNOTATION in annotations and not is_own:
        reason = f"it is there already: change it with TenantForm(cluster, {name!r}), or choose another name"
        raise InvalidSpecError([Problem("name", name, reason)])
