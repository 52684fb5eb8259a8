"""How a change of members or routes is planned, and carried out at once.

A plan is made from a fresh read, and again right before the writes. If somebody else changed the same objects in
between, it is planned once more: others' changes are not overwritten, and do not make the
user's change fail.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError, PartialApplyError, PermissionDenied, StalePlanError, TenantKitError
from tenantkit.hints import Hint
from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.provision.apply import carry_out_plan
from tenantkit.provision.content.team_objects import owners_of_team
from tenantkit.provision.edits.compare import compare_edit
from tenantkit.provision.index.read import is_in_index
from tenantkit.provision.not_yours import with_others_marked
from tenantkit.provision.plan import Plan, replan
from tenantkit.provision.plans.missing_services import ROUTE_CODES, missing_service_notices
from tenantkit.provision.plans.origin import cluster_id
from tenantkit.provision.plans.requests.sender import signed
from tenantkit.provision.reasons import Reason, failed
from tenantkit.provision.report import Report, partial_error
from tenantkit.spec.people import platform_team
from tenantkit.spec.tenant import TEAM_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.edits.edit import TeamEdit, TenantState
    from tenantkit.provision.plans.notice import PlanNotice
    from tenantkit.provision.running.options import Running
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

_ATTEMPTS = 3


def check_fits(edited: Tenant, platform: Platform) -> None:
    """Refuse members and routes that do not fit the platform; what else does not fit is the platform's to correct.

    Raises:
        InvalidSpecError: a host is not granted, or a person is one of Kubernetes' own with the platform's prefix.
    """
    try:
        platform.check([edited])
    except InvalidSpecError as error:
        about = tuple(f"{edited.name}.{field}" for field in TEAM_FIELDS)
        problems = [problem for problem in error.problems if problem.field.startswith(about)]
        if problems:
            raise InvalidSpecError(problems) from None


def plan_edit(
    cluster: ClusterApi, edit: TeamEdit, state: TenantState, platform: Platform, notices: tuple[PlanNotice, ...]
) -> Plan:
    """The plan of an edit, in the state that was read for it."""
    marked = tuple(with_others_marked(cluster, compare_edit(edit, state, platform), platform, [state.tenant]))
    missing = missing_service_notices(cluster, marked)
    made = Plan(platform, (state.tenant,), marked, "team", cluster_id(cluster), (*notices, *missing), edit)
    return signed(cluster, made)


def carry_out(
    cluster: ClusterApi, make: Callable[[], Plan], running: Running, *, again: Callable[[], Plan] | None = None
) -> Report:
    """Plan and carry out.

    Args:
        cluster: the cluster.
        make: makes the plan from the current state.
        running: how.
        again: makes it once somebody else was faster, and may have done a part of it. Default: `make`.

    Raises:
        PermissionDenied: only others may make these changes; nothing was written.
        StalePlanError: others changed the same objects again and again.
        PartialApplyError: something failed, also after an earlier attempt wrote a part, or it was interrupted.
    """
    earlier = Report()
    for left in reversed(range(_ATTEMPTS)):
        try:
            return _with_earlier(_once(cluster, make(), running), earlier)
        except TenantKitError as error:
            report = _after(error, earlier)
            if not (left and _is_late(error)):
                if earlier.applied:
                    raise partial_error(report, done="applied") from error
                raise
            earlier = report
        make = again or make
    raise AssertionError  # the last attempt returns or raises


def _after(error: TenantKitError, earlier: Report) -> Report:
    """The report of the attempts until an error: without a report of its own, it is why the earlier rest failed."""
    if isinstance(error, PartialApplyError):
        return _with_earlier(error.report, earlier)
    return replace(earlier, failed=tuple(replace(outcome, why=failed(error)) for outcome in earlier.failed))


def _is_late(error: TenantKitError) -> bool:
    """Whether somebody else was faster: for all of the objects, so that nothing was written, or for some of them."""
    if isinstance(error, PartialApplyError):
        return _is_only_late(error.report)
    return isinstance(error, StalePlanError)


def _is_only_late(report: Report) -> bool:
    is_late = bool(report.failed) and all(outcome.code == "changed-meanwhile" for outcome in report.failed)
    return is_late and not (report.interrupted or report.not_ready or report.not_attempted)


def _with_earlier(report: Report, earlier: Report) -> Report:
    """The report of the last attempt, with what earlier ones have written."""
    again = {outcome.ref for outcome in report.applied}
    done = {outcome.ref: outcome for outcome in earlier.applied if outcome.ref not in again}
    return replace(
        report,
        applied=(*done.values(), *report.applied),
        unchanged=tuple(outcome for outcome in report.unchanged if outcome.ref not in done),
        headlines=tuple(dict.fromkeys((*earlier.headlines, *report.headlines))),
    )


def _once(cluster: ClusterApi, plan: Plan, running: Running) -> Report:
    _check_allowed(plan)
    report = carry_out_plan(cluster, plan, replan, running)
    kept = [change.rows[0].why for change in plan.changes if change.action == "foreign"]
    notices = [Reason("foreign", notice.text) for notice in plan.notices if notice.code not in ROUTE_CODES]
    return replace(report, warnings=(*report.warnings, *notices, *(why for why in kept if why is not None)))


def _check_allowed(plan: Plan) -> None:
    # the index only helps members to find the tenant, so its row stays pending and stops nothing
    others = [change for change in plan.changes if change.action == "not yours" and not is_in_index(change.ref)]
    if not others:
        return
    [tenant], place = plan.tenants, others[0].ref.namespace
    what = "routes" if others[0].ref.kind in ROUTE_KINDS else "members"
    raise PermissionDenied(
        f"you may not change the {what} of tenant {tenant.name!r}; nothing was written",
        status=403,
        kind=others[0].ref.kind,
        namespace=place,
        operation=f"change {what}",
        hint=Hint("{reason}", {"reason": str(owners_of_team(tenant, platform_team(plan.platform)))}),
    )
