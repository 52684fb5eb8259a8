"""What an audit read of a cluster, and what it could not read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.provision.index.read import INDEX_KINDS
from tenantkit.provision.live import live_state
from tenantkit.provision.reasons import Reason
from tenantkit.rules.kinds import KINDS
from tenantkit.rules.tenant_index import INDEX_NAMESPACE
from tenantkit.spec.platform import SYSTEM_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tenantkit.findings.audit.check import Doubt
    from tenantkit.provision.live import LiveState
    from tenantkit.rules.manifest import Manifest, ObjectRef
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.tenant import Tenant

EVERYWHERE = "*"  # in place of a namespace: the whole cluster


@dataclass(frozen=True, slots=True)
class AuditSnapshot:
    """The objects of one moment, and the gaps.

    Args:
        audited: the names of the tenants' namespaces that are audited.
        objects: by kind and namespace; cluster-scoped ones under the empty text.
        gaps: by kind and namespace, or `EVERYWHERE`, why objects are missing here.
        unserved: kinds that the server does not have.
        now: the server's time.
        live: the same objects, for the plan's comparison.
        platform: the settings, also the defaults if no platform is installed; None if they cannot be read.
        platform_gaps: why not.
        is_installed: whether a platform is installed.
        specs: the tenants that there should be; None if that was not given.
        partial: which namespaces are audited; None if these are all, or those that were named.
    """

    audited: tuple[str, ...]
    objects: Mapping[str, Mapping[str, list[Manifest]]]
    gaps: Mapping[tuple[str, str], tuple[Doubt, ...]]
    unserved: frozenset[str]
    now: datetime
    live: LiveState
    platform: Platform | None = None
    platform_gaps: tuple[Doubt, ...] = ()
    is_installed: bool = True
    specs: tuple[Tenant, ...] | None = None
    partial: str | None = None

    def of(self, kind: str, namespace: str) -> list[Manifest]:
        """The objects of a kind in a namespace; of a cluster-scoped kind with the empty text."""
        return self.objects.get(kind, {}).get(namespace, [])

    def all(self, kind: str) -> list[Manifest]:
        """The objects of a kind in all namespaces that were read."""
        return [manifest for found in self.objects.get(kind, {}).values() for manifest in found]

    def gaps_in(self, kind: str, namespace: str) -> tuple[Doubt, ...]:
        """What is missing of a kind in a namespace."""
        return self.gaps.get((kind, namespace), ())


def snapshot_of(  # noqa: PLR0913 (the parts of a snapshot)
    manifests: Iterable[Manifest],
    *,
    audited: Iterable[str],
    now: datetime,
    gaps: Mapping[tuple[str, str], tuple[Doubt, ...]] | None = None,
    unserved: Iterable[str] = (),
    unreadable: Iterable[ObjectRef] = (),
    platform: Platform | None = None,
    platform_gaps: tuple[Doubt, ...] = (),
    is_installed: bool = True,
    specs: tuple[Tenant, ...] | None = None,
) -> AuditSnapshot:
    """A snapshot from objects as the server sent them; the arguments are its fields.

    Args:
        manifests: the objects, each with its kind.
        audited: the names of the tenants' namespaces.
        now: the server's time.
        gaps: what could not be read.
        unserved: kinds that the server does not have.
        unreadable: objects that exist and cannot be parsed; they are in `gaps`, too.
        platform: the settings.
        platform_gaps: why they cannot be read.
        is_installed: whether a platform is installed.
        specs: the tenants that there should be.
    """
    objects: dict[str, dict[str, list[Manifest]]] = {}
    for manifest in manifests:
        place = str(manifest["metadata"].get("namespace") or "")
        objects.setdefault(str(manifest["kind"]), {}).setdefault(place, []).append(manifest)
    names, missing = frozenset(audited), dict(gaps or {})
    live = live_state(
        (
            it
            for by_place in objects.values()
            for place in ("", SYSTEM_NAMESPACE, INDEX_NAMESPACE, *names)
            for it in by_place.get(place, ())
        ),
        unknown={
            key: Reason("not-readable", "; ".join(map(str, doubts)))
            for key, doubts in missing.items()
            if key[1] != EVERYWHERE and any(doubt.permission for doubt in doubts)
        },
        unreadable={ref: Reason("not-readable", "it cannot be parsed") for ref in unreadable},
        has_all_namespaces=("Namespace", EVERYWHERE) not in missing,
    )
    live = replace(live, indexed=_indexed(objects, missing))
    return AuditSnapshot(
        audited=tuple(sorted(names)),
        objects=objects,
        gaps=missing,
        unserved=frozenset(unserved),
        now=now,
        live=live,
        platform=platform,
        platform_gaps=platform_gaps,
        is_installed=is_installed,
        specs=specs,
    )


def _indexed(
    objects: Mapping[str, Mapping[str, list[Manifest]]], gaps: Mapping[tuple[str, str], tuple[Doubt, ...]]
) -> frozenset[str]:
    """The tenants of which the objects in the index are known, which whoever lists the whole cluster has read."""
    namespaces = objects.get("Namespace", {}).get("", [])
    is_refused = any(doubt.is_total for kind in INDEX_KINDS for doubt in gaps.get((kind, EVERYWHERE), ()))
    if is_refused or not any(it["metadata"]["name"] == INDEX_NAMESPACE for it in namespaces):
        return frozenset()
    labels = [(it["metadata"].get("labels") or {}).get(TENANT_LABEL) for it in namespaces]
    return frozenset(str(name) for name in labels if name)


def permission(verb: str, kind: str, namespace: str | None) -> str:
    """A permission as text, with verb, resource and scope.

    Example:
        >>> permission("list", "Pod", "vision")
        "list pods in namespace 'vision'"
    """
    resource = KINDS[kind].qualified if kind in KINDS else kind
    return f"{verb} {resource} in namespace {namespace!r}" if namespace else f"{verb} {resource} in the whole cluster"
