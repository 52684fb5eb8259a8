"""Who may make a policy or binding with parameters: only who may read them, since a message could show them.

Source: pkg/registry/admissionregistration/validatingadmissionpolicy/authz.go, and that of the bindings, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.errors import Cause
from tenantkit.sandbox.apimachinery.resources import POLICIES, POLICY_BINDINGS, of_kind
from tenantkit.sandbox.auth.request_info import RequestInfo

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.auth.rbac import Authorizer
    from tenantkit.sandbox.auth.users import User
    from tenantkit.sandbox.storage.store import Store

_ANY = ("*", "*", "*")


def unreadable_params(  # noqa: PLR0913, PLR0917 (everything about one write)
    store: Store, authorizer: Authorizer, user: User, resource: Resource, manifest: Manifest, old: Manifest | None
) -> Cause | None:
    """Why the user may not write this policy or binding; None if they may, and for other kinds.

    Args:
        store: has the policy of a binding.
        authorizer: knows the user's permissions.
        user: the user who writes.
        resource: the object's resource.
        manifest: the object as it would be stored.
        old: the stored object; None for a new one. What does not change is not checked.
    """
    if user.is_master or resource not in {POLICIES, POLICY_BINDINGS}:
        return None
    spec, before = manifest["spec"], (old or {}).get("spec") or {}
    if resource is POLICIES:
        return _unreadable_kind(authorizer, user, spec.get("paramKind"), before.get("paramKind"))
    is_same = spec.get("paramRef") == before.get("paramRef") and spec["policyName"] == before.get("policyName")
    if spec.get("paramRef") is None or is_same:
        return None
    return _unreadable_ref(store.get(POLICIES, spec["policyName"]), authorizer, user, spec)


def _unreadable_kind(
    authorizer: Authorizer, user: User, kind: Manifest | None, before: Manifest | None
) -> Cause | None:
    if kind is None or kind == before:
        return None
    if authorizer.allows(user, RequestInfo("get", "", *_resource_of(kind), "", "*", "*")):
        return None
    what = f"(kind={kind['kind']}, apiVersion={kind['apiVersion']})"
    why = f'user {_in_go(user)} must have "get" permission on all objects of the referenced paramKind {what}'
    return Cause("spec.paramKind", f"Forbidden: {why}", "FieldValueForbidden")


def _unreadable_ref(policy: Manifest | None, authorizer: Authorizer, user: User, spec: Manifest) -> Cause | None:
    ref, kind = spec["paramRef"], policy["spec"].get("paramKind") if policy else None
    verb = "get" if ref.get("name") else "list"
    place = ("", ref.get("namespace", ""), ref.get("name", ""))
    if authorizer.allows(user, RequestInfo(verb, "", *(_resource_of(kind) if kind else _ANY), *place)):
        return None
    why = f'user {_in_go(user)} does not have "{verb}" permission on the object referenced by paramRef'
    if policy is None:
        lead = f"unable to get policy {spec['policyName']} to determine minimum required permissions and user"
        why = f'{lead} {_in_go(user)} does not have "{verb}" permission for all groups, versions and resources'
    return Cause("spec.paramRef", f"Forbidden: {why}", "FieldValueForbidden")


def _resource_of(kind: Manifest) -> tuple[str, str, str]:
    """Group, version and resource of a kind; a resource that the server does not have counts as all."""
    group, _, version = kind["apiVersion"].rpartition("/")
    try:
        return group, version, of_kind(kind["apiVersion"], kind["kind"]).plural
    except LookupError:
        return group, version, "*"


def _in_go(user: User) -> str:
    """A user as Go prints it."""
    extra = " ".join(f"{key}:[{' '.join(values)}]" for key, values in sorted(user.extra.items()))
    return f"&{{{user.name} {user.uid} [{' '.join(user.groups)}] map[{extra}]}}"
