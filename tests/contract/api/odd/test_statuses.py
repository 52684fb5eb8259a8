"""The status of odd requests, one row per rule; the fuzzer (tests/fuzz) found them.

Each row is a request on the ConfigMap or the Pod `sample`, and the status that the real server gives it. Several rows
break two rules at once: their status says which one is checked first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.api.kind_samples import POD
from tests.contract.wire import APPLY, JSON, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.wire import Wire

_MAPS, _MAP = "/api/v1/namespaces/NAMESPACE/configmaps", "/api/v1/namespaces/NAMESPACE/configmaps/sample"
_POD = "/api/v1/namespaces/NAMESPACE/pods/sample"
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
    "no JSON": (MERGE_PATCH, b"{", 400),
    "a number beyond any float": (MERGE_PATCH, b'{"data":{"k":1e400}}', 400),
    "null": (STRATEGIC_PATCH, None, 200),
    "another kind": (STRATEGIC_PATCH, {"apiVersion": "x"}, 200),
    "a directive that is none": (STRATEGIC_PATCH, {"$patch": "nope"}, 500),
    "a merge by directive": (STRATEGIC_PATCH, {"$patch": "merge"}, 500),
    "keys to retain that are no list": (STRATEGIC_PATCH, {"$retainKeys": "x"}, 400),
    "keys to retain without those of the patch": (STRATEGIC_PATCH, {"$retainKeys": [], "data": {}}, 400),
    "an order that is no list": (STRATEGIC_PATCH, {"metadata": {"$setElementOrder/finalizers": "x"}}, 500),
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
