"""What to know about a plan of tenants: quotas below their use, misspelt accelerators, far hosts, unmoved routes."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from tenantkit.manifests.claims import claim_name
from tenantkit.manifests.namespace import hosts_of
from tenantkit.manifests.served_paths import served_paths
from tenantkit.provision.plans.notice import PlanNotice
from tenantkit.rules.quantities import parse_quantity
from tenantkit.rules.quota_entries import class_and_counted
from tenantkit.spec.platform import SYSTEM_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from tenantkit.provision.changes import PlanChange, PlanRow
    from tenantkit.spec.platform import Platform

_HARD = ("spec", "hard")
_REQUESTS = "requests."
_SIMILARITY = 0.8


def change_notices(changes: Iterable[PlanChange], platform: Platform) -> Iterator[PlanNotice]:
    """What the changes mean: amounts below their use, and hosts outside the platform's domain."""
    for change in changes:
        if change.action not in ("create", "update"):
            continue
        if change.ref.kind == "ResourceQuota":
            used = ((change.live or {}).get("status") or {}).get("used") or {}
            yield from _below_use(change.rows, used, change.tenant)
        elif change.ref.kind == "Namespace":
            for host in hosts_of(change.wanted):
                is_new = host not in hosts_of(change.live)
                if is_new and host != platform.domain and not host.endswith(f".{platform.domain}"):
                    text = f"its host {host!r} is outside the platform's domain {platform.domain!r}"
                    yield PlanNotice("host-outside-domain", text, change.tenant)


def claimed_notices(claimed: Iterable[tuple[str, str, str]]) -> Iterator[PlanNotice]:
    """Hosts of tenants that others have claimed without having them, each with its tenant and the other one."""
    for tenant, host, other in claimed:
        text = (
            f"its host {host!r} is claimed for {f'tenant {other!r}' if other else 'an unknown tenant'}, which does not "
            f"have it: delete ConfigMap {claim_name(host)} in namespace {SYSTEM_NAMESPACE}, then plan again"
        )
        yield PlanNotice("host-claimed", text, tenant)


def new_accelerators(changes: Iterable[PlanChange]) -> dict[str, list[str]]:
    """The devices that quotas grant anew, with the tenants: extended resources with another amount than 0."""
    found: dict[str, list[str]] = {}
    for change in changes:
        if change.ref.kind != "ResourceQuota" or change.action not in ("create", "update"):
            continue
        hard = ((change.wanted or {}).get("spec") or {}).get("hard") or {}
        before = ((change.live or {}).get("spec") or {}).get("hard") or {}
        for entry, amount in hard.items():
            if _is_device(entry) and amount != "0" and before.get(entry) != amount:
                found.setdefault(entry.removeprefix(_REQUESTS), []).append(str(change.tenant))
    return found


def accelerator_notices(granted: Mapping[str, Iterable[str]], offered: Collection[str]) -> Iterator[PlanNotice]:
    """Devices that no node offers, where one of a similar name is offered: `nvidia.com/gpus`.

    Args:
        granted: the tenants that are granted each device; none for a setting of the platform.
        offered: the resources of the nodes.
    """
    for device, tenants in granted.items():
        similar = get_close_matches(device, sorted(offered), n=1, cutoff=_SIMILARITY)
        if device not in offered and similar:
            text = f"no node offers {device!r}: did you mean {similar[0]!r}?"
            named: list[str | None] = [*tenants]
            for tenant in named or [None]:
                yield PlanNotice("accelerator-not-offered", text, tenant)


def _below_use(rows: Iterable[PlanRow], used: Mapping[str, str], tenant: str | None) -> Iterator[PlanNotice]:
    for row in rows:
        if row.action != "update" or row.path[:2] != _HARD or row.after is None:
            continue
        resource = row.path[2]
        if resource in used and parse_quantity(row.after) < parse_quantity(used[resource]):
            text = (
                f"its quota {resource} becomes {row.after}, below the {used[resource]} in use: what exists stays, and "
                f"nothing more is admitted until less is in use"
            )
            yield PlanNotice("quota-below-use", text, tenant)


def _is_device(entry: str) -> bool:
    name = entry.removeprefix(_REQUESTS)
    return name != entry and "/" in name and not class_and_counted(entry)[0]


def not_moved_notices(changes: Sequence[PlanChange], platform: Platform) -> Iterator[PlanNotice]:
    """Routes that stay Ingresses, since an HTTPRoute cannot express them: the team has to change them."""
    if "HTTPRoute" not in platform.routing.kinds:
        return
    movable = {
        (it.ref.namespace, it.ref.name) for it in changes if it.ref.kind == "HTTPRoute" and it.wanted is not None
    }
    for change in changes:
        wanted = change.wanted
        if change.ref.kind != "Ingress" or wanted is None or (change.ref.namespace, change.ref.name) in movable:
            continue
        served = served_paths(wanted)[0]
        why = f"port {served.port!r} is a name" if isinstance(served.port, str) else f"its type is {served.path_type}"
        text = f"route {served.place} stays an Ingress, since {why}: an HTTPRoute needs a number, and Prefix or Exact"
        yield PlanNotice("route-not-moved", text, change.tenant)
