"""The status of odd requests, one row per rule; the fuzzer (tests/fuzz) found them.

Each row is a request on the ConfigMap or the Pod `sample`, and the status that the real server gives it. Several rows
break two rules at once: their status says which one is checked first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.api.kind_samples import POD, place
from tests.contract.wire import APPLY, JSON, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.wire import Wire

_MAPS, _MAP = "/api/v1/namespaces/NAMESPACE/configmaps", "/api/v1/namespaces/NAMESPACE/configmaps/sample"
_POD = "/api/v1/namespaces/NAMESPACE/pods/sample"
_PROTOBUF = "application/vnd.kubernetes.protobuf"
_YAML, _UNSAFE = "application/yaml", "ignoreStoreReadErrorWithClusterBreakingPotential=true"
_NEW: Any = {"metadata": {"name": "new"}}
_EVICTION: Any = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "sample"}}
_ACCESS: Any = {"resourceAttributes": {"verb": "list", "resource": "pods"}}

OPTIONS: dict[str, tuple[str, str, int]] = {
    "of a boolean only false and 0 are false": ("GET", f"{_MAPS}?sendInitialEvents=no", 422),
    "a number may have a sign": ("GET", f"{_MAPS}?limit=%2B1", 200),
    "an empty number is none": ("GET", f"{_MAPS}?limit=", 400),
    "the first of several values counts": ("GET", f"{_MAPS}?limit=1&limit=x", 200),
    "a timeout is a duration": ("GET", f"{_MAPS}?timeout=10", 400),
    "a timeout may have several units": ("GET", f"{_MAPS}?timeout=1m1.5s", 200),
    "a timeout is checked before the rights": ("DELETE", "/nope?timeout=x", 400),
    "a get has a resourceVersion": ("GET", f"{_MAP}?resourceVersion=x", 500),
    "a watch has one, too": ("GET", f"{_MAPS}?watch=1&timeoutSeconds=1&resourceVersion=x", 500),
    "a watch from the start can't continue": ("GET", f"{_MAPS}?watch=1&timeoutSeconds=1&continue=x", 422),
    "a selector of an operator alone matches all": ("GET", f"{_MAPS}?fieldSelector=%3D", 200),
    "a label selector ends at a zero byte": ("GET", f"{_MAPS}?labelSelector=app%3D%00", 200),
    "a namespace is in no namespace": ("GET", "/api/v1/namespaces?fieldSelector=metadata.namespace%3Dx", 400),
    "a continue token does not climb": (
        "GET",
        f"{_MAPS}?continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIuLi9hIn0",
        400,
    ),
    "a policy may not be empty": ("DELETE", f"{_MAP}?propagationPolicy=", 422),
    "a readable object is not deleted unread": ("DELETE", f"{_MAP}?{_UNSAFE}", 409),
    "nor together with a grace period": ("DELETE", f"{_MAP}?{_UNSAFE}&gracePeriodSeconds=0", 422),
    "nor many at once": ("DELETE", f"{_MAPS}?{_UNSAFE}", 422),
    "a log has at least one second": ("GET", f"{_POD}/log?sinceSeconds=0", 422),
    "a log has whole lines": ("GET", f"{_POD}/log?tailLines=x", 400),
    "a log is one of a container": ("GET", f"{_POD}/log?container=nope", 400),
}
PATHS: dict[str, tuple[str, str, int]] = {
    "a path begins with one slash": ("GET", f"/{_MAPS}", 404),
    "it may end with several": ("GET", f"{_MAPS}//", 200),
    "it has no more parts": ("GET", f"{_MAP}/status/x", 404),
    "the empty namespace lists all": ("GET", "/api/v1/namespaces//configmaps", 200),
    "but has no objects": ("GET", "/api/v1/namespaces//configmaps/sample", 400),
    "a name is a part of a path": ("GET", f"{_MAPS}/%2E%2E", 400),
    "a watch is a GET": ("PUT", "/api/v1/watch/configmaps", 405),
    "a watch is of something": ("GET", "/api/v1/watch", 500),
    "a list of groups has any method": ("POST", "/apis", 200),
    "a version has only GET": ("POST", "/apis/apps/v1", 405),
    "health has parts": ("GET", "/livez/ping", 200),
    "the root lists paths": ("GET", "/", 200),
}
PATCHES: dict[str, tuple[str, Any, int]] = {
    "a kind in capitals that is a number": (MERGE_PATCH, {"KIND": 5}, 422),
    "no JSON": (MERGE_PATCH, b"{", 400),
    "a number beyond any float": (MERGE_PATCH, b'{"data":{"k":1e400}}', 400),
    "null": (STRATEGIC_PATCH, None, 200),
    "another kind": (STRATEGIC_PATCH, {"apiVersion": "x"}, 200),
    "a directive that is none": (STRATEGIC_PATCH, {"$patch": "nope"}, 500),
    "a merge by directive": (STRATEGIC_PATCH, {"$patch": "merge"}, 500),
    "keys to retain that are not a list": (STRATEGIC_PATCH, {"$retainKeys": "x"}, 400),
    "keys to retain without those of the patch": (STRATEGIC_PATCH, {"$retainKeys": [], "data": {}}, 400),
    "an order that is not a list": (STRATEGIC_PATCH, {"metadata": {"$setElementOrder/finalizers": "x"}}, 500),
    "an order of a field that does not exist": (STRATEGIC_PATCH, {"$setElementOrder/nope": []}, 500),
    "no operations": (JSON_PATCH, None, 200),
    "an operation that is null": (JSON_PATCH, [None], 422),
    "an addition of nothing": (JSON_PATCH, [{"op": "add", "path": "/metadata/labels"}], 200),
}
BODIES: dict[str, tuple[str, str, bytes, int]] = {
    "a media type with a parameter": ("POST", "application/json;a=b", b'{"metadata":{"name":"m1"}}', 201),
    "a parameter without a value": ("POST", "application/json;a", b'{"metadata":{"name":"m2"}}', 415),
    "two media types": ("POST", "application/json, application/yaml", b"{}", 415),
    "null is an object without fields": ("POST", JSON, b"null", 422),
    "y is a boolean in YAML": ("POST", _YAML, b"metadata: {name: y1}\ndata: {k: y}", 400),
    "1e3 is a number in YAML": ("POST", _YAML, b"metadata: {name: y2}\ndata: {k: 1e3}", 400),
    "1:20 is a text in YAML": ("POST", _YAML, b"metadata: {name: y3}\ndata: {k: 1:20}", 201),
    "a number that is too large is a text in YAML": ("POST", _YAML, b"metadata: {name: y4}\ndata: {k: 1e400}", 201),
    "an unknown tag is ignored in YAML": ("POST", _YAML, b"metadata: {name: y5}\ndata: {k: !nope x}", 201),
    "a second document is ignored in YAML": ("POST", _YAML, b"metadata: {name: y6}\n---\n{", 201),
    "YAML may be UTF-16": ("POST", _YAML, "metadata: {name: y7}".encode("utf-16"), 201),
    "a tab before JSON is no YAML": ("POST", _YAML, b'\t{"metadata":{"name":"y9"}}', 400),
    "nor is one on a line after it": ("POST", _YAML, b'{"metadata":{"name":"y9"}}\n \t', 400),
    "a tab in JSON is YAML": ("POST", _YAML, b'{\t"metadata":\n\t{"name":"y10"}} \t\n', 201),
    "a key of YAML is on one line": ("POST", _YAML, b'{"metadata"\n:{"name":"y9"}}', 400),
    "a key of YAML is short": ("POST", _YAML, b'{"metadata":{"name":"y9"},"%s":1}' % (b"k" * 1100), 400),
    "a key of JSON may be long": ("POST", JSON, b'{"metadata":{"name":"j1"},"%s":1}' % (b"k" * 1100), 201),
    "YAML does not escape a slash": ("POST", _YAML, b'{"metadata":{"name":"y9"},"data":{"k":"\\/"}}', 400),
    "JSON may do so": ("POST", JSON, b'{"metadata":{"name":"j2"},"data":{"k":"\\/"}}', 201),
    "YAML has no U+FFFE": ("POST", _YAML, b'{"metadata":{"name":"y9"},"data":{"k":"\xef\xbf\xbe"}}', 400),
    "a whole number in YAML has no fraction": ("POST", _YAML, b'{"metadata":{"name":"y12","generation":1.0}}', 201),
    "it has one in JSON": ("POST", JSON, b'{"metadata":{"name":"j3","generation":1.0}}', 400),
    "a slash is not escaped in any form of YAML": ("POST", _YAML, b'metadata: {name: y13}\ndata: {k: "\\/"}', 400),
    "a backslash is not an escape without quotes": ("POST", _YAML, b"metadata: {name: y14}\ndata: {k: a\\/b}", 201),
    "the version may have capitals": ("POST", JSON, b'{"metadata":{"name":"j4"},"APIVersion":"v2"}', 400),
    "so may the kind": ("POST", JSON, b'{"metadata":{"name":"j4"},"apiVersion":"v1","KIND":"Secret"}', 400),
    "a kind in capitals is a text": ("POST", _YAML, b"metadata: {name: y15}\nKIND: 5", 400),
    "a new object's version of more than 64 bits is none": (
        "POST",
        JSON,
        b'{"metadata":{"name":"j5","resourceVersion":"18446744073709551616"}}',
        201,
    ),
    "a large number is a text in YAML that is JSON": (
        "POST",
        _YAML,
        b'{"metadata":{"name":"y11"},"data":{"k":1e400}}',
        201,
    ),
    "protobuf of no kind has the kind of the path": ("POST", _PROTOBUF, b"k8s\0\n\0\x12\x06\n\x04\n\x02p1", 201),
    "protobuf is not empty": ("POST", _PROTOBUF, b"k8s\0", 400),
    "YAML of a newer version": ("POST", _YAML, b"%YAML 1.2\n---\nmetadata: {name: y8}", 400),
}


@pytest.fixture(scope="module")
def ask(wire: Wire, shared_namespace: str) -> Callable[..., int]:
    """The status of a request, as the admin."""
    for path, body in ((_MAPS, {}), (_POD.rpartition("/")[0], {"spec": POD})):
        target = path.replace("NAMESPACE", shared_namespace)
        answer = wire("POST", target, {"metadata": {"name": "sample"}, **body})
        assert answer.status == 201, answer.body

    def status(method: str, path: str, body: Any = None, **more: Any) -> int:
        answer = wire(method, path.replace("NAMESPACE", shared_namespace), body, **more)
        return answer.status

    return status


@pytest.mark.parametrize("rule", OPTIONS)
def test_options_are_read_as_go_reads_them(ask: Callable[..., int], rule: str) -> None:
    method, path, expected = OPTIONS[rule]
    assert ask(method, path) == expected


@pytest.mark.parametrize("rule", PATHS)
def test_paths_are_those_of_the_real_server(ask: Callable[..., int], rule: str) -> None:
    method, path, expected = PATHS[rule]
    assert ask(method, path) == expected


@pytest.mark.parametrize("rule", PATCHES)
def test_patches_that_break_one_rule(ask: Callable[..., int], rule: str) -> None:
    media_type, body, expected = PATCHES[rule]
    body = b"null" if body is None else body
    assert ask("PATCH", f"{_MAP}?dryRun=All", body, content_type=media_type) == expected


@pytest.mark.parametrize("rule", BODIES)
def test_bodies_that_break_one_rule(ask: Callable[..., int], rule: str) -> None:
    method, media_type, body, expected = BODIES[rule]
    assert ask(method, _MAPS, body, content_type=media_type) == expected


def test_the_order_of_the_checks_of_a_write(ask: Callable[..., int]) -> None:
    assert ask("POST", f"{_MAPS}?dryRun=x", b"{", content_type="text/plain", accept="text/plain") == 406
    assert ask("POST", f"{_MAPS}?dryRun=x", b"{", content_type="text/plain") == 415
    assert ask("POST", f"{_MAPS}?dryRun=x", b"{") == 422
    assert ask("PUT", f"{_MAP}?dryRun=x", b"{", content_type="text/plain") == 422
    assert ask("PUT", _MAP, b"{", content_type="text/plain") == 415
    assert ask("PATCH", f"{_MAP}?dryRun=x", b"{", accept="text/plain") == 415
    assert ask("PATCH", f"{_MAPS}/nope?dryRun=", b"{", content_type=MERGE_PATCH) == 422
    assert ask("PATCH", f"{_MAPS}/nope", b"{", content_type=MERGE_PATCH) == 400
    assert ask("PATCH", f"{_POD}x/status?fieldManager=m", b"{}", content_type=APPLY) == 404


def test_an_eviction_has_the_options_of_a_delete(ask: Callable[..., int]) -> None:
    for options in ({"propagationPolicy": "Nope"}, {_UNSAFE.partition("=")[0]: True}):
        assert ask("POST", f"{_POD}/eviction", {**_EVICTION, "deleteOptions": options}) == 422


def test_the_selectors_of_an_access_review_are_checked(ask: Callable[..., int]) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    for selector in ({}, {"rawSelector": "a", "requirements": [{"key": "a", "operator": "Exists"}]}):
        attributes = {**_ACCESS["resourceAttributes"], "fieldSelector": selector}
        assert ask("POST", path, {"spec": {"resourceAttributes": attributes}}) == 422


def test_a_claim_may_get_its_class_later(wire: Wire, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"
    spec: Any = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    body: Any = {"metadata": {"name": "a"}, "spec": spec}

    assert wire("POST", path, body).status == 201
    assert wire("PUT", f"{path}/a", {**body, "spec": {**spec, "storageClassName": ""}}).status == 200


def test_an_apply_of_a_scale_sees_no_replicas_of_a_workload_that_has_none(
    wire: Wire, make_kind: Callable[..., Any]
) -> None:
    metadata = make_kind("ReplicaSet")["metadata"]
    path = f"/apis/apps/v1/namespaces/{metadata['namespace']}/replicasets/{metadata['name']}/scale?fieldManager=m"
    scale: Any = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": metadata["name"]}}

    assert wire("PATCH", path, {**scale, "spec": {"replicas": 0}}, content_type=APPLY).status == 409
    assert wire("PATCH", path, {**scale, "nope": 1}, content_type=APPLY).status == 500


def test_many_warnings_are_cut_off(wire: Wire, namespace: str) -> None:
    body = {"metadata": {"name": "a"}, **{f"field{number:060}": 1 for number in range(500)}}
    answer = wire("POST", f"/api/v1/namespaces/{namespace}/configmaps?dryRun=All", body)

    assert answer.status == 201
    assert 40 < len(answer.headers.getlist("Warning")) < 100  # type: ignore[attr-defined]


def test_a_delete_in_protobuf_may_name_no_kind(ask: Callable[..., int]) -> None:
    assert ask("DELETE", f"{_MAPS}?labelSelector=no%3Dne", b"k8s\0\n\0\x12\0", content_type=_PROTOBUF) == 200


@pytest.mark.parametrize("path", ["/api/v1//a", "/api/v1/namespaces/%2F/events/./status/", "/apis/apps/v1//a"])
def test_a_resource_without_a_name_needs_rights(wire_as: Callable[[str], Wire], path: str) -> None:
    assert wire_as("admin")("GET", path).status == 404
    assert wire_as("stranger")("GET", path).status == 403


def test_a_merge_patch_that_is_a_list_replaces_the_object_unless_fields_are_checked(ask: Callable[..., int]) -> None:
    assert ask("PATCH", f"{_MAP}?fieldValidation=Ignore", b"[]", content_type=MERGE_PATCH) == 422
    assert ask("PATCH", f"{_MAP}?fieldValidation=Ignore", b"null", content_type=MERGE_PATCH) == 400
    assert ask("PATCH", _MAP, b"[]", content_type=MERGE_PATCH) == 400


@pytest.mark.parametrize("media_type", [MERGE_PATCH, STRATEGIC_PATCH, JSON_PATCH])
def test_a_patch_keeps_the_version(ask: Callable[..., int], media_type: str) -> None:
    body: Any = {"apiVersion": None, "data": 5}
    body = [{"op": "remove", "path": "/apiVersion"}] if media_type == JSON_PATCH else body
    expected = (422, 422) if media_type == STRATEGIC_PATCH else (400, 422)
    assert ask("PATCH", f"{_MAP}?dryRun=All", body, content_type=media_type) == expected[0]
    assert ask("PATCH", f"{_MAP}?dryRun=All&fieldValidation=Strict", body, content_type=media_type) == expected[1]


def test_a_number_beyond_any_float_is_a_text_in_an_apply(ask: Callable[..., int]) -> None:
    body = b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":1e400}}'
    assert ask("PATCH", f"{_MAP}?fieldManager=m", body, content_type=APPLY) == 400


def test_a_fraction_may_be_deep_in_an_apply(ask: Callable[..., int]) -> None:
    body = b'{"apiVersion":"v1","kind":"ConfigMap","metadata":%s0.5%s}' % (b"[" * 2000, b"]" * 2000)
    assert ask("PATCH", f"{_MAP}?fieldManager=m", body, content_type=APPLY) == 500


def test_a_number_beyond_any_float_is_not_a_patch_of_an_event(wire: Wire, shared_namespace: str) -> None:
    path = f"/apis/events.k8s.io/v1/namespaces/{shared_namespace}/events"
    about = {"involvedObject": {"namespace": shared_namespace}}
    assert wire("POST", path.replace("/apis/events.k8s.io", "/api"), {"metadata": {"name": "a"}, **about}).status == 201
    for media_type in (MERGE_PATCH, STRATEGIC_PATCH):
        assert wire("PATCH", f"{path}/a", b'{"nope":1e400}', content_type=media_type).status == 400


@pytest.mark.parametrize("version", ["18446744073709551616", "1" * 30, "\u0661", "-1"])
def test_a_version_has_64_bits(ask: Callable[..., int], version: str) -> None:
    body: Any = {"metadata": {"name": "sample", "resourceVersion": version}}
    assert ask("PUT", f"{_MAP}?dryRun=All", body) == 500
    assert ask("PATCH", f"{_MAP}?dryRun=All", body, content_type=MERGE_PATCH) == 500


def test_a_version_of_zeros_is_none(ask: Callable[..., int]) -> None:
    assert ask("PUT", f"{_MAP}?dryRun=All", {"metadata": {"name": "sample", "resourceVersion": "00"}}) == 200


@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        (MERGE_PATCH, b'{"data":{"a":"b","a":"c"}}', 422),
        (MERGE_PATCH, b'{"data":{"a":"b"},"data":{"c":"d"}}', 422),
        (STRATEGIC_PATCH, b'{"data":{"a":"b","a":"c"}}', 422),
        (JSON_PATCH, b'[{"op":"add","op":"add","path":"/data","value":{}}]', 422),
        (JSON_PATCH, b'[{"op":"add","path":"/data","value":{"a":"b","a":"c"}}]', 422),
        (JSON_PATCH, b'[{"op":"add","path":"/data","value":{},"nope":1}]', 422),
        (APPLY, b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"sample"},"data":{"a":"b","a":"c"}}', 400),
        (APPLY, b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sample}\ndata: {a: b, a: c}", 400),
    ],
)
def test_strict_patches_have_no_duplicate_fields(
    ask: Callable[..., int], media_type: str, body: bytes, expected: int
) -> None:
    path = f"{_MAP}?dryRun=All&fieldManager=m&force=true" if media_type == APPLY else f"{_MAP}?dryRun=All"
    assert ask("PATCH", path, body, content_type=media_type) == 200
    assert ask("PATCH", f"{path}&fieldValidation=Strict", body, content_type=media_type) == expected


@pytest.mark.parametrize(
    "body", [b'{"metadata":{"name":"s"},"data":{"a":"b","a":"c"}}', b"metadata: {name: s, name: s}"]
)
def test_strict_yaml_has_no_duplicate_fields(ask: Callable[..., int], body: bytes) -> None:
    assert ask("POST", f"{_MAPS}?dryRun=All", body, content_type=_YAML) == 201
    assert ask("POST", f"{_MAPS}?dryRun=All&fieldValidation=Strict", body, content_type=_YAML) == 400


@pytest.mark.parametrize(
    ("version", "kind"),
    [("apps/v1", "Scale"), ("", "Scale"), ("autoscaling/v1", ""), ("autoscaling/v1", "Nope"), ("x", "y")],
)
def test_an_apply_of_a_scale_is_one_of_a_scale(
    wire: Wire, make_kind: Callable[..., Any], version: str, kind: str
) -> None:
    metadata = make_kind("ReplicaSet")["metadata"]
    path = f"/apis/apps/v1/namespaces/{metadata['namespace']}/replicasets/{metadata['name']}/scale?fieldManager=m"
    scale = {"apiVersion": version, "kind": kind, "metadata": {"name": metadata["name"]}, "spec": {"replicas": 0}}

    assert wire("PATCH", path, scale, content_type=APPLY).status == 400


@pytest.mark.parametrize("name", ["a" * 254, "A_b!", "x..y"])
def test_an_event_may_have_any_name_that_is_a_part_of_a_path(wire: Wire, shared_namespace: str, name: str) -> None:
    body: Any = {"metadata": {"name": name}, "involvedObject": {"namespace": shared_namespace}}
    assert wire("POST", f"/api/v1/namespaces/{shared_namespace}/events?dryRun=All", body).status == 201


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        *((kind, 422) for kind in ("EndpointSlice", "Node", "PersistentVolume", "StorageClass")),
        *((kind, 200) for kind in ("CronJob", "Deployment", "Job", "PriorityClass", "ReplicaSet", "StatefulSet")),
    ],
)
def test_updates_of_some_kinds_check_how_the_name_was_generated(
    wire: Wire, make_kind: Callable[..., Any], kind: str, expected: int
) -> None:
    patch = {"metadata": {"generateName": "x" * 300}}
    path = place(make_kind(kind))
    assert wire("PATCH", f"{path}?dryRun=All", patch, content_type=MERGE_PATCH).status == expected


def test_updates_of_a_status_do_not_check_how_the_name_was_generated(ask: Callable[..., int]) -> None:
    patch = {"metadata": {"generateName": "x" * 300}}
    assert ask("PATCH", f"{_POD}?dryRun=All", patch, content_type=MERGE_PATCH) == 422
    assert ask("PATCH", f"{_POD}/status?dryRun=All", patch, content_type=MERGE_PATCH) == 200


_SLICES = "/apis/discovery.k8s.io/v1/namespaces/NAMESPACE/endpointslices?dryRun=All"
_ENDPOINT: Any = {"addresses": ["10.1.2.3"]}
SLICES: dict[str, tuple[Any, int]] = {
    "1000 endpoints": ({"endpoints": [_ENDPOINT] * 1000}, 201),
    "1001 endpoints": ({"endpoints": [_ENDPOINT] * 1001}, 422),
    "100 addresses": ({"endpoints": [{"addresses": ["10.1.2.3"] * 100}]}, 201),
    "101 addresses": ({"endpoints": [{"addresses": ["10.1.2.3"] * 101}]}, 422),
    "9 zones": ({"endpoints": [{**_ENDPOINT, "hints": {"forZones": [{"name": f"a{i}"} for i in range(9)]}}]}, 422),
    "a zone twice": ({"endpoints": [{**_ENDPOINT, "hints": {"forZones": [{"name": "a"}] * 2}}]}, 422),
    "a node without a name": ({"endpoints": [{**_ENDPOINT, "hints": {"forNodes": [{"name": ""}]}}]}, 422),
    "a protocol with a space": ({"endpoints": [], "ports": [{"appProtocol": "a b"}]}, 422),
    "a domain of one part": ({"addressType": "FQDN", "endpoints": [{"addresses": ["a"]}]}, 422),
    "a domain": ({"addressType": "FQDN", "endpoints": [{"addresses": ["a.b."]}]}, 201),
    "an address of IPv4 in IPv6": ({"addressType": "IPv6", "endpoints": [{"addresses": ["::ffff:1.2.3.4"]}]}, 422),
    "an address of IPv6 in long form": ({"addressType": "IPv6", "endpoints": [{"addresses": ["fd00:0::1"]}]}, 422),
}


@pytest.mark.parametrize("case", SLICES)
def test_endpoint_slices_have_limits(ask: Callable[..., int], case: str) -> None:
    fields, expected = SLICES[case]
    assert ask("POST", _SLICES, {"metadata": {"name": "a"}, "addressType": "IPv4", **fields}) == expected


@pytest.mark.parametrize(("operator", "value", "expected"), [("In", "a-", 422), ("NotIn", "a-", 422), ("In", "a", 201)])
def test_the_values_of_a_selector_are_checked(
    ask: Callable[..., int], operator: str, value: str, expected: int
) -> None:
    selector = {"matchExpressions": [{"key": "app", "operator": operator, "values": [value]}]}
    path = "/apis/networking.k8s.io/v1/namespaces/NAMESPACE/networkpolicies?dryRun=All"
    assert ask("POST", path, {"metadata": {"name": "a"}, "spec": {"podSelector": selector}}) == expected


@pytest.mark.parametrize(("amount", "expected"), [(2**63 - 1, 201), (2**63, 422), (2**64 - 1, 422), (2**64, 201)])
def test_the_capacity_of_a_volume_is_counted_in_64_bits(ask: Callable[..., int], amount: int, expected: int) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": str(amount)}, "hostPath": {"path": "/data"}}
    body: Any = {"metadata": {"name": "a"}, "spec": spec}
    assert ask("POST", "/api/v1/persistentvolumes?dryRun=All", body) == expected
