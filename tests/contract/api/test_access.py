"""Authentication, authorization, and the messages of refusals; the same on both engines."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tenantkit.cluster.identity import read_user
from tests.contract.engines import ForeignEngine
from tests.controlplane.credentials import user_name
from tests.eventually import eventually
from tests.statuses import status

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.engines import Engine
    from tests.contract.wire import Answer, Wire

    WireAs = Callable[[str], Wire]

RBAC = "rbac.authorization.k8s.io"
RBAC_V1 = f"{RBAC}/v1"
REVIEWS = "/apis/authorization.k8s.io/v1"


def binding(name: str, user: str, role: str) -> Manifest:
    return {
        "apiVersion": RBAC_V1,
        "kind": "RoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": user_name(user)}],
    }


def bindings_path(namespace: str) -> str:
    return f"/apis/{RBAC_V1}/namespaces/{namespace}/rolebindings"


def review(wire: Wire, **attributes: str) -> Manifest:
    """The server's answer to: may I?"""
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    answer = wire("POST", f"{REVIEWS}/selfsubjectaccessreviews", body)
    assert answer.status == 201
    decision: Manifest = answer.body["status"]
    return decision


@pytest.fixture
def give(wire: Wire, wire_as: WireAs, namespace: str) -> Callable[[str, str], Wire]:
    """Bind a user to a role in the namespace, and wait until the authoriser has seen it."""

    def given(user: str, role: str) -> Wire:
        answer = wire("POST", bindings_path(namespace), binding(f"{user}-{role}", user, role))
        assert answer.status == 201
        person = wire_as(user)
        eventually(lambda: review(person, verb="list", resource="configmaps", namespace=namespace)["allowed"])
        return person

    return given


@pytest.mark.parametrize("user", ["provisioner", "owner", "editor", "viewer", "stranger"])
def test_a_user_has_a_name_and_only_the_group_of_all_authenticated_users(
    connect_as: Callable[[str], Cluster], user: str
) -> None:
    identity = read_user(connect_as(user))
    assert (identity.username, list(identity.groups)) == (user_name(user), ["system:authenticated"])


def test_the_admin_is_in_the_masters_group_and_may_do_everything(engine: Engine, cluster: Cluster) -> None:
    if isinstance(engine, ForeignEngine):
        pytest.skip("the admin of this cluster has a name and groups of its own")
    identity = read_user(cluster)
    assert (identity.username, list(identity.groups)) == (
        "admin@example.com",
        ["system:masters", "system:authenticated"],
    )


def test_a_request_without_a_token_is_unauthorized(engine: Engine, wire: Wire) -> None:
    if isinstance(engine, ForeignEngine):
        pytest.skip("whether anonymous requests are let in is this cluster's own choice")
    with closing(wire.as_nobody()) as nobody:
        answers = [nobody("GET", path) for path in ("/version", "/api/v1/namespaces")]
    unauthorized = (401, status(401, "Unauthorized", "Unauthorized"))
    assert [(answer.status, answer.body) for answer in answers] == [unauthorized, unauthorized]


def test_a_wrong_token_is_unauthorized_on_every_path(wire: Wire) -> None:
    with closing(wire.as_nobody(token="wrong")) as nobody:
        answer = nobody("GET", "/version")
    assert (answer.status, answer.body) == (401, status(401, "Unauthorized", "Unauthorized"))


@pytest.mark.parametrize("path", ["/version", "/api", "/apis", "/api/v1", "/openapi/v3", "/readyz"])
def test_every_user_may_read_discovery(wire_as: WireAs, path: str) -> None:
    assert wire_as("stranger")("GET", path).status == 200


def test_a_path_that_is_not_a_resource_is_refused_by_its_path(wire_as: WireAs) -> None:
    answer = wire_as("stranger")("GET", "/metrics")
    message = 'forbidden: User "stranger@example.com" cannot get path "/metrics"'
    assert (answer.status, answer.body) == (403, status(403, "Forbidden", message, details={}))


