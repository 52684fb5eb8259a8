"""What stands twice in a body, and times long ago: read alike, and told in the same words, on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
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


def test_a_field_that_is_given_twice_is_refused_where_that_was_asked(wire: Wire, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    answer = wire("POST", path, TWICE, query={"fieldValidation": "Strict"})
    assert answer.status == 400
    lead = 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
    assert answer.body["message"].startswith(lead)
    assert sorted(answer.body["message"].removeprefix(lead).split(", ")) == sorted(TOLD)


@pytest.mark.parametrize("validation", ["Warn", ""])
def test_else_there_is_a_warning_and_the_last_one_counts_and_goes_into_what_was_there(
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


def test_a_year_is_written_with_its_zeros(wire: Wire, namespace: str) -> None:
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "old"},
        "spec": {"acquireTime": "0001-01-01T00:00:02.000000Z"},
    }
    answer = wire("POST", f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases", lease)
    assert answer.body["spec"] == {"acquireTime": "0001-01-01T00:00:02.000000Z"}
