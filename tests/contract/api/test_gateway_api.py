"""The Gateway API's kinds: defined by schemas only, on a real server by the CRDs of release 1.6, standard channel.

The sandbox has them from the beginning; on a real server this module installs and removes them.
The rules: page "Custom Resources"; gateway-api.sigs.k8s.io.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.api.kind_samples import GATEWAY_API, changed, check_refusal, place, table
from tests.contract.gateway_kinds import served
from tests.contract.tables import TABLE, comparable
from tests.contract.wire import APPLY, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, kubectl
from tests.statuses import status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.api.kind_samples import Json
    from tests.contract.engines import Engine
    from tests.contract.wire import Wire

DRY_RUN = {"dryRun": "All"}
GROUP = "gateway.networking.k8s.io"
PENDING = {"lastTransitionTime": "1970-01-01T00:00:00Z", "reason": "Pending", "status": "Unknown"}
ACCEPTED = {**PENDING, "type": "Accepted", "message": "Waiting for controller"}


@pytest.fixture(scope="module", autouse=True)
def gateway_kinds(engine: Engine, wire: Wire) -> Iterator[None]:
    """The kinds, on every engine."""
    with served(engine, wire):
        yield


def dry(wire: Wire, namespace: str, kind: str, changes: Json | None = None) -> Json:
    """A valid object as a dry run returns it."""
    good = GATEWAY_API[kind]
    answer = wire("POST", good.path(namespace), good.named("sample", changes), query=DRY_RUN)
    assert answer.status == 201, answer.body
    return dict(answer.body)


@pytest.mark.parametrize("case", [*table("refused_gateways.yaml"), *table("refused_by_rules.yaml")])
def test_an_object_that_breaks_the_schema_is_refused_with_these_messages(
    wire: Wire, shared_namespace: str, case: Json
) -> None:
    good = GATEWAY_API[case["kind"]]

    answer = wire("POST", good.path(shared_namespace), good.named("sample", case["with"]), query=DRY_RUN)

    check_refusal(answer, good, "sample", case["causes"])


def test_the_group_is_discovered_in_two_versions(wire: Wire) -> None:
    assert wire("GET", f"/apis/{GROUP}").body["preferredVersion"]["version"] == "v1"
    for version, plurals in (("v1", {good.plural for good in GATEWAY_API.values()}), ("v1beta1", {"referencegrants"})):
        served = {item["name"] for item in wire("GET", f"/apis/{GROUP}/{version}").body["resources"]}
        assert plurals <= served


def test_a_gateway_gets_the_schemas_defaults(wire: Wire, shared_namespace: str) -> None:
    found = dry(wire, shared_namespace, "Gateway")

    [listener] = GATEWAY_API["Gateway"].body["spec"]["listeners"]
    wanted = {**listener, "allowedRoutes": {"namespaces": {"from": "Same"}}}
    assert found["spec"] == {"gatewayClassName": "shared", "listeners": [wanted]}
    programmed = {**PENDING, "type": "Programmed", "message": "Waiting for controller"}
    assert found["status"] == {"conditions": [ACCEPTED, programmed]}


def test_a_route_gets_the_schemas_defaults(wire: Wire, shared_namespace: str) -> None:
    assert dry(wire, shared_namespace, "HTTPRoute")["spec"] == {
        "hostnames": ["a.ai"],
        "parentRefs": [{"group": GROUP, "kind": "Gateway", "name": "web"}],
        "rules": [
            {
                "backendRefs": [{"group": "", "kind": "Service", "name": "svc", "port": 80, "weight": 1}],
                "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
            }
        ],
    }


def test_a_listener_set_gets_the_schemas_defaults(wire: Wire, shared_namespace: str) -> None:
    found = dry(wire, shared_namespace, "ListenerSet")

    listener = {"name": "http", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "Same"}}}
    parent = {"group": GROUP, "kind": "Gateway", "name": "web"}
    assert found["spec"] == {"parentRef": parent, "listeners": [listener]}
    programmed = {**PENDING, "type": "Programmed", "message": "Waiting for controller"}
    assert found["status"] == {"conditions": [ACCEPTED, programmed]}


def test_a_route_without_rules_matches_everything(wire: Wire, shared_namespace: str) -> None:
    rules = dry(wire, shared_namespace, "HTTPRoute", {"spec/rules": None})["spec"]["rules"]

    assert rules == [{"matches": [{"path": {"type": "PathPrefix", "value": "/"}}]}]


def test_a_gateway_class_waits_for_its_controller(wire: Wire, shared_namespace: str) -> None:
    assert dry(wire, shared_namespace, "GatewayClass")["status"] == {"conditions": [ACCEPTED]}


def test_a_reference_grant_gets_no_defaults(wire: Wire, shared_namespace: str) -> None:
    assert dry(wire, shared_namespace, "ReferenceGrant")["spec"] == GATEWAY_API["ReferenceGrant"].body["spec"]


def test_empty_values_stay_as_they_were_sent(wire: Wire, shared_namespace: str) -> None:
    spec = dry(wire, shared_namespace, "HTTPRoute", {"spec/rules/0/backendRefs": [], "spec/hostnames": []})["spec"]

    assert (spec["rules"][0]["backendRefs"], spec["hostnames"]) == ([], [])


def test_a_null_counts_as_a_missing_field(wire: Wire, shared_namespace: str) -> None:
    good = GATEWAY_API["HTTPRoute"]
    manifest = changed(good.named("sample"), {"spec": {**good.body["spec"], "hostnames": None, "rules": None}})

    spec = wire("POST", good.path(shared_namespace), manifest, query=DRY_RUN).body["spec"]

    assert "hostnames" not in spec
    assert spec["rules"] == [{"matches": [{"path": {"type": "PathPrefix", "value": "/"}}]}]


def test_a_status_is_ignored_on_create(wire: Wire, shared_namespace: str) -> None:
    found = dry(wire, shared_namespace, "Gateway", {"status": {"addresses": [{"value": "192.0.2.1"}]}})

    assert list(found["status"]) == ["conditions"]


UNKNOWN: Json = {"spec/foo": 1, "top": 2, "metadata/nope": 3}
UNKNOWN_TEXTS = [f'unknown field "{field}"' for field in ("metadata.nope", "spec.foo", "top")]


def test_unknown_fields_are_dropped_with_a_warning(wire: Wire, shared_namespace: str) -> None:
    good = GATEWAY_API["HTTPRoute"]

    answer = wire("POST", good.path(shared_namespace), good.named("sample", UNKNOWN), query=DRY_RUN)

    assert answer.status == 201
    assert "top" not in answer.body
    assert "foo" not in answer.body["spec"]
    assert answer.headers["Warning"] == ", ".join(f"299 - {json.dumps(text)}" for text in UNKNOWN_TEXTS)


def test_unknown_fields_are_refused_with_strict_validation(wire: Wire, shared_namespace: str) -> None:
    good = GATEWAY_API["HTTPRoute"]
    query = {**DRY_RUN, "fieldValidation": "Strict"}

    answer = wire("POST", good.path(shared_namespace), good.named("sample", UNKNOWN), query=query)

    lead = 'HTTPRoute in version "v1" cannot be handled as a HTTPRoute: strict decoding error'
    assert (answer.status, answer.body["message"]) == (400, f"{lead}: {', '.join(UNKNOWN_TEXTS)}")


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        (
            {"apiVersion": "v1"},
            400,
            f"the API version in the data (v1) does not match the expected API version ({GROUP}/v1)",
        ),
        (
            {"apiVersion": f"{GROUP}/v1beta1"},
            400,
            f"the API version in the data ({GROUP}/v1beta1) does not match the expected API version ({GROUP}/v1)",
        ),
        (
            {"kind": "Other"},
            422,
            f'Other.{GROUP} "sample" is invalid: kind: Invalid value: "Other": must be GatewayClass',
        ),
    ],
    ids=str,
)
def test_a_body_must_be_of_the_paths_kind(
    wire: Wire, shared_namespace: str, changes: Json, status: int, message: str
) -> None:
    good = GATEWAY_API["GatewayClass"]

    answer = wire("POST", good.path(shared_namespace), good.named("sample", changes), query=DRY_RUN)

    assert (answer.status, answer.body["message"]) == (status, message)


def test_a_body_without_a_kind_is_not_guessed(wire: Wire, shared_namespace: str) -> None:
    good = GATEWAY_API["GatewayClass"]

    answer = wire("POST", good.path(shared_namespace), good.named("sample", {"kind": None, "apiVersion": None}))

    assert answer.status == 400
    assert "Object 'Kind' is missing in" in answer.body["message"]


def test_a_strategic_merge_patch_is_refused(wire: Wire, make_kind: Callable[..., Json]) -> None:
    made = make_kind("Gateway")

    answer = wire("PATCH", place(made), {"metadata": {"labels": {"a": "b"}}}, content_type=STRATEGIC_PATCH)

    message = (
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
    )
    assert answer.body == status(415, "UnsupportedMediaType", message)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (MERGE_PATCH, {"spec": {"gatewayClassName": "other"}}),
        (JSON_PATCH, [{"op": "replace", "path": "/spec/gatewayClassName", "value": "other"}]),
    ],
)
def test_other_patches_change_it_and_its_generation(
    wire: Wire, make_kind: Callable[..., Json], content_type: str, body: object
) -> None:
    made = make_kind("Gateway")

    answer = wire("PATCH", place(made), body, content_type=content_type)

    assert (answer.status, answer.body["spec"]["gatewayClassName"]) == (200, "other")
    assert (made["metadata"]["generation"], answer.body["metadata"]["generation"]) == (1, 2)


@pytest.mark.parametrize("kind", GATEWAY_API)
def test_labels_do_not_change_the_generation(wire: Wire, make_kind: Callable[..., Json], kind: str) -> None:
    made = make_kind(kind)

    answer = wire("PATCH", place(made), {"metadata": {"labels": {"a": "b"}}}, content_type=MERGE_PATCH)

    assert (answer.body["metadata"]["generation"], answer.body["metadata"]["labels"]) == (1, {"a": "b"})


def test_the_controller_of_a_class_can_not_be_changed(wire: Wire, make_kind: Callable[..., Json]) -> None:
    made = make_kind("GatewayClass")

    answer = wire("PATCH", place(made), {"spec": {"controllerName": "example.com/other"}}, content_type=MERGE_PATCH)

    causes = ['spec.controllerName: Invalid value: "example.com/other": Value is immutable']
    check_refusal(answer, GATEWAY_API["GatewayClass"], made["metadata"]["name"], causes)
    assert wire("PATCH", place(made), {"spec": {"description": "x"}}, content_type=MERGE_PATCH).status == 200


def test_a_status_that_breaks_a_rule_is_refused(wire: Wire, make_kind: Callable[..., Json]) -> None:
    made = make_kind("Gateway")
    body = {"status": {"addresses": [{"type": "Hostname", "value": "a_b"}]}}

    answer = wire("PATCH", f"{place(made)}/status", body, content_type=MERGE_PATCH)

    cause = "status.addresses[0]: Invalid value: Hostname value must only contain valid characters…"
    check_refusal(answer, GATEWAY_API["Gateway"], made["metadata"]["name"], [cause])


def test_a_status_that_breaks_the_schema_is_refused(wire: Wire, make_kind: Callable[..., Json]) -> None:
    made = make_kind("Gateway")
    body = {"status": {"conditions": [{**ACCEPTED, "lastTransitionTime": "yesterday"}]}}

    answer = wire("PATCH", f"{place(made)}/status", body, content_type=MERGE_PATCH)

    field = "conditions[0].lastTransitionTime"
    why = f'status.{field}: Invalid value: "yesterday": {field} in body must be of type date-time: "yesterday"'
    unchecked = "<nil>: Invalid value: null: some validation rules were not checked…"
    check_refusal(answer, GATEWAY_API["Gateway"], made["metadata"]["name"], [why, unchecked])


def test_a_grant_is_the_same_object_in_both_versions(wire: Wire, make_kind: Callable[..., Json]) -> None:
    made = make_kind("ReferenceGrant")
    older = {"apiVersion": f"{GROUP}/v1beta1"}
    path = place(made).replace("/v1/", "/v1beta1/")
    collection = path.rpartition("/")[0]

    found = wire("GET", path).body
    listed = wire("GET", collection).body
    named = GATEWAY_API["ReferenceGrant"].named(f"{made['metadata']['name']}-older", older)
    created = wire("POST", collection, named)
    changed_one = wire("PATCH", path, {**older, "metadata": {"labels": {"a": "b"}}}, content_type=MERGE_PATCH)
    applied = wire("PATCH", f"{path}-older", named, content_type=APPLY, query={"fieldManager": "one"})

    assert (found["metadata"]["uid"], found["apiVersion"]) == (made["metadata"]["uid"], older["apiVersion"])
    assert (listed["kind"], listed["apiVersion"]) == ("ReferenceGrantList", older["apiVersion"])
    assert {item["apiVersion"] for item in listed["items"]} == {older["apiVersion"]}
    for answer in (created, changed_one, applied):
        assert (answer.status in {200, 201}, answer.body["apiVersion"]) == (True, older["apiVersion"]), answer.body
    newer = wire("GET", place(made)).body
    assert (newer["apiVersion"], newer["metadata"]["labels"]) == (f"{GROUP}/v1", {"a": "b"})
    assert wire("GET", f"{place(made)}-older").status == 200
    assert wire("DELETE", f"{path}-older").status == 200
    assert wire("GET", f"{place(made)}-older").status == 404


def test_a_put_must_name_the_version_that_it_replaces(wire: Wire, make_kind: Callable[..., Json]) -> None:
    made = make_kind("HTTPRoute")
    path, name = place(made), made["metadata"]["name"]

    blind = wire("PUT", path, GATEWAY_API["HTTPRoute"].named(name))
    seeing = wire("PUT", path, made)
    absent = wire("PUT", f"{path}-not", GATEWAY_API["HTTPRoute"].named(f"{name}-not"))

    assert [answer.status for answer in (blind, seeing, absent)] == [422, 200, 404]
    why = "metadata.resourceVersion: Invalid value: 0: must be specified for an update"
    assert blind.body["message"] == f'httproutes.{GROUP} "{name}" is invalid: {why}'


def test_a_write_to_the_status_changes_nothing_else(wire: Wire, make_kind: Callable[..., Json]) -> None:
    made = make_kind("Gateway")
    addresses = [{"type": "IPAddress", "value": "192.0.2.1"}]
    body = {"metadata": {"labels": {"a": "b"}}, "spec": {"gatewayClassName": "x"}, "status": {"addresses": addresses}}

    answer = wire("PATCH", f"{place(made)}/status", body, content_type=MERGE_PATCH, query={"fieldManager": "tests"})

    assert (answer.status, answer.body["spec"], answer.body["status"]["addresses"]) == (200, made["spec"], addresses)
    assert "labels" not in answer.body["metadata"]
    assert answer.body["metadata"]["generation"] == 1
    [mine] = [entry for entry in answer.body["metadata"]["managedFields"] if entry["manager"] == "tests"]
    assert (mine["subresource"], list(mine["fieldsV1"])) == ("status", ["f:status"])


def test_listeners_of_two_appliers_are_merged(wire: Wire, make_kind: Callable[..., Json]) -> None:
    path = place(make_kind("Gateway"))
    name = path.rpartition("/")[2]
    for manager, port in (("one", 81), ("two", 82)):
        listener = {"name": manager, "port": port, "protocol": "HTTP"}
        spec = {"spec/listeners": [listener], "spec/gatewayClassName": None}
        body = GATEWAY_API["Gateway"].named(name, spec)
        answer = wire("PATCH", path, body, content_type=APPLY, query={"fieldManager": manager})
        assert answer.status == 200, answer.body

    listeners = wire("GET", path).body["spec"]["listeners"]

    assert {item["name"]: item["port"] for item in listeners} == {"http": 80, "one": 81, "two": 82}


def test_hostnames_are_owned_as_a_whole(wire: Wire, make_kind: Callable[..., Json]) -> None:
    path = place(make_kind("HTTPRoute"))
    body = GATEWAY_API["HTTPRoute"].named(path.rpartition("/")[2], {"spec": {"hostnames": ["b.ai"]}})

    answer = wire("PATCH", path, body, content_type=APPLY, query={"fieldManager": "one"})

    assert (answer.status, answer.body["reason"]) == (409, "Conflict")
    assert [cause["field"] for cause in answer.body["details"]["causes"]] == [".spec.hostnames"]


CELLS: dict[str, tuple[Json, list[Any]]] = {
    "GatewayClass": ({"spec/description": "for all"}, ["example.com/gw", "Unknown", "AGE", "for all"]),
    "Gateway": ({}, ["shared", None, "Unknown", "AGE"]),
    "HTTPRoute": ({"spec/hostnames": ["a.ai", "b.ai"]}, ['["a.ai","b.ai"]', "AGE"]),
    "ListenerSet": ({}, ["Unknown", "Unknown", "AGE"]),
    "ReferenceGrant": ({}, ["AGE"]),
}


@pytest.mark.parametrize(("kind", "changes", "cells"), [(kind, *case) for kind, case in CELLS.items()], ids=CELLS)
def test_its_row_has_the_columns_of_the_schema(
    wire: Wire, make_kind: Callable[..., Json], kind: str, changes: Json, cells: list[Any]
) -> None:
    made = make_kind(kind, changes)

    answer = wire("GET", place(made), accept=TABLE)

    assert comparable(answer.body) == [[made["metadata"]["name"], *cells]]


@pytest.mark.parametrize("kind", GATEWAY_API)
def test_an_empty_list_has_an_empty_continue_token(wire: Wire, shared_namespace: str, kind: str) -> None:
    found = wire("GET", GATEWAY_API[kind].path(shared_namespace), query={"labelSelector": "nobody=has"}).body

    assert found == {
        "kind": f"{kind}List",
        "apiVersion": GATEWAY_API[kind].api_version,
        "metadata": {"continue": "", "resourceVersion": found["metadata"]["resourceVersion"]},
        "items": [],
    }


@pytest.mark.parametrize("kind", GATEWAY_API)
def test_kubectl_applies_shows_describes_and_deletes_it(
    engine: Engine, wire: Wire, make_kind: Callable[..., Json], kind: str
) -> None:
    login, made = engine.login("admin"), make_kind(kind)
    name, namespace = made["metadata"]["name"], made["metadata"].get("namespace", "default")
    manifest = GATEWAY_API[kind].named(name, {"metadata/labels": {"by": "kubectl"}})
    where, what = ["--context", str(login.context), "-n", namespace], f"{GATEWAY_API[kind].plural}.{GROUP}"

    applied = kubectl(login.kubeconfig, *where, "apply", "-f", "-", stdin=json.dumps(manifest))
    shown = kubectl(login.kubeconfig, *where, "get", what, name)
    described = kubectl(login.kubeconfig, *where, "describe", what, name)
    deleted = kubectl(login.kubeconfig, *where, "delete", what, name)

    assert applied.endswith(f"/{name} configured\n")
    assert shown.splitlines()[1].split()[0] == name
    assert any(line.split() == ["Name:", name] for line in described.splitlines())
    assert f'"{name}" deleted' in deleted
    assert wire("GET", place(made)).status == 404
