from __future__ import annotations

from typing import Any

import pytest

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.endpoints.patch import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, patch

Json = dict[str, Any]

LIVE: Json = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "c", "labels": {"a/b": "1"}},
    "data": {"x": "1"},
}
REJECTED = "the server rejected our request due to an error in our request"


def pod(**spec: Any) -> Json:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}


@pytest.mark.parametrize(
    ("operation", "data"),
    [
        ({"op": "add", "path": "/data/y", "value": "2"}, {"x": "1", "y": "2"}),
        ({"op": "replace", "path": "/data/y", "value": "2"}, {"x": "1", "y": "2"}),
        ({"op": "copy", "from": "/data/x", "path": "/data/y"}, {"x": "1", "y": "1"}),
        ({"op": "move", "from": "/data/x", "path": "/data/y"}, {"y": "1"}),
        ({"op": "test", "path": "/metadata/labels/a~1b", "value": "1"}, {"x": "1"}),
    ],
)
def test_a_json_patch_applies_its_operation(operation: Json, data: Json) -> None:
    assert patch(LIVE, [operation], JSON_PATCH) == {**LIVE, "data": data}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/data/x", "value": "2"},
        {"op": "remove", "path": "/data/y"},
        {"op": "add", "path": "/nope/y", "value": "2"},
        {"op": "frob", "path": "/data/x"},
        {"op": "add", "path": "data", "value": {}},
    ],
)
def test_an_operation_that_cannot_be_applied_is_unprocessable(operation: Json) -> None:
    with pytest.raises(ApiError) as caught:
        patch(LIVE, [operation], JSON_PATCH)
    assert (caught.value.code, caught.value.message) == (422, REJECTED)


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b'{"data":', MERGE_PATCH, "invalid JSON patch"),
        (
            [1],
            MERGE_PATCH,
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
        ([1], STRATEGIC_PATCH, "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        (
            {"op": "add"},
            JSON_PATCH,
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
        ),
    ],
)
def test_an_invalid_patch_is_a_bad_request(body: Any, content_type: str, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        patch(LIVE, body, content_type)
    assert (caught.value.code, caught.value.message) == (400, message)


def test_an_unknown_content_type_is_unsupported() -> None:
    with pytest.raises(ApiError) as caught:
        patch(LIVE, {}, "application/json")
    assert caught.value.code == 415


def test_null_in_a_merge_patch_removes_a_field() -> None:
    assert patch(LIVE, {"data": {"x": None, "y": "2"}}, MERGE_PATCH) == {**LIVE, "data": {"y": "2"}}


def test_unknown_fields_are_refused_only_when_strict() -> None:
    assert patch(LIVE, {"foo": 1}, STRATEGIC_PATCH) == {**LIVE, "foo": 1}
    with pytest.raises(ApiError) as caught:
        patch(LIVE, {"foo": 1}, STRATEGIC_PATCH, strict=True)
    reason = 'Invalid value: "map[foo:1]": strict decoding error: unknown field "foo"'
    assert caught.value.message == f' "" is invalid: patch: {reason}'


def test_a_strategic_patch_merges_containers_by_name_and_deletes_by_directive() -> None:
    live = pod(containers=[{"name": "a", "image": "1"}, {"name": "b", "image": "1"}])
    change = {"spec": {"containers": [{"name": "a", "image": "2"}, {"name": "b", "$patch": "delete"}, {"name": "c"}]}}
    assert patch(live, change, STRATEGIC_PATCH)["spec"]["containers"] == [{"name": "a", "image": "2"}, {"name": "c"}]


def test_a_strategic_patch_can_order_and_replace_a_list() -> None:
    live = pod(containers=[{"name": "a"}, {"name": "b"}])
    order = {"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}], "containers": [{"name": "b"}]}}
    assert patch(live, order, STRATEGIC_PATCH)["spec"]["containers"] == [{"name": "b"}, {"name": "a"}]
    whole = {"spec": {"containers": [{"name": "z"}, {"$patch": "replace"}]}}
    assert patch(live, whole, STRATEGIC_PATCH)["spec"]["containers"] == [{"name": "z"}]


def test_a_strategic_patch_retains_keys_and_deletes_from_lists_of_scalars() -> None:
    live = pod(volumes=[{"name": "v", "emptyDir": {}}])
    live["metadata"]["finalizers"] = ["a/1", "a/2"]
    change = {
        "metadata": {"$deleteFromPrimitiveList/finalizers": ["a/1"]},
        "spec": {"volumes": [{"name": "v", "$retainKeys": ["name", "secret"], "secret": {"secretName": "s"}}]},
    }
    found = patch(live, change, STRATEGIC_PATCH)
    assert found["metadata"]["finalizers"] == ["a/2"]
    assert found["spec"]["volumes"] == [{"name": "v", "secret": {"secretName": "s"}}]
