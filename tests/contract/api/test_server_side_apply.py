"""Server-side apply: owners of fields, conflicts, forced applies and removed fields; the same on both engines.

The rules: pages "Server-Side Apply" and "Kubernetes API Concepts" (dry run, resource versions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import Conflict
from tests.contract.wire import APPLY
from tests.statuses import status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Answer, Wire

    Apply = Callable[..., Answer]

CONFIG_MAPS = "/api/v1/namespaces/{}/configmaps"
STALE = "the object has been modified; please apply your changes to the latest version and try again"


def config_map(data: dict[str, Any] | None = None, **metadata: Any) -> Manifest:
    body: Manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared", **metadata}}
    return body if data is None else {**body, "data": data}


@pytest.fixture
def apply(wire: Wire, namespace: str) -> Apply:
    """Apply the ConfigMap `shared` as a field manager; `path` for other objects."""

    def applied(manager: str, body: Manifest, *, path: str = "configmaps/shared", **query: str) -> Answer:
        prefix = "/apis/networking.k8s.io/v1" if path.startswith("ingresses") else "/api/v1"
        url = f"{prefix}/namespaces/{namespace}/{path}"
        return wire("PATCH", url, body, content_type=APPLY, query={"fieldManager": manager, **query})

    return applied


def owners(manifest: Manifest) -> dict[str, Any]:
    """The fields of each manager."""
    return {
        f"{entry['manager']} ({entry['operation']})": entry["fieldsV1"]
        for entry in manifest["metadata"]["managedFields"]
    }


def data_fields(*keys: str) -> Manifest:
    return {"f:data": {f"f:{key}": {} for key in keys}}


def conflict(manager: str, *fields: str, using: str = "") -> Manifest:
    """The Status of a conflict with another manager."""
    shown = f'"{manager}"{using}'
    if len(fields) == 1:
        message = f"Apply failed with 1 conflict: conflict with {shown}: {fields[0]}"
    else:
        message = f"Apply failed with {len(fields)} conflicts: conflicts with {shown}:\n- " + "\n- ".join(fields)
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {shown}", "field": field} for field in fields
    ]
    return status(409, "Conflict", message, details={"causes": causes})


def test_the_first_apply_creates_the_object_and_owns_its_fields(apply: Apply) -> None:
    answer = apply("one", config_map({"a": "1", "b": "1"}))
    assert answer.status == 201
    assert answer.body["data"] == {"a": "1", "b": "1"}
    assert owners(answer.body) == {"one (Apply)": data_fields("a", "b")}
    assert answer.body["metadata"]["managedFields"][0].keys() == {
        *("manager", "operation", "apiVersion", "time", "fieldsType", "fieldsV1"),
    }


def test_the_same_apply_again_writes_nothing(apply: Apply) -> None:
    first = apply("one", config_map({"a": "1"}))
    again = apply("one", config_map({"a": "1"}))
    assert (again.status, again.body) == (200, first.body)


def test_fields_of_another_manager_conflict_all_at_once(apply: Apply) -> None:
    apply("one", config_map({"a": "1", "b": "1"}))
    answer = apply("two", config_map({"a": "2", "b": "2", "c": "2"}))
    assert (answer.status, answer.body) == (409, conflict("one", ".data.a", ".data.b"))


def test_a_conflict_changes_nothing(apply: Apply, wire: Wire, namespace: str) -> None:
    first = apply("one", config_map({"a": "1"}))
    apply("two", config_map({"a": "2", "c": "2"}))
    assert wire("GET", f"{CONFIG_MAPS.format(namespace)}/shared").body == first.body


def test_two_managers_of_different_fields_do_not_conflict(apply: Apply) -> None:
    apply("one", config_map({"a": "1"}))
    answer = apply("two", config_map({"c": "2"}))
    assert answer.status == 200
    assert answer.body["data"] == {"a": "1", "c": "2"}
    assert owners(answer.body) == {"one (Apply)": data_fields("a"), "two (Apply)": data_fields("c")}


def test_two_managers_that_apply_the_same_value_share_the_field(apply: Apply) -> None:
    apply("one", config_map({"a": "1"}))
    answer = apply("two", config_map({"a": "1"}))
    assert (answer.status, owners(answer.body)) == (
        200,
        {"one (Apply)": data_fields("a"), "two (Apply)": data_fields("a")},
    )


def test_a_forced_apply_takes_the_fields_over(apply: Apply) -> None:
    apply("one", config_map({"a": "1", "b": "1"}))
    answer = apply("two", config_map({"a": "2"}), force="true")
    assert answer.status == 200
    assert answer.body["data"] == {"a": "2", "b": "1"}
    assert owners(answer.body) == {"one (Apply)": data_fields("b"), "two (Apply)": data_fields("a")}


def test_a_field_that_was_taken_over_and_dropped_is_removed_and_not_restored(apply: Apply) -> None:
    apply("one", config_map({"a": "1", "b": "1"}))
    apply("two", config_map({"a": "2", "c": "2"}), force="true")
    answer = apply("two", config_map({"c": "2"}))
    assert (answer.status, answer.body["data"]) == (200, {"b": "1", "c": "2"})


def test_a_dropped_field_is_removed_if_no_other_manager_owns_it(apply: Apply) -> None:
    apply("one", config_map({"a": "1", "b": "1"}))
    answer = apply("one", config_map({"b": "1"}))
    assert (answer.status, answer.body["data"]) == (200, {"b": "1"})


def test_a_dropped_field_stays_while_another_manager_owns_it(apply: Apply) -> None:
    apply("one", config_map({"a": "1", "b": "1"}))
    apply("two", config_map({"a": "1"}))
    answer = apply("one", config_map({"b": "1"}))
    assert (answer.status, answer.body["data"]) == (200, {"a": "1", "b": "1"})
    assert owners(answer.body) == {"one (Apply)": data_fields("b"), "two (Apply)": data_fields("a")}


def test_a_field_that_an_editor_changed_belongs_to_the_editor(apply: Apply, wire: Wire, namespace: str) -> None:
    live = apply("one", config_map({"a": "1", "b": "1"})).body
    path = f"{CONFIG_MAPS.format(namespace)}/shared"
    edited = wire("PUT", path, {**live, "data": {"a": "9", "b": "1"}}, query={"fieldManager": "editor"})
    assert owners(edited.body) == {"one (Apply)": data_fields("b"), "editor (Update)": data_fields("a")}
    answer = apply("one", config_map({"a": "1", "b": "1"}))
    assert (answer.status, answer.body) == (409, conflict("editor", ".data.a", using=" using v1"))


def service(*ports: dict[str, Any]) -> Manifest:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": list(ports)}}


def test_a_list_with_keys_is_owned_by_item(apply: Apply) -> None:
    apply("one", service({"name": "a", "port": 80}, {"name": "b", "port": 81}), path="services/web")
    apply("two", service({"name": "a", "port": 80, "protocol": "TCP", "targetPort": 8080}), path="services/web")
    answer = apply("one", service({"name": "b", "port": 81}), path="services/web")
    assert answer.body["spec"]["ports"] == [
        {"name": "a", "protocol": "TCP", "port": 80, "targetPort": 8080},
        {"name": "b", "protocol": "TCP", "port": 81, "targetPort": 81},
    ]
    keys = {name: list(fields["f:spec"]["f:ports"]) for name, fields in owners(answer.body).items()}
    assert keys == {
        "one (Apply)": ['k:{"port":81,"protocol":"TCP"}'],
        "two (Apply)": ['k:{"port":80,"protocol":"TCP"}'],
    }


def ingress(*hosts: str) -> Manifest:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    rules = [{"host": host, "http": {"paths": paths}} for host in hosts]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "web"},
        "spec": {"rules": rules},
    }


def test_a_list_without_keys_is_owned_as_a_whole(apply: Apply) -> None:
    apply("one", ingress("a.example.ai"), path="ingresses/web")
    answer = apply("two", ingress("a.example.ai", "b.example.ai"), path="ingresses/web")
    assert (answer.status, answer.body) == (409, conflict("one", ".spec.rules"))


def quota(**hard: Any) -> Manifest:
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "walls"}, "spec": {"hard": hard}}


def test_a_quota_is_owned_by_entry(apply: Apply) -> None:
    apply("one", quota(pods="5", configmaps="4"), path="resourcequotas/walls")
    answer = apply("two", quota(pods="6", secrets="7"), path="resourcequotas/walls")
    assert (answer.status, answer.body) == (409, conflict("one", ".spec.hard.pods"))
    answer = apply("two", quota(secrets="7"), path="resourcequotas/walls")
    assert (answer.status, answer.body["spec"]["hard"]) == (200, {"pods": "5", "configmaps": "4", "secrets": "7"})


def test_a_quantity_in_another_notation_conflicts_with_another_manager(apply: Apply) -> None:
    """So tenantkit writes quantities in canonical form: the server compares the sent text."""
    apply("one", quota(pods="1000m"), path="resourcequotas/walls")
    shared = apply("two", quota(pods="1"), path="resourcequotas/walls")
    assert (shared.status, shared.body["spec"]) == (200, {"hard": {"pods": "1"}})
    answer = apply("one", quota(pods="1000m"), path="resourcequotas/walls")
    assert (answer.status, answer.body) == (409, conflict("two", ".spec.hard.pods"))


def test_a_dry_run_returns_the_result_and_changes_nothing(apply: Apply, wire: Wire, namespace: str) -> None:
    first = apply("one", config_map({"a": "1"}))
    dry = apply("one", config_map({"a": "2"}), dryRun="All")
    assert (dry.status, dry.body["data"]) == (200, {"a": "2"})
    assert dry.body["metadata"]["resourceVersion"] == first.body["metadata"]["resourceVersion"]
    assert wire("GET", f"{CONFIG_MAPS.format(namespace)}/shared").body == first.body


def test_a_dry_run_reports_the_same_conflicts(apply: Apply) -> None:
    apply("one", config_map({"a": "1"}))
    answer = apply("two", config_map({"a": "2"}), dryRun="All")
    assert (answer.status, answer.body) == (409, conflict("one", ".data.a"))


def test_an_apply_can_require_the_version_that_it_has_seen(apply: Apply) -> None:
    seen = apply("one", config_map({"a": "1"})).body["metadata"]["resourceVersion"]
    fresh = apply("one", config_map({"a": "2"}, resourceVersion=seen))
    assert (fresh.status, fresh.body["data"]) == (200, {"a": "2"})
    stale = apply("one", config_map({"a": "3"}, resourceVersion=seen))
    message = f'Operation cannot be fulfilled on configmaps "shared": {STALE}'
    details = {"name": "shared", "kind": "configmaps"}
    assert (stale.status, stale.body) == (409, status(409, "Conflict", message, details=details))


WRONG: Sequence[tuple[str, Manifest, Manifest]] = [
    (
        "another name",
        config_map(name="other"),
        status(400, "BadRequest", "the name of the object (other) does not match the name on the URL (shared)"),
    ),
    (
        "managed fields",
        config_map(managedFields=[{"manager": "x"}]),
        status(400, "BadRequest", "metadata.managedFields must be nil"),
    ),
    (
        "a field that is not in the schema",
        {**config_map(), "dota": {"a": "1"}},
        status(
            500,
            None,
            "failed to create typed patch object (/shared; /v1, Kind=ConfigMap): .dota: field not declared in schema",
        ),
    ),
]


@pytest.mark.parametrize(("body", "expected"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_an_invalid_apply_is_refused(apply: Apply, body: Manifest, expected: Manifest) -> None:
    apply("one", config_map({"a": "1"}))
    answer = apply("one", body)
    assert (answer.status, answer.body) == (expected["code"], expected)


def test_an_apply_without_a_field_manager_is_refused(wire: Wire, namespace: str) -> None:
    answer = wire("PATCH", f"{CONFIG_MAPS.format(namespace)}/shared", config_map({"a": "1"}), content_type=APPLY)
    cause = "Required value: is required for apply patch"
    details = {
        "group": "meta.k8s.io",
        "kind": "PatchOptions",
        "causes": [{"reason": "FieldValueRequired", "message": cause, "field": "fieldManager"}],
    }
    message = f'PatchOptions.meta.k8s.io "" is invalid: fieldManager: {cause}'
    assert (answer.status, answer.body) == (422, status(422, "Invalid", message, details=details))


def test_the_client_applies_as_tenantkit(cluster: Cluster, namespace: str) -> None:
    applied = cluster.apply(config_map({"a": "1"}, namespace=namespace))
    assert owners(applied) == {"tenantkit (Apply)": data_fields("a")}


def test_the_client_reports_the_manager_of_each_field(cluster: Cluster, apply: Apply, namespace: str) -> None:
    apply("somebody", config_map({"a": "1"}))
    with pytest.raises(Conflict) as caught:
        cluster.apply(config_map({"a": "2"}, namespace=namespace))
    error = caught.value
    assert (error.status, error.kind, error.name, error.namespace) == (409, "ConfigMap", "shared", namespace)
    assert "somebody" in str(error)
    assert ".data.a" in str(error)
    assert cluster.get("ConfigMap", "shared", namespace)["data"] == {"a": "1"}


def test_the_client_takes_over_fields_only_if_forced(cluster: Cluster, apply: Apply, namespace: str) -> None:
    apply("somebody", config_map({"a": "1"}))
    would_be = cluster.apply(config_map({"a": "2"}, namespace=namespace), force=True, dry_run=True)
    assert would_be["data"] == {"a": "2"}
    assert cluster.get("ConfigMap", "shared", namespace)["data"] == {"a": "1"}
    cluster.apply(config_map({"a": "2"}, namespace=namespace), force=True)
    assert owners(cluster.get("ConfigMap", "shared", namespace)) == {"tenantkit (Apply)": data_fields("a")}
