"""The changes of one tenant in a lead's words: `sam@example.com loses editor`, `new URL http://vision.example.ai/`.

A phrase says what a change means for the people of a tenant; fields and objects are in the plan's rows. Persons, hosts
and URLs are never cut off. Objects that are made with every new namespace have no phrase of their own, and what is left
is counted, so that no change is without words. Rejected alternative: one phrase per row, which is the table again.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tenantkit.manifests.claims import claimed_host, is_claim
from tenantkit.manifests.labels import (
    FROZEN_QUOTA_NAME,
    GRANT_ANNOTATION,
    HOSTS_ANNOTATION,
    LIMITS_NAME,
    PLATFORM_KEY,
    QUOTA_NAME,
    SCHEME_ANNOTATION,
)
from tenantkit.manifests.namespace import hosts_in
from tenantkit.manifests.routes import ROUTE_KINDS
from tenantkit.manifests.served_paths import served_paths
from tenantkit.provision.plans.access_phrases import people_phrases, url_phrases
from tenantkit.provision.plans.differences import grant_differences, parsed
from tenantkit.provision.plans.phrase import Edit, Phrase, counted
from tenantkit.provision.plans.quota_words import changed_phrases, granted_phrases
from tenantkit.provision.plans.wording import describe, item_text
from tenantkit.rules.listing import first_of
from tenantkit.rules.pod_security.levels import LABEL_PREFIX

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from tenantkit.provision.changes import PlanAction, PlanChange
    from tenantkit.provision.managed_fields import Path
    from tenantkit.rules.manifest import ObjectRef

_GRANT = ("metadata", "annotations", GRANT_ANNOTATION)
_HOSTS = ("metadata", "annotations", HOSTS_ANNOTATION)
_ENFORCED = ("metadata", "labels", f"{LABEL_PREFIX}enforce")
_PLATFORM = ("data", PLATFORM_KEY)
_HARD = ("spec", "hard")
# Keys of the grant that have phrases of their own: bindings, hosts and the quota.
_SAID_ELSEWHERE = ("apiVersion", "kind", "owners", "hosts", "quota")
# Of the objects in a deleted namespace, those that a lead would miss first.
_MISSED = ("PersistentVolumeClaim", "Pod", "Deployment", "StatefulSet", "Job")
# The fields of each kind that have phrases.
_WORDED: Mapping[str, tuple[Path, ...]] = {
    "Namespace": (_GRANT, _HOSTS, _ENFORCED),
    "ResourceQuota": (_HARD,),
    "RoleBinding": (("subjects",), ("roleRef",)),
    "ClusterRoleBinding": (("subjects",), ("roleRef",)),
    "Ingress": (("spec", "rules"), ("spec", "tls")),
    "HTTPRoute": (("spec", "rules"), ("spec", "hostnames"), ("metadata", "annotations", SCHEME_ANNOTATION)),
    "ConfigMap": (_PLATFORM,),
}
_BEFORE_AMOUNTS = ("new namespace ", "namespace ", "size ")
_NAMED = 3


def phrases(
    changes: Sequence[PlanChange], actions: Collection[PlanAction], refs: Collection[ObjectRef] | None = None
) -> list[Phrase]:
    """What some changes of one tenant mean, in the order in which a lead asks.

    Args:
        changes: all of the tenant's, also the unchanged ones: a person may keep a role by another binding.
        actions: of the rows to word.
        refs: of the objects to word. Default: all.
    """
    chosen = [change for change in changes if refs is None or change.ref in refs]
    edits = [edit for change in chosen if (edit := Edit.of(change, actions)) is not None]
    deleted = [edit for edit in edits if edit.kind == "Namespace" and edit.after is None]
    if deleted:
        return [_deleted_namespace(edit, edits) for edit in deleted]
    is_new = any(edit.kind == "Namespace" and edit.before is None and edit.change.tenant for edit in edits)
    grant = list(_namespace_phrases(edits))
    found = [
        *(phrase for phrase in grant if phrase.text.startswith(_BEFORE_AMOUNTS)),
        *_quota_phrases(edits),
        *people_phrases(changes, edits),
        *url_phrases(changes, edits),
        *_host_phrases(edits),
        *(phrase for phrase in grant if not phrase.text.startswith(_BEFORE_AMOUNTS)),
        *_network_phrases(() if is_new else edits),
        *_rule_phrases(edits),
        *_platform_phrases(edits),
        *_other_phrases(edits, is_new=is_new),
    ]
    return list(dict.fromkeys(found))


def _deleted_namespace(namespace: Edit, edits: Sequence[Edit]) -> Phrase:
    inside = Counter(edit.kind for edit in edits if edit.ref.namespace == namespace.ref.name)
    missed = [counted(inside.pop(kind), kind) for kind in _MISSED if kind in inside]
    others = [counted(inside.total(), "other object" if missed else "object")] if inside else []
    content = f": {', '.join([*missed, *others])}" if missed or others else ""
    return Phrase(f"namespace {namespace.ref.name} is deleted with everything in it{content}", is_loss=True)


def _namespace_phrases(edits: Iterable[Edit]) -> Iterator[Phrase]:
    for edit in edits:
        if edit.kind != "Namespace":
            continue
        if edit.before is None:
            yield Phrase(f"new namespace {edit.ref.name}")
        rows = {row.path: row for row in edit.rows}
        if _GRANT in rows:
            yield from _grant_phrases(edit.ref.name, rows.pop(_GRANT).before, _annotation(edit.after, GRANT_ANNOTATION))
        elif edit.before is None:
            yield from _size(_annotation(edit.after, GRANT_ANNOTATION))
        if _ENFORCED in rows and (row := rows.pop(_ENFORCED)).before is not None:
            yield Phrase(f"Pod Security {row.before} → {row.after or 'none'}")


def _grant_phrases(namespace: str, before: Any, after: Any) -> Iterator[Phrase]:
    if before is None:
        yield Phrase(f"namespace {namespace} becomes this tenant's")
        return
    if after is None:
        yield Phrase(f"namespace {namespace} stays, without the grant", is_loss=True)
        return
    for it in grant_differences(before, after):
        if not it.path:
            yield Phrase("the grant is written anew")
        elif it.path[0] not in _SAID_ELSEWHERE:
            old = "" if it.before is None else f" {item_text(it.before)} →"
            yield Phrase(f"{' '.join(it.path)}{old} {'none' if it.after is None else item_text(it.after)}")


def _size(grant: Any) -> Iterator[Phrase]:
    data = parsed(grant)
    if isinstance(data, dict) and data.get("size") is not None:
        yield Phrase(f"size {data['size']}")


def _quota_phrases(edits: Iterable[Edit]) -> Iterator[Phrase]:
    for edit in edits:
        if edit.kind == "ResourceQuota" and edit.ref.name == FROZEN_QUOTA_NAME:
            is_frozen = edit.before is None
            yield Phrase("no new pods start" if is_frozen else "new pods start again", is_loss=is_frozen)
        if edit.kind != "ResourceQuota" or edit.ref.name != QUOTA_NAME:
            continue
        if edit.is_whole:
            yield from _whole_quota(edit)
            continue
        rows = [row for row in edit.rows if row.path[: len(_HARD)] == _HARD and len(row.path) > len(_HARD)]
        before = {row.path[-1]: row.before for row in rows}
        yield from map(Phrase, changed_phrases(before, {row.path[-1]: row.after for row in rows}))


def _whole_quota(edit: Edit) -> Iterator[Phrase]:
    if edit.after is None:
        yield Phrase("the quota is deleted, so nothing is limited")
        return
    hard = (edit.after.get("spec") or {}).get("hard") or {}
    if edit.before is None:
        yield from map(Phrase, granted_phrases(hard))
        return
    live = (edit.before.get("spec") or {}).get("hard") or {}
    keys = [key for key in {**live, **hard} if live.get(key) != hard.get(key)]
    yield from map(Phrase, changed_phrases({key: live.get(key) for key in keys}, {key: hard.get(key) for key in keys}))


def _host_phrases(edits: Sequence[Edit]) -> Iterator[Phrase]:
    served = {it.host for edit in edits if edit.kind in ROUTE_KINDS for it in served_paths(edit.after)}
    said: set[str] = set()
    for edit in edits:
        row = next((row for row in edit.rows if row.path == _HOSTS), None)
        if edit.kind != "Namespace" or (row is None and not edit.is_whole):
            continue
        before = hosts_in(row.before if row else _annotation(edit.before, HOSTS_ANNOTATION))
        after = hosts_in(row.after if row else _annotation(edit.after, HOSTS_ANNOTATION))
        said |= {*before, *after}
        yield from (Phrase(f"loses host {host}", is_loss=True) for host in before if host not in after)
        yield from (Phrase(f"host {host}") for host in after if host not in before and host not in served)
    for edit in edits:
        host = claimed_host(edit.after or edit.before or {}) if is_claim(edit.ref) else ""
        if host and host not in said:
            yield Phrase(f"{'releases' if edit.after is None else 'claims'} host {host}")


def _network_phrases(edits: Iterable[Edit]) -> Iterator[Phrase]:
    texts = [text for edit in edits if edit.kind == "NetworkPolicy" for text in _lines(edit)]
    closed, opened = _lost_and_gained(texts, "network")
    if closed:
        yield Phrase(f"network no longer allows {first_of(closed, _NAMED)}", is_loss=True)
    if opened:
        yield Phrase(f"network allows {first_of(opened, _NAMED)}")
    yield from (Phrase(text) for text in texts if not text.startswith(("network - ", "network + ")))


def _rule_phrases(edits: Iterable[Edit]) -> Iterator[Phrase]:
    """What roles gain or lose; the rules of a new role are those of its docs page."""
    for edit in edits:
        if edit.kind not in ("Role", "ClusterRole") or edit.before is None:
            continue
        texts = list(_lines(edit))
        lost, gained = _lost_and_gained(texts, "rules")
        if lost:
            yield Phrase(f"role {edit.ref.name} may no longer {first_of(lost, _NAMED)}", is_loss=True)
        if gained:
            yield Phrase(f"role {edit.ref.name} may {first_of(gained, _NAMED)}")
        if texts and not lost and not gained:
            yield Phrase(f"role {edit.ref.name} changes")


def _lost_and_gained(texts: Sequence[str], prefix: str) -> tuple[list[str], list[str]]:
    """What the lines of a difference with this prefix remove and add."""
    removed, added = (f"{prefix} {sign} " for sign in "-+")
    lost = [text.removeprefix(removed) for text in texts if text.startswith(removed)]
    return lost, [text.removeprefix(added) for text in texts if text.startswith(added)]


def _platform_phrases(edits: Iterable[Edit]) -> Iterator[Phrase]:
    for edit in edits:
        row = next((row for row in edit.rows if row.path == _PLATFORM), None)
        if row is None or edit.kind != "ConfigMap":
            continue
        texts = [line.text.removeprefix("platform ") for line in describe(edit.change, row)]
        yield from (Phrase(text) for text in texts if not text.startswith("provisioners "))


def _other_phrases(edits: Iterable[Edit], *, is_new: bool) -> Iterator[Phrase]:
    """What has no phrase above, by name if it is little. Deletions are losses."""
    created, changed, deleted = [], [], []
    for edit in edits:
        name = _name(edit)
        if is_claim(edit.ref):
            continue
        if edit.after is None and edit.kind not in ("RoleBinding", "ClusterRoleBinding", *ROUTE_KINDS, "NetworkPolicy"):
            deleted.append(name)
        elif edit.before is None and not is_new and not _has_phrase(edit):
            created.append(name)
        elif edit.before is not None and edit.after is not None and not _has_phrase(edit):
            changed.append(name)
    if deleted:
        yield Phrase(f"deletes {first_of(deleted, _NAMED)}", is_loss=True)
    if changed:
        yield Phrase(f"changes {first_of(changed, _NAMED)}")
    if created:
        yield Phrase(f"creates {first_of(created, _NAMED) if len(created) <= _NAMED else _counts(created)}")


def _has_phrase(edit: Edit) -> bool:
    """Whether another function words an edit."""
    if edit.kind in ("Role", "ClusterRole", "NetworkPolicy"):
        return (edit.before is not None or edit.kind == "NetworkPolicy") and any(_lines(edit))
    if edit.kind == "ResourceQuota" and edit.ref.name not in (QUOTA_NAME, FROZEN_QUOTA_NAME):
        return False
    fields = _WORDED.get(edit.kind, ())
    is_worded = any(row.path[: len(field)] == field for row in edit.rows for field in fields if row.path)
    return is_worded or (edit.is_whole and edit.kind in _WORDED and edit.kind != "ConfigMap")


def _lines(edit: Edit) -> Iterator[str]:
    return (line.text for row in edit.rows for line in describe(edit.change, row))


def _name(edit: Edit) -> str:
    if edit.kind == "LimitRange" and edit.ref.name == LIMITS_NAME:
        return "the limits of containers and volumes"
    return f"{edit.kind}/{edit.ref.name}"


def _counts(names: Iterable[str]) -> str:
    kinds = Counter(name.partition("/")[0] for name in names)
    return ", ".join(counted(count, kind) for kind, count in kinds.most_common())


def _annotation(manifest: Any, name: str) -> Any:
    return ((manifest or {}).get("metadata", {}).get("annotations") or {}).get(name)
