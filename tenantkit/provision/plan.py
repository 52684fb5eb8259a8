"""Plans: the changes from the live to the desired state, as rows that can be read, kept and filtered.

A plan keeps the live objects from which it was made, so that `apply` notices when the cluster has changed since. It
covers the given tenants and no others. Rejected alternative: a plan against a stored last state, which is a second
source of truth.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.exceptions import InvalidSpecError, Problem, check_surface
from tenantkit.provision.changes import changes
from tenantkit.provision.dry_run import check_on_server
from tenantkit.provision.edits.remake import changes_of
from tenantkit.provision.extras.live import with_extras
from tenantkit.provision.hosts.claims import claimed_by_others, with_claims
from tenantkit.provision.hosts.granted import taken_hosts, with_checked_hosts, with_own_namespaces, without_exchanges
from tenantkit.provision.not_yours import as_planned, with_others_marked
from tenantkit.provision.plans.origin import check_boosts, cluster_id, platform_digest
from tenantkit.provision.plans.plan_notices import notices_of
from tenantkit.provision.plans.requests.of_plan import plan_request
from tenantkit.provision.plans.requests.sender import signed
from tenantkit.provision.plans.shown.whole import lines_of, plan_line, plan_page, plan_text
from tenantkit.provision.plans.table import COLUMNS, entries
from tenantkit.provision.plans.tenant_changes import compare_tenants
from tenantkit.provision.plans.tenant_notices import claimed_notices
from tenantkit.provision.plans.unfit import elsewhere, not_fitting, unfit_tenants
from tenantkit.provision.read import read_tenants
from tenantkit.provision.reasons import PLATFORM_NOT_INSTALLED
from tenantkit.provision.stored.installed import read_installed
from tenantkit.provision.stored.platform import find_platform
from tenantkit.provision.stored.versions import check_platform_version
from tenantkit.spec.arguments import checked_tenants
from tenantkit.spec.people import platform_team
from tenantkit.spec.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pandas as pd

    from tenantkit.hints import Surface
    from tenantkit.provision.changes import PlanAction, PlanChange, PlanRow
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.edits.edit import TeamEdit
    from tenantkit.provision.live import LiveState
    from tenantkit.provision.plans.notice import PlanNotice
    from tenantkit.provision.plans.requests.letter import Request
    from tenantkit.provision.stored.installed import Installed
    from tenantkit.rules.manifest import ObjectRef
    from tenantkit.spec.tenant import Tenant

_SUMMARY: tuple[tuple[PlanAction, str], ...] = (
    ("create", "to create"),
    ("update", "to update"),
    ("delete", "to delete"),
    ("conflict", "in conflict"),
    ("blocked", "blocked"),
    ("unknown", "unknown"),
    ("not yours", "not yours"),
    ("unchanged", "unchanged"),
    ("foreign", "foreign"),
)
_COUNTED_BY_ROW: tuple[PlanAction, ...] = ("conflict", "foreign")


@dataclass(frozen=True)
class Plan:
    """The changes that `apply` would make, or that a deletion would; displayed in words, with the table folded.

    Args:
        platform: the settings for which it was made.
        tenants: the planned tenants; empty for a plan of the platform itself.
        changes: one per object, in the order of applying.
        subject: `tenants` for their creation and changes, `platform` for an installation, `deletion` for the deletion
            of tenants, `adoption` and `release` for those of existing namespaces, `team` for members and routes.
        cluster_id: the cluster on which it was made; `apply` refuses any other. Empty for a plan of the pure core.
        notices: what to know before it is applied; shown below the headlines.
        edit: the members and routes that it adds and removes; None for any other subject than `team`.
        sender: who asks in `request`, as the server sees them, and what they are to a tenant that they do not own;
            empty if there is nothing to ask for, or if the server does not say.

    Example:
        >>> plan = tk.plan(cluster, tk.get_tenant(cluster, "speech").with_(size="medium"))
        >>> plan.has_changes
        True
        >>> plan.frame.query("action == 'update'")["kind"].unique().tolist()
        ['Namespace', 'ResourceQuota', 'LimitRange']
    """

    platform: Platform
    tenants: tuple[Tenant, ...]
    changes: tuple[PlanChange, ...]
    subject: Literal["tenants", "platform", "deletion", "adoption", "release", "team"] = "tenants"
    cluster_id: str = ""
    notices: tuple[PlanNotice, ...] = ()
    edit: TeamEdit | None = None
    sender: str = ""

    @property
    def platform_digest(self) -> str:
        """A text that changes with the platform's settings: `apply` refuses a plan for other settings."""
        return platform_digest(self.platform)

    @property
    def rows(self) -> tuple[PlanRow, ...]:
        """One row per object; for an object that is updated, one per field."""
        return tuple(row for change in self.changes for row in change.rows)

    @property
    def has_changes(self) -> bool:
        """Whether anything has to change, or is unknown."""
        return any(change.action not in ("unchanged", "foreign") for change in self.changes)

    @property
    def summary(self) -> str:
        """Number of objects by action: `3 to create, 9 unchanged`; conflicts and foreign fields are counted by row."""
        counts = Counter(change.action for change in self.changes)
        for action in _COUNTED_BY_ROW:
            counts[action] = sum(row.action == action for row in self.rows)
        texts = [f"{counts[action]} {words}" for action, words in _SUMMARY if counts[action]]
        return ", ".join(texts) or "nothing planned"

    @property
    def headlines(self) -> tuple[str, ...]:
        """What the plan means, in a lead's words: deletions and lost access first, then what others must do.

        Example:
            >>> plan = tk.plan(cluster, tk.get_tenant(cluster, "speech").with_(size="medium"))
            >>> plan.headlines[-1].split(" · ")[:3]
            ['speech: size small → medium', 'GPUs 0 → 2', 'CPU 4 → 16']
        """
        return tuple(text for _, text in lines_of(self, "python"))

    def headlines_of(self, refs: Collection[ObjectRef]) -> tuple[str, ...]:
        """What the changes of some objects mean, such as of those that were written.

        Example:
            >>> plan = tk.plan(cluster, tk.get_tenant(cluster, "speech").with_(size="medium"))
            >>> plan.headlines_of([change.ref for change in plan.changes]) == plan.headlines
            True
        """
        return tuple(text for _, text in lines_of(self, "python", refs))

    @property
    def request(self) -> Request:
        """The text to send to whoever may make the changes that you may not; empty if there are none.

        Nothing is sent. `request.because("…")` is the same text with your reason.

        Example:
            >>> owner = tk.connect(context="sandbox-owner")
            >>> plan = tk.plan(owner, tk.get_tenant(owner, "speech").with_(size="medium"))
            >>> print(plan.request.because("the demo in March").split("To do so")[0].rstrip())
            To: the platform team (provisioner@example.com)
            From: owner@example.com
            Subject: change tenant speech
            <BLANKLINE>
            Please make these changes:
            - size: small → medium (GPUs 0 → 2, CPU 4 → 16, ...)
            <BLANKLINE>
            Reason: the demo in March
        """
        return plan_request(self)

    @property
    def frame(self) -> pd.DataFrame:
        """The rows as a DataFrame.

        Returns:
            action, tenant, kind, namespace, name, field, before, after, reason: all `string`, <NA> where there is no
            value. Deletions and lost access come first. In a row `conflict`, before is the live value and after the
            desired one; such rows can be passed to `apply(force_conflicts=…)`.
        """
        import pandas as pd

        from tenantkit.display.frame import Frame

        cells = [entry.cells("python") for entry in entries(self.changes)]
        return Frame(
            {name: pd.array([row[index] for row in cells], dtype="string") for index, name in enumerate(COLUMNS)}
        )

    def as_json(self, surface: Surface = "python") -> dict[str, Any]:
        """The plan as plain data, for a file or a pipe.

        Args:
            surface: the wording of the reasons: `python`, `shell` or `form`.

        Returns:
            summary; headlines; notices, each with code, tenant and text; request, empty if there is nothing to ask
            for; and changes: one mapping per row with the columns of `frame`, None where there is no value, and
            `change`, the differences in words.

        Example:
            >>> tk.plan(cluster, tk.get_tenant(cluster, "forecast")).as_json()["summary"]
            '16 unchanged'
        """
        check_surface(surface)
        notices = [{"code": it.code, "tenant": it.tenant, "text": it.words(surface)} for it in self.notices]
        rows = [
            {**dict(zip(COLUMNS, entry.cells(surface), strict=True)), "change": list(entry.lines)}
            for entry in entries(self.changes)
        ]
        lines = [text for _, text in lines_of(self, surface)]
        said = {"summary": self.summary, "headlines": lines, "notices": notices, "request": str(self.request)}
        return {**said, "changes": rows}

    def words(self, surface: Surface, *, fields: bool = True) -> str:
        """The headlines, the notices, the changes by meaning and the summary as text, in the words of a surface.

        Args:
            surface: `python`, `shell` or `form`.
            fields: also each object and field. Default: yes.

        Example:
            >>> print(tk.plan(cluster, tk.get_tenant(cluster, "forecast")).words("shell"))
            16 unchanged
        """
        check_surface(surface)
        return plan_text(self, surface, fields=fields)

    def __str__(self) -> str:
        return self.words("python")

    def __repr__(self) -> str:
        return plan_line(self)

    def _repr_html_(self) -> str:
        return plan_page(self)


