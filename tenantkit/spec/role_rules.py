"""Rules that a platform adds to the roles of its tenants, for the kinds of its operators.

The rules are checked here, since whoever installs the platform may write any rule: a rule over the platform's own
walls would let tenants remove them.
Source: page "Using RBAC Authorization", sections "Aggregated ClusterRoles" and "Privilege escalation prevention".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, field_validator, model_validator

from tenantkit.spec.base import TAG, Spec
from tenantkit.spec.fields import DnsLabel

if TYPE_CHECKING:
    from collections.abc import Iterator

READ = ("get", "list", "watch")

_GROUP = re.compile(r"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+|[a-z0-9]+)?")
_RESOURCE = re.compile(r"[a-z0-9][-a-z0-9]*(/[a-z0-9]+)?")
_VERB = re.compile(r"[a-z]+")
_POWERS = {
    "escalate": "it would let tenants write roles with more rights than their own",
    "bind": "it would let tenants bind any role",
    "impersonate": "it would let tenants act as other users",
}
# resources that no tenant may write, by their name without a subresource, and why
_WALLS = {
    "resourcequotas": "the platform sets quotas",
    "limitranges": "the platform sets limits",
    "namespaces": "the platform owns the namespaces of tenants",
    "nodes": "nodes belong to the platform",
    "persistentvolumes": "volumes of the cluster may belong to other tenants",
    "bindings": "the scheduler decides where pods run",
    "endpoints": "they can lead traffic to the addresses of other tenants",
    "endpointslices": "they can lead traffic to the addresses of other tenants",
    "events": "events are records of the cluster",
}
# groups that no tenant may write, and why
_WALL_GROUPS = {
    "rbac.authorization.k8s.io": "owners already manage RoleBindings, and nobody in a tenant writes roles",
    "admissionregistration.k8s.io": "admission policies are the platform's",
    "apiextensions.k8s.io": "definitions of kinds are the platform's",
    "apiregistration.k8s.io": "API services are the platform's",
    "authentication.k8s.io": "it would give tenants identities of others",
    "authorization.k8s.io": "it would show tenants the rights of others",
    "certificates.k8s.io": "it would give tenants identities of others",
    "flowcontrol.apiserver.k8s.io": "priorities of requests are the platform's",
    "node.k8s.io": "runtime classes are the platform's",
    "policy.networking.k8s.io": "network policies of the cluster are the platform's",
    "scheduling.k8s.io": "priority classes are the platform's",
    "storage.k8s.io": "storage classes are the platform's",
    "tenantkit.dev": "it would exempt tenants from the platform's guardrails",
}
# subresources that no tenant may use at all, and why
_NEVER = {
    "serviceaccounts/token": "it would give tenants tokens of other accounts",
    "nodes/proxy": "it would give tenants all pods of a node",
    "pods/binding": "the scheduler decides where pods run",
}
_INSIDE_PODS = frozenset({"exec", "attach", "portforward", "proxy"})
_POLICIES = "networkpolic"


def _check(pattern: re.Pattern[str], example: str, value: str) -> str:
    if "*" in value:
        raise ValueError(f"name each one: a wildcard would include the platform's own walls, for example {example!r}")
    if not pattern.fullmatch(value):
        raise ValueError(f"use lower-case letters, for example {example!r}")
    return value


def _check_group(value: str) -> str:
    return _check(_GROUP, "ray.io", value)


def _check_resource(value: str) -> str:
    return _check(_RESOURCE, "rayclusters", value)


def _check_verb(value: str) -> str:
    if value in _POWERS:
        raise ValueError(f"leave it out: {_POWERS[value]}")
    return _check(_VERB, "get", value)


_Group = Annotated[str, AfterValidator(_check_group)]
_Resource = Annotated[str, AfterValidator(_check_resource)]
_Verb = Annotated[str, AfterValidator(_check_verb)]


class RoleRule(Spec):
    """One rule of a role: verbs on resources of API groups, as in a ClusterRole.

    Args:
        api_groups: the groups, such as `ray.io`; `""` is the core group.
        resources: plural names in lower case, such as `rayclusters` or `rayclusters/status`.
        verbs: such as `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`.
        resource_names: only objects of these names. Default: all.

    Raises:
        InvalidSpecError: a wildcard, a verb that gives more rights (`bind`, `escalate`, `impersonate`), or a rule over
            what the platform sets in tenants' namespaces: quotas, limits, policies, roles, tokens, endpoints.

    Source: page "Using RBAC Authorization".

    Example:
        >>> tk.RoleRule(api_groups=["ray.io"], resources=["rayclusters"], verbs=["get", "list"]).to_mapping()
        {'apiGroups': ['ray.io'], 'resources': ['rayclusters'], 'verbs': ['get', 'list']}
    """

    api_groups: tuple[_Group, ...]
    resources: tuple[_Resource, ...]
    verbs: tuple[_Verb, ...]
    resource_names: tuple[str, ...] = ()

    @field_validator("api_groups", "resources", "verbs")
    @classmethod
    def _not_empty(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not values:
            raise ValueError("list at least one")
        return values

    @model_validator(mode="after")
    def _leaves_the_walls(self) -> Self:
        reasons = list(dict.fromkeys(self._over_walls()))
        if reasons:
            raise ValueError("; ".join(reasons))
        return self

    @property
    def is_read_only(self) -> bool:
        """Whether it has no other verbs than get, list and watch."""
        return set(self.verbs) <= set(READ)

    def _over_walls(self) -> Iterator[str]:
        for resource in self.resources:
            if resource in _NEVER:
                yield f"leave out {resource!r}: {_NEVER[resource]}"
            elif not self.is_read_only:
                yield from self._written(resource)

    def _written(self, resource: str) -> Iterator[str]:
        parent = resource.partition("/")[0]
        for group in self.api_groups:
            qualified = f"{resource}.{group}" if group else resource
            why = _WALL_GROUPS.get(group) or _WALLS.get(parent)
            if why is None and _POLICIES in parent:
                why = "network policies add up, so that one of a tenant's opens what the platform has closed"
            if why is not None:
                yield f"leave out {qualified!r}, or grant get, list and watch only: {why}"


def _not_for_viewers(rule: RoleRule) -> Iterator[str]:
    if not rule.is_read_only:
        others = ", ".join(verb for verb in rule.verbs if verb not in READ)
        yield f"viewers only read: leave out {others}, or move the rule to editor"
    if "" in rule.api_groups:
        for resource in rule.resources:
            if resource.partition("/")[0] == "secrets":
                yield "viewers read no Secrets, since a token in one gives more rights: move the rule to editor"
            elif resource.partition("/")[2] in _INSIDE_PODS:
                yield f"viewers do not enter pods: leave out {resource}, or move the rule to editor"


def _check_viewer_rule(rule: RoleRule) -> RoleRule:
    reasons = list(dict.fromkeys(_not_for_viewers(rule)))
    if reasons:
        raise ValueError("; ".join(reasons))
    return rule


_ViewerRule = Annotated[RoleRule, AfterValidator(_check_viewer_rule)]


class RoleRules(Spec):
    """Rules that a platform adds to the roles of all tenants, for the kinds of one operator.

    Each becomes a ClusterRole that the tenants' roles aggregate. Editors have the rules of viewers as well, and owners
    those of both. Each kind that a rule lets tenants create gets an entry in their quotas (`Quota.counts`).

    Args:
        name: a name of its own, in lower case, such as `spark`.
        viewer: for viewers, editors and owners; only get, list and watch, and no Secrets. Default: none.
        editor: for editors and owners. Default: none.
        owner: for owners. Default: none.

    Raises:
        InvalidSpecError: with every wrong rule; see `RoleRule`.

    Source: page "Using RBAC Authorization", section "Aggregated ClusterRoles".

    Example:
        >>> apps = {"api_groups": ["sparkoperator.k8s.io"], "resources": ["sparkapplications"]}
        >>> read = tk.RoleRule(**apps, verbs=["get", "list", "watch"])
        >>> write = tk.RoleRule(**apps, verbs=["create", "patch", "delete"])
        >>> spark = tk.RoleRules(name="spark", viewer=[read], editor=[write])
        >>> tk.Platform(roles=["ray", spark]).roles[1].name
        'spark'
    """

    name: DnsLabel
    viewer: tuple[_ViewerRule, ...] = ()
    editor: tuple[RoleRule, ...] = ()
    owner: tuple[RoleRule, ...] = ()

    @model_validator(mode="after")
    def _has_rules(self) -> Self:
        if not (self.viewer or self.editor or self.owner):
            raise ValueError("add a rule for viewer, editor or owner")
        return self


# The two forms of an entry of `Platform.roles`.
PRESET_TAG, RULES_TAG = f"{TAG}preset", f"{TAG}rules"


def kind_of_source(value: object) -> str:
    """The tag of an entry of `Platform.roles`: the name of a preset, or rules of one's own."""
    return PRESET_TAG if isinstance(value, str) else RULES_TAG
