"""Quota usage: how much of each quota is used.

`hard` comes from the quota's spec, `used` from what the quota controller has counted. An entry that is not counted yet
is `pending` and has no `used`, since "0 used" would be wrong where the truth is unknown. An entry that counts a kind
which the cluster does not serve is `unserved`: no controller counts it. An entry whose limit is 0 is
`none`, not `full`: nothing was granted.

Tenants of one size have equal specs, so each distinct spec is parsed once and found again by its bytes. Of every quota
only its `used` is read, and the columns are then computed as a whole. Rejected alternative: row by row, ten times as
slow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec
import numpy as np
from typing_extensions import TypedDict

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import project_visible
from tenantkit.display.colours import NEAR_PCT
from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.frames.kit.coverage import note_scope, note_totals, note_unreadable
from tenantkit.frames.kit.empty_answers import note_empty
from tenantkit.frames.kit.fast_quantities import Numbers
from tenantkit.frames.kit.label_selectors import both_selectors
from tenantkit.frames.kit.metrics import add_measured
from tenantkit.frames.kit.schema import frame_of, numbers_where, texts_at
from tenantkit.frames.kit.team_quota import team_totals
from tenantkit.manifests.labels import TEAM_LABEL, TENANT_LABEL
from tenantkit.provision.stored.tenant_namespaces import resolve_filters
from tenantkit.rules.quantities import format_quantity
from tenantkit.rules.quota_entries import class_and_counted
from tenantkit.rules.quota_status import counted_usage, is_counted
from tenantkit.rules.shapes import fitted

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

STATES = ("pending", "over", "none", "full", "near", "unserved", "ok")
_UNSERVED = -np.inf
_COUNT = "count/"


@takes_cluster
def quota_usage(  # noqa: PLR0913 (which part of the cluster, and in which form)
    cluster: Cluster,
    tenant: str | None = None,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
    by: Literal["tenant", "team"] = "tenant",
    metrics: bool = False,
) -> pd.DataFrame:
    """Return how much of each tenant's quota is used: one row per tenant, quota and resource.

    Args:
        cluster: the connection, from `connect`.
        tenant: only this tenant's, by name. Default: all tenants'.
        namespaces: only these, in place of `tenant`. Default: those of the connection; if it has none, all that you
            may list, else those of your tenants.
        label_selector: only ResourceQuotas whose labels match, in the API server's syntax. Default: all.
        by: `tenant`, or `team` for one row per team, resource and scopes: the sum over those of the team's namespaces
            that you may read, as the table says below, with the tightest quota of each. Default: tenant.
        metrics: whether to ask the metrics server what pods really use, which is one more list. Default: no.

    Returns:
        tenant, team, namespace, quota (the ResourceQuota's name), resource as the quota spells it (`requests.cpu`),
        unit (`cores`, `bytes`, `count`): string; used, hard, free in that unit, used_pct from 0 to 100: Float64, <NA>
        where not counted yet; state: `pending` (not counted yet), `none` (nothing granted), `ok`, `near` (80 % and
        more), `full`, `over`, `unserved` (the cluster has no such kind, so nothing counts it); scopes: string, the
        pods that the quota covers (`NotBestEffort`, `PriorityClass In (high)`, joined by `, `; <NA>: all); measured:
        Float64, the cpu and memory that pods really use, <NA> without `metrics`, without a metrics server, for quotas
        with scopes, and where no pod was measured. Sorted by namespace, quota and resource.
        With `by="team"`: team, resource, unit, scopes: string, namespaces (how many): Int64, and the columns from used
        to state and measured as above, <NA> where one of the namespaces has <NA>. `attrs["scope"]`: `cluster`, or the
        tuple of namespaces that it covers. `attrs["incomplete"]`: `PodMetrics`, and why measured is <NA>.

    Raises:
        InvalidSpecError: tenant and namespaces are both given, or one of the arguments is invalid.
        NotFound: there is no such tenant.
        PermissionDenied: resource quotas may not be listed in any namespace.
        ClusterUnavailable: the server did not answer.

    RBAC: list resourcequotas, for the whole cluster or in each namespace; with `metrics`, pods of metrics.k8s.io.
    Source: pages "Resource Quotas", "Resource metrics pipeline".

    Example:
        >>> full = quota_usage(cluster, tenant="speech").query("state == 'full'")
        >>> list(full.columns[6:10])
        ['used', 'hard', 'free', 'used_pct']
    """
    if by not in ("tenant", "team"):
        raise InvalidSpecError([Problem("by", by, "use 'tenant' or 'team'")])
    filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    reads, scope = project_visible(
        cluster,
        "ResourceQuota",
        _Reader(),
        fields=_Fields,
        namespaces=filters.namespaces,
        label_selector=both_selectors(TENANT_LABEL, filters.label_selector),
    )
    frame = _frame(reads)
    frame.attrs["incomplete"] = {}
    note_unreadable(frame.attrs["incomplete"], reads)
    if metrics:
        frame = add_measured(frame, cluster, scope)
    if by == "team":
        totals = team_totals(frame, _amounts)
        totals.attrs = frame.attrs
        frame = totals
    note_scope(frame, cluster, scope, filters.namespaces)
    if by == "team":
        note_totals(frame, cluster)
    note_empty(frame, "quotas", scope, tenant=tenant, label_selector=filters.label_selector)
    return frame


def quota_frame(quotas: Iterable[Manifest]) -> pd.DataFrame:
    """The frame of `quota_usage`, from ResourceQuotas as the server returns them."""
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
    hard: msgspec.Raw
    scopes: list[str]
    scopeSelector: _Scopes


class _Status(TypedDict, total=False):
    hard: msgspec.Raw
    used: dict[str, str]


class _Fields(TypedDict, total=False):
    """The fields of a ResourceQuota that are read: a third of it."""

    metadata: _Metadata
    spec: _Wanted
    status: _Status


@dataclass(frozen=True, slots=True, eq=False)
class _Spec:
    """What quotas with equal specs share: one entry per resource, in the order of the rows."""

    resources: list[str]
    hard: list[float]
    scopes: str | None


# namespace, name, tenant, team, spec, and the usage of each entry; NaN where it is not counted yet, and _UNSERVED
_Read: TypeAlias = "tuple[str, str, str | None, str | None, _Spec, list[float]]"


class _Reader:
    """Reads one quota, as cheaply as possible. Several threads may share it."""

    def __init__(self) -> None:
        self._number = Numbers().__getitem__
        self._specs: dict[tuple[bytes, str | None], _Spec] = {}

    def __call__(self, quota: Manifest) -> _Read:
        try:
            return self._read(quota)
        except (AttributeError, KeyError, TypeError, ValueError):  # an odd quota: without its odd values
            return self._read(fitted(quota, _Fields))

    def _read(self, quota: Manifest) -> _Read:
        metadata, status = quota["metadata"], quota.get("status") or {}
        wanted = quota.get("spec") or {}
        hard = _as_bytes(wanted.get("hard"))
        scopes = scopes_text(wanted)
        spec = self._specs.get((hard, scopes)) or self._specs.setdefault((hard, scopes), self._spec(hard, scopes))
        used = status.get("used") or {}
        counted = _as_bytes(status.get("hard"))
        is_whole = counted == hard
        if not is_whole:
            both = {"spec": {"hard": _entries(hard)}, "status": {"hard": _entries(counted), "used": used}}
            used, is_whole = counted_usage(both), is_counted(both)
        # The server writes maps in the order of their keys, so the order is usually right.
        texts = used.values() if [*used] == spec.resources else map(used.get, spec.resources)
        amounts = [*map(self._number, texts)]
        if is_whole and 0 < len(used) < len(amounts):
            amounts = [
                _UNSERVED if name.startswith(_COUNT) and name not in used else amount
                for name, amount in zip(spec.resources, amounts, strict=True)
            ]
        labels = metadata.get("labels") or {}
        return (
            metadata["namespace"],
            metadata["name"],
            labels.get(TENANT_LABEL),
            labels.get(TEAM_LABEL),
            spec,
            amounts,
        )

    def _spec(self, hard: bytes, scopes: str | None) -> _Spec:
        entries = sorted(_entries(hard).items())
        return _Spec([name for name, _ in entries], [self._number(_text(value)) for _, value in entries], scopes)


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int | float) else None


def _as_bytes(hard: Mapping[str, str] | msgspec.Raw | None) -> bytes:
    """The entries as JSON: as the server sent them, or of an object that was parsed whole."""
    return bytes(hard) if isinstance(hard, msgspec.Raw) else msgspec.json.encode(hard or {})


def _entries(hard: bytes) -> dict[str, Any]:
    entries = msgspec.json.decode(hard)
    return entries if isinstance(entries, dict) else {}


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
    """The pods that a quota covers: `NotBestEffort, PriorityClass In (high)`; None: all."""
    texts = list(spec.get("scopes") or ())
    for each in (spec.get("scopeSelector") or {}).get("matchExpressions") or ():
        values = f" ({', '.join(each['values'])})" if each.get("values") else ""
        operator = each.get("operator")
        texts.append(f"{each.get('scopeName')}{'' if operator == 'Exists' else f' {operator}'}{values}")
    return ", ".join(texts) or None


def _rows_and_entries(specs: Sequence[_Spec], distinct: Sequence[_Spec]) -> tuple[Places, Places]:
    """For each row: the index of its quota, and of its entry among the entries of all distinct specs."""
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
    is_unserved = used == _UNSERVED
    used = np.where(is_unserved, np.nan, used)
    is_unknown, is_uncounted, is_none = np.isnan(hard), np.isnan(used), hard == 0
    is_pending = is_uncounted & ~is_unserved
    free = hard - used
    free[is_cores] = free[is_cores].round(3)  # quotas count in millicores: 4 - 3.9 is 0.1, not 0.10000000000000009
    used_pct = 100 * np.divide(used, hard, out=np.zeros_like(hard), where=~is_none)
    conditions = (is_unknown, is_pending, used > hard, is_none, used == hard, used_pct >= NEAR_PCT, is_unserved)
    state = np.select(conditions, list(range(len(conditions))), len(conditions))
    return {
        "used": numbers_where(used, is_uncounted),
        "hard": numbers_where(hard, is_unknown),
        "free": numbers_where(free, is_uncounted | is_unknown),
        "used_pct": numbers_where(used_pct, is_uncounted | is_unknown | is_none),
        "state": texts_at((None, *STATES), state),
    }


@lru_cache(maxsize=1024)
def unit_of(resource: str) -> str:
    """The base unit of a quota's entry: `cores`, `bytes` or `count` (page "Resource Quotas")."""
    if resource.startswith(_COUNT):
        return "count"
    _, counted = class_and_counted(resource)
    bare = counted.removeprefix("requests.").removeprefix("limits.")
    if bare == "cpu":
        return "cores"
    if bare in ("memory", "storage", "ephemeral-storage") or bare.startswith("hugepages-"):
        return "bytes"
    return "count"


def quantity_text(amount: Fraction, resource: str) -> str:
    """An amount as a manifest has it: `7680Mi` of memory, `300m` of cpu."""
    return format_quantity(amount, family="binary" if unit_of(resource) == "bytes" else "decimal")
