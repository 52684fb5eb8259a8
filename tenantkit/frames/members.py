"""Members: who has which role in which tenant, since when and by whom.

Every RoleBinding in a tenant's namespace is shown, also one that tenantkit did not make. A member is recognised by
role, name and subject of the RoleBinding, and an owner also by the grant. Labels do not decide, since a team may remove
them. Who added a member is a note on the RoleBinding: the API server itself records no user, only the program that
wrote (`field_manager`).

Source: page "Using RBAC Authorization".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.visible import list_visible
from tenantkit.exceptions import ClusterError, InvalidSpecError, SpecVersionError, Worded
from tenantkit.frames.kit.coverage import note_scope, note_unreadable
from tenantkit.frames.kit.empty_answers import note_empty
from tenantkit.frames.kit.live_shapes import as_read
from tenantkit.frames.kit.namespace_owners import read_owners_of
from tenantkit.frames.kit.schema import TIME, frame_of_rows
from tenantkit.manifests.labels import ADDED_BY_ANNOTATION, TENANT_LABEL
from tenantkit.provision.content.members import member_of, person_of, role_of
from tenantkit.provision.stored.platform import get_platform
from tenantkit.provision.stored.tenant_namespaces import resolve_filters
from tenantkit.provision.stored.tenants import stored_tenant
from tenantkit.spec.people import People

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest

MEMBERS: Schema = {
    "tenant": "string",
    "namespace": "string",
    "person": "string",
    "person_kind": "string",
    "role": "string",
    "since": TIME,
    "added_by": "string",
    "field_manager": "string",
    "foreign": "boolean",
    "binding": "string",
}

_RANK = {"owner": 0, "editor": 1, "viewer": 2}
_ACCOUNT = "system:serviceaccount:"


class Granted(NamedTuple):
    """The tenant of a namespace, and the owners in its grant; None if the grant cannot be read."""

    tenant: str | None
    owners: frozenset[str] | None = None


@takes_cluster
def members(
    cluster: Cluster,
    tenant: str | None = None,
    *,
    namespaces: Sequence[str] | None = None,
    label_selector: str | None = None,
) -> pd.DataFrame:
    """Return who has which role in a tenant: one row per person and RoleBinding.

    Args:
        cluster: the connection, from `connect`.
        tenant: only this tenant's, by name. Default: all tenants'.
        namespaces: only these, in place of `tenant`. Default: those of the connection; if it has none, all that you
            may list, else those of your tenants.
        label_selector: only RoleBindings whose labels match, in the API server's syntax. Default: all.

    Returns:
        tenant, namespace, person (`dana@example.com`, `group:ml-vision`, `sa:NAMESPACE/NAME`), person_kind (`User`,
        `Group`, `ServiceAccount`), role (`owner`, `editor`, `viewer`; for a RoleBinding of another role, its name),
        since: datetime64[us, UTC], when the RoleBinding was made; added_by (a user, by a note that `add_member`
        leaves; <NA>: none), field_manager (the programs that wrote the RoleBinding, joined by `, `), foreign: boolean,
        whether tenantkit's spec does not account for it, binding (the RoleBinding's name). All others: string. Sorted
        by namespace, role and person.
        `attrs["scope"]`: `cluster`, or the tuple of namespaces that it covers. `attrs["incomplete"]`: by
        kind, why the columns that depend on it are incomplete.

    Raises:
        InvalidSpecError: tenant and namespaces are both given, or one of the arguments is invalid.
        NotFound: there is no such tenant.
        PermissionDenied: RoleBindings may not be listed in any namespace.
        ClusterUnavailable: the server did not answer.

    RBAC: list rolebindings and namespaces; or list rolebindings in each namespace, and get it; get configmap `platform`
    in tenantkit-system. Source: page "Using RBAC Authorization".

    Example:
        >>> members(cluster, tenant="speech")[["person", "role"]].to_dict("records")[:2]
        [{'person': 'owner@example.com', 'role': 'owner'}, {'person': 'editor@example.com', 'role': 'editor'}]
    """
    filters = resolve_filters(cluster, tenant=tenant, namespaces=namespaces, label_selector=label_selector)
    bindings, scope = list_visible(
        cluster, "RoleBinding", namespaces=filters.namespaces, label_selector=filters.label_selector
    )
    incomplete: dict[str, str] = {}
    granted = read_owners_of(bindings, cluster, scope, incomplete, _grant_of)
    frame = members_frame(bindings, granted=granted, people=_people(cluster, incomplete))
    note_unreadable(incomplete, bindings)
    frame.attrs["incomplete"] = incomplete
    note_scope(frame, cluster, scope, filters.namespaces)
    note_empty(frame, "members", scope, tenant=tenant, label_selector=filters.label_selector)
    return frame


def members_frame(
    bindings: Iterable[Manifest],
    *,
    granted: Mapping[str, Granted | None] | None = None,
    people: People | None = None,
) -> pd.DataFrame:
    """The frame of `members`, from RoleBindings as the server returns them.

    Args:
        bindings: of any namespaces.
        granted: by namespace; None: it has no tenant, and its RoleBindings are left out. For a namespace that is
            missing, the RoleBinding's own label counts.
        people: the platform's prefixes. Default: none.
    """
    known, prefixes = granted or {}, people or People()
    rows: list[tuple[Any, ...]] = []
    for binding in as_read("RoleBinding", bindings):
        metadata = binding["metadata"]
        labelled = (metadata.get("labels") or {}).get(TENANT_LABEL)
        found = known.get(metadata["namespace"], Granted(labelled))
        if found is not None:
            rows += _rows(binding, found, prefixes)
    return frame_of_rows(sorted(rows, key=_place), MEMBERS)


def _grant_of(namespace: Manifest) -> Granted:
    tenant = namespace["metadata"]["labels"][TENANT_LABEL]
    try:
        return Granted(tenant, frozenset(stored_tenant(namespace).owners))
    except (InvalidSpecError, SpecVersionError):
        return Granted(tenant)


def _people(cluster: Cluster, incomplete: dict[str, str]) -> People:
    """The prefixes of users and groups; none where the platform's settings cannot be read."""
    try:
        return get_platform(cluster).people
    except (ClusterError, InvalidSpecError, SpecVersionError) as error:
        incomplete["ConfigMap"] = Worded.of(error)
        return People()


