"""The requests of each method of a Cluster."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.cluster import Cluster
from tenantkit.cluster.http.transport import TransportError
from tenantkit.cluster.identity import User, read_user
from tenantkit.cluster.visible import list_visible
from tenantkit.exceptions import ClusterUnavailable, Expired, InvalidSpecError, NotFound, PermissionDenied
from tenantkit.rules.manifest import ObjectRef
from tests.unit.cluster.seam import SERVER, Script, answer, cluster, session, status

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

CONFIG_MAP: Manifest = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "a", "namespace": "vision"},
    "data": {"k": "v"},
}
REF = ObjectRef("v1", "ConfigMap", "a", "vision")
PATH = "/api/v1/namespaces/vision/configmaps/a"
DENIED = status(403, "Forbidden", "no")
EXPIRED = status(410, "Expired", "The provided continue parameter is too old")


def page(*names: str, following: str = "", version: str = "7", namespace: str = "vision") -> Any:
    items = [{"metadata": {"name": name, "namespace": namespace}} for name in names]
    return answer(
        200, {"kind": "List", "metadata": {"continue": following, "resourceVersion": version}, "items": items}
    )


def headers_of(script: Script) -> dict[str, str]:
    return dict(script.requests[-1].headers)


def test_get_requests_one_object() -> None:
    script = Script(answer(200, CONFIG_MAP))

    assert cluster(script).get("ConfigMap", "a", "vision") == CONFIG_MAP
    assert script.asked == [("GET", PATH)]


def test_create_names_the_field_manager_and_asks_for_field_validation() -> None:
    script = Script(answer(201, CONFIG_MAP))
    cluster(script).create(CONFIG_MAP, dry_run=True)

    assert script.asked == [("POST", "/api/v1/namespaces/vision/configmaps")]
    assert script.query() == {"fieldManager": "tenantkit", "fieldValidation": "Strict", "dryRun": "All"}
    assert script.body() == CONFIG_MAP


@pytest.mark.parametrize("force", [False, True])
def test_apply_is_server_side_and_forces_only_if_asked_to(*, force: bool) -> None:
    script = Script(answer(200, CONFIG_MAP))
    cluster(script).apply(CONFIG_MAP, force=force)

    assert script.asked == [("PATCH", PATH)]
    assert script.query() == {
        "fieldManager": "tenantkit",
        "force": "true" if force else "false",
        "fieldValidation": "Strict",
    }
    assert headers_of(script)["Content-Type"] == "application/apply-patch+yaml"
    assert script.body() == CONFIG_MAP


def test_an_apply_is_repeated_after_a_lost_connection() -> None:
    assert cluster(Script(TransportError("reset"), answer(200, CONFIG_MAP))).apply(CONFIG_MAP) == CONFIG_MAP


def test_an_apply_of_a_version_is_not_repeated_since_it_could_conflict_with_itself() -> None:
    versioned = {**CONFIG_MAP, "metadata": {**CONFIG_MAP["metadata"], "resourceVersion": "7"}}

    with pytest.raises(ClusterUnavailable, match="may have been made"):
        cluster(Script(TransportError("reset"))).apply(versioned)


def test_patch_json_sends_its_operations() -> None:
    operations = [{"op": "test", "path": "/data/k", "value": "v"}, {"op": "remove", "path": "/data/k"}]
    script = Script(answer(200, CONFIG_MAP))
    cluster(script).patch_json(REF, operations)

    assert script.asked == [("PATCH", PATH)]
    assert headers_of(script)["Content-Type"] == "application/json-patch+json"
    assert script.body() == operations


def test_delete_names_the_uid_and_the_propagation() -> None:
    script = Script(answer(200), answer(200))
    found = cluster(script)
    found.delete(REF)
    found.delete(REF, uid="u-1", dry_run=True, propagation="Foreground")

    assert script.asked == [("DELETE", PATH)] * 2
    assert script.body(0) == {"apiVersion": "v1", "kind": "DeleteOptions"}
    assert script.body(1) == {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": "u-1"},
        "propagationPolicy": "Foreground",
        "dryRun": ["All"],
    }


@pytest.mark.parametrize("manifest", [{}, {"kind": "ConfigMap"}, {**CONFIG_MAP, "metadata": {"namespace": "x"}}])
def test_a_manifest_that_is_not_valid_is_not_sent(manifest: Manifest) -> None:
    with pytest.raises(InvalidSpecError, match=": add "):
        cluster(Script()).apply(manifest)


def test_a_value_that_is_not_json_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidSpecError, match="can't be written as JSON") as caught:
        cluster(Script()).create({**CONFIG_MAP, "data": {"k": {"hunter2"}}})
    assert "hunter2" not in str(caught.value)


def test_list_reads_all_pages_and_adds_the_kind() -> None:
    script = Script(page("a", following="next"), page("b"))

    assert cluster(script).list("ConfigMap", namespace="vision", label_selector="x=1", field_selector="y=2") == [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "vision"}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b", "namespace": "vision"}},
    ]
    assert [script.query(0), script.query(1)] == [
        {"labelSelector": "x=1", "fieldSelector": "y=2", "limit": "500"},
        {"labelSelector": "x=1", "fieldSelector": "y=2", "limit": "500", "continue": "next"},
    ]


def test_a_list_without_items_is_empty() -> None:
    assert cluster(Script(answer(200, {"items": None}))).list("Pod") == []


def test_a_list_that_expires_half_way_starts_over() -> None:
    script = Script(page("a", following="next"), EXPIRED, page("a", "b"))

    assert [item["metadata"]["name"] for item in cluster(script).list("Pod", namespace="vision")] == ["a", "b"]
    assert script.query() == {"limit": "500"}


def test_a_list_that_keeps_expiring_is_requested_as_one_page() -> None:
    old = (page("a", following="next"), EXPIRED)
    script = Script(*old, *old, page("a", "b", "c"))

    assert len(cluster(script).list("Pod", namespace="vision")) == 3
    assert script.query() == {}
    with pytest.raises(Expired):
        cluster(Script(*old, *old, EXPIRED)).list("Pod", namespace="vision")


def test_can_asks_the_server() -> None:
    script = Script(answer(201, {"status": {"allowed": True}}), answer(201, {"status": {"allowed": False}}))
    found = cluster(script)

    assert found.can("create", "Ingress", namespace="vision", name="ai", subresource="status") is True
    assert found.can("manage", "tenants.tenantkit.dev") is False
    assert script.asked == [("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")] * 2
    assert script.body(0) == {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {
            "resourceAttributes": {
                "verb": "create",
                "group": "networking.k8s.io",
                "resource": "ingresses",
                "subresource": "status",
                "namespace": "vision",
                "name": "ai",
            }
        },
    }
    assert script.body(1)["spec"]["resourceAttributes"] == {
        "verb": "manage",
        "group": "tenantkit.dev",
        "resource": "tenants",
    }


def test_can_refuses_a_misspelt_kind() -> None:
    with pytest.raises(InvalidSpecError, match="use 'Ingress'"):
        cluster(Script()).can("get", "Ingres")


def test_the_user_is_the_servers_which_the_repr_shows_from_then_on() -> None:
    info = {"username": "dana@example.com", "groups": ["ml", "system:authenticated"]}
    found = cluster(
        Script(answer(201, {"status": {"userInfo": info}})),
        context="lab",
        user="sandbox-owner",
        server_version="v1.37.2+tenantkit-sandbox",
    )

    assert "user='sandbox-owner'" in repr(found)
    assert read_user(found) == User("dana@example.com", ("ml", "system:authenticated"), "lab", SERVER, is_sandbox=True)
    assert repr(found) == (
        f"Cluster(context='lab', server='{SERVER}', user='dana@example.com', namespace='default', sandbox)"
    )


def test_a_real_cluster_is_not_called_a_sandbox() -> None:
    assert repr(cluster(Script(), server_version="v1.37.2")) == f"Cluster(server='{SERVER}', namespace='default')"


def test_before_the_first_answer_the_time_is_that_of_this_machine() -> None:
    assert abs((cluster(Script()).server_time - datetime.now(UTC)).total_seconds()) < 60


def test_leaving_the_context_closes_the_connection() -> None:
    script = Script()
    with cluster(script) as found:
        assert found.namespaces == ()

    assert script.is_closed


def test_the_whole_cluster_is_listed_if_that_is_allowed() -> None:
    found, scope = list_visible(cluster(Script(page("a", "b"))), "Pod")

    assert (len(found), scope) == (2, "cluster")


def test_a_user_who_may_not_list_the_cluster_sees_the_connections_namespace() -> None:
    script = Script(DENIED, DENIED, page("a"))
    found, scope = list_visible(cluster(script, namespace="vision"), "Pod", label_selector="x=1")

    assert ([item["metadata"]["name"] for item in found], scope) == (["a"], ("vision",))
    assert script.asked[2] == ("GET", "/api/v1/namespaces/vision/pods")
    assert script.query() == {"labelSelector": "x=1", "limit": "500"}


def test_the_namespaces_of_the_call_replace_those_of_the_connection() -> None:
    connection = cluster(Script(page("a"), page("b")), namespaces=["vision", "speech"])
    assert list_visible(connection, "Pod")[1] == ("vision", "speech")

    connection = cluster(Script(page("a")), namespaces=["vision", "speech"])
    assert list_visible(connection, "Pod", namespaces=["other"])[1] == ("other",)


def test_an_empty_list_of_namespaces_reads_nothing() -> None:
    assert list_visible(cluster(Script()), "Pod", namespaces=[]) == ([], ())


def test_the_scope_names_only_namespaces_that_could_be_read() -> None:
    script = Script(DENIED, page("a"))

    assert len(list_visible(cluster(script), "Pod", namespaces=["one", "two"])[1]) == 1


def test_it_is_an_error_if_nothing_may_be_read() -> None:
    with pytest.raises(PermissionDenied):
        list_visible(cluster(Script(DENIED, DENIED)), "Pod", namespaces=["one", "two"])
    with pytest.raises(PermissionDenied):
        list_visible(cluster(Script(DENIED)), "Node")


def test_kinds_that_are_not_namespaced_are_listed_for_the_whole_cluster() -> None:
    script = Script(page("n"))

    assert list_visible(cluster(script, namespaces=["vision"]), "Node", namespaces=["vision"])[1] == "cluster"


def test_namespaces_are_read_one_by_one_if_they_may_not_be_listed() -> None:
    mine: Manifest = {"kind": "Namespace", "metadata": {"name": "vision", "labels": {"team": "ml"}}}
    gone = status(404, "NotFound", 'namespaces "x" not found', name="x")

    for reply, listed in ((answer(200, mine), [mine]), (gone, [])):
        connection = cluster(Script(DENIED, DENIED, reply), namespace="vision")
        assert list_visible(connection, "Namespace")[0] == listed
    for selector, expected in (("team=ml", [mine]), ("team=other", [])):
        connection = cluster(Script(answer(200, mine)), namespaces=["vision"])
        assert list_visible(connection, "Namespace", label_selector=selector)[0] == expected


def test_an_object_that_does_not_exist_is_not_found() -> None:
    with pytest.raises(NotFound):
        cluster(Script(status(404, "NotFound", "no", name="a"))).get("ConfigMap", "a", "vision")


def test_a_cluster_is_created_by_connect_only() -> None:
    for arguments in ((), (session(Script()),)):
        with pytest.raises(TypeError, match=r"^a Cluster cannot be created directly: use tk\.connect\(\)$"):
            Cluster(*arguments)
