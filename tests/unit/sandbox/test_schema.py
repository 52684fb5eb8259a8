from __future__ import annotations

import pytest

from tenantkit.sandbox.apimachinery.codec import DecodeError, decode
from tenantkit.sandbox.apimachinery.schema import kubernetes_version, load, schema_of


def test_all_generated_files_have_the_same_kubernetes_version() -> None:
    found = {load(name)["kubernetes"] for name in ("types.json", "discovery.json", "bootstrap_rbac.json")}
    assert found == {kubernetes_version()}


def test_every_kind_in_discovery_has_a_type() -> None:
    found = []
    for root in ("api", "apis"):
        for group in load("discovery.json")[root]["items"]:
            prefix = f"{group['metadata']['name']}/" if group["metadata"].get("name") else ""
            for version in group["versions"]:
                found += [(prefix + version["version"], item["responseKind"]["kind"]) for item in version["resources"]]
    assert ("networking.k8s.io/v1", "Ingress") in found
    assert all(schema_of(api_version, kind).fields for api_version, kind in found)


def test_the_error_for_an_unserved_kind_is_the_servers() -> None:
    with pytest.raises(LookupError) as caught:
        schema_of("gateway.networking.k8s.io/v1", "TLSRoute")
    assert str(caught.value) == 'no kind "TLSRoute" is registered for version "gateway.networking.k8s.io/v1"'


def test_the_keys_of_a_services_ports_include_the_defaulted_protocol() -> None:
    ports = schema_of("v1", "Service").fields["spec"].type.fields["ports"]
    assert (ports.type.by, ports.type.keys, ports.merge_key) == ("map", ("port", "protocol"), "port")
    assert ports.type.item.fields["protocol"].default == "TCP"


def test_decoding_drops_unknown_and_empty_fields_and_adds_required_ones() -> None:
    sent = {"metadata": {"name": "q", "labels": {}, "x": 1}, "spec": {"hard": {"cpu": "1000m"}, "scopes": None}, "y": 2}
    assert decode(sent, "v1", "ResourceQuota") == (
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "q"},
            "spec": {"hard": {"cpu": "1"}},
            "status": {},
        },
        ['unknown field "metadata.x"', 'unknown field "y"'],
    )


@pytest.mark.parametrize(
    ("kind", "sent", "text"),
    [
        (
            "ConfigMap",
            {"data": {"x": 5}},
            "json: cannot unmarshal number into Go struct field ConfigMap.data of type string",
        ),
        (
            "ConfigMap",
            {"data": [1]},
            "json: cannot unmarshal array into Go struct field ConfigMap.data of type map[string]string",
        ),
        (
            "ConfigMap",
            {"metadata": {"labels": {"a": 1}}},
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
        ),
        (
            "Service",
            {"spec": {"ports": [{"port": 8.5}]}},
            "json: cannot unmarshal number 8.5 into Go struct field ServicePort.spec.ports.port of type int32",
        ),
        (
            "ServiceAccount",
            {"automountServiceAccountToken": "no"},
            (
                "json: cannot unmarshal string into Go struct field "
                "ServiceAccount.automountServiceAccountToken of type bool"
            ),
        ),
        ("Secret", {"data": {"a": "%%%"}}, "illegal base64 data at input byte 0"),
        (
            "ResourceQuota",
            {"spec": {"hard": {"pods": "1 Gi"}}},
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
    ],
)
def test_wrong_types_have_the_decoders_messages(kind: str, sent: dict[str, object], text: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(sent, "v1", kind)
    assert str(caught.value) == text