def _place(row: Sequence[Any]) -> tuple[Any, ...]:
    _, namespace, person, _, role, *_, name = row
    return namespace, _RANK.get(role, len(_RANK)), role or "", person or "", name


def _rows(binding: Manifest, granted: Granted, people: People) -> Iterator[tuple[Any, ...]]:
    metadata = binding["metadata"]
    member = member_of(binding, people)
    role = member.role if member is not None else role_of(binding) or (binding.get("roleRef") or {}).get("name")
    note = (metadata.get("annotations") or {}).get(ADDED_BY_ANNOTATION)
    managers = dict.fromkeys(entry["manager"] for entry in metadata.get("managedFields") or () if entry.get("manager"))
    for subject in binding.get("subjects") or ():
        if not subject.get("name"):
            continue  # nobody
        person = _person(subject, people)
        is_known = member is not None and member.person in (person, person_of(subject, people))
        if is_known and role == "owner" and granted.owners is not None:
            is_known = person in granted.owners
        written = (_adder(note, people), ", ".join(managers) or None, not is_known, metadata["name"])
        since = metadata.get("creationTimestamp")
        yield (granted.tenant, metadata["namespace"], person, subject["kind"], role, since, *written)


def _person(subject: Manifest, people: People) -> str:
    """A subject as a person, also one that no spec may name."""
    known = person_of(subject, people)
    if known is not None:
        return known
    kinds = {"Group": "group:", "ServiceAccount": f"sa:{subject.get('namespace') or ''}/"}
    return f"{kinds.get(subject['kind'], '')}{subject['name']}"


def _adder(note: str | None, people: People) -> str | None:
    """The user of a note, as a person."""
    if not note:
        return None
    if note.startswith(_ACCOUNT):
        return "sa:" + note.removeprefix(_ACCOUNT).replace(":", "/", 1)
    return note.removeprefix(people.user_prefix)