@takes_cluster
def plan(
    cluster: ClusterApi,
    tenants: Tenant | Sequence[Tenant],
    *,
    platform: Platform | None = None,
    dry_run: Literal["server"] | None = None,
) -> Plan:
    """The changes that bring tenants to their desired state. Nothing is written.

    Args:
        cluster: the connection, from `connect`.
        tenants: one or several; the plan covers no others.
        platform: the settings for which to plan. Default: those stored on the cluster, with which `apply` is checked.
        dry_run: `server` also sends each change as a dry run, so that denials by quota, RBAC, Pod Security and
            admission policies are rows `blocked`; one request per change. Default: no dry run.

    Returns:
        A Plan. Besides changes, its rows show conflicts (fields that others set), `blocked` objects (they belong to
        someone else, a host is taken, or their tenant does not fit the platform), `unknown` ones (you may not read
        them), those that are `not yours` (you may not change them), and `foreign` objects and fields (in the tenant's
        namespace, but not in its spec; they stay). A blocked tenant stops no other. If you may not list namespaces, a
        new host is checked against the tenants of which you are a member, and its row says so.

    Raises:
        InvalidSpecError: something is not a Tenant, or two tenants have the same name.
        SpecVersionError: a newer tenantkit wrote the platform's settings.
        PermissionDenied: you may not read the platform's settings.
        NotFound: the platform routes by a Gateway, and the cluster has no HTTPRoutes.
        ClusterUnavailable: the server did not answer.

    RBAC: get configmap `platform` in tenantkit-system and namespace kube-system; list namespaces, configmaps,
    resourcequotas, limitranges, networkpolicies, serviceaccounts, rolebindings, ingresses and, if the cluster has them,
    httproutes, for the cluster or in each tenant's namespace; list roles and rolebindings in tenantkit-index, or get
    those of each tenant, which its members may; list configmaps in tenantkit-system, nodes, priorityclasses and
    services, if that is allowed; create selfsubjectaccessreviews, selfsubjectrulesreviews and selfsubjectreviews, which
    any signed-in user may. For extra objects and copies, list their kinds likewise, and get the sources. With
    `dry_run="server"` also create and patch of the objects that change.

    Source: page "Server-Side Apply".

    Example:
        >>> vision = tk.Tenant(name="vision", team="ml-vision", owners=["dana@example.com"], size="small")
        >>> tk.plan(cluster, vision).summary
        '17 to create'
        >>> speech = tk.get_tenant(cluster, "speech")
        >>> plan = tk.plan(cluster, speech.with_(size="medium"))
        >>> plan.frame.query("field == 'spec.hard.pods'")[["action", "before", "after"]].to_dict("records")
        [{'action': 'update', 'before': '20', 'after': '50'}]
    """
    if dry_run not in (None, "server"):
        raise InvalidSpecError([Problem("dry_run", dry_run, "use 'server', or leave it out")])
    return plan_at(cluster, checked_tenants(tenants), datetime.now(UTC), platform=platform, dry_run=dry_run)


