"""Drift: tenants that differ from their stored spec, from one comparison of all of them.

A host that two tenants have is not drift, since each can match its own spec.
A tenant that may not be read, or whose spec is stored in a form that this version does not know, is neither drifted nor
in order: its drift is unknown.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

import pandas as pd

from tenantkit.exceptions import ClusterError, InvalidSpecError, SpecVersionError
from tenantkit.provision.extras.live import with_extras
from tenantkit.provision.plans.tenant_changes import compare_tenants
from tenantkit.provision.read import read_tenants
from tenantkit.provision.stored.platform import get_platform
from tenantkit.provision.stored.tenants import stored_tenant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.live import LiveState
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Drift:
    """By namespace: whether it has drifted, or why that is unknown."""

    drifted: dict[str, bool] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)


def read_drift(cluster: Cluster, namespaces: Sequence[Manifest]) -> Drift:
    """Compare the tenants in these Namespaces with their stored specs.

    Raises:
        ClusterUnavailable: the server did not answer.

    RBAC: what `plan` needs; where that is refused, drift is unknown.
    """
    names = [namespace["metadata"]["name"] for namespace in namespaces]
    try:
        platform = get_platform(cluster)
    except (ClusterError, InvalidSpecError, SpecVersionError) as error:
        if isinstance(error, ClusterError) and error.status is None:
            raise
        return Drift(unknown=dict.fromkeys(names, str(error)))
    readable = _readable(namespaces, platform)
    live = read_tenants(cluster, names, [tenant.name for tenant in readable])
    return drift_of(namespaces, platform, with_extras(cluster, live, readable, platform))


def drift_of(namespaces: Iterable[Manifest], platform: Platform, live: LiveState) -> Drift:
    """The same from live objects: pure."""
    drift = Drift()
    stored: list[Tenant] = []
    for namespace in namespaces:
        name = namespace["metadata"]["name"]
        try:
            stored.append(_stored(namespace, platform))
        except (InvalidSpecError, SpecVersionError, _UnknownError) as error:
            drift.unknown[name] = str(error)
    for change in chain.from_iterable(compare_tenants(stored, platform, live)):
        name = platform.namespace(str(change.tenant))
        if change.action == "unknown":
            drift.unknown.setdefault(name, change.rows[0].reason)
        else:
            is_changed = change.action not in ("unchanged", "foreign")  # what the team made by hand is not drift
            drift.drifted[name] = drift.drifted.get(name, False) or is_changed
    # One object that differs is drift, even if others are unknown; one that is in order says nothing about the others.
    for name in drift.unknown:
        if drift.drifted.get(name) is False:
            del drift.drifted[name]
    return drift


def add_drift(frame: pd.DataFrame, drift: Drift) -> pd.DataFrame:
    """The frame of `tenants` with its column `drift` filled in."""
    values = [drift.drifted.get(name) for name in frame["namespace"]]
    filled = frame.assign(drift=pd.array(values, dtype="boolean"))
    filled.attrs["incomplete"] = {
        **{name: reason for name, reason in drift.unknown.items() if name not in drift.drifted},
        **frame.attrs["incomplete"],
    }
    return filled


class _UnknownError(Exception):
    """Why a tenant's stored spec is unknown."""


def _readable(namespaces: Iterable[Manifest], platform: Platform) -> list[Tenant]:
    found = []
    for namespace in namespaces:
        with suppress(InvalidSpecError, SpecVersionError, _UnknownError):
            found.append(_stored(namespace, platform))
    return found


def _stored(namespace: Manifest, platform: Platform) -> Tenant:
    name = namespace["metadata"]["name"]
    tenant = stored_tenant(namespace).at(datetime.now(UTC))  # a boost that has ended is drift until the next plan
    platform.check([tenant])
    expected = platform.namespace(tenant)
    if expected != name:
        raise _UnknownError(f"the platform expects tenant {tenant.name!r} in namespace {expected!r}, not {name!r}")
    return tenant
