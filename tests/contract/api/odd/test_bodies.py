"""Bodies that are large, deep, or no text: the same answer on both engines, within two seconds, and no LIST breaks.

The rules: Go's encoding/json (10,000 levels, U+FFFD for what is not text), and go-yaml's limit of aliases.
"""

from __future__ import annotations

import gzip
import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.contract.api.odd.timing import at_once
from tests.contract.wire import APPLY, JSON, MERGE_PATCH, STRATEGIC_PATCH

if TYPE_CHECKING:
    from tests.contract.wire import Answer, Wire

YAML = "application/yaml"


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


def config_map(**fields: Any) -> bytes:
    return json.dumps({"metadata": {"name": "odd"}, **fields}).encode()


def aliases(indent: str = "") -> bytes:
    """YAML of half a kilobyte that expands to 9^10 texts."""
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    names = "abcdefghij"
    lines += [f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]" for before, name in pairwise(names)]
    return "".join(f"{indent}{line}\n" for line in lines).encode()


class Case(NamedTuple):
    """A body for a new ConfigMap, and the status and a part of the message of its answer."""

    body: bytes
    status: int
    says: str = ""
    content_type: str = JSON
    headers: dict[str, str] = {}


_DEPTH = "exceeded max depth"
_NOT_A_MAP = "cannot unmarshal object into Go struct field ConfigMap.data of type string"
_NO_TEXT = "�"
CASES = {
    "a field of 985 levels": Case(b'{"metadata":{"name":"odd"},"data":%s}' % nested(985), 400, _NOT_A_MAP),
    "a field of 9,990 levels": Case(b'{"metadata":{"name":"odd"},"data":%s}' % nested(9990), 400, _NOT_A_MAP),
    "an unknown field of 1,100 levels": Case(b'{"metadata":{"name":"odd"},"foo":%s}' % nested(1100), 201),
    "10,001 levels": Case(b'{"metadata":{"name":"odd"},"data":%s}' % nested(10_001), 400, _DEPTH),
    "100,000 levels": Case(b'{"metadata":{"name":"odd"},"data":%s}' % nested(100_000), 400, _DEPTH),
    "lists of 20,000 levels": Case(b"[" * 20_000 + b"]" * 20_000, 400, _DEPTH),
    "YAML of 20,000 levels": Case(b"[" * 20_000 + b"]" * 20_000, 400, "depth", YAML),
    "YAML whose aliases explode": Case(b"metadata: {name: odd}\ndata:\n" + aliases(), 400, "excessive aliasing", YAML),
    "YAML that contains itself": Case(b"metadata: &m {name: odd, labels: *m}", 400, "contains itself", YAML),
    "YAML with a date": Case(b"metadata: {name: odd}\ndata: {a: 2001-01-01}", 201, "", YAML),
    "YAML with binary data": Case(b"metadata: {name: odd}\ndata: {a: !!binary aGk=}", 201, "", YAML),
    "YAML with numbers as keys": Case(b"metadata: {name: odd}\ndata: {1: x}", 201, "", YAML),
    "YAML with infinity": Case(b"metadata: {name: odd}\ndata: {a: .inf}", 400, "unsupported value", YAML),
    "an apiVersion that is an object": Case(config_map(apiVersion={}), 400, "field .apiVersion of type string"),
    "a kind that is a list": Case(config_map(kind=[]), 400, "field .kind of type string"),
    "an apiVersion with two slashes": Case(
        config_map(apiVersion="a/b/c"), 400, "unexpected GroupVersion string: a/b/c"
    ),
    "metadata that are a list": Case(b'{"metadata":[]}', 400, "cannot unmarshal array"),
    "null": Case(b"null", 422, "name or generateName is required"),
    "half a surrogate pair": Case(b'{"metadata":{"name":"odd"},"data":{"a":"x\\ud800y"}}', 201),
    "half a surrogate pair as a label": Case(
        b'{"metadata":{"name":"odd","labels":{"a":"\\ud800"}}}', 422, f'Invalid value: "{_NO_TEXT}"'
    ),
    "half a surrogate pair as a name": Case(
        b'{"metadata":{"name":"\\ud800"}}', 422, f'ConfigMap "{_NO_TEXT}" is invalid'
    ),
    "half a surrogate pair in YAML": Case(
        b'metadata: {name: odd}\ndata: {a: "\\ud800"}', 400, "invalid Unicode character escape code", YAML
    ),
    "bytes that are not text": Case(b'{"metadata":{"name":"odd"},"data":{"a":"x\xffy"}}', 201),
    "a character NUL": Case(b'{"metadata":{"name":"odd"},"data":{"a":"x\\u0000y"}}', 201),
    "NaN": Case(b'{"metadata":{"name":"odd","generation":NaN}}', 400, "looking for beginning of value"),
    "text that is not base64": Case(
        '{"metadata":{"name":"odd"},"binaryData":{"a":"ü"}}'.encode(), 400, "at input byte 0"
    ),
    "what is said to be gzip": Case(b"not gzip", 400, "invalid character", JSON, {"Content-Encoding": "gzip"}),
    "gzip, which only answers may be": Case(
        gzip.compress(config_map()), 400, "looking for beginning of value", JSON, {"Content-Encoding": "gzip"}
    ),
    "an unknown encoding": Case(config_map(), 201, "", JSON, {"Content-Encoding": "foo"}),
    "a media type that is none": Case(config_map(), 415, "unknown format", ";;;"),
    "protobuf with a number of 100,000 bytes": Case(
        b"k8s\x00" + b"\x80" * 100_000, 400, "", "application/vnd.kubernetes.protobuf"
    ),
    "more than 3 MiB": Case(config_map(data={"a": "x" * 3 * 1024 * 1024}), 413, "limit is 3145728"),
}