def plan_at(
    cluster: ClusterApi,
    tenants: Sequence[Tenant],
    now: datetime,
    *,
    platform: Platform | None = None,
    dry_run: Literal["server"] | None = None,
) -> Plan:
    """The same as `plan` at a time, given with its zone: boosts that have ended then are taken back."""
    stored = find_platform(cluster) if platform is None else platform
    settings = stored or Platform()
    planned = _read_and_plan(cluster, [tenant.at(now) for tenant in tenants], settings)
    marked = planned.changes if stored is not None else tuple(map(_without_roles, planned.changes))
    marked = tuple(with_others_marked(cluster, marked, settings, planned.tenants))
    if dry_run == "server":
        marked = tuple(check_on_server(cluster, marked))
    notices = (*planned.notices, *notices_of(cluster, tenants, planned.changes, planned.platform, now))
    return signed(cluster, replace(planned, changes=marked, notices=notices))


def _read_and_plan(cluster: ClusterApi, tenants: Sequence[Tenant], platform: Platform) -> Plan:
    """The plan from the current live state, with the identity of its cluster."""
    unfit = unfit_tenants(tenants, platform)
    fitting = [tenant for tenant in tenants if tenant.name not in unfit]
    names = [tenant.name for tenant in fitting]
    read = read_tenants(cluster, [platform.namespace(tenant) for tenant in fitting], names)
    live = with_extras(cluster, with_own_namespaces(cluster, read, fitting, platform), fitting, platform)
    namespaces = [manifest for ref, manifest in live.objects.items() if ref.kind == "Namespace"]
    return replace(make_plan(tenants, platform, live), cluster_id=cluster_id(cluster, namespaces))


