"""The list of a tenant's members in the index, which several owners change at the same time: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenantkit.rules.manifest import Manifest


def with_others_changes(wanted: Manifest, before: Manifest, now: Manifest) -> Manifest:
    """The wanted RoleBinding with what others have changed since it was planned.

    Args:
        wanted: as planned.
        before: as it was then.
        now: as it is.

    Example:
        >>> def binding(*names):
        ...     return {"subjects": [{"kind": "User", "name": name} for name in names]}
        >>> merged = with_others_changes(binding("ada", "dana"), binding("dana", "sam"), binding("dana", "eve", "sam"))
        >>> [subject["name"] for subject in merged["subjects"]]
        ['ada', 'dana', 'eve']
    """
    asked, known = _subjects(wanted), _subjects(before)
    added = [it for key, it in asked.items() if key not in known]
    removed = [it for key, it in known.items() if key not in asked]
    return {**wanted, "subjects": with_subjects(now, added, removed).get("subjects", [])}


def with_subjects(binding: Manifest, added: Iterable[Manifest], removed: Iterable[Manifest]) -> Manifest:
    """A RoleBinding with some subjects more and others less, each once and in one order."""
    kept = _subjects(binding)
    for subject in removed:
        kept.pop(_key(subject), None)
    kept |= {_key(subject): subject for subject in added}
    rest = {key: value for key, value in binding.items() if key != "subjects"}
    return rest | ({"subjects": [kept[key] for key in sorted(kept)]} if kept else {})


def _subjects(binding: Manifest) -> dict[tuple[tuple[str, str], ...], Manifest]:
    return {_key(subject): subject for subject in binding.get("subjects") or ()}


def _key(subject: Manifest) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, str(value)) for key, value in subject.items()))
