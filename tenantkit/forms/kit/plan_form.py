"""The base of the forms that plan and apply: nothing is written that was not shown as a plan first.

Apply is disabled until the form shows a plan of the current inputs with changes to make, and again after an input
changes. A form of its own kind says what its inputs ask for and how that is planned; buttons, progress, errors and
reports are the same in all of them. Rejected alternative: one button that does both, since nobody reviews before
clicking.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeVar, overload

from ipywidgets import Button

from tenantkit.exceptions import CancelledError, InvalidSpecError, PartialApplyError, StalePlanError, TenantKitError
from tenantkit.forms.kit import results
from tenantkit.forms.kit.apply_progress import ApplyProgress
from tenantkit.forms.kit.changes import why_nothing_to_make
from tenantkit.forms.kit.form import BaseForm, html, shows_errors
from tenantkit.forms.kit.markup import element
from tenantkit.forms.kit.panel import notice, now_text
from tenantkit.forms.kit.round_trip import RoundTrip
from tenantkit.provision.apply import apply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.kit.markup import Content
    from tenantkit.provision.changes import PlanRow
    from tenantkit.provision.plan import Plan
    from tenantkit.provision.report import Report

    _Result = TypeVar("_Result")

_Asked = TypeVar("_Asked")


@dataclass(frozen=True, slots=True)
class _Shown(Generic[_Asked]):
    """The plan that is shown, what it was made for, and when the cluster was read."""

    plan: Plan
    asked: _Asked
    read_at: str


class PlanForm(BaseForm, Generic[_Asked]):
    """Base of the forms that plan and apply. `_Asked` is what the inputs ask for; two of them are compared by `==`.

    Args:
        cluster: the cluster that the form works on.
        css_class: of this kind of form: `tk-tenant-form`.

    Attributes:
        report: of the last apply; None before the first.
        plan_button: shows what would change.
        apply_button: makes the changes that are shown.
    """

    def __init__(self, cluster: Cluster, *, css_class: str) -> None:
        super().__init__(cluster, css_class=css_class)
        self.report: Report | None = None
        self.plan_button = Button(description="Plan", button_style="primary", tooltip="Show what would change")
        self.apply_button = Button(description="Apply", button_style="primary", tooltip="Make the planned changes")
        self.plan_button.on_click(lambda _: self._on_plan())
        self.apply_button.on_click(lambda _: self._on_apply())
        self._shown: _Shown[_Asked] | None = None
        self._is_applying = False
        self._round_trip = RoundTrip()
        self._invisible = (self._round_trip.widget,)
        self._reasons = html("tk-disabled-reasons")

    @property
    def plan(self) -> Plan | None:
        """The plan that is shown; None before Plan and after Apply."""
        return self._shown.plan if self._shown is not None else None

    @property
    def disabled(self) -> dict[str, str]:
        """The buttons that are disabled, each with the reason: `{"apply": "plan first"}`."""
        reasons = {"plan": self._plan_refusal(), "apply": self._apply_refusal() or self._not_planned()}
        return {button: reason for button, reason in reasons.items() if reason}

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
            InvalidSpecError: an input is invalid, or what the inputs ask for does not fit the tenants that exist.
            NotFound: what the inputs are about does not exist any more.
            PermissionDenied: a permission is missing; the message names it, or whom to ask.
            PartialApplyError: some objects were blocked, failed or were cancelled; its `report` lists them.
            StalePlanError: somebody changed the same objects at the same time. Nothing was written.
            CancelledError: the job was cancelled before anything was written.
            BusyError: the form is busy with another job.
            ClusterError: the server returned an error, or did not answer. Nothing was written.
        """
        if plan_only:
            return self.job.run(lambda: self._showing_errors(self._make_plan))
        return self.job.run(lambda: self._showing_errors(self._plan_and_apply))

    # What each form decides

    @abstractmethod
    def _read_inputs(self) -> _Asked:
        """What the inputs ask for.

        Raises:
            InvalidSpecError: the inputs are invalid, or ask for nothing.
            PermissionDenied: the user may not plan it.
        """

    @abstractmethod
    def _plan_for(self, asked: _Asked) -> Plan:
        """The plan of what the inputs ask for."""

    def _take_over(self, plan: Plan) -> None:
        """Check a plan before it is shown, and take over what was read for it."""

    def _plan_refusal(self) -> str:
        """Why the user may not plan; empty if they may."""
        return ""

    def _apply_refusal(self) -> str:
        """Why nothing can be applied, whatever the plan; empty if something can be."""
        return self._plan_refusal()

    def _forced_rows(self, plan: Plan) -> Sequence[PlanRow] | None:  # noqa: ARG002 (for forms that force conflicts)
        """The conflicts to overwrite."""
        return None

    def _beside_report(self, plan: Plan) -> Sequence[Content]:  # noqa: ARG002 (for forms that have more to show)
        """What is shown with the report of a plan that was applied without a failure."""
        return ()

    def _keep_report(self, plan: Plan, report: Report) -> None:  # noqa: ARG002 (for forms that need the plan)
        """Keep the report of an apply, also of one that was carried out in part."""
        self._shown = None
        self.report = report

    def _after_apply(self, report: Report) -> Sequence[Content]:  # noqa: ARG002 (for forms that read again)
        """What follows an apply once its report is shown; returns what to show below it."""
        return ()

    def _plan_state(self, plan: Plan, read_at: str) -> results.PlanState:  # noqa: ARG002 (for forms that need the plan)
        """What is said beside the plan."""
        return results.PlanState(
            read_at,
            is_current=self._is_current,
            is_applying=self._is_applying,
            can_apply="apply" not in self.disabled,
        )

    def _show_error(self, error: BaseException) -> None:
        """Show an error in the panel."""
        self.panel.show(*results.error_content(error, as_links=self._has_links))

    # The jobs of the buttons and of submit()

    def _plan_what_was_typed(self) -> None:
        self._round_trip.wait()
        self._make_plan()

    def _make_plan(self) -> Plan:
        self._shown = None
        asked = self._read_inputs()
        self.panel.show(notice("info", "Reading the state of the cluster. Nothing is changed.", word="Planning"))
        self._show_progress("Planning: reading the state of the cluster")
        plan = self._plan_for(asked)
        # what was entered while the cluster was read is planned, too
        if (now_asked := self._read_inputs()) != asked:
            asked, plan = now_asked, self._plan_for(now_asked)
        self._take_over(plan)
        if self.job.cancelled.is_set():
            raise CancelledError("cancelled: nothing was changed")
        read_at = now_text()
        self._shown = _Shown(plan, asked, read_at)
        self.panel.follow(lambda: results.plan_content(plan, self._plan_state(plan, read_at)))
        return plan

    def _plan_and_apply(self) -> Report:
        return self._apply_plan(self._make_plan())

    def _apply_plan(self, plan: Plan) -> Report:
        self._is_applying = True
        try:
            forced = self._forced_rows(plan)
            self.panel.refresh()
            progress = ApplyProgress(plan, self._show_progress, self.job.cancelled)
            progress.start()
            report = apply(
                self.cluster,
                plan,
                force_conflicts=forced,
                progress=False,
                cancelled=self.job.cancelled,
                on_progress=progress,
            )
        except PartialApplyError as error:
            self._keep_report(plan, error.report)
            self._show_result(error.report, results.error_content(error, as_links=self._has_links))
            raise
        except (StalePlanError, InvalidSpecError):
            self._shown = None
            raise
        finally:
            self._is_applying = False
        self._keep_report(plan, report)
        self._show_result(
            report,
            (
                results.report_notice(report, now_text()),
                results.url_list(report, as_links=self._has_links),
                *self._beside_report(plan),
                results.report_table(report),
            ),
        )
        return report

    def _show_result(self, report: Report, content: Sequence[Content]) -> None:
        self.panel.show(*content)
        if more := self._after_apply(report):
            self.panel.show(*content, *more)

    def _showing_errors(self, job: Callable[[], _Result]) -> _Result:
        """Run a job; show on the page what it raises, and raise it."""
        try:
            return job()
        except PartialApplyError:
            raise  # it is shown with its report
        except BaseException as error:
            if not isinstance(error, TenantKitError):
                self._shown = None  # anything may have been written
            self._show_error(error)
            raise

    def _start(self, job: Callable[[], object]) -> None:
        """Run a job in the background; the panel shows its errors."""
        self.job.start(lambda: self._showing_errors(job), lambda _: None)

    # What is enabled

    def _not_planned(self) -> str:
        """Why there is nothing to apply; empty if the plan that is shown can be applied."""
        if self._shown is None:
            return "plan first"
        if not self._is_current:
            return "the fields have changed since the plan: plan again"
        return why_nothing_to_make(self._shown.plan)

    @property
    def _is_current(self) -> bool:
        """Whether the inputs still ask for what is planned."""
        try:
            return self._shown is not None and self._shown.asked == self._read_inputs()
        except TenantKitError:
            return False

    @property
    def _has_links(self) -> bool:
        """Whether addresses are links: not in the sandbox, where somebody else may own the real host."""
        return not self.identity.is_sandbox

    def _update_controls(self) -> None:
        super()._update_controls()
        is_busy = self.job.is_running
        disabled = self.disabled
        self.plan_button.disabled = is_busy or "plan" in disabled
        self.apply_button.disabled = is_busy or "apply" in disabled
        text = " ".join(f"{button.capitalize()} is disabled: {reason}." for button, reason in disabled.items())
        self._reasons.value = element("p", text, class_="tk-disabled-reasons") if text and not is_busy else ""

    # Callbacks

    @shows_errors
    def _on_plan(self) -> None:
        if "plan" not in self.disabled:  # a click from Python, or a queued one, ignores `disabled`
            self._start(self._plan_what_was_typed)

    @shows_errors
    def _on_apply(self) -> None:
        plan = self.plan
        if plan is not None and "apply" not in self.disabled:
            self._start(lambda: self._apply_plan(plan))
