from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tenantkit.sandbox.apis.defaults import set_defaults
from tenantkit.sandbox.managedfields.fieldmanager import track_update
from tenantkit.sandbox.managedfields.fieldpath import decode, encode, spelled

Json = dict[str, Any]

NOW = "2026-01-01T00:00:00Z"
elements = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'v:"y"'])


def config_map(data: Json, **metadata: Any) -> Json:
    return set_defaults({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", **metadata}, "data": data})


def fields(manifest: Json) -> Json:
    return {entry["manager"]: entry["fieldsV1"] for entry in manifest["metadata"].get("managedFields", [])}


def test_a_changed_field_belongs_to_its_manager_and_a_removed_one_to_nobody() -> None:
    created = track_update(None, config_map({"a": "1", "b": "1"}), manager="first", time=NOW)
    updated = track_update(created, config_map({"a": "2", "c": "1"}), manager="second", time=NOW)
    assert fields(updated) == {"first": {"f:data": {}}, "second": {"f:data": {"f:a": {}, "f:c": {}}}}


def test_an_empty_list_resets_the_managed_fields() -> None:
    created = track_update(None, config_map({"a": "1"}), manager="first", time=NOW)
    reset = track_update(created, config_map({"a": "1"}, managedFields=[]), manager="first", time=NOW)
    assert "managedFields" not in reset["metadata"]


def test_with_eleven_updaters_the_two_oldest_are_merged() -> None:
    live = track_update(None, config_map({"0": "x"}), manager="m0", time="2026-01-01T00:00:00Z")
    for number in range(1, 11):
        data = {**live["data"], str(number): "x"}
        live = track_update(live, config_map(data), manager=f"m{number}", time=f"2026-01-01T00:00:{number:02}Z")
    found = fields(live)
    assert len(found) == 10
    assert found["ancient-changes"] == {"f:data": {".": {}, "f:0": {}, "f:1": {}}}


def test_a_write_to_the_status_owns_no_spec() -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": {"pods": "1"}}}
    live = track_update(None, set_defaults(quota), manager="m", time=NOW)
    counted = set_defaults({**quota, "spec": {}, "status": {"used": {"pods": "0"}}})
    tracked = track_update(live, counted, manager="counter", time=NOW, subresource="status")
    assert fields(tracked)["counter"] == {"f:status": {"f:used": {".": {}, "f:pods": {}}}}


@given(paths=st.sets(st.lists(elements, min_size=1, max_size=4).map(tuple)))
def test_a_set_of_fields_can_be_encoded_and_decoded(paths: set[tuple[str, ...]]) -> None:
    assert set(decode(encode(paths))) == paths


def test_a_field_is_named_as_in_conflicts() -> None:
    path = ("f:spec", "f:ports", 'k:{"port":80,"protocol":"TCP"}', "f:name")
    assert spelled(path) == '.spec.ports[port=80,protocol="TCP"].name'
