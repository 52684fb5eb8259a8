"""Plans: the changes that take what is live to what is wanted, as rows that can be read, kept and filtered.

A plan is made from what is live now and holds what it saw, so that apply can tell when the cluster has moved on. It
is about the tenants that it is given and no other. Turned down: a plan against a stored last state, which is a second
truth.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.display.tables import html_table, text_table, value_text
from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.manifests.labels import GRANT_ANNOTATION, HOSTS_ANNOTATION, SPEC_CONFIG_MAP, SPEC_KEY, TENANT_LABEL
from tenantkit.manifests.platform import make_platform
from tenantkit.manifests.tenant import make_tenant
from tenantkit.provision.changes import blocked, changes, is_ours
from tenantkit.provision.read import read_refs, read_tenants
from tenantkit.provision.stored import find_platform
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.spec.base import API_GROUP, check_version
from tenantkit.spec.platform import Platform
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.changes import Action, Change, Row, Snapshot
    from tenantkit.rules.manifest import Manifest

COLUMNS = ("action", "kind", "namespace", "name", "field", "before", "after", "reason")

_SUMMARY: tuple[tuple[Action, str], ...] = (
    ("create", "to create"),
    ("update", "to update"),
    ("delete", "to delete"),
    ("conflict", "in conflict"),
    ("blocked", "blocked"),
    ("unknown", "unknown"),
    ("unchanged", "unchanged"),
)
_UNCHECKED = (
    "not checked whether another tenant has this host, since you may not list namespaces: "
    "the platform's team can plan it to see"
)


@dataclass(frozen=True)
class Plan:
    """What `apply` would do; shows itself as a table, in a terminal and in a notebook.

    Args:
        platform: what the tenants were made for.
        tenants: whom the plan is about; none when it installs the platform itself.
        changes: one per object, in the order of applying.
        subject: whether the plan is about `tenants`, or puts the `platform` on a cluster.
    """

    platform: Platform
    tenants: tuple[Tenant, ...]
    changes: tuple[Change, ...]
    subject: Literal["tenants", "platform"] = "tenants"

    @property
    def rows(self) -> tuple[Row, ...]:
        """One per object; of an object that changes, one per field."""
        return tuple(row for change in self.changes for row in change.rows)

    @property
    def has_changes(self) -> bool:
        """Whether anything is not as wanted, or can't be told."""
        return any(change.action != "unchanged" for change in self.changes)

    @property
    def summary(self) -> str:
        """Objects by action: `3 to create, 1 to update, 9 unchanged`; conflicts are counted by field."""
        counts = Counter(change.action for change in self.changes)
        counts["conflict"] = sum(len(change.conflicts) for change in self.changes)
        told = [f"{counts[action]} {words}" for action, words in _SUMMARY if counts[action]]
        return ", ".join(told) or "nothing planned"

    @property
    def frame(self) -> pd.DataFrame:
        """The rows as a DataFrame.

        Returns:
            action, kind, namespace, name, field, before, after, reason: all `string`, <NA> where there is nothing.
            In a row `conflict`, before is theirs and after ours; such rows can be given to `apply(take_back=…)`.
        """
        import pandas as pd

        cells = [_cells(row) for row in self.rows]
        return pd.DataFrame(
            {name: pd.array([row[index] for row in cells], dtype="string") for index, name in enumerate(COLUMNS)}
        )

    def __str__(self) -> str:
        table = text_table(COLUMNS, self._shown)
        return f"{table}\n\n{self.summary}" if table else self.summary

    def __repr__(self) -> str:
        return f"<Plan: {self.summary}>"

    def _repr_html_(self) -> str:
        return html_table(self.summary, COLUMNS, self._shown)

    @property
    def _shown(self) -> list[tuple[str | None, ...]]:
        """The rows that a reader wants to see: the unchanged ones are only counted."""
        return [_cells(row) for row in self.rows if row.action != "unchanged"]


