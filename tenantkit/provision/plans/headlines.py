"""The first lines of a plan, in a lead's words: what is lost, what others must do, and what changes.

One line for each tenant and sort, lost access and deletions first, since a review starts with what cannot be taken
back. Tenants with the same line share it. Objects of the index of tenants follow from the members and have no words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from tenantkit.display.tables import clean
from tenantkit.hints import Message
from tenantkit.provision.plans.phrases import phrases
from tenantkit.provision.plans.wording import describe
from tenantkit.provision.reasons import REFUSED
from tenantkit.rules.tenant_index import INDEX_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tenantkit.hints import Surface
    from tenantkit.provision.changes import PlanAction, PlanChange, PlanRow
    from tenantkit.rules.manifest import ObjectRef

Sort: TypeAlias = Literal["loss", "others", "change"]

_BETWEEN = " · "
_SORTS: tuple[Sort, ...] = ("loss", "others", "change")
_CARRIED_OUT: tuple[PlanAction, ...] = ("create", "update", "delete")
_STOPPED = (*REFUSED, "conflict")
# Reasons beside a change, or beside what others have made, that ask somebody to act.
_NEEDS_OTHERS = ("platform-not-installed", "hosts-not-checked", "guardrails-missing", "foreign-opens", "warned")
# Plans that end a tenant, with their verbs.
_ENDS = {"deletion": "delete", "release": "release"}
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Headline:
    """One line about one tenant.

    Args:
        sort: `loss` (deletions, and access that somebody loses), `others` (what somebody else must do or decide) or
            `change`.
        text: for people, without the tenant's name; a Message if the words depend on the surface that shows it.
        tenant: None for the platform's own objects.
    """

    sort: Sort
    text: str | Message
    tenant: str | None = None

    def words(self, surface: Surface) -> str:
        """The line in the words of a surface, on one line and without control characters."""
        return clean(self.text.words(surface) if isinstance(self.text, Message) else self.text)


def headlines(
    changes: Iterable[PlanChange],
    whom: str = "the platform team",
    subject: str = "tenants",
    refs: Collection[ObjectRef] | None = None,
) -> tuple[Headline, ...]:
    """The headlines of some changes: losses of all tenants first, then what others must do, then all other changes.

    Args:
        changes: all of a plan.
        whom: who may make the changes that are not the user's, as `whom_to_ask` words it.
        subject: of the plan. A deletion or a release that is not the user's to make is one sentence.
        refs: of the objects to word. Default: all.
    """
    by_tenant: dict[str | None, list[PlanChange]] = {}
    for change in changes:
        if change.ref.namespace != INDEX_NAMESPACE:
            by_tenant.setdefault(change.tenant, []).append(change)
    found: list[Headline] = []
    for tenant, its in by_tenant.items():
        if subject in _ENDS and is_others_to_end(its):
            found.append(Headline("others", f"only {whom} may {_ENDS[subject]} a tenant", tenant))
        else:
            found += _of_tenant(tenant, its, _asking(whom, subject), refs)
    return tuple(sorted(found, key=lambda line: _SORTS.index(line.sort)))


def is_others_to_end(changes: Iterable[PlanChange]) -> bool:
    """Whether a tenant's Namespace is somebody else's to delete or to release, so that nothing of it is done."""
    return any(change.ref.kind == "Namespace" and change.action == "not yours" for change in changes)


def headline_lines(lines: Iterable[Headline], surface: Surface) -> list[tuple[Sort, str]]:
    """Sort and text of each line; the names of all tenants that share it come first: `vision, speech: CPU 4 → 16`."""
    tenants: dict[tuple[Sort, str], list[str]] = {}
    for line in lines:
        named = tenants.setdefault((line.sort, line.words(surface)), [])
        if line.tenant is not None:
            named.append(clean(line.tenant))
    return [(sort, f"{', '.join(named)}: {text}" if named else text) for (sort, text), named in tenants.items()]


def _of_tenant(
    tenant: str | None, changes: Sequence[PlanChange], asking: str, refs: Collection[ObjectRef] | None
) -> Iterator[Headline]:
    mine = phrases(changes, _CARRIED_OUT, refs)
    changes = [change for change in changes if refs is None or change.ref in refs]
    lost = [phrase.text for phrase in mine if phrase.is_loss]
    changed = [phrase.text for phrase in mine if not phrase.is_loss]
    if lost:
        yield Headline("loss", _BETWEEN.join(lost), tenant)
    if changed:
        yield Headline("change", _BETWEEN.join(changed), tenant)
    yield from (Headline("others", text, tenant) for text in _for_others(changes, asking))
    left = sum(row.action == "foreign" for change in changes for row in change.rows)
    if left:
        yield Headline("change", f"stays as it is: {left} object{'s' * (left > 1)} or field{'s' * (left > 1)}", tenant)


def _asking(whom: str, subject: str) -> str:
    """Members and routes are changed at once, everything else by a plan."""
    return f"only {whom} may do this, so ask them{'' if subject == 'team' else ' to plan and apply it'}"


def _for_others(changes: Sequence[PlanChange], asking: str) -> Iterator[str | Message]:
    pending = phrases(changes, ["not yours"])
    if pending:
        listed = _BETWEEN.join(phrase.text for phrase in pending)
        yield f"{asking}: {listed}"
    named: dict[tuple[str, str | Message], list[str]] = {}
    for change in changes:
        for row in change.rows:
            if row.why is not None and _is_to_decide(row):
                action = f"{row.action}: " if row.action in _STOPPED else ""
                named.setdefault((action, row.why.text), []).append(_name(change, row))
    yield from (_reasoned(action, reason, names) for (action, reason), names in named.items())


def _is_to_decide(row: PlanRow) -> bool:
    if row.action == "not yours":  # its line says whom to ask
        return False
    return (row.action in _STOPPED and row.code != "namespace-not-applied") or row.code in _NEEDS_OTHERS


def _reasoned(action: str, reason: str | Message, names: Sequence[str]) -> Message:
    """One reason, with the objects and fields that it is about."""
    rest = len(names) - _NAMED
    listed = ", ".join(filter(None, names[:_NAMED])) + (f" and {rest} more" if rest > 0 else "")
    place = f"{listed}: " if listed else ""
    return Message("{action}{place}{reason}", {"action": action, "place": place, "reason": reason})


def _name(change: PlanChange, row: PlanRow) -> str:
    """`ResourceQuota/tenantkit-quota:spec.hard.pods (quota pods 100 → 50)`; empty for a whole Namespace.

    Without the words in parentheses it is what `--force-conflicts` takes.
    """
    if row.ref.kind == "Namespace" and not row.path:
        return ""
    name = f"{row.ref.kind}/{row.ref.name}"
    if not row.path:
        return name
    return f"{name}:{row.field} ({'; '.join(line.text for line in describe(change, row))})"
