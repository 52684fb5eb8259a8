"""How much of each quota is used.

`hard` is what the spec asks for, `used` what the quota controller has counted; an entry that it has not counted yet is
`pending` and has no `used`: nothing here says "0 used" when the truth is "unknown". An entry of 0 is `none` rather
than `full`, since nothing was granted that could fill up.

Tenants of one size have the same spec. So each spec is looked at once, and what is left to do for a quota, while its
page is at hand, is to find its spec and read what is used; the columns are then computed whole. Turned down: a row at
a time, ten times as slow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from typing_extensions import TypedDict

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import keep_visible
from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.frames.kit.fast_quantities import Numbers
from tenantkit.frames.kit.schema import frame_of, numbers_where, texts_at
from tenantkit.frames.kit.team_quota import team_totals
from tenantkit.manifests.labels import TEAM_LABEL, TENANT_LABEL
from tenantkit.rules.quantities import format_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from fractions import Fraction

    import pandas as pd
    from numpy.typing import NDArray

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.kit.schema import Places, Schema
    from tenantkit.rules.manifest import Manifest

QUOTA_USAGE: Schema = {
    "tenant": "string",
    "team": "string",
    "namespace": "string",
    "quota": "string",
    "resource": "string",
    "unit": "string",
    "used": "Float64",
    "hard": "Float64",
    "free": "Float64",
    "used_pct": "Float64",
    "state": "string",
    "scopes": "string",
    "measured": "Float64",
}

NEAR_PCT = 80.0
STATES = ("pending", "over", "none", "full", "near", "ok")


@takes_cluster
def quota_usage(
    cluster: Cluster,
    *,
    namespaces: Sequence[str] | None = None,
    by: Literal["tenant", "team"] = "tenant",
    measured: bool = False,
) -> pd.DataFrame:
    """How much of each tenant's quota is used: one row per tenant, quota and resource.

    Args:
        cluster: where.
        namespaces: only these. Default: those of the connection; where it names none, all that you may list, else its
            one namespace.
        by: `tenant`, or `team` for one row per team, resource and scopes: the sum over its namespaces, of each of which
            the tightest quota counts. Default: tenant.
        measured: whether to ask the metrics server what pods really use. Default: no, it is one more list.

    Returns:
        tenant, team, namespace, quota (the ResourceQuota's name), resource as the quota spells it (`requests.cpu`),
        unit (`cores`, `bytes`, `count`): string; used, hard, free in that unit, used_pct from 0 to 100: Float64, <NA>
        where not counted yet; state: `pending` (not counted yet), `none` (nothing granted), `ok`, `near` (80 % and
        more), `full`, `over`; scopes: string, which pods it is about (`NotBestEffort`, `PriorityClass In (high)`,
        joined by `, `; <NA>: all); measured: Float64, what pods really use of cpu and memory, <NA> where not asked,
        not told, or of a quota with scopes. Sorted by namespace, quota and resource. `attrs["scope"]` is `cluster`, or
        the tuple of namespaces that it covers; `attrs["unmeasured"]` says why nothing was measured. By team: team,
        resource, unit, scopes: string, namespaces (how many): Int64, and the columns used to state and measured as
        above, <NA> where a namespace's is.

    Raises:
        InvalidSpecError: `by` is neither.
        PermissionDenied: no namespace may be read.
        ClusterUnavailable: the server gave no answer.

    RBAC: list resourcequotas, for the whole cluster or in each namespace; with `measured`, pods of metrics.k8s.io.
    Source: pages "Resource Quotas", "Resource metrics pipeline".

    Example:
        >>> quota_usage(cluster).query("state == 'full'")  # doctest: +SKIP
    """
    if by not in ("tenant", "team"):
        raise InvalidSpecError([Problem("by", by, "use 'tenant' or 'team'")])
    reads, scope = keep_visible(
        cluster, "ResourceQuota", _Reader(), parts=_Parts, namespaces=namespaces, label_selector=TENANT_LABEL
    )
    frame = _frame(reads)
    if measured:
        from tenantkit.frames.kit.metrics import add_measured

        frame = add_measured(frame, cluster, scope)
    if by == "team":
        totals = team_totals(frame, _amounts)
        totals.attrs = frame.attrs
        frame = totals
    frame.attrs["scope"] = scope
    return frame


def quota_frame(quotas: Iterable[Manifest]) -> pd.DataFrame:
    """The frame of `quota_usage`, of ResourceQuotas as the server answered them."""
    return _frame(list(map(_Reader(), quotas)))


class _Metadata(TypedDict, total=False):
    name: str
    namespace: str
    labels: dict[str, str]


class _Scope(TypedDict, total=False):
    scopeName: str
    operator: str
    values: list[str]


class _Scopes(TypedDict, total=False):
    matchExpressions: list[_Scope]


class _Wanted(TypedDict, total=False):
    hard: dict[str, str]
    scopes: list[str]
    scopeSelector: _Scopes


class _Status(TypedDict, total=False):
    hard: dict[str, str]
    used: dict[str, str]


class _Parts(TypedDict, total=False):
    """What is looked at of a ResourceQuota: a third of it."""

    metadata: _Metadata
    spec: _Wanted
    status: _Status


@dataclass(frozen=True, slots=True, eq=False)
class _Spec:
    """What the quotas with one spec have in common: an entry for each of its resources, in the rows' order."""

    resources: list[str]
    hard: list[float]
    scopes: str | None


# namespace, name, tenant, team, spec, and what is used of each entry; not a number where it is not counted yet
_Read: TypeAlias = "tuple[str, str, str | None, str | None, _Spec, list[float]]"


class _Reader:
    """Reads a quota: the one thing done for each, so as little as possible. Several threads may share it."""

    def __init__(self) -> None:
        self._numbers = Numbers()
        self._number = self._numbers.__getitem__
        self._specs: dict[tuple[str | None, ...], _Spec] = {}

    def __call__(self, quota: Manifest) -> _Read:
        metadata, status = quota["metadata"], quota.get("status") or {}
        wanted = quota.get("spec") or {}
        hard = wanted.get("hard") or {}
        scopes = scopes_text(wanted)
        key = (*hard, *hard.values(), scopes)
        spec = self._specs.get(key) or self._specs.setdefault(key, self._spec(hard, scopes))
        used = status.get("used") or {}
        counted = status.get("hard") or {}
        if counted != hard:
            used = self._counted(used, counted, hard)
        # The server writes maps in the order of their keys, so that mostly nothing has to be looked up.
        texts = used.values() if [*used] == spec.resources else map(used.get, spec.resources)
        labels = metadata.get("labels") or {}
        return (
            metadata["namespace"],
            metadata["name"],
            labels.get(TENANT_LABEL),
            labels.get(TEAM_LABEL),
            spec,
            [*map(self._number, texts)],
        )

    def _spec(self, hard: Mapping[str, str], scopes: str | None) -> _Spec:
        resources = sorted(hard)
        return _Spec(resources, [self._number(hard[resource]) for resource in resources], scopes)

    def _counted(self, used: Mapping[str, str], counted: Mapping[str, str], hard: Mapping[str, str]) -> dict[str, str]:
        """What is used of the entries that the controller has counted against what the spec asks for now."""
        return {
            resource: used[resource]
            for resource, text in hard.items()
            if resource in used and resource in counted and self._number(counted[resource]) == self._number(text)
        }


def _frame(reads: Sequence[_Read]) -> pd.DataFrame:
    ordered = sorted(reads, key=itemgetter(0, 1))
    namespaces, names, tenants, teams, specs, used = zip(*ordered, strict=True) if ordered else ((),) * 6
    distinct = list(dict.fromkeys(specs))
    rows, entries = _rows_and_entries(specs, distinct)
    resources = [resource for spec in distinct for resource in spec.resources]
    units = [unit_of(resource) for resource in resources]
    is_cores = np.array([unit == "cores" for unit in units], dtype=np.bool_)
    hard = np.array([hard for spec in distinct for hard in spec.hard], dtype=np.float64)
    columns = {
        "tenant": texts_at(tenants, rows),
        "team": texts_at(teams, rows),
        "namespace": texts_at(namespaces, rows),
        "quota": texts_at(names, rows),
        "resource": texts_at(resources, entries),
        "unit": texts_at(units, entries),
        "scopes": texts_at([spec.scopes for spec in specs], rows),
        "measured": numbers_where(np.zeros(len(rows)), np.ones(len(rows), dtype=np.bool_)),
        **_amounts(np.fromiter(chain.from_iterable(used), np.float64, len(rows)), hard[entries], is_cores[entries]),
    }
    return frame_of(columns, QUOTA_USAGE)


def scopes_text(spec: Mapping[str, Any]) -> str | None:
    """Which pods a quota's spec is about: `NotBestEffort, PriorityClass In (high)`; None: all."""
    texts = list(spec.get("scopes") or ())
    for each in (spec.get("scopeSelector") or {}).get("matchExpressions") or ():
        values = f" ({', '.join(each['values'])})" if each.get("values") else ""
        operator = each.get("operator")
        texts.append(f"{each.get('scopeName')}{'' if operator == 'Exists' else f' {operator}'}{values}")
    return ", ".join(texts) or None


def _rows_and_entries(specs: Sequence[_Spec], distinct: Sequence[_Spec]) -> tuple[Places, Places]:
    """For each row: which quota it is of, and which entry it shows of the distinct specs' entries in one line."""
    places = {spec: place for place, spec in enumerate(distinct)}
    place_of = np.array([places[spec] for spec in specs], dtype=np.intp)
    sizes = np.array([len(spec.resources) for spec in distinct], dtype=np.intp)
    starts: Places = sizes.cumsum(dtype=np.intp) - sizes
    sizes_of = sizes[place_of]
    ends_of: Places = sizes_of.cumsum(dtype=np.intp)
    rows: Places = np.repeat(np.arange(len(specs), dtype=np.intp), sizes_of)
    shifts: Places = starts[place_of] - (ends_of - sizes_of)
    entries: Places = np.arange(len(rows), dtype=np.intp) + shifts[rows]
    return rows, entries


def _amounts(
    used: NDArray[np.float64], hard: NDArray[np.float64], is_cores: NDArray[np.bool_]
) -> dict[str, pd.api.extensions.ExtensionArray]:
    """The columns used, hard, free, used_pct and state."""
    is_pending, is_none = np.isnan(used), hard == 0
    free = hard - used
    free[is_cores] = free[is_cores].round(3)  # a quota counts millicores: 4 less 3.9 is 0.1, not 0.10000000000000009
    used_pct = 100 * np.divide(used, hard, out=np.zeros_like(hard), where=~is_none)
    conditions = (is_pending, used > hard, is_none, used == hard, used_pct >= NEAR_PCT)
    state = np.select(conditions, list(range(len(conditions))), len(conditions))
    return {
        "used": numbers_where(used, is_pending),
        "hard": numbers_where(hard, np.zeros_like(is_none)),
        "free": numbers_where(free, is_pending),
        "used_pct": numbers_where(used_pct, is_pending | is_none),
        "state": texts_at(STATES, state),
    }


@lru_cache(maxsize=1024)
def unit_of(resource: str) -> str:
    """The base unit of a quota's entry: `cores`, `bytes` or `count` (page "Resource Quotas")."""
    if resource.startswith("count/"):
        return "count"
    name = resource.rpartition("/")[2] if ".storageclass.storage.k8s.io/" in resource else resource
    bare = name.removeprefix("requests.").removeprefix("limits.")
    if bare == "cpu":
        return "cores"
    if bare in ("memory", "storage", "ephemeral-storage") or bare.startswith("hugepages-"):
        return "bytes"
    return "count"


def quantity_text(amount: Fraction, resource: str) -> str:
    """An amount as a manifest would say it: `7680Mi` of memory, `300m` of cpu."""
    return format_quantity(amount, family="binary" if unit_of(resource) == "bytes" else "decimal")