class Denial(NamedTuple):
    """A request, and how the server names what it refuses."""

    method: str
    path: str
    verb: str
    resource: str
    name: str | None = None
    group: str = ""
    is_cluster_wide: bool = False

    def as_status(self, namespace: str) -> Manifest:
        """The whole answer."""
        plural = self.resource.partition("/")[0]
        details = {"name": self.name, "group": self.group, "kind": plural}
        qualified = f"{plural}.{self.group}" if self.group else plural
        subject = f'{qualified} "{self.name}"' if self.name else qualified
        place = "at the cluster scope" if self.is_cluster_wide else f'in the namespace "{namespace}"'
        message = (
            f'{subject} is forbidden: User "stranger@example.com" cannot {self.verb} resource "{self.resource}" '
            f'in API group "{self.group}" {place}'
        )
        return status(403, "Forbidden", message, details={key: value for key, value in details.items() if value})


INGRESSES = "/apis/networking.k8s.io/v1/ingresses"
IN_NAMESPACE = "/api/v1/namespaces/{}"
CONFIG_MAPS = IN_NAMESPACE + "/configmaps"
DENIALS = [
    Denial("GET", "/api/v1/namespaces", "list", "namespaces", is_cluster_wide=True),
    Denial("GET", IN_NAMESPACE, "get", "namespaces", "{}"),
    Denial("GET", INGRESSES, "list", "ingresses", group="networking.k8s.io", is_cluster_wide=True),
    Denial("GET", CONFIG_MAPS, "list", "configmaps"),
    Denial("GET", CONFIG_MAPS + "?watch=true", "watch", "configmaps"),
    Denial("GET", CONFIG_MAPS + "/x", "get", "configmaps", "x"),
    Denial("POST", CONFIG_MAPS, "create", "configmaps"),
    Denial("PATCH", CONFIG_MAPS + "/x", "patch", "configmaps", "x"),
    Denial("PUT", CONFIG_MAPS + "/x", "update", "configmaps", "x"),
    Denial("DELETE", CONFIG_MAPS + "/x", "delete", "configmaps", "x"),
    Denial("DELETE", CONFIG_MAPS, "deletecollection", "configmaps"),
    Denial("GET", IN_NAMESPACE + "/resourcequotas/q/status", "get", "resourcequotas/status", "q"),
]


@pytest.mark.parametrize("denial", DENIALS, ids=lambda denial: f"{denial.verb} {denial.path.partition('/v1/')[2]}")
def test_a_stranger_is_refused_by_user_verb_resource_and_place(wire_as: WireAs, namespace: str, denial: Denial) -> None:
    has_body = denial.method in {"POST", "PUT", "PATCH"}
    answer = wire_as("stranger")(denial.method, denial.path.format(namespace), {} if has_body else None)
    of_namespace = denial._replace(name=denial.name and denial.name.format(namespace))
    assert (answer.status, answer.body) == (403, of_namespace.as_status(namespace))


def test_a_binding_gives_its_role_in_its_namespace_only(give: Callable[[str, str], Wire], namespace: str) -> None:
    editor = give("editor", "edit")
    reason = (
        f'RBAC: allowed by RoleBinding "editor-edit/{namespace}" of ClusterRole "edit" to User "editor@example.com"'
    )
    allowed = {"allowed": True, "reason": reason}
    assert review(editor, verb="create", resource="configmaps", namespace=namespace) == allowed
    assert review(editor, verb="create", resource="resourcequotas", namespace=namespace) == {"allowed": False}
    assert review(editor, verb="create", resource="configmaps", namespace="default") == {"allowed": False}
    assert review(editor, verb="create", resource="configmaps") == {"allowed": False}


def test_the_client_asks_the_server_for_permissions(
    connect_as: Callable[[str], Cluster], cluster: Cluster, give: Callable[[str, str], Wire], namespace: str
) -> None:
    give("viewer", "view")
    viewer = connect_as("viewer")
    assert viewer.can("list", "ConfigMap", namespace=namespace)
    assert viewer.can("get", "Ingress", namespace=namespace, name="ai")
    assert not viewer.can("list", "Secret", namespace=namespace)
    assert not viewer.can("create", "ConfigMap", namespace=namespace)
    assert not viewer.can("list", "Namespace")
    assert cluster.can("create", "Namespace")


def test_a_removed_binding_no_longer_gives_its_role(
    wire: Wire, give: Callable[[str, str], Wire], namespace: str
) -> None:
    viewer = give("viewer", "view")
    assert wire("DELETE", f"{bindings_path(namespace)}/viewer-view").status == 200
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    eventually(lambda: viewer("GET", path).status == 403)


