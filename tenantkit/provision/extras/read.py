"""The live extra objects and copies, and the copies' sources, in as many requests for a hundred tenants as for one.

By name, each wanted object is found whoever owns it, so that nobody's object is overwritten. By label, those are found
that are no longer wanted, of the kinds that the platform has or a Namespace records. The content of Secrets, and of all
that is copied, is replaced by digests as soon as it is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from tenantkit.cluster.lists import kind_at
from tenantkit.cluster.parallel import side_by_side
from tenantkit.cluster.requests.unreadable import unreadable_in
from tenantkit.exceptions import NotFound, PermissionDenied, Unreadable
from tenantkit.manifests.extra_objects import (
    EXTRA_LABEL,
    extra_kinds,
    is_copy,
    recorded_kinds,
    sources_of,
    with_digests,
)
from tenantkit.manifests.labels import MANAGED_BY, MANAGED_BY_LABEL
from tenantkit.provision.reasons import not_readable, not_served, source_missing, source_not_readable, unreadable
from tenantkit.rules.manifest import ObjectRef, ref_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.cluster.requests.unreadable import UnreadableObject
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.reasons import Reason
    from tenantkit.rules.kinds import Kind
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.extra_objects import CopySource
    from tenantkit.spec.platform import Platform

_OURS = f"{MANAGED_BY_LABEL}={MANAGED_BY},{EXTRA_LABEL}"
Source: TypeAlias = "Manifest | Reason"


@dataclass(frozen=True, slots=True)
class LiveExtras:
    """What was read.

    Args:
        objects: by ref.
        unknown: why a kind could not be read, by kind and namespace.
        sources: the content of each source in digests, or why it is not known.
        unreadable: why an object that exists could not be parsed.
    """

    objects: Mapping[ObjectRef, Manifest]
    unknown: Mapping[tuple[str, str], Reason]
    sources: Mapping[CopySource, Source]
    unreadable: Mapping[ObjectRef, Reason]


@dataclass(frozen=True, slots=True)
class _Question:
    """One list: the objects of a kind with a name (None: with any), or with our label."""

    api_version: str
    kind: str
    name: str | None = None
    is_labelled: bool = False


@dataclass
class _Answer:
    """What one list gave."""

    unknown: dict[tuple[str, str], Reason] = field(default_factory=dict)
    found: list[Manifest] = field(default_factory=list)
    unreadable: list[UnreadableObject] = field(default_factory=list)


def read_extras(
    cluster: ClusterApi,
    platform: Platform,
    namespaces: Mapping[str, Manifest | None],
    wanted: Iterable[ObjectRef],
) -> LiveExtras:
    """Read the extra objects and copies in some tenants' namespaces.

    Args:
        cluster: the cluster.
        platform: its settings.
        namespaces: of the tenants, by name; None for one that does not exist, or could not be read.
        wanted: the extra objects and copies that these tenants shall have.

    Raises:
        ClusterError: any error except a refusal; refusals are in the answer's `unknown` and `sources`.

    RBAC: list each kind, for the cluster or in each namespace; get each source.
    """
    sources = sources_of(platform)
    recorded = {kind for namespace in namespaces.values() for kind in recorded_kinds(namespace)}
    questions = [*_by_name(wanted), *_by_label({*extra_kinds(platform), *recorded})]
    answers = side_by_side(lambda it: _ask(cluster, it, list(namespaces)), questions)
    copied = {(source.kind, source.name) for source in sources}
    found = [_redacted(manifest, copied) for answer in answers for manifest in answer.found]
    read = side_by_side(lambda source: read_source(cluster, source), sources)
    contents = [with_digests(one) if isinstance(one, dict) else one for one in read]
    return LiveExtras(
        {ref_of(manifest): manifest for manifest in found},
        {key: reason for answer in answers for key, reason in answer.unknown.items()},
        dict(zip(sources, contents, strict=True)),
        {
            ObjectRef(question.api_version, it.kind, it.name or "*", it.namespace): unreadable(it.reason)
            for question, answer in zip(questions, answers, strict=True)
            for it in answer.unreadable
        },
    )


def read_source(cluster: ClusterApi, source: CopySource) -> Source:
    """A source with its content, or why it cannot be read.

    Raises:
        ClusterError: any error except a refusal.

    RBAC: get it.
    """
    try:
        return cluster.get(source.kind, source.name, source.namespace)
    except NotFound:
        return source_missing(source)
    except (PermissionDenied, Unreadable) as error:
        return source_not_readable(source, not_readable(error))


def _by_name(wanted: Iterable[ObjectRef]) -> list[_Question]:
    """One list for the objects of a kind and name; if the names differ between tenants, one of the whole kind."""
    names: dict[tuple[str, str, str], set[str]] = {}
    kinds: dict[tuple[str, str], set[str]] = {}
    for ref in wanted:
        kinds.setdefault((ref.api_version, ref.kind), set()).add(ref.name)
        names.setdefault((ref.api_version, ref.kind, ref.name), set()).add(str(ref.namespace))
    places = {namespace for found in names.values() for namespace in found}
    questions: dict[_Question, None] = {}
    for (api_version, kind), of_kind in sorted(kinds.items()):
        for name in sorted(of_kind):
            is_everywhere = names[api_version, kind, name] == places
            questions[_Question(api_version, kind, name if is_everywhere else None)] = None
    return list(questions)


def _by_label(kinds: Iterable[str]) -> list[_Question]:
    pairs = [kind.rpartition("/") for kind in sorted(kinds)]
    return [_Question(api_version, kind, is_labelled=True) for api_version, _, kind in pairs]


def _ask(cluster: ClusterApi, question: _Question, namespaces: Sequence[str]) -> _Answer:
    """The objects in these namespaces, and why others are not known."""
    try:
        place = kind_at(cast("Cluster", cluster), question.api_version, question.kind)
        if place.namespaced:
            return _list_in(cluster, question, place, namespaces)
        reason = not_served(question.api_version, question.kind, is_served=True)
    except NotFound:
        reason = not_served(question.api_version, question.kind, is_served=False)
    except PermissionDenied as error:  # of the server's discovery
        reason = not_readable(error)
    # of a kind that is not served there is nothing to delete
    return _Answer({} if question.is_labelled else {(question.kind, namespace): reason for namespace in namespaces})


def _list_in(cluster: ClusterApi, question: _Question, place: Kind, namespaces: Sequence[str]) -> _Answer:
    """A list of the whole cluster, else of each namespace."""
    answer = _Answer()
    if len(namespaces) > 1:
        try:
            listed = _list(cluster, question, place, None)
        except PermissionDenied:
            pass  # usual for a tenant's owner: each namespace is listed below
        else:
            answer.found = [it for it in listed if it["metadata"].get("namespace") in namespaces]
            answer.unreadable += unreadable_in(listed)
            return answer
    for namespace in namespaces:
        try:
            listed = _list(cluster, question, place, namespace)
        except PermissionDenied as error:
            answer.unknown[question.kind, namespace] = not_readable(error)
        else:
            answer.found += listed
            answer.unreadable += unreadable_in(listed)
    return answer


def _list(cluster: ClusterApi, question: _Question, place: Kind, namespace: str | None) -> list[Manifest]:
    """The objects; those whose managed fields cannot be parsed are read without them."""
    options: dict[str, Any] = {
        "namespace": namespace,
        "label_selector": _OURS if question.is_labelled else None,
        "field_selector": f"metadata.name={question.name}" if question.name else None,
    }
    found = cluster.list(place, **options)
    return found if not unreadable_in(found) else cluster.list(place, **options, managed_fields=False)


def _redacted(manifest: Manifest, copied: Iterable[tuple[str, str]]) -> Manifest:
    is_hidden = manifest["kind"] == "Secret" or is_copy(manifest)
    return (
        with_digests(manifest) if is_hidden or (manifest["kind"], manifest["metadata"]["name"]) in copied else manifest
    )