def said(answer: Answer) -> str:
    return str(answer.body.get("message", "")) if isinstance(answer.body, dict) else ""


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_odd_body_gets_the_same_answer_and_breaks_no_list(wire: Wire, namespace: str, case: Case) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    with at_once():
        answer = wire("POST", path, case.body, content_type=case.content_type, headers=case.headers)
    assert answer.status == case.status, said(answer)
    assert case.says in said(answer)
    listed = wire("GET", path)
    assert listed.status == 200
    assert ("odd" in [item["metadata"]["name"] for item in listed.body["items"]]) == (case.status == 201)


@pytest.mark.parametrize("content_type", [MERGE_PATCH, STRATEGIC_PATCH])
@pytest.mark.parametrize(("levels", "status"), [(1100, 200), (20_000, 400)])
def test_a_patch_may_be_as_deep_as_any_body(
    wire: Wire, namespace: str, content_type: str, levels: int, status: int
) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    assert wire("POST", path, config_map()).status == 201
    answer = wire("PATCH", f"{path}/odd", b'{"foo":%s}' % nested(levels), content_type=content_type)
    assert answer.status == status
    assert status == 200 or answer.body["message"] == "invalid JSON patch"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"data":{"a":"x\\ud800y"}}', MERGE_PATCH, 200),
        (b'{"data":{"a":"x\\ud800y"}}', STRATEGIC_PATCH, 200),
        (b'{"data":{"a":"x\xffy"}}', MERGE_PATCH, 200),
        (b'{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"x\\ud800y"}}', APPLY, 400),
        (b'{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"x\xffy"}}', APPLY, 400),
    ],
)
def test_what_is_not_text_in_a_patch_is_replaced_and_in_an_apply_refused(
    wire: Wire, namespace: str, body: bytes, content_type: str, status: int
) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    assert wire("POST", path, config_map()).status == 201
    answer = wire(
        "PATCH",
        f"{path}/odd",
        body,
        content_type=content_type,
        query={"fieldManager": "m", "force": "false"} if content_type == APPLY else None,
    )
    assert answer.status == status, said(answer)
    assert status == 400 or answer.body["data"] == {"a": f"x{_NO_TEXT}y"}
    assert wire("GET", path).status == 200


def test_aliases_that_explode_are_refused_in_an_apply_too(wire: Wire, namespace: str) -> None:
    body = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: odd}\ndata:\n" + aliases("  ")
    path = f"/api/v1/namespaces/{namespace}/configmaps/odd"
    answer = wire("PATCH", path, body, content_type=APPLY, query={"fieldManager": "m"})
    assert (answer.status, said(answer)) == (400, "error encoding patch: yaml: document contains excessive aliasing")


def test_a_number_of_5000_digits_is_a_wrong_number(wire: Wire, namespace: str) -> None:
    path, digits = f"/apis/apps/v1/namespaces/{namespace}/deployments", b"1" * 5000
    body = b'{"metadata":{"name":"odd"},"spec":{"replicas":%s}}' % digits
    answer = wire("POST", path, body)
    assert answer.status == 400
    assert f"cannot unmarshal number {digits.decode()} into" in said(answer)
