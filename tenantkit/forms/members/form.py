"""`MembersForm`: who has which role in a tenant, and adding and removing members in place.

As in the form for tenants, nothing is written that was not shown as a plan first. The plan is about the chosen persons
only, so that what other owners do at the same time stays. Rejected alternative: a button beside each row that removes
at once, which a slip of the hand is enough for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ipywidgets import Button, Dropdown, Layout

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import read_existing_own
from tenantkit.exceptions import InvalidSpecError, NotFound, PermissionDenied, Problem
from tenantkit.forms.kit import results
from tenantkit.forms.kit.form import shows_errors
from tenantkit.forms.kit.markup import element
from tenantkit.forms.kit.panel import notice, now_text
from tenantkit.forms.kit.plan_form import PlanForm
from tenantkit.forms.members.inputs import MembersInputs
from tenantkit.frames.members import members
from tenantkit.hints import Hint
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.provision.content.team_objects import owners_of_team
from tenantkit.provision.stored.platform import get_platform
from tenantkit.provision.stored.tenants import get_tenant_namespace, readable_tenant_namespaces, stored_tenant
from tenantkit.provision.team.members import plan_members
from tenantkit.spec.people import platform_team

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.kit.markup import Content
    from tenantkit.forms.members.inputs import Choice
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.report import Report

_NOT_READ = "the members of this tenant are not read: read them again"


class MembersForm(PlanForm[tuple[str, "Choice"]]):
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
        self._loaded_tenant: str | None = None
        self._refusal = ""
        self.members: pd.DataFrame
        self.refresh_button = Button(description="Read again", tooltip="Read the members again")
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
        reason = owners_of_team(tenant, team).words("form")
        self.members = found
        self._refusal = "" if may_change else reason
        self._shown = None
        self._inputs.load(found)
        self._inputs.lock(f"Read-only: {reason}." if self._refusal else "")
        self._loaded_tenant = name

    def _forget(self) -> None:
        """Drop the plan and the inputs: if the read that follows fails, nothing of another tenant or time is left."""
        self._loaded_tenant = None
        self._shown = None
        self._refusal = ""
        self.members = self.members.iloc[:0]
        self._inputs.load(self.members)
        self._inputs.lock("The members of this tenant are not read yet.")

    def _not_read(self) -> str:
        """Why the inputs are not those of the tenant that is shown; empty if they are."""
        return "" if self._loaded_tenant == self.tenant else _NOT_READ

    # What the form plans and applies

    def _read_inputs(self) -> tuple[str, Choice]:
        tenant = self._checked_tenant()
        if self._refusal:
            raise PermissionDenied(
                f"you may not change the members of tenant {tenant!r}",
                status=403,
                operation="change members",
                hint=Hint("{reason}", {"reason": self._refusal}),
            )
        choice = self._inputs.choice
        if choice.is_empty:
            raise InvalidSpecError([Problem("add", [], "add somebody, or tick a member to remove")])
        return tenant, choice

    def _plan_for(self, asked: tuple[str, Choice]) -> Plan:
        tenant, choice = asked
        return plan_members(self.cluster, tenant, choice.added, choice.removed)

    def _apply_plan(self, plan: Plan) -> Report:
        tenant = self._checked_tenant()
        if [planned.name for planned in plan.tenants] != [tenant]:
            raise InvalidSpecError([Problem("tenant", tenant, "the plan is for another tenant: plan again")])
        return super()._apply_plan(plan)

    def _checked_tenant(self) -> str:
        """The tenant that is shown, which is the one that was read.

        Raises:
            InvalidSpecError: it is another one.
        """
        tenant = self.tenant
        if self._loaded_tenant != tenant:
            raise InvalidSpecError([Problem("tenant", tenant, _NOT_READ)])
        return tenant

    # What is shown

    def _beside_report(self, plan: Plan) -> Sequence[Content]:
        notes = [it.words("form") for it in plan.notices]
        return (notice("info", "\n".join(notes)),) if notes else ()

    def _after_apply(self, report: Report) -> Sequence[Content]:
        """Read the members again; what could not be added can be planned again."""
        persons = self._inputs.persons.value
        self._forget()
        try:
            self._read()
        except Exception as error:  # noqa: BLE001 (shown below the report: the changes are made)
            return results.error_content(error, as_links=self._has_links)
        if not report.is_done:
            self._inputs.persons.value = persons
        return ()

    # What is enabled

    def _plan_refusal(self) -> str:
        return self._not_read() or self._refusal

    def _update_controls(self) -> None:
        super()._update_controls()
        is_busy = self.job.is_running
        self._inputs.set_busy(is_busy)
        self.refresh_button.disabled = self.tenant_choice.disabled = is_busy
        if self._refusal:
            self._reasons.value = ""  # a refusal is shown above the fields

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
    def _on_refresh(self) -> None:
        self._start(self._reload)


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
