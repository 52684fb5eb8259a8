"""What one person may do, across tenants: one row per binding, read once for the whole cluster.

Source: page "Using RBAC Authorization".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.cluster.lists import list_projected
from tenantkit.cluster.parallel import side_by_side
from tenantkit.cluster.subject_access import may
from tenantkit.display.shown import EMPTY
from tenantkit.exceptions import InvalidSpecError, PermissionDenied, Problem, Worded
from tenantkit.findings.access.bindings import rights_of
from tenantkit.findings.access.bootstrap import is_default
from tenantkit.findings.access.powers import DANGEROUS, POWERS, more_than_ours, probe_of
from tenantkit.findings.access.roles import RoleIndex
from tenantkit.frames.kit.coverage import note_unreadable
from tenantkit.frames.kit.schema import frame_of_rows
from tenantkit.hints import Hint
from tenantkit.manifests.labels import TENANT_LABEL
from tenantkit.provision.stored.platform import get_platform
from tenantkit.spec.people import subject_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.findings.access.bindings import Right
    from tenantkit.frames.kit.schema import Schema
    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.people import People
    from tenantkit.spec.platform import Platform

ACCESS: Schema = {
    "tenant": "string",
    "namespace": "string",
    "role": "string",
    "binding": "string",
    "via": "string",
    "read": "boolean",
    "write": "boolean",
    "secrets": "boolean",
    "exec": "boolean",
    "manage_members": "boolean",
    "dangerous": "string",
    "more_than_ours": "boolean",
    "confirmed": "boolean",
}
_KINDS = ("RoleBinding", "ClusterRoleBinding", "Role", "ClusterRole", "Namespace")
_WITHOUT_ALL_BINDINGS = Hint("{members} shows who has which role in your tenants")
_ACCOUNT = "system:serviceaccount:"
_PLAIN = ("read", "write", "secrets", "exec", "manage members")


@takes_cluster
def access(cluster: Cluster, person: str, *, groups: Sequence[str] = (), confirm: bool = False) -> pd.DataFrame:
    """Return what one person may do, across tenants: one row per binding that gives them rights.

    Args:
        cluster: the connection, from `connect`.
        person: as in a tenant's spec: `dana@example.com`, `group:ml-vision` or `sa:jupyterhub/jupyter-dana`. The
            platform's prefixes are added.
        groups: the person's groups as in a spec, without `group:`: `["ml-vision"]`. The cluster's authentication knows
            them, and nobody else can ask for them. Default: none, besides those of everybody who is signed in.
        confirm: whether to ask the server's authorizers, of which RBAC is only one, by a SubjectAccessReview for each
            right. Default: no, since that costs a request for each.

    Returns:
        tenant (<NA> where the namespace is not a tenant's), namespace (<NA>: everywhere), role
        (`ClusterRole/tenantkit-editor`), binding (`RoleBinding/x`), via (the binding's subject that is the person or
        one of their groups), dangerous (what tenantkit gives to nobody but provisioners, joined by `, `: bind,
        escalate, impersonate, tokens, walls, manage tenants): string; read, write (workloads), secrets, exec,
        manage_members, more_than_ours (than tenantkit's owner role), confirmed (whether the server agrees; <NA> if not
        asked): boolean. What Kubernetes gives everybody is left out. Sorted by namespace.
        `attrs["incomplete"]`: by kind, what could not be read.

    Raises:
        InvalidSpecError: person or groups is not one of the above.
        PermissionDenied: you may not list bindings and roles in the whole cluster, as provisioners may. `members` shows
            who has which role in your own tenants.
        ClusterUnavailable: the server did not answer.

    RBAC: list rolebindings, clusterrolebindings, roles, clusterroles and namespaces in the whole cluster; get configmap
    `platform` in tenantkit-system. With `confirm`, create subjectaccessreviews.
    Source: page "Using RBAC Authorization".

    Example:
        >>> rights = access(cluster, "editor@example.com").set_index("tenant")
        >>> rights.loc["speech", ["role", "write", "manage_members"]].to_dict()
        {'role': 'ClusterRole/tenantkit-editor', 'write': True, 'manage_members': False}
    """
    platform = get_platform(cluster)
    who = identity_of(person, groups, platform.people)
    try:
        listed = side_by_side(lambda kind: list_projected(cluster, kind, _whole), _KINDS)
    except PermissionDenied as refusal:
        raise refusal.with_hint(_WITHOUT_ALL_BINDINGS) from None
    found = dict(zip(_KINDS, listed, strict=True))
    objects: dict[str, Sequence[Manifest]] = dict(found)
    rights = rights_for(who, objects)
    incomplete: dict[str, str] = {}
    note_unreadable(incomplete, *found.values())
    confirmed: list[bool | None] = [None] * len(rights)
    if confirm:
        try:
            confirmed = list(side_by_side(lambda right: _confirmed(cluster, who, right), rights))
        except PermissionDenied as refusal:
            incomplete["SubjectAccessReview"] = Worded.of(refusal)
    frame = access_frame(rights, objects["Namespace"], platform, confirmed)
    frame.attrs["incomplete"] = incomplete
    if frame.empty:
        frame.attrs[EMPTY] = f"{person} has no rights in tenants' namespaces."
    return frame


class Who(NamedTuple):
    """A person as the API server knows them: the user's name, and the groups; the name is empty for a group."""

    user: str
    groups: frozenset[str]


def identity_of(person: str, groups: Sequence[str], people: People) -> Who:
    """The user and groups of a person of a spec.

    Raises:
        InvalidSpecError: they are not a person and groups.

    Example:
        >>> from tenantkit.spec.people import People
        >>> identity_of("sa:jupyterhub/hub", [], People()).user
        'system:serviceaccount:jupyterhub:hub'
    """
    if isinstance(groups, str) or not all(isinstance(group, str) and group for group in groups):
        raise InvalidSpecError([Problem("groups", groups, "pass a list of groups, for example ['ml-vision']")])
    try:
        kind, name, namespace = subject_of(person, people)
    except (AttributeError, TypeError):
        raise InvalidSpecError([Problem("person", person, "pass text, for example 'dana@example.com'")]) from None
    except ValueError as error:
        raise InvalidSpecError([Problem("person", person, str(error))]) from None
    of_all = {f"{people.group_prefix}{group}" for group in groups} | {"system:authenticated"}
    if kind == "Group":
        return Who("", frozenset(of_all | {name}))
    if kind == "User":
        return Who(name, frozenset(of_all))
    accounts = {"system:serviceaccounts", f"system:serviceaccounts:{namespace}"}
    return Who(f"{_ACCOUNT}{namespace}:{name}", frozenset(of_all | accounts))


def rights_for(who: Who, objects: Mapping[str, Sequence[Manifest]]) -> list[Right]:
    """What a person has by the bindings of a cluster: pure.

    Args:
        who: the person.
        objects: by kind.
    """
    roles = RoleIndex(objects["ClusterRole"], objects["Role"])
    bindings = [*objects["ClusterRoleBinding"], *objects["RoleBinding"]]
    found = [right for right in rights_of(bindings, roles) if _is(who, right)]
    found = [right for right in found if right.powers or not is_default(right.binding, right.subject)]
    return sorted(found, key=lambda right: (right.namespace, right.role, str(right.binding["metadata"]["name"])))


def access_frame(
    rights: Iterable[Right], namespaces: Iterable[Manifest], platform: Platform, confirmed: Iterable[bool | None]
) -> pd.DataFrame:
    """The frame of `access`, from rights and whether the server confirmed each."""
    tenants = {str(it["metadata"]["name"]): (it["metadata"].get("labels") or {}).get(TENANT_LABEL) for it in namespaces}
    rows = []
    for right, agrees in zip(rights, confirmed, strict=True):
        powers, rules = right.powers, right.rules or ()
        rows.append(
            (
                tenants.get(right.namespace),
                right.namespace or None,
                right.role,
                f"{right.binding['kind']}/{right.binding['metadata']['name']}",
                right.who,
                *(power in powers for power in _PLAIN),
                ", ".join(power for power in powers if power in DANGEROUS) or None,
                more_than_ours(rules, platform),
                agrees,
            )
        )
    return frame_of_rows(rows, ACCESS)


def _is(who: Who, right: Right) -> bool:
    """Whether a binding's subject is the person, or one of their groups."""
    kind, name = right.subject.get("kind"), str(right.subject.get("name"))
    if kind == "Group":
        return name in who.groups
    if kind == "ServiceAccount":
        name = f"{_ACCOUNT}{right.subject.get('namespace') or right.namespace}:{name}"
    return bool(who.user) and name == who.user


def _confirmed(cluster: Cluster, who: Who, right: Right) -> bool:
    """Whether the server allows a request for each power of a right."""
    requests = [probe for power in POWERS if (probe := probe_of(right.rules or (), power)) is not None]
    return all(may(cluster, who.user, who.groups, request, right.namespace or None) for request in requests)


def _whole(manifest: Manifest) -> Manifest:
    return manifest
