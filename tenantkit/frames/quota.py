"""How much of each quota is used.

`hard` is what the spec asks for, `used` what the quota controller has counted; an entry that it has not counted yet is
`pending` and has no `used`: nothing here says "0 used" when the truth is "unknown". An entry of 0 is `none` rather
than `full`, since nothing was granted that could fill up.

Tenants of one size have the same spec. So each spec is looked at once, and what is left to do for a quota is to find
its spec and read what is used; the columns are then computed whole. Turned down: a row at a time, ten times as slow.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from tenantkit.cluster.access import list_visible
from tenantkit.frames.numbers import Numbers
from tenantkit.frames.schema import frame_of, numbers_where, texts_at
from tenantkit.manifests.labels import TEAM_LABEL, TENANT_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.schema import Places, Schema
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
}

NEAR_PCT = 80.0
STATES = ("pending", "over", "none", "full", "near", "ok")


def quota_usage(cluster: Cluster, *, namespaces: Sequence[str] | None = None) -> pd.DataFrame:
    """How much of each tenant's quota is used: one row per tenant and resource.

    Args:
        cluster: where.
        namespaces: only these. Default: those of the connection; where it names none, all that you may list, else its
            one namespace.

    Returns:
        tenant, team, namespace, quota (the ResourceQuota's name), resource as the quota spells it (`requests.cpu`),
        unit (`cores`, `bytes`, `count`): string; used, hard, free in that unit, used_pct from 0 to 100: Float64, <NA>
        where not counted yet; state: `pending` (not counted yet), `none` (nothing granted), `ok`, `near` (80 % and
        more), `full`, `over`. Sorted by namespace, quota and resource. `attrs["scope"]` is `cluster`, or the tuple of
        namespaces that it covers.

    Raises:
        PermissionDenied: no namespace may be read.
        ClusterUnavailable: the server gave no answer.

    RBAC: list resourcequotas, for the whole cluster or in each namespace. Source: page "Resource Quotas".

    Example:
        >>> quota_usage(cluster).query("state == 'full'")  # doctest: +SKIP
    """
    quotas, scope = list_visible(cluster, "ResourceQuota", namespaces=namespaces, label_selector=TENANT_LABEL)
    frame = quota_frame(quotas)
    frame.attrs["scope"] = scope
    return frame


def quota_frame(quotas: Iterable[Manifest]) -> pd.DataFrame:
    """The frame of `quota_usage`, of ResourceQuotas as the server answered them."""
    ordered = sorted(quotas, key=_place)
    seen = _look_at(ordered)
    rows, entries = seen.rows_and_entries()
    units = [unit_of(resource) for resource in seen.resources]
    hard, used = np.array(seen.hard, dtype=np.float64)[entries], np.array(seen.used, dtype=np.float64)
    is_cores = np.array([unit == "cores" for unit in units], dtype=np.bool_)[entries]
    metadata = [quota["metadata"] for quota in ordered]
    labels: list[Mapping[str, str]] = [each.get("labels") or {} for each in metadata]
    columns = {
        "tenant": texts_at([each.get(TENANT_LABEL) for each in labels], rows),
        "team": texts_at([each.get(TEAM_LABEL) for each in labels], rows),
        "namespace": texts_at([each["namespace"] for each in metadata], rows),
        "quota": texts_at([each["name"] for each in metadata], rows),
        "resource": texts_at(seen.resources, entries),
        "unit": texts_at(units, entries),
        **_amounts(used, hard, is_cores),
    }
    return frame_of(columns, QUOTA_USAGE)


def _place(quota: Manifest) -> tuple[str, str]:
    metadata = quota["metadata"]
    return metadata["namespace"], metadata["name"]


@dataclass(slots=True)
class _Seen:
    """What was read of all quotas: the entries of each spec that occurs, one after the other, and what is used.

    Args:
        resources: of the specs' entries.
        hard: of the same.
        spec_starts: where each spec's entries start among them.
        spec_sizes: and how many they are.
        spec_of: each quota's spec.
        used: for each entry of each quota; not a number where it is not counted yet.
    """

    resources: list[str] = field(default_factory=list)
    hard: list[float] = field(default_factory=list)
    spec_starts: list[int] = field(default_factory=list)
    spec_sizes: list[int] = field(default_factory=list)
    spec_of: list[int] = field(default_factory=list)
    used: array[float] = field(default_factory=lambda: array("d"))

    def add_spec(self, hard: Mapping[str, str], number: Numbers) -> tuple[int, list[str]]:
        """The number of a spec not seen before, and its resources in the rows' order."""
        resources = sorted(hard)
        self.spec_starts.append(len(self.resources))
        self.spec_sizes.append(len(resources))
        self.resources += resources
        self.hard += [number[hard[resource]] for resource in resources]
        return len(self.spec_sizes) - 1, resources

    def rows_and_entries(self) -> tuple[Places, Places]:
        """For each row of the frame: which quota it is of, and which entry of the specs it shows."""
        spec_of = np.array(self.spec_of, dtype=np.intp)
        sizes = np.array(self.spec_sizes, dtype=np.intp)[spec_of]
        ends: Places = sizes.cumsum(dtype=np.intp)
        shifts = np.array(self.spec_starts, dtype=np.intp)[spec_of] - (ends - sizes)
        rows: Places = np.repeat(np.arange(len(spec_of), dtype=np.intp), sizes)
        entries: Places = np.arange(len(rows), dtype=np.intp) + shifts[rows]
        return rows, entries


def _look_at(quotas: Sequence[Manifest]) -> _Seen:
    """The one loop over all quotas: as little as possible is done for each."""
    seen = _Seen()
    numbers = Numbers()
    number = numbers.__getitem__
    known: dict[tuple[str, ...], tuple[int, list[str]]] = {}
    for quota in quotas:
        hard = (quota.get("spec") or {}).get("hard") or {}
        key = (*hard, *hard.values())
        spec = known.get(key)
        if spec is None:
            spec = known[key] = seen.add_spec(hard, numbers)
        place, resources = spec
        seen.spec_of.append(place)
        status = quota.get("status") or {}
        used, counted = status.get("used") or {}, status.get("hard") or {}
        if counted != hard:
            used = _counted(used, counted, hard, numbers)
        seen.used.extend(map(number, map(used.get, resources)))
    return seen


def _counted(
    used: Mapping[str, str], counted: Mapping[str, str], hard: Mapping[str, str], number: Numbers
) -> dict[str, str]:
    """What is used of the entries that the controller has counted against what the spec asks for now."""
    return {
        resource: used[resource]
        for resource, text in hard.items()
        if resource in used and resource in counted and number[counted[resource]] == number[text]
    }


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
