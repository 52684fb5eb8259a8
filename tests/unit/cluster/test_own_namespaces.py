"""The namespaces of a user who may not list all: by the index, else those of the environment, else the connection's."""

from __future__ import annotations

import pytest

from tenantkit.cluster.http.transport import Answer
from tenantkit.cluster.own_namespaces import OwnTenants, own_namespaces, read_index
from tenantkit.cluster.visible import list_visible, read_existing_own
from tenantkit.exceptions import PermissionDenied
from tenantkit.frames.my_tenants import my_tenants
from tenantkit.rules.tenant_index import IndexedTenant, index_rule, marker_rule
from tests.unit.cluster.seam import Script, answer, cluster, status
from tests.unit.no_tenants import NO_RULES

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
_DENIED = status(403, "Forbidden", "pods is forbidden")


def reviewed(*tenants: tuple[str, str], **more: object) -> Answer:
    """The answer to a review of the rules in the index."""
    rules = [index_rule(name, namespace) for name, namespace in tenants]
    return answer(
        201, {"status": {"resourceRules": [marker_rule(), *rules], "nonResourceRules": [], "incomplete": False, **more}}
    )


def pods(*names: str) -> Answer:
    """The answer to a list of pods."""
    items = [{"metadata": {"name": name, "namespace": "x"}} for name in names]
    return answer(body={"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "5"}, "items": items})


def test_the_index_is_one_request_for_the_rules_in_its_namespace() -> None:
    script = Script(reviewed(("vision", "team-vision"), ("speech", "speech")))

    assert own_namespaces(cluster(script)) == ("speech", "team-vision")
    assert script.asked == [("POST", _REVIEWS)]
    assert script.body(0)["spec"] == {"namespace": "tenantkit-index"}


@pytest.mark.parametrize("reply", [reviewed(), _DENIED, status(404, "NotFound", "there is no such kind")])
def test_without_a_tenant_in_the_index_the_fallback_counts(reply: Answer) -> None:
    assert own_namespaces(cluster(Script(reply), fallback_namespaces=["a", "b"])) == ("a", "b")
    assert own_namespaces(cluster(Script(reply), namespace="own")) == ("own",)


def test_rules_that_could_not_be_listed_make_the_index_incomplete() -> None:
    reply = reviewed(("vision", "vision"), incomplete=True, evaluationError="webhook authorizer does not support it")

    assert read_index(cluster(Script(reply))) == OwnTenants(
        (IndexedTenant("vision", "vision"),),
        "the server could not list all of your permissions: webhook authorizer does not support it",
    )


def test_a_user_without_a_tenant_in_an_index_is_no_member_and_nothing_is_incomplete() -> None:
    assert read_index(cluster(Script(reviewed()))) == OwnTenants()


def test_a_cluster_without_an_index_is_not_taken_for_one_where_the_user_has_no_tenant() -> None:
    assert read_index(cluster(Script(NO_RULES))) == OwnTenants(
        (), "the platform does not keep an index of tenants (yet): ask the platform team to run install_platform"
    )


def test_my_tenants_of_a_cluster_without_an_index_are_not_known() -> None:
    frame = my_tenants(cluster(Script(NO_RULES)))

    assert frame.attrs["empty"].startswith("Your tenants are not known: the platform does not keep an index")
    assert [*frame.attrs["incomplete"]] == ["SelfSubjectRulesReview"]
    assert my_tenants(cluster(Script(reviewed()))).attrs["empty"] == "You are not a member of any tenant."


def test_my_tenants_tell_owners_from_other_members_in_one_request() -> None:
    owned = {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings"], "verbs": ["update", "patch"]}
    rules = [*map(index_rule, ("speech", "vision"), ("speech", "team-vision"))]
    rules.append(owned | {"resourceNames": ["tenant-vision"]})
    script = Script(answer(201, {"status": {"resourceRules": rules, "incomplete": False}}))

    frame = my_tenants(cluster(script))

    assert frame.to_dict("records") == [
        {"tenant": "speech", "namespace": "speech", "role": "member"},
        {"tenant": "vision", "namespace": "team-vision", "role": "owner"},
    ]
    assert script.asked == [("POST", _REVIEWS)]


def test_a_missing_role_of_another_binding_does_not_make_the_index_incomplete() -> None:
    reply = reviewed(("vision", "vision"), evaluationError='role "gone" not found')

    assert read_index(cluster(Script(reply))).incomplete is None


def test_a_user_who_may_not_list_the_cluster_sees_the_namespaces_of_their_tenants() -> None:
    script = Script(_DENIED, reviewed(("vision", "team-vision")), pods("a"))

    found, scope = list_visible(cluster(script, namespace="elsewhere"), "Pod")

    assert ([item["metadata"]["name"] for item in found], scope) == (["a"], ("team-vision",))
    assert script.asked[2] == ("GET", "/api/v1/namespaces/team-vision/pods")


def test_the_index_is_not_read_by_a_user_who_may_list_the_cluster_or_names_namespaces() -> None:
    for namespaces in (None, ["vision"]):
        script = Script(pods("a"))
        list_visible(cluster(script), "Pod", namespaces=namespaces)
        assert [method for method, _ in script.asked] == ["GET"]


def test_the_index_is_not_read_for_kinds_without_namespaces() -> None:
    script = Script(_DENIED)

    with pytest.raises(PermissionDenied):
        list_visible(cluster(script), "Node")
    assert [method for method, _ in script.asked] == ["GET"]


def test_a_user_of_the_index_who_may_read_nothing_is_not_asked_to_name_namespaces() -> None:
    script = Script(_DENIED, reviewed(("vision", "vision")), _DENIED)

    with pytest.raises(PermissionDenied) as caught:
        list_visible(cluster(script), "Pod")
    assert "TENANTKIT_NAMESPACES" not in str(caught.value)


def test_a_user_without_a_tenant_learns_whom_to_ask() -> None:
    script = Script(_DENIED, reviewed(), _DENIED)

    with pytest.raises(PermissionDenied) as caught:
        list_visible(cluster(script), "Pod")
    assert str(caught.value).endswith(
        "; you are not a member of any known tenant: list your namespaces in namespaces=[…], here or in "
        "tk.connect(), or in $TENANTKIT_NAMESPACES"
    )


@pytest.mark.parametrize("reply", [_DENIED, status(404, "NotFound", 'namespaces "vision" not found')])
def test_a_tenant_whose_namespace_somebody_has_deleted_does_not_exist(reply: Answer) -> None:
    assert read_existing_own(cluster(Script(reviewed(("vision", "vision")), reply))) == OwnTenants()


@pytest.mark.parametrize("spec", [b"{}", b"[" * 1_100 + b"]" * 1_100])
def test_a_tenant_exists_whose_namespace_can_be_read_even_if_not_parsed(spec: bytes) -> None:
    body = b'{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"vision"},"spec":' + spec + b"}"
    reply = Answer(200, {"content-type": "application/json"}, body)
    found = read_existing_own(cluster(Script(reviewed(("vision", "vision")), reply)))

    assert found == OwnTenants((IndexedTenant("vision", "vision"),))
