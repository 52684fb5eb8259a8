"""The privilege escalation check: nobody can grant permissions that they do not have.

The rules of a role that is written are compared with the writer's, unless they may `escalate` it. For a binding the
rules of its role are compared, unless the writer may `bind` that role.

Source: page "Using RBAC Authorization", section "Privilege escalation prevention and bootstrapping"; pkg/registry/rbac,
1.37.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tenantkit.rules.rbac.permissions import covers, single_rules
from tenantkit.sandbox.apimachinery.errors import ApiError, bad_request, forbidden, not_found
from tenantkit.sandbox.apimachinery.validation import path_segment
from tenantkit.sandbox.auth.rbac import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, RBAC, ROLE_BINDINGS, ROLES
from tenantkit.sandbox.auth.request_info import RequestInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.auth.rbac import Authorizer
    from tenantkit.sandbox.auth.users import User

_EVERYTHING = (
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
)
_GARBAGE_COLLECTOR_FIELDS = ("finalizers", "ownerReferences", "managedFields")
_SHOWN = (
    ("APIGroups", "apiGroups"),
    ("Resources", "resources"),
    ("NonResourceURLs", "nonResourceURLs"),
    ("ResourceNames", "resourceNames"),
    ("Verbs", "verbs"),
)


def check_escalation(  # noqa: PLR0913, PLR0917 (everything about one write)
    authorizer: Authorizer,
    user: User,
    resource: Resource,
    info: RequestInfo,
    manifest: Manifest,
    old: Manifest | None,
) -> None:
    """Refuse a role or binding that would grant permissions that its writer does not have; other kinds pass.

    Args:
        authorizer: knows the writer's permissions.
        user: the writer.
        resource: the object's kind.
        info: the request's attributes; the namespace is empty for cluster-scoped kinds.
        manifest: the object as it would be stored.
        old: the stored object; None on create.

    Raises:
        ApiError: 403 with the missing rules; 404 if a binding's role does not exist.
    """
    if resource not in {ROLES, CLUSTER_ROLES, ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS} or user.is_master:
        return
    if old is not None and _without_garbage_collector_fields(manifest) == _without_garbage_collector_fields(old):
        return
    name, namespace = manifest["metadata"].get("name", ""), info.namespace
    if resource in {ROLES, CLUSTER_ROLES}:
        # Checked for the name in the request's path; a POST has none.
        needed = RequestInfo("escalate", "", RBAC, "*", resource.plural, "", namespace, info.name)
        rules: Sequence[Manifest] = manifest.get("rules") or ()
    else:
        role = manifest["roleRef"]
        plural = ROLES.plural if role["kind"] == "Role" else CLUSTER_ROLES.plural
        needed = RequestInfo("bind", "", role.get("apiGroup", ""), "*", plural, "", namespace, role["name"])
        rules = ()
    if authorizer.allows(user, needed):
        return
    if resource in {ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS}:
        rules = _bound_rules(authorizer, resource, manifest["roleRef"], namespace)
    held = authorizer.rules_for(user, namespace)
    missing = [single for single in single_rules(rules) if not any(covers(rule, single) for rule in held)]
    if missing:
        who = f"user {json.dumps(user.name)} (groups=[{' '.join(json.dumps(group) for group in user.groups)}])"
        listed = "\n".join(sorted({_shown(rule) for rule in _compact(missing)}))
        message = f"{who} is attempting to grant RBAC permissions not currently held:\n{listed}"
        raise forbidden(resource, name, message)
    if manifest.get("aggregationRule") and not all(
        any(covers(rule, single) for rule in held) for single in single_rules(_EVERYTHING)
    ):
        raise forbidden(resource, name, "must have cluster-admin privileges to use the aggregationRule")


def _bound_rules(authorizer: Authorizer, resource: Resource, ref: Manifest, namespace: str) -> Sequence[Manifest]:
    """The rules that a binding grants; raises ApiError if its role does not exist."""
    if (kind := ref.get("kind", "")) not in {"Role", "ClusterRole"}:
        raise ApiError(code=500, reason="", message=f"unsupported role reference kind: {json.dumps(kind)}")
    if not ref["name"]:
        raise bad_request("Name parameter required.")
    if reasons := path_segment(ref["name"]):
        raise bad_request(f"Name parameter invalid: {json.dumps(ref['name'])}: {';'.join(reasons)}")
    found = authorizer.rules_of(ref, namespace)
    if found is None:
        raise not_found(resource, ref["name"])  # with the binding's resource, as on the real server
    return found


def _without_garbage_collector_fields(manifest: Manifest) -> Manifest:
    """The object without the fields that the garbage collector writes."""
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in _GARBAGE_COLLECTOR_FIELDS}
    return {**manifest, "metadata": metadata}


def _compact(rules: Iterable[Manifest]) -> list[Manifest]:
    """The rules, merged where they differ only in their verb; paths are not merged, as on the server."""
    for_paths: list[Manifest] = []
    by_resource: dict[tuple[str, ...], Manifest] = {}
    for rule in rules:
        if "resources" not in rule:
            for_paths.append(rule)
            continue
        key = (*rule["apiGroups"], *rule["resources"], *(rule.get("resourceNames") or ()))
        if key in by_resource:
            by_resource[key]["verbs"].extend(rule["verbs"])
        else:
            by_resource[key] = {**rule, "verbs": list(rule["verbs"])}
    return [*for_paths, *by_resource.values()]


def _shown(rule: Manifest) -> str:
    """A rule in the server's message: `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`."""
    texts = (
        f"{word}:[{' '.join(json.dumps(value) for value in rule[field])}]" for word, field in _SHOWN if rule.get(field)
    )
    return f"{{{', '.join(texts)}}}"
