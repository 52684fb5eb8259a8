"""Authorization by RBAC, from the stored roles and bindings.

Rules are read from the store for each request, so that a binding takes effect at once and nothing can be stale.
Rejected alternative: a cache of each user's rules, because its invalidation would be longer than the search it saves.

Source: page "Using RBAC Authorization"; plugin/pkg/auth/authorizer/rbac, component-helpers/auth/rbac/validation, 1.37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenantkit.rules.rbac.permissions import has, has_resource, path_covers
from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.resources import find
from tenantkit.sandbox.auth.users import SERVICE_ACCOUNT_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest
    from tenantkit.sandbox.auth.request_info import RequestInfo
    from tenantkit.sandbox.auth.users import User
    from tenantkit.sandbox.storage.store import Store

RBAC = "rbac.authorization.k8s.io"
ROLES = find(RBAC, "v1", "roles")
CLUSTER_ROLES = find(RBAC, "v1", "clusterroles")
ROLE_BINDINGS = find(RBAC, "v1", "rolebindings")
CLUSTER_ROLE_BINDINGS = find(RBAC, "v1", "clusterrolebindings")


class Authorizer:
    """Authorizes requests by the roles and bindings in a store.

    Example:
        >>> from datetime import UTC, datetime
        >>> from tenantkit.sandbox.auth.request_info import RequestInfo
        >>> from tenantkit.sandbox.auth.users import User
        >>> from tenantkit.sandbox.storage.store import Store
        >>> store = Store(lambda: datetime.now(UTC))
        >>> Authorizer(store).allows(User("dana@example.com"), RequestInfo("list", version="v1", resource="pods"))
        False
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def allows(self, user: User, info: RequestInfo) -> bool:
        """Whether the user may make the request."""
        return self.reason(user, info) is not None

    def reason(self, user: User, info: RequestInfo) -> str | None:
        """Why the user may make the request, in the words of an access review; None if they may not."""
        if user.is_master:
            return ""
        for source, rule in self._rules(user, info.namespace):
            if rule_allows(rule, info):
                return f"RBAC: allowed by {source}"
        return None

    def rules_for(self, user: User, namespace: str) -> list[Manifest]:
        """All rules that apply to the user in a namespace, including cluster-wide ones."""
        return [rule for _, rule in self._rules(user, namespace)]

    def missing_roles(self, user: User, namespace: str) -> list[str]:
        """The roles that are bound to the user but do not exist, in the server's words."""
        return [
            f'{ref["kind"].lower()}.{ROLES.group} "{ref["name"]}" not found'
            for ref in (binding["roleRef"] for binding, _, home in self._bindings(user, namespace))
            if self.rules_of(ref, namespace) is None
        ]

    def rules_of(self, role_ref: Manifest, namespace: str) -> list[Manifest] | None:
        """The rules of the role that a binding names; None if it does not exist."""
        name = role_ref["name"]
        resource, home = (ROLES, namespace) if role_ref["kind"] == "Role" else (CLUSTER_ROLES, "")
        role = self._store.get(resource, name, home)
        return None if role is None else list(role.get("rules") or ())

    def check(self, user: User, info: RequestInfo) -> None:
        """Raise ApiError 403 if the user may not make the request."""
        if not self.allows(user, info):
            missing = self.missing_roles(user, info.namespace)
            listed = missing[0] if len(missing) == 1 else f"[{', '.join(missing)}]"
            raise denied(user, info, f"rbac: RBAC: {listed}" if missing else "")

    def _rules(self, user: User, namespace: str) -> Iterator[tuple[str, Manifest]]:
        """Each rule that applies to the user, with the binding that grants it."""
        for binding, subject, home in self._bindings(user, namespace):
            source = _description(binding, subject, home)
            for rule in self.rules_of(binding["roleRef"], home) or ():
                yield source, rule

    def _bindings(self, user: User, namespace: str) -> Iterator[tuple[Manifest, Manifest, str]]:
        """Each binding of the user, with the subject that matches them and the binding's namespace."""
        for resource, home in ((CLUSTER_ROLE_BINDINGS, ""), (ROLE_BINDINGS, namespace)):
            if resource is ROLE_BINDINGS and not home:
                return
            for binding in self._store.list(resource, home):
                subject = next((item for item in binding.get("subjects") or () if _is(user, item, home)), None)
                if subject is not None:
                    yield binding, subject, home


def denied(user: User, info: RequestInfo, reason: str = "") -> ApiError:
    """The 403 for a request, in the server's words."""
    if not info.is_resource:
        text = f'User "{user.name}" cannot {info.verb} path "{info.path}"'
    else:
        where = f'in the namespace "{info.namespace}"' if info.namespace else "at the cluster scope"
        group = f'in API group "{info.group}"'
        text = f'User "{user.name}" cannot {info.verb} resource "{info.combined}" {group} {where}'
    for plain, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):  # as the server does, to protect browsers
        text = text.replace(plain, escaped)
    qualified = f"{info.resource}.{info.group}" if info.group else info.resource
    named = f'{qualified} "{info.name}"' if info.name else qualified
    message = f"{named} is forbidden: {text}" if named else f"forbidden: {text}"
    return ApiError(
        code=403,
        reason="Forbidden",
        message=message + (f": {reason}" if reason else ""),
        name=info.name,
        kind=info.resource,
        group=info.group,
        empty_details=True,
    )


def rule_allows(rule: Manifest, info: RequestInfo) -> bool:
    """Whether one rule of a role allows the request."""
    if not has(rule.get("verbs"), info.verb):
        return False
    if not info.is_resource:
        return any(path_covers(path, info.path) for path in rule.get("nonResourceURLs") or ())
    names = rule.get("resourceNames")
    return (
        has(rule.get("apiGroups"), info.group)
        and has_resource(rule.get("resources") or (), info.combined)
        and (not names or info.name in names)
    )


def _is(user: User, subject: Manifest, namespace: str) -> bool:
    """Whether the user is a binding's subject."""
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


def _description(binding: Manifest, subject: Manifest, namespace: str) -> str:
    """A binding as access reviews name it in their reason."""
    name, kind = binding["metadata"]["name"], "RoleBinding" if namespace else "ClusterRoleBinding"
    role = binding["roleRef"]
    who = subject["name"]
    if subject["kind"] == "ServiceAccount":
        who += f"/{subject.get('namespace') or namespace}"
    named = f"{name}/{namespace}" if namespace else name
    return f'{kind} "{named}" of {role["kind"]} "{role["name"]}" to {subject["kind"]} "{who}"'
