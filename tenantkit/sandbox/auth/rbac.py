"""Who may do what: RBAC over the stored roles and bindings, asked afresh at each request.

Rules are read from the store every time, so that a binding counts from the moment it is written, and nothing can be
stale. Turned down: a cache of rules a user, whose invalidation would be longer than the search it saves.

Source: page "Using RBAC Authorization"; plugin/pkg/auth/authorizer/rbac, component-helpers/auth/rbac/validation, 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import find

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.storage.store import Store

RBAC = "rbac.authorization.k8s.io"
ROLES = find(RBAC, "v1", "roles")
CLUSTER_ROLES = find(RBAC, "v1", "clusterroles")
ROLE_BINDINGS = find(RBAC, "v1", "rolebindings")
CLUSTER_ROLE_BINDINGS = find(RBAC, "v1", "clusterrolebindings")

AUTHENTICATED = "system:authenticated"
MASTERS = "system:masters"
SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:"


@dataclass(frozen=True, slots=True)
class User:
    """Who asks, as the server knows them."""

    name: str
    groups: tuple[str, ...] = (AUTHENTICATED,)
    uid: str = ""
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def is_master(self) -> bool:
        """Whether RBAC does not bind them at all."""
        return MASTERS in self.groups


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """What is asked for: a verb on a resource, or on a path that is none."""

    verb: str
    path: str = ""
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""

    @property
    def combined(self) -> str:
        """The resource as rules name it: `pods/log`."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


def service_account_user(namespace: str, name: str, uid: str = "") -> User:
    """The user that a service account is.

    Source: page "Managing Service Accounts", section "User accounts versus service accounts".
    """
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    return User(f"{SERVICE_ACCOUNT_PREFIX}{namespace}:{name}", groups, uid)


class Authorizer:
    """Answers from the roles and bindings in a store.

    Example:
        >>> from datetime import UTC, datetime
        >>> from tenantkit.sandbox.storage.store import Store
        >>> store = Store(lambda: datetime.now(UTC))
        >>> Authorizer(store).allows(User("dana@example.com"), RequestInfo("list", version="v1", resource="pods"))
        False
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def allows(self, user: User, action: RequestInfo) -> bool:
        """Whether the user may do that."""
        return self.reason(user, action) is not None

    def reason(self, user: User, action: RequestInfo) -> str | None:
        """Why the user may do that, in the words of an access review, or None when they may not."""
        if user.is_master:
            return ""
        for source, rule in self._rules(user, action.namespace):
            if rule_allows(rule, action):
                return f"RBAC: allowed by {source}"
        return None

    def rules_for(self, user: User, namespace: str) -> list[Manifest]:
        """All rules that count for the user in a namespace, the cluster's included."""
        return [rule for _, rule in self._rules(user, namespace)]

    def missing_roles(self, user: User, namespace: str) -> list[str]:
        """What stands in the way of the user's rules: roles that are bound and not there, as the server names them."""
        return [
            f'{ref["kind"].lower()}.{ROLES.group} "{ref["name"]}" not found'
            for ref in (binding["roleRef"] for binding, _, home in self._bindings(user, namespace))
            if self.rules_of(ref, namespace) is None
        ]

    def rules_of(self, role_ref: Manifest, namespace: str) -> list[Manifest] | None:
        """The rules of the role that a binding names; None where it is not there."""
        name = role_ref["name"]
        resource, home = (ROLES, namespace) if role_ref["kind"] == "Role" else (CLUSTER_ROLES, "")
        role = self._store.get(resource, name, home)
        return None if role is None else list(role.get("rules") or ())

    def check(self, user: User, action: RequestInfo) -> None:
        """Raise ApiError 403 where the user may not do that."""
        if not self.allows(user, action):
            missing = self.missing_roles(user, action.namespace)
            listed = missing[0] if len(missing) == 1 else f"[{', '.join(missing)}]"
            raise denied(user, action, f"rbac: RBAC: {listed}" if missing else "")

    def _rules(self, user: User, namespace: str) -> Iterator[tuple[str, Manifest]]:
        """Each rule with the binding that it comes from."""
        for binding, subject, home in self._bindings(user, namespace):
            source = _described(binding, subject, home)
            for rule in self.rules_of(binding["roleRef"], home) or ():
                yield source, rule

    def _bindings(self, user: User, namespace: str) -> Iterator[tuple[Manifest, Manifest, str]]:
        """Each binding that counts for the user, with the subject that they are, and the namespace that it is of."""
        for resource, home in ((CLUSTER_ROLE_BINDINGS, ""), (ROLE_BINDINGS, namespace)):
            if resource is ROLE_BINDINGS and not home:
                return
            for binding in self._store.list(resource, home):
                subject = next((item for item in binding.get("subjects") or () if _is(user, item, home)), None)
                if subject is not None:
                    yield binding, subject, home


