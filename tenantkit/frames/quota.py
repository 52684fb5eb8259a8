"""How much of each quota is used.

`hard` is what the spec asks for, `used` what the quota controller has counted; an entry that it has not counted yet is
`pending` and has no `used`: nothing here says "0 used" when the truth is "unknown". An entry of 0 is `none` rather
than `full`, since nothing was granted that could fill up.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tenantkit.cluster.access import list_visible
from tenantkit.frames.schema import frame_of
from tenantkit.manifests.labels import TEAM_LABEL, TENANT_LABEL
from tenantkit.rules.quantities import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.schema import Schema
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


def quota_usage(cluster: Cluster, *, namespaces: Sequence[str] | None = None) -> pd.DataFrame:
    """How much of each tenant's quota is used: one row per tenant and resource.

    Args:
        cluster: where.
        namespaces: only these. Default: all that you may list, else the connection's own, since owners may list no
            others.

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
    columns: dict[str, list[Any]] = {name: [] for name in QUOTA_USAGE}
    for quota in sorted(quotas, key=_place):
        labels = quota["metadata"].get("labels", {})
        shared = (
            labels.get(TENANT_LABEL),
            labels.get(TEAM_LABEL),
            quota["metadata"]["namespace"],
            quota["metadata"]["name"],
        )
        for entry in _entries(quota):
            for name, value in zip(QUOTA_USAGE, (*shared, *entry), strict=True):
                columns[name].append(value)
    return frame_of(columns, QUOTA_USAGE)


def _place(quota: Manifest) -> tuple[str, str]:
    return quota["metadata"]["namespace"], quota["metadata"]["name"]


def _entries(quota: Manifest) -> Iterable[tuple[Any, ...]]:
    hard = quota.get("spec", {}).get("hard") or {}
    status = quota.get("status") or {}
    counted, used = status.get("hard") or {}, status.get("used") or {}
    for resource in sorted(hard):
        is_counted = counted.get(resource) == hard[resource] and resource in used
        yield (resource, unit_of(resource), *_amounts(hard[resource], used[resource] if is_counted else None))


def _amounts(hard_text: str, used_text: str | None) -> tuple[float | None, float, float | None, float | None, str]:
    """used, hard, free, used_pct and state."""
    hard = _number(hard_text)
    if used_text is None:
        return None, hard, None, None, "pending"
    used = _number(used_text)
    if hard == 0:
        return used, hard, -used, None, "over" if used else "none"
    return used, hard, hard - used, 100 * used / hard, _state(used, hard)


def _state(used: float, hard: float) -> str:
    if used > hard:
        return "over"
    if used == hard:
        return "full"
    return "near" if 100 * used >= NEAR_PCT * hard else "ok"


@lru_cache(maxsize=65536)
def _number(quantity: str) -> float:
    """A quantity in base units; the same few texts come back thousands of times."""
    return float(parse_quantity(quantity))


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
