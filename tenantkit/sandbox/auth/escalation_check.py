"""Nobody hands out more than they have: the check on roles and on bindings, past the plain right to write them.

A role is checked rule by rule against the writer's own, unless they may `escalate` it; a binding likewise against the
role that it names, unless they may `bind` that. Source: page "Using RBAC Authorization", section "Privilege escalation
prevention and bootstrapping"; pkg/registry/rbac, 1.37.
"""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.errors import ApiError, bad_request, forbidden, not_found
from tenantkit.sandbox.apimachinery.validation import path_segment
from tenantkit.sandbox.auth.rbac import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, RBAC, ROLE_BINDINGS, ROLES, covers
from tenantkit.sandbox.auth.request_info import RequestInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.apimachinery.resources import Resource
    from tenantkit.sandbox.auth.rbac import Authorizer
    from tenantkit.sandbox.auth.users import User

_EVERYTHING = (
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
)
_LEFT_TO_THE_COLLECTOR = ("finalizers", "ownerReferences", "managedFields")
_SHOWN = (
    ("APIGroups", "apiGroups"),
    ("Resources", "resources"),
    ("NonResourceURLs", "nonResourceURLs"),
    ("ResourceNames", "resourceNames"),
    ("Verbs", "verbs"),
)


def check_escalation(  # noqa: PLR0913, PLR0917 (all that one write is)
    authorizer: Authorizer,
    user: User,
    resource: Resource,
    info: RequestInfo,
    manifest: Manifest,
    old: Manifest | None,
) -> None:
    """Refuse a role or binding that would give what its writer does not have; other kinds pass.

    Args:
        authorizer: knows what the writer has.
        user: the writer.
        resource: the object's kind.
        info: what the request asks for; its namespace is empty for the cluster's kinds.
        manifest: the object as it would be stored.
        old: what is stored; None on create.

    Raises:
        ApiError: 403 with the rules that are missing; 404 where a binding's role is not there to compare with.
    """
    if resource not in {ROLES, CLUSTER_ROLES, ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS} or user.is_master:
        return
    if old is not None and _without_collector_fields(manifest) == _without_collector_fields(old):
        return
    name, namespace = manifest["metadata"].get("name", ""), info.namespace
    if resource in {ROLES, CLUSTER_ROLES}:
        # Asked for by the request's name, which a POST has none of.
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
    own = authorizer.rules_for(user, namespace)
    missing = [part for part in _parts(rules) if not any(covers(rule, part) for rule in own)]
    if missing:
        who = f"user {json.dumps(user.name)} (groups=[{' '.join(json.dumps(group) for group in user.groups)}])"
        listed = "\n".join(sorted({_shown(rule) for rule in _compact(missing)}))
        message = f"{who} is attempting to grant RBAC permissions not currently held:\n{listed}"
        raise forbidden(resource, name, message)
    if manifest.get("aggregationRule") and not all(
        any(covers(rule, part) for rule in own) for part in _parts(_EVERYTHING)
    ):
        raise forbidden(resource, name, "must have cluster-admin privileges to use the aggregationRule")


def _bound_rules(authorizer: Authorizer, resource: Resource, ref: Manifest, namespace: str) -> Sequence[Manifest]:
    """The rules that a binding gives; raises ApiError where it names no role."""
    if (kind := ref.get("kind", "")) not in {"Role", "ClusterRole"}:
        raise ApiError(code=500, reason="", message=f"unsupported role reference kind: {json.dumps(kind)}")
    if not ref["name"]:
        raise bad_request("Name parameter required.")
    if reasons := path_segment(ref["name"]):
        raise bad_request(f"Name parameter invalid: {json.dumps(ref['name'])}: {';'.join(reasons)}")
    found = authorizer.rules_of(ref, namespace)
    if found is None:
        raise not_found(resource, ref["name"])  # of the binding's resource, as the real one has it
    return found


def _without_collector_fields(manifest: Manifest) -> Manifest:
    """The object without what a garbage collector writes."""
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in _LEFT_TO_THE_COLLECTOR}
    return {**manifest, "metadata": metadata}


def _parts(rules: Iterable[Manifest]) -> Iterator[Manifest]:
    """The rules taken apart into rules of one verb, one resource and at most one name, or one verb and one path."""
    for rule in rules:
        groups, resources, verbs = (rule.get(field) or () for field in ("apiGroups", "resources", "verbs"))
        for group, resource, verb, name in product(groups, resources, verbs, rule.get("resourceNames") or (None,)):
            part = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
            yield part if name is None else part | {"resourceNames": [name]}
        for path, verb in product(rule.get("nonResourceURLs") or (), verbs):
            yield {"nonResourceURLs": [path], "verbs": [verb]}


def _compact(parts: Iterable[Manifest]) -> list[Manifest]:
    """The parts with those put together that differ by verb only; paths stay apart, as on the server."""
    found: list[Manifest] = []
    by_resource: dict[tuple[str, ...], Manifest] = {}
    for part in parts:
        if "resources" not in part:
            found.append(part)
            continue
        key = (*part["apiGroups"], *part["resources"], *(part.get("resourceNames") or ()))
        if key in by_resource:
            by_resource[key]["verbs"].extend(part["verbs"])
        else:
            by_resource[key] = {**part, "verbs": list(part["verbs"])}
    return [*found, *by_resource.values()]


def _shown(rule: Manifest) -> str:
    """A rule as the server's message shows it: `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`."""
    texts = (
        f"{word}:[{' '.join(json.dumps(value) for value in rule[field])}]" for word, field in _SHOWN if rule.get(field)
    )
    return f"{{{', '.join(texts)}}}"
