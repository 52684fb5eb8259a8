"""Discovery in the sandbox, and request bodies."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apimachinery.protobuf import read_protobuf
from tenantkit.sandbox.apimachinery.resources import RESOURCES, find, of_kind
from tenantkit.sandbox.apimachinery.yaml_text import read_yaml
from tenantkit.sandbox.apis.scheme import read_as
from tenantkit.sandbox.endpoints import discovery
from tenantkit.sandbox.endpoints.bodies import read_body

_VARINT_END = 0x80


def test_the_version_identifies_the_sandbox() -> None:
    assert discovery.version()["gitVersion"] == "v1.37.2+tenantkit-sandbox"


def test_each_resource_is_in_both_discovery_forms() -> None:
    for resource in RESOURCES:
        root = f"/apis/{resource.group}" if resource.group else "/api"
        older = discovery.document(f"{root}/{resource.version}", address="127.0.0.1:1")
        assert older is not None
        (entry,) = (item for item in older["resources"] if item["name"] == resource.plural)
        assert (entry["kind"], entry["namespaced"]) == (resource.kind, resource.namespaced)
        groups = discovery.aggregated("apis" if resource.group else "api")["items"]
        (group,) = (item for item in groups if item["metadata"].get("name", "") == resource.group)
        (version,) = (item for item in group["versions"] if item["version"] == resource.version)
        assert resource.plural in [item["resource"] for item in version["resources"]]


def test_an_older_document_equals_the_real_servers() -> None:
    assert discovery.document("/apis/coordination.k8s.io/v1", address="127.0.0.1:1") == {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": "coordination.k8s.io/v1",
        "resources": [
            {
                "name": "leases",
                "singularName": "lease",
                "namespaced": True,
                "kind": "Lease",
                "verbs": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
            }
        ],
    }


def test_groups_and_roots_are_listed() -> None:
    groups = discovery.document("/apis", address="127.0.0.1:1")
    assert groups is not None
    assert "networking.k8s.io" in [group["name"] for group in groups["groups"]]
    assert discovery.document("/apis/networking.k8s.io", address="127.0.0.1:1") == {
        "kind": "APIGroup",
        "apiVersion": "v1",
        "name": "networking.k8s.io",
        "versions": [{"groupVersion": "networking.k8s.io/v1", "version": "v1"}],
        "preferredVersion": {"groupVersion": "networking.k8s.io/v1", "version": "v1"},
    }
    assert discovery.document("/api", address="127.0.0.1:1") == {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1:1"}],
    }


@pytest.mark.parametrize("path", ["/nope", "/api/v2", "/apis/nope", "/apis/apps/v2", "/apis/apps/v1/x/y"])
def test_a_path_that_is_not_served_has_no_document(path: str) -> None:
    assert discovery.document(path, address="127.0.0.1:1") is None


def test_the_urls_of_schemas_have_their_hash() -> None:
    (url,) = (
        item["serverRelativeURL"] for name, item in discovery.openapi_index()["paths"].items() if name == "api/v1"
    )
    text = discovery.openapi("api/v1")
    assert text is not None
    assert url == f"/openapi/v3/api/v1?hash={hashlib.sha512(text).hexdigest().upper()}"
    assert "io.k8s.api.core.v1.Pod" in json.loads(text)["components"]["schemas"]
    assert discovery.openapi("apis/apps/v2") is None


def test_resources_are_found_by_path_and_by_kind() -> None:
    assert find("networking.k8s.io", "v1", "ingresses") is of_kind("networking.k8s.io/v1", "Ingress")
    with pytest.raises(LookupError):
        find("apps", "v2", "deployments")


def varint(value: int) -> bytes:
    return bytes([value]) if value < _VARINT_END else bytes([value & 0x7F | _VARINT_END]) + varint(value >> 7)


def part(number: int, value: bytes | str | int) -> bytes:
    """One encoded field."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def envelope(api_version: str, kind: str, message: bytes) -> bytes:
    return b"k8s\x00" + part(1, part(1, api_version) + part(2, kind)) + part(2, message)


def test_a_review_in_protobuf_is_decoded_as_in_json() -> None:
    attributes = part(1, "vision") + part(2, "list") + part(3, "") + part(5, "pods")
    body = envelope("authorization.k8s.io/v1", "SelfSubjectAccessReview", part(2, part(1, attributes)))
    assert read_protobuf(body) == {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"namespace": "vision", "verb": "list", "group": "", "resource": "pods"}},
    }


def test_maps_lists_embedded_structs_and_special_types_are_decoded_from_protobuf() -> None:
    hard = part(1, "cpu") + part(2, part(1, "500m"))
    body = envelope("v1", "ResourceQuota", part(1, part(1, "q")) + part(2, part(1, hard) + part(2, "BestEffort")))
    assert read_protobuf(body)["spec"] == {"hard": {"cpu": "500m"}, "scopes": ["BestEffort"]}

    port = part(3, 80) + part(4, part(1, 1) + part(3, "http"))
    timestamp = part(8, part(1, 1_795_600_000))
    service = read_protobuf(envelope("v1", "Service", part(1, timestamp) + part(2, part(1, port))))
    assert service["spec"]["ports"] == [{"port": 80, "targetPort": "http"}]
    assert service["metadata"] == {"creationTimestamp": "2026-11-25T09:46:40Z"}

    volume = part(1, "scratch") + part(2, part(2, b""))
    pod = read_protobuf(envelope("v1", "Pod", part(2, part(1, volume))))
    assert pod["spec"]["volumes"] == [{"name": "scratch", "emptyDir": {}}]

    secret = read_protobuf(envelope("v1", "Secret", part(2, part(1, "key") + part(2, b"\x00\xff"))))
    assert secret["data"] == {"key": base64.b64encode(b"\x00\xff").decode()}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{}", "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"),
        (b"k8s\x00\x0a\x7f", "unexpected EOF"),
        (envelope("apps/v2", "Deployment", b""), 'no kind "Deployment" is registered for version "apps/v2"'),
    ],
)
def test_invalid_protobuf_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read_protobuf(body)
    assert str(caught.value) == reason


@pytest.mark.parametrize("text", [b'{"a": "2026-11-25"}', b"a: 2026-11-25"])
def test_dates_in_yaml_stay_text(text: bytes) -> None:
    assert read_yaml(text) == {"a": "2026-11-25"}


def test_yaml_cannot_construct_python_objects() -> None:
    assert read_yaml(b"!!python/object/apply:os.system ['true']") == ["true"]


@pytest.mark.parametrize("content_type", ["", "application/json", "application/json; charset=utf-8"])
def test_the_default_media_type_of_a_body_is_json(content_type: str) -> None:
    assert read_body(b'{"kind": "Pod"}', content_type, "v1", "Pod") == {"kind": "Pod"}


def test_unknown_fields_are_reported_or_refused() -> None:
    sent: dict[str, Any] = {"metadata": {"name": "a"}, "foo": 1}
    found, unknown = read_as(sent, "v1", "ConfigMap", strict=False)
    assert (found, unknown) == (
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}},
        ['unknown field "foo"'],
    )
    with pytest.raises(ApiError) as caught:
        read_as(sent, "v1", "ConfigMap", strict=True)
    assert caught.value.message == (
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "foo"'
    )
