"""What other settings of the platform mean for the tenants that exist: said before they are stored.

The settings change no tenant by themselves: each gets them with its next plan, or is blocked by them. A new prefix of
namespaces is refused, since it would orphan each tenant and then create it a second time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.exceptions import InvalidSpecError, Problem, SpecVersionError
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.manifests.network_policies import make_network_policies
from tenantkit.manifests.quota import make_quota
from tenantkit.provision.plans.differences import differences
from tenantkit.provision.plans.notice import PlanNotice
from tenantkit.provision.plans.wording import item_text
from tenantkit.provision.stored.tenants import stored_tenant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tenantkit.provision.plans.differences import Difference
    from tenantkit.provision.plans.notice import NoticeCode
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.routing import Routing
    from tenantkit.spec.tenant import Tenant

# The settings that are in the objects of every tenant, besides quotas and hosts.
_SETTINGS = ("labels", "routing", "security", "people", "extra_objects", "copies")


_PLURALS = {"Ingress": "Ingresses", "HTTPRoute": "HTTPRoutes"}


def check_prefix(before: Platform | None, after: Platform, namespaces: Iterable[Manifest]) -> None:
    """Refuse a prefix of namespaces under which existing tenants would not be found.

    Args:
        before: the stored settings; None if none are stored.
        after: the settings to store.
        namespaces: of all tenants.

    Raises:
        InvalidSpecError: it names the tenants.
    """
    lost = []
    for namespace in namespaces:
        tenant, name = namespace["metadata"]["labels"][TENANT_LABEL], namespace["metadata"]["name"]
        # without stored settings the prefix is not known; a label that was changed fits no prefix
        was_found = name.endswith(tenant) if before is None else before.namespace(tenant) == name
        if was_found and after.namespace(tenant) != name:
            lost.append(tenant)
    if lost:
        prefix = after.namespace_prefix
        reason = f"cannot change while tenants exist, since a namespace cannot be renamed: {', '.join(sorted(lost))}"
        raise InvalidSpecError([Problem("namespace_prefix", prefix, reason)])


def platform_notices(before: Platform, after: Platform, namespaces: Iterable[Manifest]) -> list[PlanNotice]:
    """What changes for each tenant when these settings replace those.

    Args:
        before: the stored settings.
        after: the settings to store.
        namespaces: of all tenants.
    """
    if before == after:
        return []
    tenants: list[Tenant] = []
    notices: list[PlanNotice] = []
    for namespace in namespaces:
        try:
            tenants.append(stored_tenant(namespace))
        except (InvalidSpecError, SpecVersionError):
            text = "its grant cannot be read, so it is not known what these settings change for it"
            notices.append(PlanNotice("grant-not-readable", text, namespace["metadata"]["labels"][TENANT_LABEL]))
    fitting = [tenant for tenant in tenants if not _problems(after, tenant)]
    for tenant in tenants:
        notices += _no_longer_fits(before, after, tenant)
    notices += _shared_hosts(before, after, tenants)
    for tenant in fitting:
        notices += _differing(before, after, tenant)
    return notices


def moved_notices(before: Routing, after: Routing) -> Iterator[PlanNotice]:
    """What to know if all routes get objects of other kinds at once."""
    if not set(before.kinds) & set(after.kinds):
        new, old = _PLURALS[after.kinds[0]], _PLURALS[before.kinds[0]]
        text = (
            f"the next plan of each tenant creates {new} and then deletes its {old}, and a controller may need some "
            f"seconds to take up the new ones: to check them first, use routing.by 'both'"
        )
        yield PlanNotice("routes-move", text)


def _problems(platform: Platform, tenant: Tenant) -> list[Problem]:
    try:
        platform.check([tenant])
    except InvalidSpecError as error:
        return list(error.problems)
    return []


def _no_longer_fits(before: Platform, after: Platform, tenant: Tenant) -> Iterator[PlanNotice]:
    known = {(problem.field, problem.value) for problem in _problems(before, tenant)}
    for problem in _problems(after, tenant):
        if (problem.field, problem.value) not in known:
            field = problem.field.removeprefix(f"{tenant.name}.")
            text = f"its {field} {problem.value!r} no longer fits ({problem.reason}): its plans will be blocked"
            yield PlanNotice(_code(field), text, tenant.name)


def _code(field: str) -> NoticeCode:
    if field == "size":
        return "size-removed"
    return "accelerator-removed" if field == "quota.accelerators" else "does-not-fit"


def _shared_hosts(before: Platform, after: Platform, tenants: Sequence[Tenant]) -> Iterator[PlanNotice]:
    """Tenants whose hosts would be one and the same."""
    for tenant, host, others in _clashes(after, tenants):
        if (tenant, host, others) not in _clashes(before, tenants):
            text = f"its host {host!r} would also be a host of {', '.join(map(repr, others))}: plans will be blocked"
            yield PlanNotice("host-shared", text, tenant)


def _clashes(platform: Platform, tenants: Sequence[Tenant]) -> list[tuple[str, str, list[str]]]:
    wanted: dict[str, list[str]] = {}
    for tenant in tenants:
        for host in platform.hosts(tenant):
            wanted.setdefault(host, []).append(tenant.name)
    return [
        (name, host, [other for other in names if other != name])
        for host, names in wanted.items()
        if len(names) > 1
        for name in names
    ]


def _differing(before: Platform, after: Platform, tenant: Tenant) -> Iterator[PlanNotice]:
    """The objects of a tenant that fits before and after."""
    old, new = before.own_host(tenant), after.own_host(tenant)
    if old != new:
        text = f"its own host changes from {old!r} to {new!r} with its next plan"
        yield PlanNotice("host-changed", text, tenant.name)
    if not _problems(before, tenant):
        amounts = [make_quota(tenant, platform)["spec"]["hard"] for platform in (before, after)]
        changed = ", ".join(_amount_text(difference) for difference in differences(*amounts))
        if changed:
            size = f" (size {tenant.size!r})" if tenant.size else ""
            text = f"its quota{size} changes with its next plan: {changed}"
            yield PlanNotice("quota-changed", text, tenant.name)
    yield from _isolation(before, after, tenant)
    settings = [name for name in _SETTINGS if getattr(before, name) != getattr(after, name)]
    if settings:
        yield PlanNotice("settings-changed", f"{', '.join(settings)} change with its next plan", tenant.name)


def _isolation(before: Platform, after: Platform, tenant: Tenant) -> Iterator[PlanNotice]:
    was_isolated, is_isolated = before.is_isolated(tenant), after.is_isolated(tenant)
    if is_isolated and not was_isolated:
        text = (
            "its pods are isolated with its next plan: they are reached only by one another and by the ingress "
            "controllers, and reach only one another, DNS, the internet and what network.shared names; to leave it as "
            "it is for now, add it to network.not_isolated"
        )
        yield PlanNotice("isolated", text, tenant.name)
    elif was_isolated and not is_isolated:
        text = "its NetworkPolicies are deleted with its next plan, so that everybody reaches its pods"
        yield PlanNotice("no-longer-isolated", text, tenant.name)
    elif is_isolated and make_network_policies(tenant, before) != make_network_policies(tenant, after):
        yield PlanNotice("settings-changed", "network changes with its next plan", tenant.name)


def _amount_text(difference: Difference) -> str:
    name = " ".join(difference.path)
    if difference.before is None:
        return f"{name} + {item_text(difference.after)}"
    if difference.after is None:
        return f"{name} - {item_text(difference.before)}"
    return f"{name} {item_text(difference.before)} → {item_text(difference.after)}"