def _without_roles(change: PlanChange) -> PlanChange:
    """The server accepts a binding to a role that does not exist, without a warning."""
    if change.ref.kind != "RoleBinding" or change.action != "create":
        return change
    return replace(change, rows=tuple(replace(row, why=PLATFORM_NOT_INSTALLED) for row in change.rows))


def make_plan(tenants: Sequence[Tenant], platform: Platform, live: LiveState) -> Plan:
    """The plan of some tenants against the live state: pure. A tenant that does not fit the platform blocks itself."""
    unfit = elsewhere(tenants, platform, live) | unfit_tenants(tenants, platform)
    fitting = [tenant for tenant in tenants if tenant.name not in unfit]
    taken = taken_hosts(fitting, platform, live)
    compared = dict(zip([it.name for it in fitting], compare_tenants(fitting, platform, live), strict=True))
    planned: list[PlanChange] = []
    for tenant in tenants:
        if tenant.name in unfit:
            planned.append(not_fitting(tenant, platform, unfit[tenant.name]))
            continue
        claimed = with_claims(compared[tenant.name], tenant.name, live)
        checked = (claimed, taken.get(tenant.name), platform_team(platform))
        planned += with_checked_hosts(*checked, is_complete=live.has_all_namespaces)
    changed = tuple(without_exchanges(planned))
    notices = tuple(claimed_notices(claimed_by_others(changed, live)))
    return Plan(platform, tuple(tenants), changed, notices=notices)


def make_install_plan(platform: Platform, installed: Installed) -> Plan:
    """The plan of the platform's own objects against those that are installed: pure.

    Raises:
        SpecVersionError: a newer tenantkit wrote the stored settings, or installed the guardrails.
    """
    wanted = installed.wanted(platform)
    check_platform_version(wanted, installed.live)
    changed = changes(wanted, installed.live, unwanted=installed.unwanted(wanted))
    return Plan(platform, (), tuple(changed), "platform")


def replan(cluster: ClusterApi, earlier: Plan) -> Plan:
    """The same plan, made again from the current live state.

    Raises:
        StalePlanError: a boost has ended since.
    """
    if earlier.subject == "platform":
        made = make_install_plan(earlier.platform, read_installed(cluster, earlier.platform))
        return replace(made, cluster_id=cluster_id(cluster))
    if earlier.edit is not None:
        found = changes_of(cluster, earlier.edit, earlier.platform)
        return replace(earlier, changes=tuple(found), cluster_id=cluster_id(cluster))
    check_boosts(earlier.tenants, datetime.now(UTC))
    made = _read_and_plan(cluster, earlier.tenants, earlier.platform)
    return replace(
        made, changes=tuple(as_planned(made.changes, earlier.changes)), sender=earlier.sender, notices=earlier.notices
    )
