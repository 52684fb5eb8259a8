from __future__ import annotations

from typing import Any

from tenantkit.sandbox.apis.defaults import set_defaults
from tenantkit.sandbox.apis.scheme import read_as
from tenantkit.sandbox.apis.validation.objects import validate

Json = dict[str, Any]

RBAC = "rbac.authorization.k8s.io"


def said(manifest: Json, old: Json | None = None) -> list[str]:
    found = validate(set_defaults(manifest), set_defaults(old) if old else None)
    return [f"{cause.field}: {cause.message}" for cause in found]


def binding(role: str) -> Json:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "b"},
        "roleRef": {"kind": "ClusterRole", "name": role},
    }


def pod(**container: Any) -> Json:
    spec = {"containers": [{"name": "a", "image": "i", **container}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}


def test_unknown_fields_are_named_with_their_path() -> None:
    manifest = {"apiVersion": "v1", "kind": "Service", "metadata": {}, "spec": {"ports": [{"port": 1, "prot": "TCP"}]}}
    assert read_as(manifest, "v1", "Service", strict=False)[1] == ['unknown field "spec.ports[0].prot"']


def test_a_bindings_role_cannot_change() -> None:
    shown = '{"APIGroup":"rbac.authorization.k8s.io","Kind":"ClusterRole","Name":"edit"}'
    assert said(binding("edit"), binding("view")) == [f"roleRef: Invalid value: {shown}: field is immutable"]


def test_a_quotas_scopes_cannot_change() -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"scopes": ["BestEffort"]}}
    assert said({**quota, "spec": {}}, quota) == ["spec.scopes: Invalid value: null: field is immutable"]


def test_an_immutable_config_map_cannot_change() -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1"}, "immutable": True}
    text = "Forbidden: field is immutable when `immutable` is set"
    assert said({**config, "data": {"a": "2"}}, config) == [f"data: {text}"]
    assert said({**config, "immutable": False}, config) == [f"immutable: {text}"]


def test_only_the_image_of_a_pods_container_can_change() -> None:
    assert said(pod(image="j"), pod()) == []
    (problem,) = said(pod(image="j", command=["x"]), pod())
    assert problem.startswith(
        "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`"
    )


def test_scheduling_gates_of_a_pod_are_removed_but_not_added() -> None:
    def gated(*names: str) -> Json:
        manifest = pod()
        return {**manifest, "spec": {**manifest["spec"], "schedulingGates": [{"name": name} for name in names]}}

    assert said(gated("a"), gated("a", "b")) == said(pod(), gated("a")) == []
    text = "Forbidden: only deletion is allowed, but found new scheduling gate 'b'"
    assert said(gated("a", "b"), gated("a")) == [f"spec.schedulingGates[1].name: {text}"]


def test_a_claim_is_fixed_once_created() -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c"}, "spec": spec}
    (problem,) = said({**claim, "spec": {**spec, "accessModes": ["ReadWriteMany"]}}, claim)
    assert problem.startswith("spec: Forbidden: spec is immutable after creation")


def test_all_errors_are_reported_at_once() -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "Q"}, "spec": {"hard": {"pods": "-1"}}}
    assert [problem.partition(":")[0] for problem in said(quota)] == ["metadata.name", "spec.hard[pods]"]
