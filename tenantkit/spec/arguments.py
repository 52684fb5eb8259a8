"""The arguments `tenants` of public functions: one or many, checked before anything is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import cast

from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.hints import Hint
from tenantkit.spec.base import Spec
from tenantkit.spec.tenant import Tenant


def checked_tenants(tenants: object) -> tuple[Tenant, ...]:
    """The tenants in a tuple; a name or a mapping is not a tenant."""
    if isinstance(tenants, Tenant):
        return (tenants,)
    is_many = isinstance(tenants, Iterable) and not isinstance(tenants, str | Mapping | Spec)
    given = tuple(cast("Iterable[object]", tenants)) if is_many else (tenants,)
    hint = Hint("{get_tenant} returns one that exists")
    problems = [
        Problem("tenants", one, "pass a Tenant, or a list of Tenants", hint=hint)
        for one in given
        if not isinstance(one, Tenant)
    ]
    checked = tuple(one for one in given if isinstance(one, Tenant))
    counts = Counter(tenant.name for tenant in checked)
    problems += [
        Problem("name", name, f"{count} tenants have this name: give each tenant its own name")
        for name, count in sorted(counts.items())
        if count > 1
    ]
    if problems:
        raise InvalidSpecError(problems)
    return checked


def checked_names(tenants: object, field: str = "tenants") -> tuple[str, ...]:
    """The names in a tuple.

    Raises:
        InvalidSpecError: something is not a name, or is listed twice.
    """
    is_many = isinstance(tenants, Iterable) and not isinstance(tenants, str | bytes | Mapping | Spec)
    names = tuple(cast("Iterable[object]", tenants)) if is_many else (tenants,)
    problems = [
        Problem(field, name, "pass the name of a tenant, or a list of names")
        for name in names or (tenants,)
        if not isinstance(name, str)
    ]
    twice = sorted({name for name in names if isinstance(name, str) and names.count(name) > 1})
    problems += [Problem(field, name, "is listed more than once") for name in twice]
    if problems:
        raise InvalidSpecError(problems)
    return tuple(str(name) for name in names)
