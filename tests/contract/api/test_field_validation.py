"""Duplicate fields, wrong types, nulls and early years in a body: handled and reported alike by both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.wire import MERGE_PATCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire

TWICE = b"""{"apiVersion": "v1", "kind": "ConfigMap",
  "metadata": {"name": "twice", "labels": {"a": "1", "b": "2", "a": "3"}, "unknown": 1},
  "data": {},
  "data": {"key": "1", "key": "2", "key": "3"}, "data": {"last": "1"}, "immutable": false, "immutable": true}
"""
TOLD = (
    'duplicate field "metadata.labels.a"',
    'unknown field "metadata.unknown"',
    'duplicate field "data"',
    'duplicate field "data.key"',
    'duplicate field "immutable"',
)


def test_a_duplicate_field_is_refused_with_strict_validation(wire: Wire, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    answer = wire("POST", path, TWICE, query={"fieldValidation": "Strict"})
    assert answer.status == 400
    lead = 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
    assert answer.body["message"].startswith(lead)
    assert sorted(answer.body["message"].removeprefix(lead).split(", ")) == sorted(TOLD)


@pytest.mark.parametrize("validation", ["Warn", ""])
def test_otherwise_a_duplicate_field_is_a_warning_and_the_last_one_counts(
    wire: Wire, namespace: str, validation: str
) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    answer = wire("POST", path, TWICE, query={"fieldValidation": validation} if validation else None)
    assert answer.status == 201
    assert answer.body["metadata"]["labels"] == {"a": "3", "b": "2"}
    assert answer.body["data"] == {"key": "3", "last": "1"}
    assert answer.body["immutable"] is True
    for words in TOLD:
        assert words.replace('"', '\\"') in answer.headers["Warning"]


def test_a_year_is_written_with_four_digits(wire: Wire, namespace: str) -> None:
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "old"},
        "spec": {"acquireTime": "0001-01-01T00:00:02.000000Z"},
    }
    answer = wire("POST", f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases", lease)
    assert answer.body["spec"] == {"acquireTime": "0001-01-01T00:00:02.000000Z"}


def test_of_two_wrong_values_the_one_that_can_not_be_decoded_is_named(wire: Wire, namespace: str) -> None:
    spec = {"scopes": "Terminating", "hard": {"pods": "many"}}
    answer = wire("POST", f"/api/v1/namespaces/{namespace}/resourcequotas", {"metadata": {"name": "few"}, "spec": spec})
    assert answer.status == 400
    assert "quantities must match the regular expression" in answer.body["message"]


def test_of_values_of_a_wrong_type_the_first_is_named(wire: Wire, namespace: str) -> None:
    body = b'{"metadata": {"name": "wrong"}, "immutable": "yes", "data": 1}'
    answer = wire("POST", f"/api/v1/namespaces/{namespace}/configmaps", body)
    assert answer.status == 400
    assert "Go struct field ConfigMap.immutable of type bool" in answer.body["message"]


@pytest.mark.parametrize("given", [{}, {"apiGroup": None}])
def test_a_reference_without_a_group_has_a_null_group(wire: Wire, namespace: str, given: Manifest) -> None:
    spec = {"defaultBackend": {"resource": {"kind": "Bucket", "name": "files", **given}}}
    path = f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses"
    answer = wire("POST", path, {"metadata": {"name": "files"}, "spec": spec})
    assert answer.body["spec"]["defaultBackend"]["resource"] == {"apiGroup": None, "kind": "Bucket", "name": "files"}


def test_an_ignored_name_is_a_warning_at_each_change(wire: Wire, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/services"
    spec = {"externalName": "example.com", "ports": [{"port": 80}]}
    warning = '299 - "spec.externalName is ignored when spec.type is not \\"ExternalName\\""'
    assert wire("POST", path, {"metadata": {"name": "web"}, "spec": spec}).headers["Warning"] == warning
    labels = {"metadata": {"labels": {"a": "b"}}}
    assert wire("PATCH", f"{path}/web", labels, content_type=MERGE_PATCH).headers["Warning"] == warning


@pytest.fixture
def held(wire: Wire, namespace: str) -> Iterator[str]:
    """A Secret that is being deleted and held by a finalizer, which is removed at the end."""
    path = f"/api/v1/namespaces/{namespace}/secrets"
    assert wire("POST", path, {"metadata": {"name": "held", "finalizers": ["example.com/hold"]}}).status == 201
    assert wire("DELETE", f"{path}/held").status == 200
    yield f"{path}/held"
    wire("PATCH", f"{path}/held", {"metadata": {"finalizers": None}}, content_type=MERGE_PATCH)


def test_a_new_finalizer_on_a_terminating_object_is_refused_before_decoding(wire: Wire, held: str) -> None:
    body = {"metadata": {"finalizers": ["example.com/hold", "nameless"]}}
    answer = wire("PATCH", held, body, content_type=MERGE_PATCH)
    assert [(cause["field"], cause["reason"]) for cause in answer.body["details"]["causes"]] == [
        ("metadata.finalizers", "FieldValueForbidden"),
        ("metadata.finalizers[1]", "FieldValueInvalid"),
    ]


def test_a_changed_deletion_timestamp_is_the_only_cause_of_a_namespaces_refusal(wire: Wire, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}"
    live = wire("GET", path).body
    live["metadata"]["deletionTimestamp"] = "2020-01-01T00:00:00Z"
    answer = wire("PUT", path, live)
    assert [cause["field"] for cause in answer.body["details"]["causes"]] == ["metadata.deletionTimestamp"]
