"""`MembersForm`: who has which role in a tenant, and adding and removing members in place.

As in the form for tenants, nothing is written that was not shown as a plan first. The plan is about the chosen persons
only, so that what other owners do at the same time stays. Rejected alternative: a button beside each row that removes
at once, which a slip of the hand is enough for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, Button, Dropdown, Layout

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import read_existing_own
from tenantkit.exceptions import InvalidSpecError, NotFound, PartialApplyError, PermissionDenied, Problem
from tenantkit.forms.kit.form import BaseForm, shows_errors
from tenantkit.forms.kit.markup import element
from tenantkit.forms.kit.panel import notice, now_text
from tenantkit.forms.members.inputs import MembersInputs
from tenantkit.forms.tenant import results
from tenantkit.frames.members import members
from tenantkit.hints import Hint
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.provision.apply import apply
from tenantkit.provision.edits.reasons import ask_owners
from tenantkit.provision.reasons import REFUSED
from tenantkit.provision.stored.platform import get_platform
from tenantkit.provision.stored.tenants import get_tenant_namespace, readable_tenant_namespaces, stored_tenant
from tenantkit.provision.team.members import plan_members
from tenantkit.spec.people import platform_team

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.members.inputs import Choice
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.report import Report

    _Result = TypeVar("_Result")

_NOT_READ = "the members of this tenant are not read: read them again"


@dataclass(frozen=True, slots=True)
class _Planned:
    """A plan, and what it was made for."""

    plan: Plan
    choice: Choice
    read_at: str


class MembersForm(BaseForm):
    """See who has which role in a tenant, and add and remove members.

    The form is displayed as the last line of a cell. Nothing is written before you click Apply, or call `submit`. For
    editors and viewers it is read-only, and says whom to ask.

    Args:
        cluster: the cluster, from `tk.connect()`.
        tenant: its name. Default: the first of your own tenants; the form lets you choose another one.

    Attributes:
        members: the frame that the form shows, from `tk.members`.
        plan: the plan that is shown; None before Plan and after Apply.
        report: of the last apply; None before the first.
        plan_button: a click on it shows what would change.
        apply_button: enabled while the form shows a plan of the current inputs.
        refresh_button: reads the members again.
        panel: shows results and errors.
        widget: the widget of the form, to embed it in another one.

    Raises:
        NotFound: the tenant does not exist, or you have no tenant.
        PermissionDenied: you may not read the tenant's members.
        InvalidSpecError: the stored settings are invalid, or `cluster` is not a Cluster.
        SpecVersionError: a newer version of tenantkit wrote the stored settings.
        ClusterUnavailable: the server did not answer. Run the cell again.

    RBAC: as for `members` and `plan_add_member`; create selfsubjectrulesreviews, which any signed-in user may.

    Source: page "Using RBAC Authorization".

    Example:
        >>> form = tk.MembersForm(cluster, "speech")
        >>> form.fill(add=["sam@example.com"], role="editor", remove=["viewer@example.com"])
        >>> form.submit(plan_only=True).edit.removed
        ('viewer@example.com',)
        >>> form.close()
    """

    @takes_cluster
    def __init__(self, cluster: Cluster, tenant: str | None = None) -> None:
        super().__init__(cluster, css_class="tk-members-form")
        names = [tenant] if tenant is not None else _own_tenants(cluster)
        self.tenant_choice = Dropdown(
            options=names, value=names[0], description="Tenant", layout=Layout(display=None if names[1:] else "none")
        )
        self._inputs = MembersInputs(self._on_change)
        self._planned: _Planned | None = None
        self._loaded_tenant: str | None = None
        self._is_applying = False
        self._refusal = ""
        self._reasons = HTML(value="")
        self.report: Report | None = None
        self.members: pd.DataFrame
        self.plan_button = Button(description="Plan", button_style="primary", tooltip="Show what would change")
        self.apply_button = Button(description="Apply", button_style="primary", tooltip="Make the planned changes")
        self.refresh_button = Button(description="Read again", tooltip="Read the members again")
        self.plan_button.on_click(lambda _: self._on_plan())
        self.apply_button.on_click(lambda _: self._on_apply())
        self.refresh_button.on_click(lambda _: self._on_refresh())
        self.tenant_choice.observe(lambda _: self._on_refresh(), names="value")
        self._read()
        self._lay_out(
            f"Members of {self.tenant}",
            sections=[self.tenant_choice, *self._inputs.sections()],
            actions=[self.plan_button, self.apply_button, self.refresh_button],
            notes=[self._reasons],
        )
        self._refresh()

    @property
    def tenant(self) -> str:
        """The tenant that is shown."""
        return str(self.tenant_choice.value)

    @property
    def plan(self) -> Plan | None:
        """The plan that is shown; None before Plan and after Apply."""
        return self._planned.plan if self._planned is not None else None

    @property
    def disabled(self) -> dict[str, str]:
        """The buttons that are disabled, each with the reason: `{"apply": "plan first"}`."""
        refusal = self._not_read() or self._refusal
        reasons = {"plan": refusal, "apply": refusal or self._not_planned()}
        return {button: reason for button, reason in reasons.items() if reason}

    def fill(self, *, add: Any = (), role: str = "viewer", remove: Any = ()) -> None:
        """Set the inputs from Python.

        Args:
            add: the persons to add. Default: nobody.
            role: `viewer` or `editor`, of those who are added. Default: `viewer`.
            remove: the members to remove. Default: nobody.

        Raises:
            InvalidSpecError: the role is another one, or there is no such member that can be removed here.
        """
        wanted = [remove] if isinstance(remove, str) else list(remove)
        unknown = [person for person in wanted if person not in self._inputs.boxes]
        if role not in ("viewer", "editor"):
            raise InvalidSpecError([Problem("role", role, "use 'viewer' or 'editor'")])
        if unknown:
            known = ", ".join(self._inputs.boxes) or "nobody"
            reason = f"cannot be removed here: choose from {known}"
            raise InvalidSpecError([Problem("remove", person, reason) for person in unknown])
        self._inputs.persons.value = [add] if isinstance(add, str) else list(add)
        self._inputs.role.value = role
        for person, box in self._inputs.boxes.items():
            box.value = person in wanted

    def submit(self, *, plan_only: bool = False) -> Plan | Report:
        """Plan and apply now, and wait for the result. The panel also shows it.

        Args:
            plan_only: show what would change, and change nothing. Default: False.

        Returns:
            The Report, or the Plan if `plan_only`.

        Raises:
            InvalidSpecError: a text names nobody, a person is an owner, or the tenant's members could not be read.
            NotFound: a person has no role in the tenant any more.
            PermissionDenied: you are neither an owner nor the platform; nothing was written.
            StalePlanError: somebody changed the same objects at the same time. Nothing was written.
            PartialApplyError: some objects failed or were cancelled; its `report` lists them.
            BusyError: the form is busy with another job.
            ClusterError: the server returned an error, or did not answer. Nothing was written.
        """
        if plan_only:
            return self.job.run(lambda: self._showing_errors(self._make_plan))
        return self.job.run(lambda: self._showing_errors(lambda: self._apply_plan(self._make_plan())))

    def __repr__(self) -> str:
        return f"<MembersForm: {self.tenant!r}>"

    def _read(self) -> None:
        """Read the members and what the user may do; only then the inputs are for this tenant."""
        name = self.tenant
        namespace = get_tenant_namespace(self.cluster, name)
        tenant = stored_tenant(namespace)
        found = members(self.cluster, tenant=name)
        may_change = self.cluster.can("create", "RoleBinding", namespace=namespace["metadata"]["name"])
        team = platform_team(get_platform(self.cluster))
        reason = ask_owners(tenant.owners, team, is_frozen=tenant.frozen == "read-only").words("form")
        self.members = found
        self._refusal = "" if may_change else reason
        self._planned = None
        self._inputs.load(found)
        self._inputs.lock(f"Read-only: {reason}." if self._refusal else "")
        self._loaded_tenant = name

    def _forget(self) -> None:
        """Drop the plan and the inputs: if the read that follows fails, nothing of another tenant or time is left."""
        self._loaded_tenant = None
        self._planned = None
        self._refusal = ""
        self.members = self.members.iloc[:0]
        self._inputs.load(self.members)
        self._inputs.lock("The members of this tenant are not read yet.")

    def _not_read(self) -> str:
        """Why the inputs are not those of the tenant that is shown; empty if they are."""
        return "" if self._loaded_tenant == self.tenant else _NOT_READ

    def _make_plan(self) -> Plan:
        tenant = self._checked_tenant()
        if self._refusal:
            raise PermissionDenied(
                f"you may not change the members of tenant {tenant!r}",
                status=403,
                operation="change members",
                hint=Hint("{reason}", {"reason": self._refusal}),
            )
        self._planned = None
        choice = self._inputs.choice
        if choice.is_empty:
            raise InvalidSpecError([Problem("add", [], "add somebody, or tick a member to remove")])
        self._show_progress("Planning: reading the members")
        plan = plan_members(self.cluster, tenant, choice.added, choice.removed)
        planned = _Planned(plan, choice, now_text())
        self._planned = planned
        self.panel.follow(lambda: results.plan_content(plan, self._plan_state(planned)))
        return plan

    def _checked_tenant(self) -> str:
        """The tenant that is shown, which is the one that was read.

        Raises:
            InvalidSpecError: it is another one.
        """
        tenant = self.tenant
        if self._loaded_tenant != tenant:
            raise InvalidSpecError([Problem("tenant", tenant, _NOT_READ)])
        return tenant

    def _apply_plan(self, plan: Plan) -> Report:
        tenant = self._checked_tenant()
        if [planned.name for planned in plan.tenants] != [tenant]:
            raise InvalidSpecError([Problem("tenant", tenant, "the plan is for another tenant: plan again")])
        self._is_applying = True
        self._show_progress("Applying")
        try:
            self.report = apply(self.cluster, plan, progress=False, cancelled=self.job.cancelled)
        except PartialApplyError as error:
            self.report = error.report
            raise
        finally:
            self._is_applying = False
            self._planned = None
        report = self.report
        notes = [it.words("form") for it in plan.notices]
        shown = (
            results.report_notice(report, now_text()),
            results.report_table(report),
            notice("info", "\n".join(notes)) if notes else None,
        )
        self.panel.show(*shown)
        self._forget()
        try:
            self._read()
        except Exception as error:  # noqa: BLE001 (shown below the report: the changes are made)
            self.panel.show(*shown, *results.error_content(error, as_links=False))
        return report

    def _showing_errors(self, job: Callable[[], _Result]) -> _Result:
        """Run a job; show on the page what it raises, and raise it."""
        try:
            return job()
        except BaseException as error:
            self.panel.show(*results.error_content(error, as_links=False))
            raise

    def _plan_state(self, planned: _Planned) -> results.PlanState:
        return results.PlanState(
            planned.read_at,
            is_current=self._is_current(planned),
            is_applying=self._is_applying,
            can_apply="apply" not in self.disabled,
        )

    def _is_current(self, planned: _Planned) -> bool:
        try:
            return planned.choice == self._inputs.choice
        except InvalidSpecError:
            return False

    def _not_planned(self) -> str:
        """Why nothing can be applied; empty if the plan that is shown can be."""
        if self._planned is None:
            return "plan first"
        if not self._is_current(self._planned):
            return "the inputs have changed since the plan: plan again"
        changes = self._planned.plan.changes
        if any(change.action in REFUSED for change in changes):
            return "the plan has blocked rows"
        return "" if any(change.action in ("create", "update", "delete") for change in changes) else "nothing changes"

    def _update_controls(self) -> None:
        super()._update_controls()
        is_busy = self.job.is_running
        self._inputs.set_busy(is_busy)
        disabled = self.disabled
        self.plan_button.disabled = is_busy or "plan" in disabled
        self.apply_button.disabled = is_busy or "apply" in disabled
        self.refresh_button.disabled = self.tenant_choice.disabled = is_busy
        text = " ".join(f"{button.capitalize()} is disabled: {reason}." for button, reason in disabled.items())
        is_shown = text and not is_busy and not self._refusal  # a refusal is shown above the fields
        self._reasons.value = element("p", text, class_="tk-disabled-reasons") if is_shown else ""

    def _reload(self) -> None:
        self._forget()
        self._set_title(f"Members of {self.tenant}")
        self._read()
        self.panel.show(element("p", f"Read at {now_text()}.", class_="tk-about", role="status"))

    @shows_errors
    def _on_change(self) -> None:
        with self._refresh_lock:
            self._inputs.validate()
            self._refresh()

    @shows_errors
    def _on_plan(self) -> None:
        if "plan" not in self.disabled:  # a click from Python, or a queued one, ignores `disabled`
            self.job.start(lambda: self._showing_errors(self._make_plan), lambda _: None)

    @shows_errors
    def _on_apply(self) -> None:
        plan = self.plan
        if plan is not None and "apply" not in self.disabled:
            self.job.start(lambda: self._showing_errors(lambda: self._apply_plan(plan)), lambda _: None)

    @shows_errors
    def _on_refresh(self) -> None:
        self.job.start(lambda: self._showing_errors(self._reload), lambda _: None)


def _own_tenants(cluster: Cluster) -> list[str]:
    """The names of the user's own tenants, else of all that the user may list; of those only that exist.

    Raises:
        NotFound: there is none.
    """
    own = [tenant.name for tenant in read_existing_own(cluster).tenants]
    names = own or sorted(it["metadata"]["labels"][TENANT_LABEL] for it in readable_tenant_namespaces(cluster))
    if not names:
        raise NotFound(
            "you have no tenant yet",
            status=404,
            kind="Namespace",
            operation="list your tenants",
            hint=Hint("ask an owner to add you, or name the tenant: MembersForm(cluster, 'vision')"),
        )
    return names
