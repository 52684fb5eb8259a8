"""Members: RoleBindings read back as persons with a role.

A binding is a member's if it binds one of the three roles and has the name that tenantkit derives from role and person,
whatever its labels are: owners may change labels. What it grants is in its subjects, so those decide who the person is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pydantic import TypeAdapter

from tenantkit.manifests.access import RBAC_GROUP, binding_name, frozen_binding_name, make_subject
from tenantkit.manifests.labels import ADDED_BY_ANNOTATION, PERSON_ANNOTATION
from tenantkit.spec.people import Person, parse_person

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tenantkit.rules.manifest import Manifest
    from tenantkit.spec.people import People, Role

_ROLES: dict[str, Role] = {"tenantkit-owner": "owner", "tenantkit-editor": "editor", "tenantkit-viewer": "viewer"}

# Where a tenant is frozen read-only, persons with these roles have bindings of other names to the viewer role.
_FROZEN: tuple[Role, ...] = ("editor", "owner")

_PERSON: TypeAdapter[str] = TypeAdapter(Person)


class Member(NamedTuple):
    """A person with a role in a tenant.

    Args:
        role: `owner`, `editor` or `viewer`.
        person: `dana@example.com`, `group:ml-vision` or `sa:NAMESPACE/NAME`.

    Example:
        >>> [member.person for member in tk.plan_add_member(cluster, "speech", "sam@example.com").edit.added]
        ['sam@example.com']
    """

    role: Role
    person: str


def role_of(binding: Manifest) -> Role | None:
    """Which of the three roles a RoleBinding binds; None for any other role."""
    ref = binding.get("roleRef") or {}
    if ref.get("kind") != "ClusterRole" or ref.get("apiGroup") not in (None, "", RBAC_GROUP):
        return None
    return _ROLES.get(str(ref.get("name")))


def member_of(binding: Manifest, people: People) -> Member | None:
    """The member whose RoleBinding this is; None if it is not a member's, or is being deleted.

    Args:
        binding: a RoleBinding, as the server returns it.
        people: the platform's prefixes.
    """
    bound = role_of(binding)
    if bound is None or binding["metadata"].get("deletionTimestamp"):
        return None
    name = binding["metadata"]["name"]
    subjects = binding.get("subjects") or []
    persons = [person for subject in subjects if (person := person_of(subject, people)) is not None]
    marked = _marked_person(binding, subjects)
    for person in (*persons, marked):
        if person is not None and binding_name(bound, person) == name:
            return Member(bound, person)
    return _frozen_member(name, (*persons, marked)) if bound == "viewer" else None


def _frozen_member(name: str, persons: Iterable[str | None]) -> Member | None:
    """The member who has this binding of the viewer role in place of an own one, while the tenant is frozen."""
    for person in persons:
        for role in _FROZEN if person is not None else ():
            if frozen_binding_name(role, person or "") == name:
                return Member(role, person or "")
    return None


def person_of(subject: Manifest, people: People) -> str | None:
    """A binding's subject as the text form of a person; None if no person has this subject."""
    kind, name = subject.get("kind"), str(subject.get("name") or "")
    if kind == "ServiceAccount":
        text = f"sa:{subject.get('namespace')}/{name}"
    elif kind == "Group":
        text = f"group:{name.removeprefix(people.group_prefix)}"
    else:
        text = name.removeprefix(people.user_prefix)
    try:
        made = make_subject(_PERSON.validate_python(text), people)
    except ValueError:
        return None
    return text if made == {key: value for key, value in subject.items() if value != ""} else None


def _marked_person(binding: Manifest, subjects: list[Manifest]) -> str | None:
    """The person in the annotation if a subject is that person's with another prefix, as after a change of platform."""
    person = (binding["metadata"].get("annotations") or {}).get(PERSON_ANNOTATION)
    try:
        kind, name, _ = parse_person(_PERSON.validate_python(person))
    except ValueError:
        return None
    is_same = any(subject.get("kind") == kind and str(subject.get("name")).endswith(name) for subject in subjects)
    return person if is_same else None


def with_adders(wanted: Iterable[Manifest], live: Iterable[Manifest], adder: str | None = None) -> list[Manifest]:
    """The wanted objects; RoleBindings keep the note of who added the member, also while the tenant is frozen.

    Args:
        wanted: a tenant's objects.
        live: the RoleBindings that exist.
        adder: the user who adds those that do not exist. Default: not known.
    """
    names: set[str] = set()
    notes: dict[Member | None, str] = {}
    for binding in live:
        note = (binding["metadata"].get("annotations") or {}).get(ADDED_BY_ANNOTATION)
        names.add(binding["metadata"]["name"])
        if isinstance(note, str):
            notes[_named_member(binding)] = note
    notes.pop(None, None)
    return [_with_adder(it, names, notes, adder) if it["kind"] == "RoleBinding" else it for it in wanted]


def _with_adder(
    binding: Manifest, names: Collection[str], notes: Mapping[Member | None, str], adder: str | None
) -> Manifest:
    metadata = binding["metadata"]
    is_new = metadata["name"] not in names
    note = adder if is_new and adder is not None else notes.get(_named_member(binding))
    if note is None:
        return binding
    annotations = (metadata.get("annotations") or {}) | {ADDED_BY_ANNOTATION: note}
    return {**binding, "metadata": {**metadata, "annotations": annotations}}


def _named_member(binding: Manifest) -> Member | None:
    """The member by the name of a RoleBinding and the person in its annotation, frozen or not."""
    metadata = binding["metadata"]
    person = str((metadata.get("annotations") or {}).get(PERSON_ANNOTATION))
    for role in _ROLES.values():
        if metadata["name"] in (binding_name(role, person), frozen_binding_name(role, person)):
            return Member(role, person)
    return None
