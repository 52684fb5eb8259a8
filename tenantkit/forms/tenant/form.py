"""`TenantForm`: create or change a tenant by filling in a form.

Nothing is written that was not shown as a plan first. Apply is disabled until the form shows a plan of the current
inputs without a blocked row, and again after an input changes. The form calls the same `plan` and `apply` as Python
code does, and shows that code. Rejected alternative: one button that does both, since nobody reviews before clicking.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, overload

from ipywidgets import HTML, Button, Checkbox

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.exceptions import (
    CancelledError,
    InvalidSpecError,
    PartialApplyError,
    PermissionDenied,
    StalePlanError,
    TenantKitError,
)
from tenantkit.forms.kit.form import BaseForm, shows_errors
from tenantkit.forms.kit.markup import element
from tenantkit.forms.kit.panel import notice, now_text
from tenantkit.forms.tenant import results
from tenantkit.forms.tenant.apply_progress import ApplyProgress
from tenantkit.forms.tenant.disabled_buttons import APPLY_HINT, FormState, apply_refusal, disabled_reasons, plan_refusal
from tenantkit.forms.tenant.generated_code import tenant_code
from tenantkit.forms.tenant.inputs import TenantInputs
from tenantkit.forms.tenant.life_note import deletion_note, life_note
from tenantkit.forms.tenant.planning import namespace_change, plan_fields, refuse_existing
from tenantkit.forms.tenant.results_panel import ResultsPanel
from tenantkit.forms.tenant.taken_hosts import HostNotes, read_taken_hosts
from tenantkit.provision.apply import apply
from tenantkit.provision.permissions import missing_permissions
from tenantkit.provision.plans.requests.grants import Asking, tenant_request
from tenantkit.provision.stored.platform import get_platform
from tenantkit.provision.stored.tenants import find_namespace, get_tenant

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.kit.field import FormField
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.report import Report
    from tenantkit.spec.tenant import Tenant

    _Result = TypeVar("_Result")

_NO_CODE = element(
    "p", "Once the fields are valid, the equivalent Python code and YAML appear here.", class_="tk-about"
)


class TenantForm(BaseForm):
    """Create or change a tenant by filling in a form.

    The form is displayed as the last line of a cell. Nothing is written before you click Apply, or call `submit`.

    Args:
        cluster: the cluster, from `tk.connect()`.
        tenant: name of the tenant to change. Default: create a new one.

    Attributes:
        plan: the plan that is shown; None before Plan and after Apply.
        report: of the last apply; None before the first.
        plan_button: a click on it does the same as `submit(plan_only=True)`, in the background.
        apply_button: enabled while the form shows a plan of the current inputs.
        draft_box: a box to tick to draft changes that only the platform team can make; see `request`.
        force_conflicts: a box to tick to overwrite fields that others have set; shown if the plan has conflicts.
        life_note: says whether the tenant is being deleted, frozen or boosted, and whether its grant ends soon.
        panel: shows results and errors.
        widget: the widget of the form, to embed it in another one.

    Raises:
        NotFound: the tenant does not exist, or tenantkit is not installed on the cluster.
        PermissionDenied: you may not read the platform's settings or the tenant.
        InvalidSpecError: the stored settings are invalid, or `cluster` is not a Cluster.
        SpecVersionError: a newer version of tenantkit wrote the stored settings.
        ClusterUnavailable: the server did not answer. Run the cell again.

    RBAC: as for `plan` and `apply`. A disabled button shows which permission is missing.

    Source: pages "Namespaces", "Resource Quotas", "Server-Side Apply".

    Example:
        >>> form = tk.TenantForm(cluster)
        >>> form.fill(name="sketch", team="ml-sketch", owners=["dana@example.com"], size="small")
        >>> form.submit(plan_only=True).summary
        '16 to create'
        >>> form.close()
    """

    @takes_cluster
    def __init__(self, cluster: Cluster, tenant: str | None = None) -> None:
        super().__init__(cluster, css_class="tk-tenant-form")
        self._inputs = TenantInputs(get_platform(cluster))
        self._results = ResultsPanel(self.panel, self._inputs, cluster, as_links=not self.identity.is_sandbox)
        self._existing = tenant
        self._reason = ""
        self._host_notes = HostNotes(cluster)
        self._started: set[str] = set()
        self._is_applying = False
        self.plan: Plan | None = None
        self.report: Report | None = None
        self.life_note = _html("tk-life")
        if tenant is not None:
            existing = get_tenant(cluster, tenant)
            self._inputs.load(existing)
            live = find_namespace(cluster, tenant, self._inputs.platform)
            self.life_note.value = life_note(existing, live, datetime.now(UTC))
        namespace = None if tenant is None else self._inputs.platform.namespace(tenant)
        self._missing = missing_permissions(cluster, namespace)
        if tenant is not None:
            self._inputs.lock(tenant, self._missing)
        self.plan_button = Button(description="Plan", button_style="primary", tooltip="Show what would change")
        self.apply_button = Button(description="Apply", button_style="primary", tooltip="Make the planned changes")
        self.force_conflicts = Checkbox(description="Overwrite the fields that others have set", indent=False)
        self.draft_box = Checkbox(description="Draft a request for changes of this part", indent=False)
        self.draft_box.layout.display = None if tenant is not None and self._missing.grant else "none"
        self._reasons = _html("tk-disabled-reasons")
        self._equivalent = _html("tk-equivalent")
        self._inputs.on_change(self._on_change)
        self.force_conflicts.observe(lambda _: self._on_change(), names="value")
        self.draft_box.observe(lambda _: self._on_draft(), names="value")
        self.plan_button.on_click(lambda _: self._on_plan())
        self.apply_button.on_click(lambda _: self._on_apply())
        self._lay_out(
            self._title,
            sections=[self.life_note, *self._inputs.sections(below_grant=self.draft_box)],
            actions=[self.plan_button, self.apply_button, self.force_conflicts],
            notes=[self._reasons],
            below=[self._equivalent],
        )
        self._validate()

    @property
    def fields(self) -> dict[str, FormField]:
        """The fields, by the names of `Tenant`'s fields. Each has a `.value`, as `Tenant` takes it."""
        return self._inputs.fields

    @property
    def tenant(self) -> Tenant:
        """The tenant that the fields describe.

        Raises:
            InvalidSpecError: some fields are invalid; it lists all of them.
        """
        if self._inputs.tenant is None:
            raise InvalidSpecError(self._inputs.problems)
        return self._inputs.tenant

    @property
    def code(self) -> str:
        """The Python code that does the same as the form; `cluster` in it is the form's cluster.

        Raises:
            InvalidSpecError: some fields are invalid.
        """
        return tenant_code(self.tenant, force_conflicts=self._forces_conflicts)

    @property
    def yaml(self) -> str:
        """The same tenant as a file, for `tenantkit apply` or for Git.

        Raises:
            InvalidSpecError: some fields are invalid.
        """
        return self.tenant.to_yaml()

    @property
    def request(self) -> str:
        """A text to send to the platform team that asks for what you may not change; empty if nothing is asked for.

        Raises:
            InvalidSpecError: some fields are invalid.
        """
        tenant = self.tenant
        if not self._missing.grant:
            return ""
        asking = Asking(self.identity.username, self._reason, self._host_notes)
        return tenant_request(tenant, self._inputs.loaded, self._inputs.platform, asking)

    @property
    def disabled(self) -> dict[str, str]:
        """The buttons that are disabled, each with the reason: `{"apply": "plan first"}`."""
        return disabled_reasons(
            FormState(
                missing=self._missing,
                is_new=self._existing is None,
                tenant=self._inputs.tenant,
                shows_all_problems=self._inputs.shows_all_problems,
                plan=self.plan,
            )
        )

    def fill(self, *, reason: str | None = None, **values: Any) -> None:
        """Set fields from Python. Fields that are not named keep their values.

        Args:
            reason: why you ask for the changes, for the text of `request`. Default: as it is, at first empty.
            values: by the names of `Tenant`'s fields, as `Tenant` takes them. None for `size` or `quota`: not given.

        Raises:
            InvalidSpecError: a field does not exist or is read-only. Invalid values are reported by `tenant`, `submit`
                and on the page.
        """
        self._inputs.fill(values)
        if reason is not None:
            self._reason = " ".join(reason.split())
            self._validate()

    @overload
    def submit(self, *, plan_only: Literal[True]) -> Plan: ...
    @overload
    def submit(self, *, plan_only: Literal[False] = ...) -> Report: ...
    def submit(self, *, plan_only: bool = False) -> Plan | Report:
        """Plan and apply now, and wait for the result. The panel also shows it.

        Args:
            plan_only: show what would change, and change nothing. Default: False.

        Returns:
            The Report, or the Plan if `plan_only`.

        Raises:
            InvalidSpecError: some fields are invalid, or a tenant of this name already exists.
            PermissionDenied: a permission is missing; the message names it.
            PartialApplyError: some objects were blocked, failed or were cancelled; its `report` lists them.
            StalePlanError: somebody changed the same objects at the same time. Nothing was written.
            CancelledError: the job was cancelled before anything was written.
            BusyError: the form is busy with another job.
            ClusterError: the server returned an error, or did not answer. Nothing was written.
        """
        if plan_only:
            return self.job.run(lambda: self._showing_errors(self._make_plan))
        return self.job.run(lambda: self._showing_errors(self._plan_and_apply))

    def __repr__(self) -> str:
        subject = repr(self._existing) if self._existing is not None else "new"
        return f"<TenantForm: {subject}>"

    # The jobs of the buttons and of submit()

    def _make_plan(self) -> Plan:
        self._inputs.shows_all_problems = True
        self._validate()
        self.plan = None
        name = self.tenant.name
        if reason := plan_refusal(self._missing):
            raise PermissionDenied(f"cannot plan {name!r}: {reason}", status=403, operation="plan")
        self.panel.show(notice("info", "Reading the state of the cluster. Nothing is changed.", word="Planning"))
        self._show_progress("Planning: reading the state of the cluster")
        plan = plan_fields(self.cluster, lambda: self.tenant)
        if self._existing is None:
            refuse_existing(plan, self._started)
        if being_deleted := deletion_note(namespace_change(plan).live):
            self.life_note.value = being_deleted
        self._inputs.platform = plan.platform
        self._inputs.taken_hosts = read_taken_hosts(self.cluster, plan)
        self._validate()
        if self.job.cancelled.is_set():
            raise CancelledError("cancelled: nothing was changed")
        self.plan = plan
        read_at = now_text()
        self.panel.follow(lambda: results.plan_content(plan, self._plan_state(plan, read_at)))
        return plan

    def _apply_plan(self, plan: Plan) -> Report:
        self._is_applying = True
        rows = [row for row in plan.rows if row.action == "conflict"] if self._forces_conflicts else None
        self.panel.refresh()
        progress = ApplyProgress(plan, self._show_progress, self.job.cancelled)
        progress.start()
        self._started.add(plan.tenants[0].name)
        try:
            report = apply(
                self.cluster,
                plan,
                force_conflicts=rows,
                progress=False,
                cancelled=self.job.cancelled,
                on_progress=progress,
            )
        except PartialApplyError as error:
            self._keep_report(plan, error.report)
            raise
        except (StalePlanError, InvalidSpecError):
            self.plan = None
            raise
        finally:
            self._is_applying = False
        self._keep_report(plan, report)
        self._results.show_report(report)
        return report

    def _plan_and_apply(self) -> Report:
        if reason := apply_refusal(self._missing, is_new=self._existing is None):
            raise PermissionDenied(f"cannot apply: {reason}", status=403, operation="apply", hint=APPLY_HINT)
        return self._apply_plan(self._make_plan())

    def _keep_report(self, plan: Plan, report: Report) -> None:
        """Keep the report. A new tenant that was created, at least in part, is changed from now on."""
        self.plan = None
        self.report = report
        if self._existing is None and (report.applied or report.unchanged):
            self._existing = plan.tenants[0].name
            self._set_title(self._title)
            self._inputs.lock(self._existing, self._missing)
            self._validate()  # an empty list of members now means nobody

    def _showing_errors(self, job: Callable[[], _Result]) -> _Result:
        """Run a job; show on the page what it raises, and raise it."""
        try:
            return job()
        except BaseException as error:
            if not isinstance(error, TenantKitError):
                self.plan = None  # anything may have been written
            self._results.show_error(error)
            raise

    # What is shown

    def _plan_state(self, plan: Plan, read_at: str) -> results.PlanState:
        return results.PlanState(
            read_at,
            is_current=self._inputs.tenant == plan.tenants[0],
            is_applying=self._is_applying,
            can_apply="apply" not in self.disabled,
            forces_conflicts=self._forces_conflicts,
            is_deleted=self._existing is not None and namespace_change(plan).action == "create",
        )

    # What is enabled

    def _validate(self) -> None:
        """Validate the inputs, and update what depends on them."""
        with self._refresh_lock:
            self._inputs.validate()
            is_valid = self._inputs.tenant is not None
            self._equivalent.value = results.texts_to_copy(self.request, self.code, self.yaml) if is_valid else _NO_CODE
            self._refresh()

    def _update_controls(self) -> None:
        super()._update_controls()
        is_busy = self.job.is_running
        self._inputs.set_busy(is_busy)
        self.force_conflicts.layout.display = None if self._has_conflicts else "none"
        self.force_conflicts.disabled = self.draft_box.disabled = is_busy
        disabled = self.disabled
        self.plan_button.disabled = is_busy or "plan" in disabled
        self.apply_button.disabled = is_busy or "apply" in disabled
        text = " ".join(f"{button.capitalize()} is disabled: {reason}." for button, reason in disabled.items())
        self._reasons.value = element("p", text, class_="tk-disabled-reasons") if text and not is_busy else ""

    # Callbacks

    @shows_errors
    def _on_change(self) -> None:
        self._validate()

    @shows_errors
    def _on_draft(self) -> None:
        self._inputs.draft(is_on=bool(self.draft_box.value), missing=self._missing)
        self._validate()

    @shows_errors
    def _on_plan(self) -> None:
        if "plan" not in self.disabled:  # a click from Python, or a queued one, ignores `disabled`
            self.job.start(lambda: self._showing_errors(self._make_plan), lambda _: None)

    @shows_errors
    def _on_apply(self) -> None:
        plan = self.plan
        if plan is not None and "apply" not in self.disabled:
            self.job.start(lambda: self._showing_errors(lambda: self._apply_plan(plan)), lambda _: None)

    # Properties of the form's state

    @property
    def _title(self) -> str:
        return "New tenant" if self._existing is None else f"Tenant {self._existing}"

    @property
    def _forces_conflicts(self) -> bool:
        return self._has_conflicts and bool(self.force_conflicts.value)

    @property
    def _has_conflicts(self) -> bool:
        return self.plan is not None and any(row.action == "conflict" for row in self.plan.rows)


def _html(css_class: str) -> Any:
    widget = HTML(value="")
    widget.add_class(css_class)
    return widget
