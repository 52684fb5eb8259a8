"""RBAC in the sandbox: a request's attributes, who may make it, and the message of a denial."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.auth.escalation_check import check_escalation
from tenantkit.sandbox.auth.rbac import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    RBAC,
    ROLE_BINDINGS,
    ROLES,
    Authorizer,
    denied,
    rule_allows,
)
from tenantkit.sandbox.auth.request_info import RequestInfo
from tenantkit.sandbox.auth.users import MASTERS, User, service_account_user
from tenantkit.sandbox.endpoints.request import parse_request_info
from tenantkit.sandbox.storage.store import Store

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

DANA = User("dana@example.com")
LIST_PODS = RequestInfo("list", "", "", "v1", "pods", "", "vision")
READ_PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}


def role(name: str, *rules: Manifest, namespace: str = "") -> Manifest:
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"metadata": metadata, "rules": list(rules)}


def binding_of(name: str, kind: str, to: str, subject: Manifest, namespace: str = "") -> Manifest:
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"metadata": metadata, "roleRef": {"apiGroup": RBAC, "kind": kind, "name": to}, "subjects": [subject]}


def user(name: str = "dana@example.com") -> Manifest:
    return {"kind": "User", "apiGroup": RBAC, "name": name}


@pytest.fixture
def store() -> Store:
    return Store(lambda: datetime(2026, 11, 25, 12, tzinfo=UTC))


@pytest.fixture
def authorizer(store: Store) -> Authorizer:
    return Authorizer(store)


@pytest.mark.parametrize(
    ("method", "path", "query", "expected"),
    [
        ("GET", "/version", {}, RequestInfo("get", "/version")),
        ("POST", "/api/v1", {}, RequestInfo("post", "/api/v1")),
        ("GET", "/apis/apps/v1", {}, RequestInfo("get", "/apis/apps/v1")),
        ("GET", "/api/v1/pods", {}, RequestInfo("list", "/api/v1/pods", "", "v1", "pods")),
        ("GET", "/api/v1/pods/", {"watch": "True"}, RequestInfo("watch", "/api/v1/pods/", "", "v1", "pods")),
        ("GET", "/api/v1/pods", {"watch": "0"}, RequestInfo("list", "/api/v1/pods", "", "v1", "pods")),
        ("GET", "/api/v1/watch/pods", {}, RequestInfo("watch", "/api/v1/watch/pods", "", "v1", "pods")),
    ],
)
def test_a_path_is_parsed_as_on_the_real_server(
    method: str, path: str, query: dict[str, str], expected: RequestInfo
) -> None:
    assert parse_request_info(method, path, query) == expected


@pytest.mark.parametrize(
    ("method", "path", "rest"),
    [
        ("GET", "/api/v1/namespaces", ("list", "namespaces", "", "", "")),
        ("GET", "/api/v1/namespaces/vision", ("get", "namespaces", "", "vision", "vision")),
        ("PUT", "/api/v1/namespaces/vision/finalize", ("update", "namespaces", "finalize", "vision", "vision")),
        ("DELETE", "/api/v1/namespaces/vision/pods", ("deletecollection", "pods", "", "vision", "")),
        ("DELETE", "/api/v1/namespaces/vision/pods/a", ("delete", "pods", "", "vision", "a")),
        ("PATCH", "/api/v1/namespaces/vision/pods/a/status", ("patch", "pods", "status", "vision", "a")),
        ("POST", "/api/v1/namespaces/vision/pods", ("create", "pods", "", "vision", "")),
    ],
)
def test_a_namespace_is_in_its_own_namespace(method: str, path: str, rest: tuple[str, ...]) -> None:
    info = parse_request_info(method, path, {})
    assert (info.verb, info.resource, info.subresource, info.namespace, info.name) == rest


def test_a_list_with_a_name_selector_has_that_name() -> None:
    query = {"fieldSelector": "metadata.name=a,status.phase=Running"}
    assert parse_request_info("GET", "/api/v1/namespaces/vision/pods", query).name == "a"


@pytest.mark.parametrize(
    ("rule", "info", "allowed"),
    [
        (READ_PODS, LIST_PODS, True),
        (READ_PODS, RequestInfo("delete", resource="pods"), False),
        (READ_PODS, RequestInfo("get", resource="pods", subresource="log"), False),
        (READ_PODS | {"resources": ["pods/log"]}, RequestInfo("get", resource="pods", subresource="log"), True),
        (READ_PODS | {"resources": ["*/log"]}, RequestInfo("get", resource="pods", subresource="log"), True),
        (READ_PODS | {"resources": ["*"]}, RequestInfo("get", resource="pods", subresource="log"), True),
        (READ_PODS, RequestInfo("get", group="metrics.k8s.io", resource="pods"), False),
        (READ_PODS | {"resourceNames": ["a"]}, RequestInfo("get", resource="pods", name="a"), True),
        (READ_PODS | {"resourceNames": ["a"]}, LIST_PODS, False),
        ({"nonResourceURLs": ["/api/*"], "verbs": ["get"]}, RequestInfo("get", "/api/v1"), True),
        ({"nonResourceURLs": ["/api"], "verbs": ["get"]}, RequestInfo("get", "/api/v1"), False),
        ({"nonResourceURLs": ["*"], "verbs": ["*"]}, LIST_PODS, False),
    ],
)
def test_a_rule_allows_its_verbs_and_resources_only(rule: Manifest, info: RequestInfo, *, allowed: bool) -> None:
    assert rule_allows(rule, info) is allowed


def test_a_role_binding_applies_in_its_namespace_only(store: Store, authorizer: Authorizer) -> None:
    store.put(CLUSTER_ROLES, role("reader", READ_PODS))
    store.put(ROLE_BINDINGS, binding_of("dana", "ClusterRole", "reader", user(), "vision"))
    assert authorizer.reason(DANA, LIST_PODS) == (
        'RBAC: allowed by RoleBinding "dana/vision" of ClusterRole "reader" to User "dana@example.com"'
    )
    assert not authorizer.allows(DANA, RequestInfo("list", resource="pods", namespace="audio"))
    assert not authorizer.allows(DANA, RequestInfo("list", resource="pods"))


def test_a_cluster_role_binding_applies_everywhere_and_to_groups_and_accounts(
    store: Store, authorizer: Authorizer
) -> None:
    store.put(CLUSTER_ROLES, role("reader", READ_PODS))
    group = {"kind": "Group", "apiGroup": RBAC, "name": "ml-vision"}
    account = {"kind": "ServiceAccount", "name": "jupyter", "namespace": "hub"}
    store.put(CLUSTER_ROLE_BINDINGS, binding_of("team", "ClusterRole", "reader", group))
    store.put(CLUSTER_ROLE_BINDINGS, binding_of("hub", "ClusterRole", "reader", account))
    assert authorizer.allows(User("x", ("ml-vision",)), LIST_PODS)
    assert authorizer.allows(service_account_user("hub", "jupyter"), RequestInfo("list", resource="pods"))
    assert not authorizer.allows(service_account_user("hub", "other"), LIST_PODS)


def test_a_binding_to_a_missing_role_takes_effect_once_the_role_exists(store: Store, authorizer: Authorizer) -> None:
    store.put(ROLE_BINDINGS, binding_of("dana", "Role", "reader", user(), "vision"))
    assert not authorizer.allows(DANA, LIST_PODS)
    store.put(ROLES, role("reader", READ_PODS, namespace="vision"))
    assert authorizer.allows(DANA, LIST_PODS)


def test_masters_may_do_everything(authorizer: Authorizer) -> None:
    assert authorizer.reason(User("admin", (MASTERS,)), RequestInfo("anything", resource="at-all")) == ""


@pytest.mark.parametrize(
    ("info", "message"),
    [
        (
            RequestInfo("list", "", "networking.k8s.io", "v1", "ingresses"),
            (
                'ingresses.networking.k8s.io is forbidden: User "dana@example.com" cannot list resource "ingresses" in '
                'API group "networking.k8s.io" at the cluster scope'
            ),
        ),
        (
            RequestInfo("get", "", "", "v1", "pods", "log", "vision", "a"),
            (
                'pods "a" is forbidden: User "dana@example.com" cannot get resource "pods/log" in API group "" in the '
                'namespace "vision"'
            ),
        ),
        (RequestInfo("get", "/<b>"), 'forbidden: User "dana@example.com" cannot get path "/&lt;b&gt;"'),
    ],
)
def test_a_denial_has_the_servers_message(info: RequestInfo, message: str) -> None:
    assert denied(DANA, info).status_body()["message"] == message


ROLE_WRITER = {"apiGroups": [RBAC], "resources": ["roles", "rolebindings"], "verbs": ["create", "update"]}
CREATE = RequestInfo("create", "", RBAC, "v1", "roles", "", "vision")


def escalate(store: Store, resource: Any, manifest: Manifest, old: Manifest | None = None) -> None:
    check_escalation(Authorizer(store), DANA, resource, CREATE, manifest, old)


@pytest.fixture
def as_role_writer(store: Store) -> Store:
    store.put(ROLES, role("own", ROLE_WRITER, READ_PODS, namespace="vision"))
    store.put(ROLE_BINDINGS, binding_of("own", "Role", "own", user(), "vision"))
    return store


def test_a_role_with_more_permissions_than_its_writers_is_refused(as_role_writer: Store) -> None:
    escalate(as_role_writer, ROLES, role("pods", READ_PODS))
    rules = [READ_PODS | {"resources": ["pods", "secrets"]}, READ_PODS | {"verbs": ["watch", "get"]}]
    with pytest.raises(ApiError) as caught:
        escalate(as_role_writer, ROLES, role("more", *rules))
    assert caught.value.status_body()["message"] == (
        'roles.rbac.authorization.k8s.io "more" is forbidden: user "dana@example.com" '
        '(groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n'
        '{APIGroups:[""], Resources:["pods"], Verbs:["watch"]}\n'
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}'
    )


def test_a_user_who_may_escalate_can_write_any_role(as_role_writer: Store) -> None:
    permission = {"apiGroups": [RBAC], "resources": ["roles"], "verbs": ["escalate"]}
    as_role_writer.put(ROLES, role("own", ROLE_WRITER, permission, namespace="vision"))
    escalate(as_role_writer, ROLES, role("more", READ_PODS | {"verbs": ["*"]}))


def test_binding_a_role_with_more_permissions_needs_permission_to_bind_it(as_role_writer: Store) -> None:
    as_role_writer.put(CLUSTER_ROLES, role("edit", READ_PODS | {"verbs": ["delete"]}))
    binding = binding_of("dana", "ClusterRole", "edit", user())
    with pytest.raises(ApiError) as caught:
        escalate(as_role_writer, ROLE_BINDINGS, binding)
    assert caught.value.status_body()["details"]["name"] == "dana"
    permission = {"apiGroups": [RBAC], "resources": ["clusterroles"], "resourceNames": ["edit"], "verbs": ["bind"]}
    as_role_writer.put(ROLES, role("own", ROLE_WRITER, permission, namespace="vision"))
    escalate(as_role_writer, ROLE_BINDINGS, binding)


def test_a_change_of_finalizers_only_is_not_an_escalation(as_role_writer: Store) -> None:
    old = role("more", READ_PODS | {"verbs": ["*"]})
    escalate(as_role_writer, ROLES, {**old, "metadata": {"name": "more", "finalizers": ["example.com/x"]}}, old)


def test_only_cluster_admins_can_write_an_aggregation_rule(as_role_writer: Store) -> None:
    collector = {**role("all"), "aggregationRule": {"clusterRoleSelectors": []}}
    with pytest.raises(ApiError) as caught:
        escalate(as_role_writer, CLUSTER_ROLES, collector)
    assert "must have cluster-admin privileges to use the aggregationRule" in caught.value.message
