"""`tenant=`, `namespaces=` and `label_selector=`: the part of the cluster that a function reads, alike for all readers.

| argument | default | selects |
| --- | --- | --- |
| `tenant` | all tenants | the namespaces of one tenant, by name; not together with `namespaces` |
| `namespaces` | the connection's `namespaces`, else all that the user may list, else their own | these namespaces |
| `label_selector` | all objects | the objects that the rows are about, by their labels |

Here are the checks, which are pure. A tenant's namespaces are looked up by `provision.stored.tenant_namespaces`, since
this package does not know tenants. A reader uses both like this:

    @takes_cluster
    def pods(cluster, *, tenant=None, namespaces=None, label_selector=None):
        filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)
        found, covered = list_visible(
            cluster, "Pod", namespaces=filters.namespaces, label_selector=filters.label_selector
        )

Rejected alternative: an empty list that reads nothing. It is mostly a filter that found nothing, and an empty answer
would look like a healthy cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard, cast

from tenantkit.cluster.arguments import WrongArgument
from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.rules.names import check_dns_label
from tenantkit.rules.selectors.label_selectors import parse_label_selector
from tenantkit.rules.selectors.selector_errors import SelectorSyntaxError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SELECTOR_EXAMPLE = "'app=ai,tier in (gold,silver),!legacy'"


@dataclass(frozen=True, slots=True)
class Filters:
    """The checked filters of a reader.

    Args:
        tenant: the tenant's name. None: all tenants.
        namespaces: these namespaces. None: the connection's, else all that the user may list, else their own.
        label_selector: selects objects by their labels. None: all objects.
    """

    tenant: str | None = None
    namespaces: tuple[str, ...] | None = None
    label_selector: str | None = None


def check_filters(
    *, tenant: str | None = None, namespaces: Iterable[str] | None = None, label_selector: str | None = None
) -> Filters:
    """The filters that a reader's arguments mean.

    Args:
        tenant: one tenant's name.
        namespaces: a list of namespaces, such as `["vision", "speech"]`.
        label_selector: in the API server's syntax: `app=ai,tier!=test`.

    Raises:
        InvalidSpecError: with all wrong arguments, each with its value and a right form.

    Example:
        >>> check_filters(namespaces=["vision"], label_selector="app=ai").namespaces
        ('vision',)
    """
    names = tuple(namespaces) if _is_list(namespaces) else namespaces  # an iterator is read once
    problems = [*_tenant_problems(tenant), *namespace_problems(names)]
    if tenant is not None and namespaces is not None:
        problems.append(WrongArgument("tenant", tenant, "cannot be combined with namespaces=: pass one of them"))
    problems += _selector_problems(label_selector)
    if problems:
        raise InvalidSpecError(problems)
    return Filters(tenant, cast("tuple[str, ...] | None", names), label_selector)


def namespace_problems(namespaces: object) -> list[Problem]:
    """Everything that is wrong with a list of namespaces; None is right.

    Args:
        namespaces: the argument's value.
    """
    if namespaces is None:
        return []
    if isinstance(namespaces, str):
        return [WrongArgument("namespaces", namespaces, f"is not a list: use namespaces=[{namespaces!r}]")]
    if not _is_list(namespaces):
        return [WrongArgument("namespaces", namespaces, "is not a list: use one, for example namespaces=['vision']")]
    names = tuple(namespaces)
    if not names:
        return [WrongArgument("namespaces", [], "is empty: list at least one namespace, or leave out the argument")]
    return list(_name_problems(names))


def _name_problems(names: tuple[object, ...]) -> Iterator[Problem]:
    seen: set[str] = set()
    for place, name in enumerate(names):
        field = f"namespaces[{place}]"
        if not isinstance(name, str) or not name:
            yield WrongArgument(field, name, "is not a namespace's name: use one, for example 'vision'")
        elif (reason := check_dns_label(name)) is not None:
            yield WrongArgument(field, name, f"is not a namespace's name: {reason}")
        elif name in seen:
            yield WrongArgument(field, name, "is listed more than once: list each namespace once")
        else:
            seen.add(name)


def _tenant_problems(tenant: object) -> list[Problem]:
    if tenant is None or (isinstance(tenant, str) and tenant):
        return []
    return [Problem("tenant", tenant, "pass one tenant's name, for example 'vision'")]


def _selector_problems(selector: object) -> list[Problem]:
    if selector is None:
        return []
    if not isinstance(selector, str):
        return [
            WrongArgument("label_selector", selector, f"is not text: use a label selector such as {_SELECTOR_EXAMPLE}")
        ]
    try:
        parse_label_selector(selector)
    except SelectorSyntaxError as error:
        found = repr(error.found) if error.found else "the end"
        where = f"has {found} at character {error.at + 1} instead of {error.wanted}"
        return [WrongArgument("label_selector", selector, f"{where}: use a label selector such as {_SELECTOR_EXAMPLE}")]
    except ValueError as error:
        reason = str(error).removeprefix(f"label selector {selector!r}: ")
        return [WrongArgument("label_selector", selector, f"is not valid: {reason}")]
    return []


def _is_list(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
