"""Names of managers and managed fields that are not text, or deep: they are stored, and lists work."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.wire import MERGE_PATCH

if TYPE_CHECKING:
    from tests.contract.wire import Wire

_NO_TEXT = "�"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
BODY: dict[str, Any] = {"metadata": {"name": "odd"}, "data": {"a": "b"}}


def check_lists(wire: Wire, path: str) -> None:
    for accept in ("application/json", TABLE, METADATA):
        assert wire("GET", path, accept=accept).status == 200
    assert wire.watch(path, count=1)


@pytest.mark.parametrize(
    ("user_agent", "manager"),
    [
        ("\xff", _NO_TEXT),
        ("\xc3\xbc/1", "ü"),
        ("a\tb/1", "ab"),
        ("", "unknown"),
        ("x" + "\xc3\xbc" * 100, "x" + "ü" * 63),
    ],
)
def test_the_first_part_of_a_user_agent_that_can_be_printed_is_the_manager(
    wire: Wire, namespace: str, user_agent: str, manager: str
) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    answer = wire("POST", path, BODY, headers={"User-Agent": user_agent})
    assert (answer.status, answer.body["metadata"]["managedFields"][0]["manager"]) == (201, manager)
    check_lists(wire, path)


@pytest.mark.parametrize(("sent", "manager"), [("%ff", _NO_TEXT), ("%ed%a0%80", _NO_TEXT * 3), ("%c3%bc", "ü")])
def test_a_field_manager_that_is_not_text_is_replaced(wire: Wire, namespace: str, sent: str, manager: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    answer = wire("POST", f"{path}?fieldManager={sent}", BODY, headers={"User-Agent": ""})
    assert (answer.status, answer.body["metadata"]["managedFields"][0]["manager"]) == (201, manager)
    check_lists(wire, path)


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ("%00", 'Invalid value: "\\x00": invalid character U+0000 (at position 0)'),
        ("a%07", 'Invalid value: "a\\a": invalid character U+0007 (at position 1)'),
    ],
)
def test_a_field_manager_that_can_not_be_printed_is_refused(wire: Wire, namespace: str, sent: str, says: str) -> None:
    answer = wire("POST", f"/api/v1/namespaces/{namespace}/configmaps?fieldManager={sent}", BODY)
    assert answer.status == 422
    assert says in answer.body["message"]


def entry(fields: bytes, manager: bytes = b"m") -> bytes:
    """A ConfigMap whose managed fields are given."""
    entry_ = b'{"manager":"%s","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":%s}'
    return b'{"metadata":{"name":"odd","managedFields":[%s]}}' % (entry_ % (manager, fields))


@pytest.mark.parametrize(
    "fields",
    [
        b'{"f:a":1}',
        b"1",
        b'"x"',
        b"[]",
        b'{"a":{}}',
        b'{"k:{":{}}',
        b'{"v:{":{}}',
        b'{"i:x":{}}',
        b'{"k:[]":{}}',
        b'{"z:a":{}}',
    ],
)
def test_managed_fields_that_are_none_are_dropped(wire: Wire, namespace: str, fields: bytes) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    answer = wire("POST", path, entry(fields))
    assert (answer.status, answer.body["metadata"].get("managedFields")) == (201, None)
    check_lists(wire, path)


def test_a_manager_with_half_a_surrogate_pair_is_replaced(wire: Wire, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    answer = wire("POST", path, entry(b'{"f:data":{}}', b"\\ud800"))
    assert answer.body["metadata"]["managedFields"][0]["manager"] == _NO_TEXT
    check_lists(wire, path)


@pytest.mark.parametrize("levels", [90, 300, 1100, 5000])
def test_managed_fields_of_any_depth_are_sent_as_they_were_received(wire: Wire, namespace: str, levels: int) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    fields = b'{"f:a":' * levels + b"{}" + b"}" * levels
    text = raw(wire, "POST", path, entry(fields))
    assert f'"fieldsV1":{fields.decode()}' in text
    assert fields.decode() in raw(wire, "GET", path)
    assert fields.decode() in raw(wire, "GET", f"{path}/odd")
    assert fields.decode() in raw(wire, "PATCH", f"{path}/odd", b'{"data":{"a":"b"}}', MERGE_PATCH)
    assert wire("DELETE", f"{path}/odd").status == 200


def raw(wire: Wire, method: str, path: str, body: bytes = b"", content_type: str = "application/json") -> str:
    """The text of an answer, which Python's parser may not be able to read."""
    headers = {"Authorization": f"Bearer {wire.token}", "Content-Type": content_type}
    response = wire.pool.request(method, wire.server + path, body=body or None, headers=headers)
    text = response.data.decode()
    assert response.status in {200, 201}, text[:500]
    return text


def test_managed_fields_in_a_pod_template_are_kept_whatever_they_are(wire: Wire, namespace: str) -> None:
    entries = [{"manager": "m", "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": 5}]
    template = {
        "metadata": {"labels": {"app": "odd"}, "managedFields": entries},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    }
    spec = {"replicas": 0, "selector": {"matchLabels": {"app": "odd"}}, "template": template}
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    answer = wire("POST", path, json.dumps({"metadata": {"name": "odd"}, "spec": spec}).encode())
    assert (answer.status, answer.body["spec"]["template"]["metadata"]["managedFields"]) == (201, entries)
    check_lists(wire, path)
