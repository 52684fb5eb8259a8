"""Requests for another quota: the tenant's own, with other amounts, as a text for the platform team."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.provision.plan import plan
from tenantkit.provision.plans.requests.grants import Asking
from tenantkit.provision.plans.requests.of_grant import grant_request
from tenantkit.provision.stored.platform import get_platform
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.rules.accelerators import DEFAULT_ACCELERATOR
from tenantkit.rules.quantities import canonical_quantity, check_amount, parse_quantity
from tenantkit.spec.plain_values import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.plans.requests.letter import Request
    from tenantkit.spec.platform import Platform
    from tenantkit.spec.quota import Quota
    from tenantkit.spec.tenant import Tenant

_FIELDS = {"cpu": "requests_cpu", "memory": "requests_memory", "storage": "storage", "pods": "pods"}


@takes_cluster
def request_quota(  # noqa: PLR0913 (what a quota can have; all are optional)
    cluster: ClusterApi,
    tenant: str,
    *,
    size: str | None = None,
    cpu: str | float | None = None,
    memory: str | float | None = None,
    gpus: int | None = None,
    storage: str | float | None = None,
    pods: int | None = None,
    accelerator: str = DEFAULT_ACCELERATOR,
    reason: str = "",
) -> Request:
    """A text that asks the platform team for another quota: yours, with the amounts that you name. Nothing is written.

    Each amount is the new total of the tenant, not what is added to it; a text that asks for less than now starts with
    a note. What you do not name stays as it is. For another host, use `request_host`, and for anything else that only
    the platform team may change, `Plan.request`.

    Args:
        cluster: the connection, from `connect`.
        tenant: its name, without the platform's prefix.
        size: one of the platform's sizes, in place of the present quota. Default: the present one.
        cpu: cores in all, as `requests_cpu` of a `Quota`: `16`, `"500m"`. Default: as it is.
        memory: bytes in all, as `requests_memory`: `"64Gi"`. Default: as it is.
        gpus: accelerators in all. Default: as it is.
        storage: bytes of all volume claims: `"500Gi"`. Default: as it is.
        pods: number of pods that have not finished. Default: as it is.
        accelerator: the resource name of `gpus`. Default `nvidia.com/gpu`, as for `fits`.
        reason: why, in a line. Default: a line to fill in.

    Returns:
        A Request: the text to send, with whom to ask, the changes in words and the file that the platform team applies;
        it is a `str`, and shows itself. If you do not own the tenant, it says so, and names its owners to ask first.
        `plan` is the plan of the change. If you may make the change yourself, the text says so in place of the request.

    Raises:
        InvalidSpecError: an amount is invalid, the platform does not offer it, or nothing would change.
        NotFound: there is no such tenant.
        PermissionDenied: you may not read it.
        SpecVersionError: a newer tenantkit wrote the tenant or the platform's settings.
        ClusterUnavailable: the server did not answer.

    RBAC: that of `plan`.

    Source: page "Resource Quotas".

    Example:
        >>> owner = tk.connect(context="sandbox-owner")
        >>> request = tk.request_quota(owner, "speech", gpus=4, reason="four models for the demo")
        >>> print(request.split("To do so")[0].rstrip())
        To: the platform team (provisioner@example.com)
        From: owner@example.com
        Subject: change tenant speech
        <BLANKLINE>
        Please make these changes:
        - size: small → custom quota (GPUs 0 → 4)
        <BLANKLINE>
        Reason: four models for the demo
    """
    amounts = {"cpu": cpu, "memory": memory, "gpus": gpus, "storage": storage, "pods": pods}
    given = _checked(amounts, size, accelerator)
    platform, current = get_platform(cluster), get_tenant(cluster, tenant)
    wanted = _with_amounts(current, platform, given, size=size, accelerator=accelerator)
    _check_fits(wanted, platform)
    if wanted == current:
        raise InvalidSpecError([Problem("tenant", tenant, _same(amounts, size))])
    made = plan(cluster, wanted, platform=platform)
    return grant_request(cluster, made, wanted, current, Asking(reason=reason))


def _checked(amounts: Mapping[str, Any], size: str | None, accelerator: object) -> dict[str, str]:
    """The amounts that are named, as texts.

    Raises:
        InvalidSpecError: with every wrong amount.
    """
    given = {name: plain(value) for name, value in amounts.items() if value is not None}
    reasons = [(name, value, check_amount(name, value)) for name, value in given.items()]
    problems = [Problem(name, value, reason) for name, value, reason in reasons if reason is not None]
    if not isinstance(accelerator, str) or "/" not in accelerator:
        problems.append(Problem("accelerator", accelerator, "use a resource name such as 'nvidia.com/gpu'"))
    elif accelerator != DEFAULT_ACCELERATOR and "gpus" not in given:
        problems.append(Problem("accelerator", accelerator, "name gpus, too"))
    if size is None and not given:
        problems.append(Problem("gpus", None, "name what to ask for: size, cpu, memory, gpus, storage or pods"))
    if size is not None and not isinstance(size, str):
        problems.append(Problem("size", size, "use the name of a size, for example 'medium'"))
    if problems:
        raise InvalidSpecError(problems)
    return {name: canonical_quantity(value) for name, value in given.items()}


def _same(amounts: Mapping[str, Any], size: str | None) -> str:
    """That nothing would change, and what to name instead."""
    named = {name: value for name, value in amounts.items() if value is not None}
    if not named:
        return f"has size={size!r} already: name another size"
    listed = ", ".join(f"{name}={value!r}" for name, value in named.items())
    more = next((f"{name}={value * 2 or 1}" for name, value in named.items() if not isinstance(value, str)), "")
    example = f", for example {more}" if more else ""
    return f"has {listed} already: amounts are totals, so name the new total{example}"


def _with_amounts(
    current: Tenant, platform: Platform, amounts: Mapping[str, str], *, size: str | None, accelerator: str
) -> Tenant:
    """The tenant with another size or quota; a size alone stays a size."""
    wanted = current if size is None else current.with_(size=size, quota=None)
    base = wanted.quota if wanted.quota is not None else platform.sizes.get(wanted.size or "")
    if base is None or not amounts:
        return wanted
    changes: dict[str, Any] = {
        field: amounts[name]
        for name, field in _FIELDS.items()
        if name in amounts and parse_quantity(amounts[name]) != parse_quantity(getattr(base, field))
    }
    if "gpus" in amounts and base.accelerators.get(accelerator, 0) != (gpus := int(parse_quantity(amounts["gpus"]))):
        changes["accelerators"] = {**base.accelerators, accelerator: gpus}
    if "pods" in changes:
        changes["pods"] = int(parse_quantity(amounts["pods"]))
    return wanted.with_(size=None, quota=base.with_(**_raised(base, changes), **changes)) if changes else wanted


def _raised(base: Quota, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The limits that would be below the amounts asked for, raised to these."""
    least = {"limits_cpu": "requests_cpu", "limits_memory": "requests_memory", "all_pods": "pods"}
    return {
        limit: changes[field]
        for limit, field in least.items()
        if field in changes and (value := getattr(base, limit)) is not None
        if parse_quantity(value) < parse_quantity(changes[field])
    }


def _check_fits(wanted: Tenant, platform: Platform) -> None:
    """Refuse what the platform does not offer; what else does not fit is the platform's to correct.

    Raises:
        InvalidSpecError: the size or an accelerator is unknown.
    """
    try:
        platform.check([wanted])
    except InvalidSpecError as error:
        about = (f"{wanted.name}.size", f"{wanted.name}.quota.accelerators")
        problems = [problem for problem in error.problems if problem.field.startswith(about)]
        if problems:
            raise InvalidSpecError(problems) from None
