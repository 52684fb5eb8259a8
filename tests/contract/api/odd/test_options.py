"""Options of a request with values of a wrong type or size: 400 or 422, never 500; the same on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.wire import JSON

if TYPE_CHECKING:
    from tests.contract.wire import Wire

FIELD = "Go struct field"
DIGITS = "1" * 5000


@pytest.mark.parametrize(
    ("options", "status", "says"),
    [
        ({"gracePeriodSeconds": "x"}, 400, f"unmarshal string into {FIELD} DeleteOptions.gracePeriodSeconds"),
        ({"gracePeriodSeconds": 1.5}, 400, f"unmarshal number 1.5 into {FIELD} DeleteOptions.gracePeriodSeconds"),
        ({"gracePeriodSeconds": []}, 400, f"unmarshal array into {FIELD} DeleteOptions.gracePeriodSeconds"),
        ({"gracePeriodSeconds": True}, 400, f"unmarshal bool into {FIELD} DeleteOptions.gracePeriodSeconds"),
        ({"gracePeriodSeconds": 2**63}, 400, "unmarshal number 9223372036854775808 into"),
        ({"gracePeriodSeconds": 2**63 - 1}, 404, "not found"),
        ({"dryRun": "All"}, 400, f"unmarshal string into {FIELD} DeleteOptions.dryRun of type []string"),
        ({"dryRun": [1]}, 400, f"unmarshal number into {FIELD} DeleteOptions.dryRun of type string"),
        ({"dryRun": [None]}, 422, 'dryRun: Unsupported value: [""]'),
        ({"dryRun": ["All", "x"]}, 422, 'dryRun: Unsupported value: ["All","x"]'),
        ({"preconditions": "x"}, 400, f"unmarshal string into {FIELD} DeleteOptions.preconditions"),
        ({"preconditions": {"uid": 1}}, 400, f"unmarshal number into {FIELD} Preconditions.preconditions.uid"),
        ({"preconditions": None}, 404, "not found"),
        ({"propagationPolicy": 1}, 400, f"unmarshal number into {FIELD} DeleteOptions.propagationPolicy"),
        ({"propagationPolicy": ["Orphan"]}, 400, f"unmarshal array into {FIELD} DeleteOptions.propagationPolicy"),
        ({"orphanDependents": "true"}, 400, f"unmarshal string into {FIELD} DeleteOptions.orphanDependents"),
        ({"apiVersion": {}}, 400, f"unmarshal object into {FIELD} .apiVersion of type string"),
        ({"kind": "DeleteOptions", "apiVersion": "x/y/z"}, 400, "unexpected GroupVersion string: x/y/z"),
        ({"kind": "Pod", "apiVersion": "v1"}, 400, 'no kind "Pod" is registered'),
        ({"unknown": 1}, 404, "not found"),
        ([], 400, "unmarshal array into Go value of type struct"),
        (b"null", 404, "not found"),
        (b"gracePeriodSeconds: 0", 400, "looking for beginning of value"),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, 400, "exceeded max depth"),
    ],
)
def test_the_options_of_a_delete_have_their_types(
    wire: Wire, namespace: str, options: Any, status: int, says: str
) -> None:
    answer = wire("DELETE", f"/api/v1/namespaces/{namespace}/configmaps/none", options)
    assert answer.status == status, answer.body["message"]
    assert says in answer.body["message"]


def test_the_options_of_a_delete_have_a_known_media_type(wire: Wire, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps/none"
    assert wire("DELETE", path, b"{}", content_type="text/plain").status == 415
    assert wire("DELETE", path, b"gracePeriodSeconds: 0", content_type="application/yaml").status == 404


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ({"limit": DIGITS}, 400, "value out of range"),
        ({"limit": str(2**63)}, 400, "value out of range"),
        ({"limit": "\u0661"}, 400, "invalid syntax"),
        ({"limit": "-1"}, 200, ""),
        ({"timeoutSeconds": DIGITS}, 400, "value out of range"),
        ({"resourceVersion": DIGITS}, 400, "value out of range"),
        ({"resourceVersion": str(2**64)}, 400, "value out of range"),
        ({"continue": "\u00fc", "limit": "1"}, 400, "invalid continue token"),
        ({"continue": "W1tb" * 1000, "limit": "1"}, 400, "invalid continue token"),
        ({"continue": "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MCwic3RhcnQiOiJhIn0", "limit": "1"}, 400, "not valid"),
        ({"labelSelector": "a>99999999999999999999"}, 400, "unable to parse requirement"),
        ({"labelSelector": ",".join(["a"] * 3000)}, 200, ""),
    ],
)
def test_the_options_of_a_list_have_their_range(
    wire: Wire, namespace: str, query: dict[str, str], status: int, says: str
) -> None:
    answer = wire("GET", f"/api/v1/namespaces/{namespace}/configmaps", query=query)
    assert answer.status == status, answer.body.get("message")
    assert says in answer.body.get("message", "")


def test_a_grace_period_in_the_query_has_its_range(wire: Wire, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps/none"
    assert wire("DELETE", path, query={"gracePeriodSeconds": DIGITS}).status == 400
    assert wire("DELETE", path, query={"orphanDependents": "x"}).status == 404


def test_each_value_of_a_repeated_dry_run_counts(wire: Wire, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps?dryRun=All&dryRun="
    body = {"metadata": {"name": "odd"}}
    assert wire("POST", f"{path}All", body).status == 201
    assert wire("POST", f"{path}x", body).status == 422
    assert wire("GET", f"/api/v1/namespaces/{namespace}/configmaps/odd").status == 404


@pytest.mark.parametrize("grace_s", [2**63 - 1, -(2**63), 2**40])
def test_a_grace_period_may_be_longer_than_time(wire: Wire, shared_namespace: str, grace_s: int) -> None:
    path, name = f"/api/v1/namespaces/{shared_namespace}/pods", f"long{abs(grace_s)}"
    spec = {"nodeName": "none", "containers": [{"name": "c", "image": "i"}]}
    assert wire("POST", path, {"metadata": {"name": name}, "spec": spec}).status == 201
    assert wire("DELETE", f"{path}/{name}", {"gracePeriodSeconds": grace_s}).status == 200
    assert wire("GET", path).status == 200
    wire("DELETE", f"{path}/{name}", {"gracePeriodSeconds": 0})


@pytest.mark.parametrize(
    ("seconds", "status", "says"),
    [
        (2**63 - 1, 422, "may not specify a duration larger than 2^32 seconds"),
        (2**32 + 1, 422, "may not specify a duration larger than 2^32 seconds"),
        (2**32, 201, ""),
        (600, 201, ""),
        (599, 422, "may not specify a duration less than 10 minutes"),
        (0, 422, "may not specify a duration less than 10 minutes"),
        (-1, 422, "may not specify a duration less than 10 minutes"),
        ("x", 400, "cannot unmarshal string"),
        (None, 201, ""),
    ],
)
def test_a_token_lives_between_ten_minutes_and_136_years(
    wire: Wire, shared_namespace: str, seconds: Any, status: int, says: str
) -> None:
    path = f"/api/v1/namespaces/{shared_namespace}/serviceaccounts/default/token"
    answer = wire("POST", path, {"spec": {"expirationSeconds": seconds}})
    assert answer.status == status, answer.body.get("message")
    assert says in answer.body.get("message", "")


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (
            {"spec": {"boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "none"}}},
            404,
            'pods "none" not found',
        ),
        ({"spec": {"boundObjectRef": {"kind": "Foo", "apiVersion": "v1", "name": "a"}}}, 400, "/v1, Kind=Foo"),
        ({"metadata": {"name": "other"}, "spec": {}}, 422, "must match the service account name if specified"),
    ],
)
def test_a_token_is_bound_to_what_exists(wire: Wire, shared_namespace: str, body: Any, status: int, says: str) -> None:
    answer = wire("POST", f"/api/v1/namespaces/{shared_namespace}/serviceaccounts/default/token", body)
    assert answer.status == status
    assert says in answer.body["message"]


@pytest.mark.parametrize(("path", "status"), [("%ff", 404), ("%00", 404), ("%ed%a0%80", 404), ("a%2fb", 404)])
def test_a_name_that_is_not_text_does_not_exist(wire: Wire, namespace: str, path: str, status: int) -> None:
    assert wire("GET", f"/api/v1/namespaces/{namespace}/configmaps/{path}", accept=JSON).status == status