@takes_cluster
def plan(
    cluster: Cluster, tenants: Tenant | Sequence[Tenant], *, platform: Platform | None = None, server: bool = False
) -> Plan:
    """What would have to change so that tenants are on the cluster as wanted. Reads, and changes nothing.

    Args:
        cluster: where.
        tenants: one or several; the plan touches no other.
        platform: what they are made for. Default: the cluster's own settings, since a tenant made for others would
            drift at once.
        server: ask the server for a dry run of each change, so that denials by quota, RBAC, Pod Security and policies
            show as `blocked`; costs a request each. Default: no.

    Returns:
        A Plan. Besides what is to be done its rows tell conflicts (a field that somebody else set), what is blocked
        (somebody else's object, a host that is taken) and what is unknown (may not be read). Where you may not list
        namespaces, the rows that take a host say that nobody looked whether another tenant has it.

    Raises:
        InvalidSpecError: a tenant does not fit the platform, two do not fit together, or something is no Tenant.
        HostTakenError: two of the tenants are granted one host.
        SpecVersionError: a newer tenantkit wrote what is stored there; it is never written over.
        PermissionDenied: the platform's settings may not be read.

    RBAC: get configmap `platform` in tenantkit-system; list namespaces, configmaps, resourcequotas, limitranges,
    serviceaccounts, rolebindings, ingresses, for the cluster or in each tenant's namespace. With `server=True` also
    create and patch of what changes.

    Example:
        >>> print(plan(cluster, [vision]).summary)  # doctest: +SKIP
        9 to create
    """
    asked = _asked(tenants)
    found = find_platform(cluster) if platform is None else platform
    used = found or Platform()
    used.check(asked)
    made = make_plan(asked, used, read_tenants(cluster, [used.namespace(tenant) for tenant in asked]))
    if found is None:
        made = replace(made, changes=tuple(_without_roles(change) for change in made.changes))
    if not server:
        return made
    from tenantkit.provision.dry_run import check_on_server

    return check_on_server(cluster, made)


def _asked(tenants: object) -> tuple[Tenant, ...]:
    """The tenants, in a tuple; a name or a mapping is none."""
    if isinstance(tenants, Tenant):
        return (tenants,)
    asked = tuple(tenants) if isinstance(tenants, Iterable) and not isinstance(tenants, str | Mapping) else (tenants,)
    wrong = [one for one in asked if not isinstance(one, Tenant)]
    if wrong:
        reason = "give a Tenant, or a list of them; get_tenant(cluster, name) returns one that is there"
        raise InvalidSpecError([Problem("tenants", one, reason) for one in wrong])
    return asked


def _without_roles(change: Change) -> Change:
    """The server takes a binding on a role that is not there, and says nothing."""
    if change.ref.kind != "RoleBinding" or change.action != "create":
        return change
    reason = "grants nothing until the platform is installed: tk.install_platform(cluster), or `tenantkit install`"
    return replace(change, rows=tuple(replace(row, reason=reason) for row in change.rows))


def make_plan(tenants: Sequence[Tenant], platform: Platform, live: Snapshot) -> Plan:
    """The plan of some tenants against what is live: pure.

    Raises:
        SpecVersionError: a newer tenantkit wrote what is stored there.
    """
    taken = _granted_elsewhere({platform.namespace(tenant) for tenant in tenants}, live)
    present = live.by_namespace()
    made: list[Change] = []
    for tenant in tenants:
        namespace = platform.namespace(tenant)
        _check_stored_versions(namespace, live)
        own = changes(make_tenant(tenant, platform), live, tenant=tenant.name, present=present.get(namespace, ()))
        clash = _clash(platform.hosts(tenant), taken)
        if clash:
            own = [blocked(change, clash) for change in own]
        elif not live.has_all_namespaces:
            own = [_with_unchecked_hosts(change) for change in own]
        made += own
    return Plan(platform, tuple(tenants), tuple(made))


