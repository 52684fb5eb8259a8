"""Who gains or loses which role, and which URLs come, change and disappear.

A person's roles are compared over all bindings of a tenant: whoever moves from one binding to another with the same
role loses nothing, and a move from editor to viewer is one phrase.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.manifests.labels import SCHEME_ANNOTATION
from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.manifests.served_paths import served_paths
from tenantkit.provision.plans.phrase import Phrase
from tenantkit.provision.plans.wording import item_text
from tenantkit.rules.manifest import list_in, mapping_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tenantkit.provision.changes import PlanChange
    from tenantkit.provision.plans.phrase import Edit
    from tenantkit.rules.manifest import Manifest

_WITH_ARTICLE = {"Ingress": "an Ingress", "HTTPRoute": "an HTTPRoute"}
_BINDINGS = ("RoleBinding", "ClusterRoleBinding")
_OURS = "tenantkit-"
_ABOUT_URLS = (
    ("spec", "rules"),
    ("spec", "tls"),
    ("spec", "hostnames"),
    ("metadata", "annotations", SCHEME_ANNOTATION),
)
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


def url_phrases(changes: Sequence[PlanChange], edits: Sequence[Edit]) -> Iterator[Phrase]:
    """Which URLs come, lead elsewhere and disappear, and by which kind of object those that stay are served.

    Args:
        changes: all changes, for the URLs that another object keeps serving.
        edits: those to word.
    """
    routes = [edit for edit in edits if edit.kind in ROUTE_KINDS and _is_about_urls(edit)]
    edited = {edit.ref for edit in routes}
    kept = [it.live for it in changes if it.ref.kind in ROUTE_KINDS and it.ref not in edited]
    before, after = _urls([*kept, *(it.before for it in routes)]), _urls([*kept, *(it.after for it in routes)])
    yield from (Phrase(f"removes URL {url}", is_loss=True) for url in before if url not in after)
    for url, by_kind in after.items():
        old, new = before.get(url), by_kind
        if old is None:
            yield Phrase(f"new URL {url}")
            continue
        backends, others = list(dict.fromkeys(by_kind.values())), list(dict.fromkeys(old.values()))
        if backends != others:
            yield Phrase(f"{url} leads to {_and(backends)} instead of {_and(others)}")
        come, gone = [kind for kind in new if kind not in old], [kind for kind in old if kind not in new]
        if come and gone:
            yield Phrase(f"{url} is served by {_and(come)} instead of {_and(gone)}")
        elif come or gone:
            yield Phrase(f"{url} is {'also' if come else 'no longer'} served by {_and(come or gone)}")


def _urls(manifests: Iterable[Manifest | None]) -> dict[str, dict[str, str]]:
    """Where each URL leads, by the kinds of objects that serve it."""
    found: dict[str, dict[str, str]] = {}
    for manifest in manifests:
        for url, backend in urls_of(manifest).items():
            found.setdefault(url, {})[_WITH_ARTICLE[str(mapping_in(manifest).get("kind"))]] = backend
    return found


def urls_of(manifest: Manifest | None) -> dict[str, str]:
    """The URLs of an Ingress or HTTPRoute, with where each leads; without a scheme where that is not known."""
    found = {}
    for served in served_paths(manifest):
        if served.path is not None:
            scheme = {True: "https://", False: "http://", None: ""}[served.has_tls]
            place = served.place.replace("every host", "*", 1) if served.host is None else served.place
            found[f"{scheme}{place}"] = served.backend
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
    return edit.is_whole or any(row.path[:2] in _ABOUT_URLS or row.path in _ABOUT_URLS for row in edit.rows)


def _rank(role: str) -> int:
    return _RANKS.get(role, 0)


def _and(texts: Sequence[str]) -> str:
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else texts[0]