def denied(user: User, action: RequestInfo, reason: str = "") -> ApiError:
    """The 403 for an action, word for word."""
    if not action.resource:
        text = f'User "{user.name}" cannot {action.verb} path "{action.path}"'
    else:
        where = f'in the namespace "{action.namespace}"' if action.namespace else "at the cluster scope"
        group = f'in API group "{action.group}"'
        text = f'User "{user.name}" cannot {action.verb} resource "{action.combined}" {group} {where}'
    for plain, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):  # as the server does, against browsers
        text = text.replace(plain, escaped)
    qualified = f"{action.resource}.{action.group}" if action.group else action.resource
    named = f'{qualified} "{action.name}"' if action.name else qualified
    message = f"{named} is forbidden: {text}" if named else f"forbidden: {text}"
    return ApiError(
        code=403,
        reason="Forbidden",
        message=message + (f": {reason}" if reason else ""),
        name=action.name,
        kind=action.resource,
        group=action.group,
        empty_details=True,
    )


def rule_allows(rule: Manifest, action: RequestInfo) -> bool:
    """Whether one rule of a role covers the action."""
    if not _has(rule.get("verbs"), action.verb):
        return False
    if not action.resource:
        return any(_path_covers(path, action.path) for path in rule.get("nonResourceURLs") or ())
    resources = rule.get("resources") or ()
    names = rule.get("resourceNames")
    return (
        _has(rule.get("apiGroups"), action.group)
        and (_has(resources, action.combined) or (bool(action.subresource) and f"*/{action.subresource}" in resources))
        and (not names or action.name in names)
    )


def covers(rule: Manifest, wanted: Manifest) -> bool:
    """Whether a rule gives all that another one gives, which has at most one verb, resource, name or path."""
    resources = rule.get("resources") or ()
    names, wanted_names = rule.get("resourceNames"), wanted.get("resourceNames") or ()
    return (
        all(_has(rule.get("verbs"), verb) for verb in wanted["verbs"])
        and all(_has(rule.get("apiGroups"), group) for group in wanted.get("apiGroups") or ())
        and all(
            _has(resources, item) or ("/" in item and f"*/{item.partition('/')[2]}" in resources)
            for item in wanted.get("resources") or ()
        )
        and (not names or (bool(wanted_names) and set(wanted_names) <= set(names)))
        and all(
            any(_path_covers(path, item) for path in rule.get("nonResourceURLs") or ())
            for item in wanted.get("nonResourceURLs") or ()
        )
    )


def _has(values: Sequence[str] | None, value: str) -> bool:
    return values is not None and (value in values or "*" in values)


def _path_covers(pattern: str, path: str) -> bool:
    return pattern == path or (pattern.endswith("*") and path.startswith(pattern.rstrip("*")))


def _is(user: User, subject: Manifest, namespace: str) -> bool:
    """Whether a binding's subject is this user."""
    match subject["kind"]:
        case "User":
            return bool(user.name == subject["name"])
        case "Group":
            return subject["name"] in user.groups
        case "ServiceAccount":
            home = subject.get("namespace") or namespace
            return bool(home) and user.name == f"{SERVICE_ACCOUNT_PREFIX}{home}:{subject['name']}"
        case _:
            return False


def _described(binding: Manifest, subject: Manifest, namespace: str) -> str:
    """A binding as access reviews give it as a reason."""
    name, kind = binding["metadata"]["name"], "RoleBinding" if namespace else "ClusterRoleBinding"
    role = binding["roleRef"]
    who = subject["name"]
    if subject["kind"] == "ServiceAccount":
        who += f"/{subject.get('namespace') or namespace}"
    named = f"{name}/{namespace}" if namespace else name
    return f'{kind} "{named}" of {role["kind"]} "{role["name"]}" to {subject["kind"]} "{who}"'