def make_install_plan(platform: Platform, live: Snapshot) -> Plan:
    """The plan of the platform's own objects against what is live: pure."""
    wanted = make_platform(platform)
    for manifest in wanted:
        if manifest["kind"] == "ConfigMap":
            ref = ref_of(manifest)
            found = live.objects.get(ref, {})
            for text in (found.get("data") or {}).values():
                _check_version(text, source=str(ref))
    return Plan(platform, (), tuple(changes(wanted, live)), "platform")


def replan(cluster: Cluster, earlier: Plan) -> Plan:
    """The same plan, made once more from what is live now."""
    if earlier.subject == "platform":
        refs = [ref_of(manifest) for manifest in make_platform(earlier.platform)]
        return make_install_plan(earlier.platform, read_refs(cluster, refs))
    namespaces = [earlier.platform.namespace(tenant) for tenant in earlier.tenants]
    return make_plan(earlier.tenants, earlier.platform, read_tenants(cluster, namespaces))


def _cells(row: Row) -> tuple[str | None, ...]:
    return (
        row.action,
        row.ref.kind,
        row.ref.namespace,
        row.ref.name,
        row.field,
        value_text(row.before),
        value_text(row.after),
        row.reason or None,
    )


def _granted_elsewhere(planned: set[str], live: Snapshot) -> dict[str, str]:
    """The hosts that the cluster's other tenants are granted, and to whom."""
    taken: dict[str, str] = {}
    for ref, manifest in live.objects.items():
        if ref.kind == "Namespace" and ref.name not in planned:
            tenant = (manifest["metadata"].get("labels") or {}).get(TENANT_LABEL)
            if tenant is not None and is_ours(manifest, tenant):
                hosts = (manifest["metadata"].get("annotations") or {}).get(HOSTS_ANNOTATION, "")
                taken |= {host: tenant for host in hosts.split(",") if host}
    return taken


def _clash(hosts: Sequence[str], taken: dict[str, str]) -> str | None:
    clashes = [f"{host!r} of tenant {taken[host]!r}" for host in hosts if host in taken]
    if not clashes:
        return None
    return f"wants a host that is granted already: {', '.join(clashes)}; ask for another, or have it given up first"


def _with_unchecked_hosts(change: Change) -> Change:
    """The same, which says of each row that takes a host that it may be another tenant's."""
    rows = (replace(row, reason=row.reason or _UNCHECKED) if _takes_host(row) else row for row in change.rows)
    return replace(change, rows=tuple(rows))


def _takes_host(row: Row) -> bool:
    if row.action not in ("create", "update"):
        return False
    is_grant = row.ref.kind == "Namespace" and (not row.path or row.path[-1] == HOSTS_ANNOTATION)
    return is_grant or row.ref.kind == "Ingress"


def _check_stored_versions(namespace: str, live: Snapshot) -> None:
    """Refuse to write over what a newer tenantkit stored, before anything is planned."""
    for text, source in _stored_texts(namespace, live):
        _check_version(text, source=source)


def _stored_texts(namespace: str, live: Snapshot) -> Iterator[tuple[Any, str]]:
    found = live.objects.get(ObjectRef("v1", "Namespace", namespace))
    if found is not None:
        annotations = found["metadata"].get("annotations") or {}
        yield annotations.get(GRANT_ANNOTATION), f"the grant of namespace {namespace!r}"
    spec: Manifest | None = live.objects.get(ObjectRef("v1", "ConfigMap", SPEC_CONFIG_MAP, namespace))
    if spec is not None:
        yield (spec.get("data") or {}).get(SPEC_KEY), f"the team's part of namespace {namespace!r}"


def _check_version(text: Any, *, source: str) -> None:
    """What is no spec at all is left to the comparison, which shows it as a difference."""
    try:
        data = json.loads(text or "null")
    except ValueError:
        return
    version = data.get("apiVersion") if isinstance(data, dict) else None
    if isinstance(version, str) and version.startswith(f"{API_GROUP}/"):
        check_version(version, source=source)
