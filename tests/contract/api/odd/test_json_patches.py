"""JSON patches within and beyond the server's limits: 10,000 operations, and 3 MiB of copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.api.odd.timing import at_once
from tests.contract.wire import JSON_PATCH

if TYPE_CHECKING:
    from tests.contract.wire import Wire

FAILED = "the server rejected our request due to an error in our request"


@pytest.fixture
def path(wire: Wire, namespace: str) -> str:
    """A ConfigMap with an annotation."""
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    body = {"metadata": {"name": "odd", "annotations": {"a": "b"}}, "data": {"a": "b"}}
    assert wire("POST", path, body).status == 201
    return f"{path}/odd"


def doubling(times: int) -> list[dict[str, str]]:
    annotations = "/metadata/annotations"
    return [{"op": "copy", "from": annotations, "path": f"{annotations}/x{number}"} for number in range(times)]


@pytest.mark.parametrize(
    ("operations", "status", "says"),
    [
        (doubling(40), 422, FAILED),
        ([{"op": "remove", "path": "/a"}] * 50_000, 413, "maximum operations in a JSON patch is 10000, got 50000"),
        ([{"op": "test", "path": "/data/a", "value": "b"}] * 10_001, 413, "got 10001"),
        ([{"op": "test", "path": "/data/a", "value": "b"}] * 10_000, 200, ""),
        ([{"op": "test", "path": "/data/a"}], 422, FAILED),
        ([{"op": "copy", "from": "", "path": "/data/x"}], 422, FAILED),
        ([{"op": "replace", "path": "", "value": {}}], 400, "name must be provided"),
        ([{"op": "add", "path": "", "value": []}], 422, FAILED),
        ([{"op": "add", "path": f"/metadata/finalizers/{'1' * 5000}", "value": "a"}], 422, FAILED),
        ([{"op": 1, "path": "/data"}], 400, "field jsonPatchOp.op of type string"),
        ([{"op": {}, "path": "/data"}], 400, "field jsonPatchOp.op of type string"),
        ([{"op": "add", "path": 1, "value": "x"}], 400, "field jsonPatchOp.path of type string"),
        ([{"op": "replace", "path": "/metadata", "value": 5}], 422, "cannot unmarshal number"),
        ([{"op": "replace", "path": "/apiVersion", "value": {}}], 422, "is invalid: patch"),
        ([{"op": "remove", "path": "/metadata"}], 400, "name must be provided"),
    ],
    ids=range(15),
)
def test_a_json_patch_has_limits(wire: Wire, path: str, operations: Any, status: int, says: str) -> None:
    with at_once():
        answer = wire("PATCH", path, operations, content_type=JSON_PATCH)
    assert answer.status == status, answer.body.get("message")
    assert says in answer.body.get("message", "")


def test_10000_additions_take_less_than_two_seconds(wire: Wire, path: str) -> None:
    operations = [{"op": "add", "path": f"/metadata/annotations/k{number}", "value": "v"} for number in range(10_000)]
    with at_once():
        answer = wire("PATCH", path, operations, content_type=JSON_PATCH)
    assert (answer.status, len(answer.body["metadata"]["annotations"])) == (200, 10_001)


def test_copies_are_independent_of_each_other(wire: Wire, path: str) -> None:
    operations = [
        {"op": "copy", "from": "/metadata/annotations", "path": "/metadata/labels"},
        {"op": "add", "path": "/metadata/labels/c", "value": "d"},
        {"op": "replace", "path": "/metadata/annotations/a", "value": "new"},
    ]
    metadata = wire("PATCH", path, operations, content_type=JSON_PATCH).body["metadata"]
    assert (metadata["labels"], metadata["annotations"]) == ({"a": "b", "c": "d"}, {"a": "new"})


@pytest.mark.parametrize(
    "body",
    [
        b'[{"op":"add","path":"/data","value":{"a":"x\\ud800y"}}]',
        b'[{"op":"add","path":"/data","value":{"a":"x\xffy"}}]',
    ],
)
def test_what_is_not_text_in_a_json_patch_is_replaced(wire: Wire, path: str, body: bytes) -> None:
    answer = wire("PATCH", path, body, content_type=JSON_PATCH)
    assert (answer.status, answer.body["data"]) == (200, {"a": "x�y"})


@pytest.mark.parametrize(("levels", "status"), [(1100, 200), (20_000, 400)])
def test_a_json_patch_may_be_as_deep_as_any_body(wire: Wire, path: str, levels: int, status: int) -> None:
    value = b'{"a":' * levels + b"1" + b"}" * levels
    answer = wire("PATCH", path, b'[{"op":"add","path":"/foo","value":%s}]' % value, content_type=JSON_PATCH)
    assert answer.status == status
