"""Which fields of a manifest are compared, when two values are the same, and who owns a field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantkit.manifests.platform import make_platform
from tenantkit.manifests.tenant import make_tenant
from tenantkit.provision.compare import (
    digest,
    field_text,
    fields_of,
    is_exclusive,
    pointer,
    same_value,
    with_value,
    without,
)
from tenantkit.provision.managed_fields import managers_of, owners_of
from tenantkit.sandbox.managedfields.apply import apply as server_side_apply
from tenantkit.spec.platform import Platform
from tenantkit.spec.quota import Quota, StorageClassQuota
from tenantkit.spec.route import Route
from tenantkit.spec.routing import Routing
from tenantkit.spec.security import Security
from tenantkit.spec.tenant import Tenant

TENANT = Tenant(
    name="vision",
    team="cv",
    owners=["dana@example.com", "group:cv", "sa:hub/jupyter-dana"],
    quota=Quota(requests_cpu="1", requests_memory="1Gi", storage_classes={"fast": StorageClassQuota(storage="1Gi")}),
    routes=[Route(service="ai-service", port=80, path="/ai-service")],
)
PLATFORM = Platform(
    labels={"cost-center": "42"},
    routing=Routing(ingress_class="contour", tls_secret="{name}-tls", annotations={"example.org/issuer": "x"}),
    security=Security(image_pull_secrets=["registry"]),
    provisioners=["lead@example.com"],
)
MADE = (*make_tenant(TENANT, PLATFORM), *make_platform(PLATFORM))

QUOTA = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "q", "namespace": "vision", "uid": "u1", "labels": {"team": "cv"}},
    "spec": {"hard": {"pods": "5", "requests.cpu": "1"}},
    "status": {"hard": {"pods": "5"}},
}


def test_the_fields_are_labels_annotations_and_whatever_is_not_metadata_or_status() -> None:
    assert fields_of(QUOTA) == {
        ("metadata", "labels", "team"): "cv",
        ("spec", "hard", "pods"): "5",
        ("spec", "hard", "requests.cpu"): "1",
    }


def test_a_list_is_one_field() -> None:
    manifest = {"imagePullSecrets": [{"name": "a"}, {"name": "b"}], "rules": [{"verbs": ["get"]}]}

    assert fields_of(manifest) == {
        ("imagePullSecrets",): [{"name": "a"}, {"name": "b"}],
        ("rules",): [{"verbs": ["get"]}],
    }


@pytest.mark.parametrize("kind", sorted({manifest["kind"] for manifest in MADE}))
def test_the_fields_are_those_that_the_server_says_we_own(kind: str) -> None:
    for manifest in MADE:
        if manifest["kind"] == kind:
            stored = server_side_apply(None, manifest, manager="tenantkit", force=False, time="2026-11-25T12:00:00Z")
            assert owners_of(stored).ours == set(fields_of(manifest)), manifest["metadata"]["name"]


def test_a_role_ref_is_one_field_as_it_is_to_the_server() -> None:
    assert fields_of({"roleRef": {"kind": "Role", "name": "r"}}) == {("roleRef",): {"kind": "Role", "name": "r"}}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("1", "1000m", True), ("1Gi", "1073741824", True), ("1Gi", "1G", False), ("0", "0", True), (5, "5", True)],
)
def test_quotas_compare_by_value(one: Any, other: Any, same: bool) -> None:  # noqa: FBT001 (a table's column)
    assert same_value("ResourceQuota", ("spec", "hard", "x"), one, other) is same


def test_limits_compare_by_value_inside_their_list() -> None:
    ours = [{"type": "Container", "max": {"memory": "1024Mi"}}]
    theirs = [{"max": {"memory": "1Gi"}, "type": "Container"}]

    assert same_value("LimitRange", ("spec", "limits"), ours, theirs)


def test_labels_that_read_as_quantities_compare_as_text() -> None:
    assert not same_value("ResourceQuota", ("metadata", "labels", "x"), "1", "1000m")
    assert not same_value("Ingress", ("spec", "hard", "x"), "1", "1000m")


def test_false_is_not_zero() -> None:
    assert not same_value("ServiceAccount", ("automountServiceAccountToken",), False, 0)  # noqa: FBT003


def test_a_digest_follows_values_the_uid_and_nothing_else() -> None:
    fields = fields_of(QUOTA)
    paths = list(fields)

    def of(changed: dict[Any, Any], uid: str = "u1") -> str:
        return digest("ResourceQuota", fields | changed, paths, uid=uid)

    same = of({})
    assert of({("spec", "hard", "requests.cpu"): "1000m"}) == same
    assert of({("spec", "hard", "services"): "1"}) == same
    assert of({("spec", "hard", "pods"): "6"}) != same
    assert of({}, uid="u2") != same


def test_a_path_is_shown_so_that_names_with_dots_stay_readable() -> None:
    assert field_text(("spec", "hard", "requests.cpu")) == "spec.hard[requests.cpu]"
    assert field_text(("metadata", "labels", "tenantkit.dev/team")) == "metadata.labels[tenantkit.dev/team]"


def test_a_json_pointer_escapes_slashes_and_tildes() -> None:
    assert pointer(("spec", "hard", "count/jobs.batch~x")) == "/spec/hard/count~1jobs.batch~0x"


def test_leaving_fields_out_leaves_no_empty_maps_behind() -> None:
    manifest = {"metadata": {"name": "x", "labels": {"a": "1"}}, "spec": {"hard": {"pods": "1"}, "other": {}}}

    assert without(manifest, [("metadata", "labels", "a"), ("spec", "hard", "pods")]) == {
        "metadata": {"name": "x"},
        "spec": {"other": {}},
    }


def test_a_value_is_replaced_in_a_copy() -> None:
    changed = with_value(QUOTA, ("spec", "hard", "pods"), "9")

    assert changed["spec"] == {"hard": {"pods": "9", "requests.cpu": "1"}}
    assert QUOTA["spec"] == {"hard": {"pods": "5", "requests.cpu": "1"}}


json_maps = st.recursive(
    st.text(min_size=1) | st.integers() | st.booleans(),
    lambda below: st.dictionaries(st.from_regex(r"[a-z./]{1,6}", fullmatch=True), below, min_size=1, max_size=4),
    max_leaves=12,
)


@given(spec=json_maps)
def test_a_manifest_without_its_fields_is_empty(spec: Any) -> None:
    manifest = {"spec": spec}

    assert without(manifest, list(fields_of(manifest))) == {}


@given(spec=json_maps)
def test_a_manifest_put_together_from_its_fields_is_itself(spec: Any) -> None:
    manifest: dict[str, Any] = {"spec": spec}
    built: dict[str, Any] = {}
    for path, value in fields_of(manifest).items():
        built = with_value(built, path, value)

    assert built == manifest


def test_everything_in_a_quota_s_spec_is_ours_and_elsewhere_only_what_we_set() -> None:
    assert is_exclusive({"kind": "ResourceQuota"}, ("spec", "scopes"))
    assert is_exclusive({"kind": "RoleBinding"}, ("subjects",))
    assert is_exclusive({"kind": "ClusterRole"}, ("rules",))
    assert not is_exclusive({"kind": "ResourceQuota"}, ("metadata", "labels", "x"))
    assert not is_exclusive({"kind": "Ingress"}, ("spec", "ingressClassName"))


def test_the_rules_of_an_aggregated_role_are_its_controllers() -> None:
    role = {"kind": "ClusterRole", "aggregationRule": {"clusterRoleSelectors": []}}

    assert not is_exclusive(role, ("rules",))
    assert is_exclusive(role, ("aggregationRule",))


def entry(manager: str, operation: str, fields: dict[str, Any], **more: str) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "fieldsV1": fields, **more}


def test_owners_are_read_from_managed_fields() -> None:
    live = {
        "metadata": {
            "managedFields": [
                entry("tenantkit", "Apply", {"f:spec": {"f:hard": {"f:pods": {}}}}),
                entry("tenantkit", "Update", {"f:metadata": {"f:labels": {".": {}, "f:team": {}}}}),
                entry("kubectl-edit", "Update", {"f:spec": {"f:hard": {".": {}, "f:pods": {}, "f:count/x": {}}}}),
                entry("helm", "Apply", {"f:secrets": {'k:{"name":"a"}': {".": {}, "f:name": {}}}}),
                entry("quota", "Update", {"f:status": {"f:used": {}}}, subresource="status"),
            ]
        }
    }
    owners = owners_of(live)

    assert owners.ours == {("spec", "hard", "pods")}
    assert owners.others == {
        ("spec", "hard", "pods"): ("kubectl-edit",),
        ("spec", "hard", "count/x"): ("kubectl-edit",),
        ("secrets", 'k:{"name":"a"}', "name"): ("helm",),
    }
    assert managers_of(live) == ("kubectl-edit", "helm", "quota")


def test_without_managed_fields_no_field_has_an_owner() -> None:
    owners = owners_of({"metadata": {"name": "x"}})

    assert (owners.ours, owners.others) == (frozenset(), {})
