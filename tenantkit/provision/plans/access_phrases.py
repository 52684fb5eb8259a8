"""Who gains or loses which role, and which URLs come, change and disappear.

A person's roles are compared over all bindings of a tenant: whoever moves from one binding to another with the same
role loses nothing, and a move from editor to viewer is one phrase.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenantkit.provision.plans.phrase import Phrase
from tenantkit.provision.plans.wording import item_text
from tenantkit.rules.manifest import list_in, mapping_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.plans.phrase import Edit
    from tenantkit.rules.manifest import Manifest

_BINDINGS = ("RoleBinding", "ClusterRoleBinding")
_OURS = "tenantkit-"
_RANKS = {"viewer": 1, "editor": 2, "owner": 3}  # a person with a higher role keeps what the lower ones allow


def people_phrases(changes: Sequence[PlanChange], edits: Sequence[Edit]) -> Iterator[Phrase]:
    """Who gains or loses which role: lost access first.

    Args:
        changes: all changes, for the roles that persons keep.
        edits: those to word.
    """
    bindings = [edit for edit in edits if edit.kind in _BINDINGS and _is_about_access(edit)]
    edited = {edit.ref for edit in bindings}
    kept = _roles(change.live for change in changes if change.ref.kind in _BINDINGS and change.ref not in edited)
    before, after = _roles(edit.before for edit in bindings), _roles(edit.after for edit in bindings)
    moves: dict[tuple[frozenset[str], frozenset[str]], list[str]] = {}
    for person in dict.fromkeys([*before, *after]):
        others = kept.get(person, frozenset())
        old, new = before.get(person, frozenset()) | others, after.get(person, frozenset()) | others
        if old != new:
            moves.setdefault((old, new), []).append(person)
    found = [_move(people, old, new) for (old, new), people in moves.items()]
    yield from sorted(found, key=lambda phrase: not phrase.is_loss)


def url_phrases(edits: Sequence[Edit]) -> Iterator[Phrase]:
    """Which URLs come, lead elsewhere and disappear."""
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for edit in edits:
        if edit.kind == "Ingress" and _is_about_urls(edit):
            before |= urls_of(edit.before)
            after |= urls_of(edit.after)
    yield from (Phrase(f"removes URL {url}", is_loss=True) for url in before if url not in after)
    for url, backend in after.items():
        if url not in before:
            yield Phrase(f"new URL {url}")
        elif before[url] != backend:
            yield Phrase(f"{url} leads to {backend} instead of {before[url]}")


def urls_of(ingress: Manifest | None) -> dict[str, str]:
    """The URLs of an Ingress, with where each leads."""
    spec = mapping_in(mapping_in(ingress).get("spec"))
    secure = {host for tls in list_in(spec.get("tls")) for host in list_in(mapping_in(tls).get("hosts"))}
    found = {}
    for rule in map(mapping_in, list_in(spec.get("rules"))):
        host = rule.get("host") or "*"
        for path in map(mapping_in, list_in(mapping_in(rule.get("http")).get("paths"))):
            exact = " (exactly)" if path.get("pathType") == "Exact" else ""
            scheme = "https" if host in secure else "http"
            found[f"{scheme}://{host}{path.get('path') or '/'}{exact}"] = _backend(mapping_in(path.get("backend")))
    return found


def _move(people: Sequence[str], old: frozenset[str], new: frozenset[str]) -> Phrase:
    lost, gained = sorted(old - new, key=_rank), sorted(new - old, key=_rank)
    if lost and gained:
        is_ranked = all(role in _RANKS for role in (*old, *new))
        is_loss = not is_ranked or max(map(_rank, new)) < max(map(_rank, old))
        return Phrase(f"{_and(people)}: {_and(lost)} → {_and(gained)}", is_loss)
    verb, plural = ("lose" if lost else "become"), len(people) > 1
    return Phrase(f"{_and(people)} {verb}{'' if plural else 's'} {_and(lost or gained)}", is_loss=bool(lost))


def _roles(manifests: Iterable[Manifest | None]) -> Mapping[str, frozenset[str]]:
    """The roles of each subject of some bindings."""
    found: dict[str, set[str]] = {}
    for manifest in manifests:
        role = str(mapping_in(mapping_in(manifest).get("roleRef")).get("name", "")).removeprefix(_OURS)
        for subject in list_in(mapping_in(manifest).get("subjects")):
            found.setdefault(item_text(subject), set()).add(role)
    return {person: frozenset(roles) for person, roles in found.items()}


def _is_about_access(edit: Edit) -> bool:
    return edit.is_whole or any(row.path[0] in ("subjects", "roleRef") for row in edit.rows)


def _is_about_urls(edit: Edit) -> bool:
    return edit.is_whole or any(row.path[:2] in (("spec", "rules"), ("spec", "tls")) for row in edit.rows)


def _rank(role: str) -> int:
    return _RANKS.get(role, 0)


def _backend(backend: Mapping[str, Any]) -> str:
    service = mapping_in(backend.get("service"))
    port = mapping_in(service.get("port"))
    return f"{service.get('name')}:{port.get('number', port.get('name'))}" if service else item_text(backend)


def _and(texts: Sequence[str]) -> str:
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else texts[0]
