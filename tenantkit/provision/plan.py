"""Plans: the changes from the live to the desired state, as rows that can be read, kept and filtered.

A plan keeps the live objects from which it was made, so that `apply` notices when the cluster has changed since. It
covers the given tenants and no others. Rejected alternative: a plan against a stored last state, which is a second
source of truth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.display.tables import html_table, text_table, value_text
from tenantkit.exceptions import InvalidSpecError, Problem, check_surface
from tenantkit.hints import Hint
from tenantkit.manifests.platform import make_platform
from tenantkit.manifests.tenant import make_tenant
from tenantkit.provision.changes import PRUNED_KINDS, changes
from tenantkit.provision.dry_run import check_on_server
from tenantkit.provision.hosts import granted_elsewhere, with_checked_hosts
from tenantkit.provision.read import read_refs, read_tenants
from tenantkit.provision.reasons import PLATFORM_NOT_INSTALLED
from tenantkit.provision.stored.platform import find_platform
from tenantkit.provision.stored.versions import check_platform_version, check_tenant_versions
from tenantkit.rules.manifest import ref_of
from tenantkit.spec.base import Spec
from tenantkit.spec.platform import Platform
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from tenantkit.hints import Surface
    from tenantkit.provision.changes import PlanAction, PlanChange, PlanRow
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.live import LiveState

COLUMNS = ("action", "kind", "namespace", "name", "field", "before", "after", "reason")

_SUMMARY: tuple[tuple[PlanAction, str], ...] = (
    ("create", "to create"),
    ("update", "to update"),
    ("delete", "to delete"),
    ("conflict", "in conflict"),
    ("blocked", "blocked"),
    ("unknown", "unknown"),
    ("unchanged", "unchanged"),
)


@dataclass(frozen=True)
class Plan:
    """The changes that `apply` would make, or that a deletion would; displayed as a table.

    Args:
        platform: the settings for which it was made.
        tenants: the planned tenants; empty for a plan of the platform itself.
        changes: one per object, in the order of applying.
        subject: `tenants` for their creation and changes, `platform` for an installation, `deletion` for the deletion
            of tenants.

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
    subject: Literal["tenants", "platform", "deletion"] = "tenants"

    @property
    def rows(self) -> tuple[PlanRow, ...]:
        """One row per object; for an object that is updated, one per field."""
        return tuple(row for change in self.changes for row in change.rows)

    @property
    def has_changes(self) -> bool:
        """Whether anything has to change, or is unknown."""
        return any(change.action != "unchanged" for change in self.changes)

    @property
    def summary(self) -> str:
        """Number of objects by action: `3 to create, 1 to update, 9 unchanged`; conflicts are counted by field."""
        counts = Counter(change.action for change in self.changes)
        counts["conflict"] = sum(len(change.conflicts) for change in self.changes)
        texts = [f"{counts[action]} {words}" for action, words in _SUMMARY if counts[action]]
        return ", ".join(texts) or "nothing planned"

    @property
    def frame(self) -> pd.DataFrame:
        """The rows as a DataFrame.

        Returns:
            action, kind, namespace, name, field, before, after, reason: all `string`, <NA> where there is no value. In
            a row `conflict`, before is the live value and after the desired one; such rows can be passed to
            `apply(force_conflicts=…)`.
        """
        import pandas as pd

        cells = [_cells(row, "python") for row in self.rows]
        return pd.DataFrame(
            {name: pd.array([row[index] for row in cells], dtype="string") for index, name in enumerate(COLUMNS)}
        )

    def as_json(self, surface: Surface = "python") -> dict[str, Any]:
        """The plan as plain data, for a file or a pipe.

        Args:
            surface: the wording of the reasons: `python`, `shell` or `form`.

        Returns:
            summary, and changes: one mapping per row with the columns of `frame`, None where there is no value.

        Example:
            >>> tk.plan(cluster, tk.get_tenant(cluster, "forecast")).as_json()["summary"]
            '7 unchanged'
        """
        check_surface(surface)
        rows = [dict(zip(COLUMNS, _cells(row, surface), strict=True)) for row in self.rows]
        return {"summary": self.summary, "changes": rows}

    def words(self, surface: Surface) -> str:
        """The table and the summary as text, with reasons in the words of Python, the command line or a form.

        Args:
            surface: `python`, `shell` or `form`.

        Example:
            >>> print(tk.plan(cluster, tk.get_tenant(cluster, "forecast")).words("shell"))
            7 unchanged
        """
        check_surface(surface)
        table = text_table(COLUMNS, self._shown(surface))
        return f"{table}\n\n{self.summary}" if table else self.summary

    def __str__(self) -> str:
        return self.words("python")

    def __repr__(self) -> str:
        return f"<Plan: {self.summary}>"

    def _repr_html_(self) -> str:
        return html_table(self.summary, COLUMNS, self._shown("python"))

    def _shown(self, surface: Surface) -> list[tuple[str | None, ...]]:
        """The rows to show: unchanged objects are only counted."""
        return [_cells(row, surface) for row in self.rows if row.action != "unchanged"]


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
        someone else, or a host is taken) and `unknown` ones (you may not read them). If you may not list namespaces,
        the rows that take a host say that other tenants could not be checked.

    Raises:
        InvalidSpecError: a tenant does not fit the platform or another tenant, or something is not a Tenant.
        HostTakenError: two of the tenants have the same host.
        SpecVersionError: a newer tenantkit wrote the stored spec; it is never overwritten.
        PermissionDenied: you may not read the platform's settings.
        ClusterUnavailable: the server did not answer.

    RBAC: get configmap `platform` in tenantkit-system; list namespaces, configmaps, resourcequotas, limitranges,
    serviceaccounts, rolebindings, ingresses, for the cluster or in each tenant's namespace. With `dry_run="server"`
    also create and patch of the objects that change.

    Source: page "Server-Side Apply".

    Example:
        >>> vision = tk.Tenant(name="vision", team="ml-vision", owners=["dana@example.com"], size="small")
        >>> tk.plan(cluster, vision).summary
        '7 to create'
        >>> speech = tk.get_tenant(cluster, "speech")
        >>> plan = tk.plan(cluster, speech.with_(size="medium"))
        >>> plan.frame.query("field == 'spec.hard.pods'")[["action", "before", "after"]].to_dict("records")
        [{'action': 'update', 'before': '20', 'after': '50'}]
    """
    if dry_run not in (None, "server"):
        raise InvalidSpecError([Problem("dry_run", dry_run, "use 'server', or leave it out")])
    given = _checked_tenants(tenants)
    stored = find_platform(cluster) if platform is None else platform
    settings = stored or Platform()
    settings.check(given)
    planned = make_plan(given, settings, read_tenants(cluster, [settings.namespace(tenant) for tenant in given]))
    marked = planned.changes if stored is not None else tuple(map(_without_roles, planned.changes))
    if dry_run == "server":
        marked = tuple(check_on_server(cluster, marked))
    return replace(planned, changes=marked)


def _checked_tenants(tenants: object) -> tuple[Tenant, ...]:
    """The tenants in a tuple; a name or a mapping is not a tenant."""
    if isinstance(tenants, Tenant):
        return (tenants,)
    is_many = isinstance(tenants, Iterable) and not isinstance(tenants, str | Mapping | Spec)
    given = tuple(cast("Iterable[object]", tenants)) if is_many else (tenants,)
    hint = Hint("{get_tenant} returns one that exists")
    problems = [
        Problem("tenants", one, "pass a Tenant, or a list of Tenants", hint=hint)
        for one in given
        if not isinstance(one, Tenant)
    ]
    if problems:
        raise InvalidSpecError(problems)
    return tuple(one for one in given if isinstance(one, Tenant))


def _without_roles(change: PlanChange) -> PlanChange:
    """The server accepts a binding to a role that does not exist, without a warning."""
    if change.ref.kind != "RoleBinding" or change.action != "create":
        return change
    return replace(change, rows=tuple(replace(row, why=PLATFORM_NOT_INSTALLED) for row in change.rows))


def make_plan(tenants: Sequence[Tenant], platform: Platform, live: LiveState) -> Plan:
    """The plan of some tenants against the live state: pure.

    Raises:
        SpecVersionError: a newer tenantkit wrote a stored spec.
    """
    taken = granted_elsewhere({platform.namespace(tenant) for tenant in tenants}, live)
    planned: list[PlanChange] = []
    for tenant, compared in zip(tenants, compare_tenants(tenants, platform, live), strict=True):
        hosts = platform.hosts(tenant)
        planned += with_checked_hosts(compared, hosts, taken, is_complete=live.has_all_namespaces)
    return Plan(platform, tuple(tenants), tuple(planned))


def compare_tenants(tenants: Sequence[Tenant], platform: Platform, live: LiveState) -> list[list[PlanChange]]:
    """For each tenant, its objects against the live state, whoever else has its hosts: pure.

    Raises:
        SpecVersionError: a newer tenantkit wrote a stored spec.
    """
    present = live.by_namespace(PRUNED_KINDS)
    compared: list[list[PlanChange]] = []
    for tenant in tenants:
        namespace = platform.namespace(tenant)
        check_tenant_versions(namespace, live)
        wanted = make_tenant(tenant, platform)
        compared.append(list(changes(wanted, live, tenant=tenant.name, present=present.get(namespace, ()))))
    return compared


def make_install_plan(platform: Platform, live: LiveState) -> Plan:
    """The plan of the platform's own objects against the live state: pure.

    Raises:
        SpecVersionError: a newer tenantkit wrote the stored settings.
    """
    wanted = make_platform(platform)
    check_platform_version(wanted, live)
    return Plan(platform, (), tuple(changes(wanted, live)), "platform")


def replan(cluster: ClusterApi, earlier: Plan) -> Plan:
    """The same plan, made again from the current live state."""
    if earlier.subject == "platform":
        refs = [ref_of(manifest) for manifest in make_platform(earlier.platform)]
        return make_install_plan(earlier.platform, read_refs(cluster, refs))
    namespaces = [earlier.platform.namespace(tenant) for tenant in earlier.tenants]
    return make_plan(earlier.tenants, earlier.platform, read_tenants(cluster, namespaces))


def _cells(row: PlanRow, surface: Surface) -> tuple[str | None, ...]:
    return (
        row.action,
        row.ref.kind,
        row.ref.namespace,
        row.ref.name,
        row.field,
        value_text(row.before),
        value_text(row.after),
        row.words(surface) or None,
    )
