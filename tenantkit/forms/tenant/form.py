"""`TenantForm`: create or change a tenant by filling in a form.

The form calls the same `plan` and `apply` as Python code does, and shows that code.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ipywidgets import Checkbox

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.exceptions import InvalidSpecError, PermissionDenied
from tenantkit.forms.kit.form import html, shows_errors
from tenantkit.forms.kit.markup import element
from tenantkit.forms.kit.plan_form import PlanForm
from tenantkit.forms.tenant.disabled_buttons import APPLY_HINT, apply_refusal, plan_refusal
from tenantkit.forms.tenant.generated_code import tenant_code
from tenantkit.forms.tenant.inputs import TenantInputs
from tenantkit.forms.tenant.life_note import deletion_note, life_note
from tenantkit.forms.tenant.planning import namespace_change, refuse_existing
from tenantkit.forms.tenant.results import texts_to_copy
from tenantkit.forms.tenant.results_panel import quota_content, show_problems
from tenantkit.forms.tenant.taken_hosts import HostNotes, read_taken_hosts
from tenantkit.provision.permissions import missing_permissions
from tenantkit.provision.plan import plan
from tenantkit.provision.plans.requests.grants import Asking, tenant_request
from tenantkit.provision.stored.platform import get_platform
from tenantkit.provision.stored.tenants import find_namespace, get_tenant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.kit.field import FormField
    from tenantkit.forms.kit.markup import Content
    from tenantkit.forms.kit.results import PlanState
    from tenantkit.provision.changes import PlanRow
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.report import Report
    from tenantkit.spec.tenant import Tenant

_NO_CODE = element(
    "p", "Once the fields are valid, the equivalent Python code and YAML appear here.", class_="tk-about"
)


class TenantForm(PlanForm["Tenant"]):
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
        '17 to create'
        >>> form.close()
    """

    @takes_cluster
    def __init__(self, cluster: Cluster, tenant: str | None = None) -> None:
        super().__init__(cluster, css_class="tk-tenant-form")
        self._inputs = TenantInputs(get_platform(cluster))
        self._existing = tenant
        self._reason = ""
        self._host_notes = HostNotes(cluster)
        self._started: set[str] = set()
        self.life_note = html("tk-life")
        if tenant is not None:
            existing = get_tenant(cluster, tenant)
            self._inputs.load(existing)
            live = find_namespace(cluster, tenant, self._inputs.platform)
            self.life_note.value = life_note(existing, live, datetime.now(UTC))
        namespace = None if tenant is None else self._inputs.platform.namespace(tenant)
        self._missing = missing_permissions(cluster, namespace)
        if tenant is not None:
            self._inputs.lock(tenant, self._missing)
        self.force_conflicts = Checkbox(description="Overwrite the fields that others have set", indent=False)
        self.draft_box = Checkbox(description="Draft a request for changes of this part", indent=False)
        self.draft_box.layout.display = None if tenant is not None and self._missing.grant else "none"
        self._equivalent = html("tk-equivalent")
        self._inputs.on_change(self._on_change)
        self.force_conflicts.observe(lambda _: self._on_change(), names="value")
        self.draft_box.observe(lambda _: self._on_draft(), names="value")
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
        """A text to send to the platform team that asks for its part of the tenant; empty if nothing is asked for.

        Members and routes of an existing tenant are not in it: its owners change these.

        Raises:
            InvalidSpecError: some fields are invalid.
        """
        tenant = self.tenant
        if not self._missing.grant:
            return ""
        may_look = not self._missing.plan
        asking = Asking(self.identity.username, self._reason, self._host_notes, may_look=may_look)
        return tenant_request(tenant, self._inputs.loaded, self._inputs.platform, asking)

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

    def __repr__(self) -> str:
        subject = repr(self._existing) if self._existing is not None else "new"
        return f"<TenantForm: {subject}>"

    # What the form plans

    def _read_inputs(self) -> Tenant:
        tenant = self.tenant
        if reason := plan_refusal(self._missing):
            raise PermissionDenied(f"cannot plan {tenant.name!r}: {reason}", status=403, operation="plan")
        return tenant

    def _make_plan(self) -> Plan:
        self._inputs.shows_all_problems = True
        self._host_notes.read_again()
        self._validate()
        return super()._make_plan()

    def _plan_for(self, asked: Tenant) -> Plan:
        return plan(self.cluster, [asked])

    def _take_over(self, plan: Plan) -> None:
        if self._existing is None:
            refuse_existing(plan, self._started)
        if being_deleted := deletion_note(namespace_change(plan).live):
            self.life_note.value = being_deleted
        self._inputs.platform = plan.platform
        self._inputs.taken_hosts = read_taken_hosts(self.cluster, plan)
        self._validate()

    # What the form applies

    def _plan_and_apply(self) -> Report:
        if reason := apply_refusal(self._missing, is_new=self._existing is None):
            raise PermissionDenied(f"cannot apply: {reason}", status=403, operation="apply", hint=APPLY_HINT)
        return super()._plan_and_apply()

    def _apply_plan(self, plan: Plan) -> Report:
        self._started.add(plan.tenants[0].name)
        return super()._apply_plan(plan)

    def _forced_rows(self, plan: Plan) -> Sequence[PlanRow] | None:
        return [row for row in plan.rows if row.action == "conflict"] if self._forces_conflicts else None

    def _keep_report(self, plan: Plan, report: Report) -> None:
        """Keep the report. A new tenant that was created, at least in part, is changed from now on."""
        super()._keep_report(plan, report)
        if self._existing is None and (report.applied or report.unchanged):
            self._existing = plan.tenants[0].name
            self._set_title(self._title)
            self._inputs.lock(self._existing, self._missing)
            self._validate()  # an empty list of members now means nobody

    # What is shown

    def _beside_report(self, plan: Plan) -> Sequence[Content]:  # noqa: ARG002 (the form has one tenant)
        return (quota_content(self.cluster, self._inputs.namespace),)

    def _show_error(self, error: BaseException) -> None:
        if isinstance(error, InvalidSpecError):
            show_problems(self.panel, self._inputs, error)
        else:
            super()._show_error(error)

    def _plan_state(self, plan: Plan, read_at: str) -> PlanState:
        return replace(
            super()._plan_state(plan, read_at),
            forces_conflicts=self._forces_conflicts,
            is_deleted=self._existing is not None and namespace_change(plan).action == "create",
        )

    # What is enabled

    def _plan_refusal(self) -> str:
        return plan_refusal(self._missing)

    def _apply_refusal(self) -> str:
        if reason := apply_refusal(self._missing, is_new=self._existing is None):
            return f"{reason}: {APPLY_HINT.words('form')}"
        if self._inputs.tenant is not None:
            return ""
        is_started = self._inputs.shows_all_problems or self.plan
        return "some fields are missing or invalid" if is_started else "fill in the fields, then plan"

    def _validate(self) -> None:
        """Validate the inputs, and update what depends on them."""
        with self._refresh_lock:
            self._inputs.validate()
            is_valid = self._inputs.tenant is not None
            self._equivalent.value = texts_to_copy(self.request, self.code, self.yaml) if is_valid else _NO_CODE
            self._refresh()

    def _update_controls(self) -> None:
        super()._update_controls()
        is_busy = self.job.is_running
        self._inputs.set_busy(is_busy)
        self.force_conflicts.layout.display = None if self._has_conflicts else "none"
        self.force_conflicts.disabled = self.draft_box.disabled = is_busy

    # Callbacks

    @shows_errors
    def _on_change(self) -> None:
        self._validate()

    @shows_errors
    def _on_draft(self) -> None:
        self._inputs.draft(is_on=bool(self.draft_box.value), missing=self._missing)
        self._validate()

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
