"""The paths of objects, and the names that are refused before anything is sent."""

from __future__ import annotations

import pytest

from tenantkit.cluster.requests.paths import collection_path, creation_path, object_path, with_query
from tenantkit.exceptions import InvalidSpecError
from tenantkit.rules.kinds import KINDS, kind_of

INGRESS, NAMESPACE, POD = kind_of("Ingress"), kind_of("Namespace"), kind_of("Pod")


def test_the_core_group_has_another_path_than_all_others() -> None:
    assert collection_path(POD) == "/api/v1/pods"
    assert collection_path(INGRESS) == "/apis/networking.k8s.io/v1/ingresses"


def test_a_namespace_comes_before_the_plural() -> None:
    assert collection_path(POD, "vision") == "/api/v1/namespaces/vision/pods"
    assert object_path(INGRESS, "ai", "vision") == "/apis/networking.k8s.io/v1/namespaces/vision/ingresses/ai"
    assert object_path(POD, "a", "vision", subresource="status") == "/api/v1/namespaces/vision/pods/a/status"


def test_every_kind_has_its_own_path() -> None:
    assert len({collection_path(kind) for kind in KINDS.values()}) == len(KINDS)


def test_names_of_rbac_keep_their_colons_and_others_are_quoted() -> None:
    role = kind_of("ClusterRole")

    assert object_path(role, "system:basic-user").endswith("/clusterroles/system:basic-user")
    assert object_path(role, "a b?c#d").endswith("/clusterroles/a%20b%3Fc%23d")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a%2Fb", "a\nb", None, 5])
def test_a_name_that_would_make_another_request_is_refused(name: object) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        object_path(NAMESPACE, name)  # type: ignore[arg-type]
    assert caught.value.field == "name"


def test_an_empty_namespace_does_not_mean_all_of_them() -> None:
    with pytest.raises(InvalidSpecError, match="use a namespace"):
        collection_path(POD, "")


def test_a_missing_namespace_is_refused() -> None:
    with pytest.raises(InvalidSpecError, match="a Pod is namespaced: pass its namespace"):
        creation_path(POD)


def test_a_namespace_is_refused_for_a_kind_that_is_not_namespaced() -> None:
    with pytest.raises(InvalidSpecError, match="Namespace is not namespaced: leave out the namespace"):
        object_path(NAMESPACE, "vision", "vision")


def test_a_query_leaves_out_empty_values() -> None:
    query = {"watch": True, "dryRun": None, "force": False, "limit": 500, "labelSelector": "a in (b,c)"}

    assert with_query("/x", query) == "/x?watch=true&limit=500&labelSelector=a+in+%28b%2Cc%29"
    assert with_query("/x", {"dryRun": None}) == "/x"