def test_the_rules_of_a_user_without_a_role_are_those_of_every_user(wire_as: WireAs, namespace: str) -> None:
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    answer = wire_as("stranger")("POST", f"{REVIEWS}/selfsubjectrulesreviews", body)
    rules = answer.body["status"]
    assert {(*rule["verbs"], *rule["apiGroups"], *sorted(rule["resources"])) for rule in rules["resourceRules"]} == {
        ("create", "authorization.k8s.io", "selfsubjectaccessreviews", "selfsubjectrulesreviews"),
        ("create", "authentication.k8s.io", "selfsubjectreviews"),
    }
    assert {path for rule in rules["nonResourceRules"] for path in rule["nonResourceURLs"]} == {
        *("/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"),
        *("/healthz", "/livez", "/readyz", "/version", "/version/"),
    }
    assert rules["incomplete"] is False


def test_a_user_may_grant_permissions_that_they_have(give: Callable[[str, str], Wire], namespace: str) -> None:
    owner = give("owner", "admin")
    assert owner("POST", bindings_path(namespace), binding("more", "viewer", "edit")).status == 201


def escalation(plural: str, name: str, missing: str) -> Manifest:
    message = (
        f'{plural}.{RBAC} "{name}" is forbidden: user "owner@example.com" (groups=["system:authenticated"]) '
        f"is attempting to grant RBAC permissions not currently held:\n{missing}"
    )
    return status(403, "Forbidden", message, details={"name": name, "group": RBAC, "kind": plural})


def test_a_user_may_not_bind_a_role_with_more_permissions(give: Callable[[str, str], Wire], namespace: str) -> None:
    owner = give("owner", "admin")
    answer = owner("POST", bindings_path(namespace), binding("all", "owner", "cluster-admin"))
    missing = '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}'
    assert (answer.status, answer.body) == (403, escalation("rolebindings", "all", missing))


def test_a_user_may_not_bind_a_role_without_a_name(give: Callable[[str, str], Wire], namespace: str) -> None:
    answer = give("owner", "admin")("POST", bindings_path(namespace), binding("none", "owner", ""))
    assert (answer.status, answer.body) == (400, status(400, "BadRequest", "Name parameter required."))


def test_a_user_may_not_write_a_role_with_more_permissions(give: Callable[[str, str], Wire], namespace: str) -> None:
    owner = give("owner", "admin")
    rules = [{"apiGroups": [""], "resources": ["resourcequotas"], "verbs": ["get", "update"]}]
    role = {"apiVersion": RBAC_V1, "kind": "Role", "metadata": {"name": "walls"}, "rules": rules}
    answer = owner("POST", f"/apis/{RBAC_V1}/namespaces/{namespace}/roles", role)
    missing = '{APIGroups:[""], Resources:["resourcequotas"], Verbs:["update"]}'
    assert (answer.status, answer.body) == (403, escalation("roles", "walls", missing))


def test_an_owner_sees_the_quota_and_may_not_change_it(give: Callable[[str, str], Wire], namespace: str) -> None:
    owner = give("owner", "admin")
    path = f"/api/v1/namespaces/{namespace}/resourcequotas"
    assert owner("GET", path).status == 200
    answer = owner("POST", path, {})
    message = (
        'resourcequotas is forbidden: User "owner@example.com" cannot create resource "resourcequotas" '
        f'in API group "" in the namespace "{namespace}"'
    )
    assert (answer.status, answer.body) == (
        403,
        status(403, "Forbidden", message, details={"kind": "resourcequotas"}),
    )


def replaced_role(wire: Wire, namespace: str) -> Answer:
    assert wire("POST", bindings_path(namespace), binding("people", "viewer", "view")).status == 201
    return wire("PUT", f"{bindings_path(namespace)}/people", binding("people", "viewer", "edit"))


def test_the_role_of_a_binding_can_not_be_changed(wire: Wire, namespace: str) -> None:
    answer = replaced_role(wire, namespace)
    value = f'{{"APIGroup":"{RBAC}","Kind":"ClusterRole","Name":"edit"}}'
    message = f"Invalid value: {value}: field is immutable"
    details = {
        "name": "people",
        "group": RBAC,
        "kind": "RoleBinding",
        "causes": [{"reason": "FieldValueInvalid", "message": message, "field": "roleRef"}],
    }
    whole = f'RoleBinding.{RBAC} "people" is invalid: roleRef: {message}'
    assert (answer.status, answer.body) == (422, status(422, "Invalid", whole, details=details))
