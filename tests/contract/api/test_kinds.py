"""Workloads, endpoint slices, nodes, volumes and classes: valid values, defaults, and changes that are allowed.

The tables of refusals (refused_creates.yaml, refused_updates.yaml) have the server's own messages. The rules: pages
"Deployments", "ReplicaSet", "StatefulSets", "Jobs", "CronJob", "EndpointSlices", "Nodes", "Persistent Volumes",
"Storage Classes", "Pod Priority and Preemption".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.contract.api.kind_samples import GOOD, QUIET, changed, check_refusal, place, table
from tests.contract.namespaces import fresh_name
from tests.contract.wire import APPLY, MERGE_PATCH, STRATEGIC_PATCH, kubectl

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.api.kind_samples import Json
    from tests.contract.engines import Engine
    from tests.contract.wire import Wire

DRY_RUN = {"dryRun": "All"}


@pytest.mark.parametrize("case", table("refused_creates.yaml"))
def test_an_invalid_object_is_refused_with_these_messages(wire: Wire, shared_namespace: str, case: Json) -> None:
    good = GOOD[case["kind"]]
    manifest = good.named("sample", case["with"])

    answer = wire("POST", good.path(shared_namespace), manifest, query=DRY_RUN)

    check_refusal(answer, good, manifest["metadata"]["name"], case["causes"])


@pytest.mark.parametrize("case", table("refused_updates.yaml"))
def test_a_change_of_an_immutable_field_is_refused_with_these_messages(
    wire: Wire, make_kind: Callable[..., Json], case: Json
) -> None:
    made = make_kind(case["kind"], case.get("made"))
    change = {"metadata/resourceVersion": None, **case["with"]}

    answer = wire("PUT", place(made), changed(wire("GET", place(made)).body, change), query=DRY_RUN)

    check_refusal(answer, GOOD[case["kind"]], made["metadata"]["name"], case["causes"])


FILLED_IN: dict[str, Json] = {
    "Deployment": {
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
    },
    "ReplicaSet": {"replicas": 1},
    "StatefulSet": {
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "podManagementPolicy": "OrderedReady",
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0, "maxUnavailable": 1}},
    },
    "Job": {
        "parallelism": 1,
        "completions": 1,
        "backoffLimit": 6,
        "completionMode": "NonIndexed",
        "suspend": False,
        "podReplacementPolicy": "TerminatingOrFailed",
        "manualSelector": False,
    },
    "CronJob": {
        "concurrencyPolicy": "Allow",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    },
    "PersistentVolume": {"persistentVolumeReclaimPolicy": "Retain", "volumeMode": "Filesystem"},
    "Node": {"taints": [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]},
}
POD_FILLED_IN = {
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
    "securityContext": {},
    "terminationGracePeriodSeconds": 30,
}


@pytest.mark.parametrize("kind", FILLED_IN)
def test_the_server_sets_the_defaults_of_a_spec(wire: Wire, shared_namespace: str, kind: str) -> None:
    good = GOOD[kind]

    answer = wire("POST", good.path(shared_namespace), good.named("sample"), query=DRY_RUN)

    assert answer.status == 201, answer.body
    added = {key: value for key, value in answer.body["spec"].items() if key not in good.body["spec"]}
    assert {key: value for key, value in added.items() if key != "selector"} == FILLED_IN[kind]


@pytest.mark.parametrize(
    ("kind", "restart"),
    [("Deployment", "Always"), ("ReplicaSet", "Always"), ("StatefulSet", "Always"), ("Job", "Never")],
)
def test_a_template_gets_the_defaults_of_a_pod(wire: Wire, shared_namespace: str, kind: str, restart: str) -> None:
    spec = wire("POST", GOOD[kind].path(shared_namespace), GOOD[kind].named("sample"), query=DRY_RUN).body["spec"]

    [container] = spec["template"]["spec"]["containers"]
    assert spec["template"]["spec"] == {"containers": [container], "restartPolicy": restart, **POD_FILLED_IN}
    assert container == {
        "name": "main",
        "image": "nginx",
        "imagePullPolicy": "Always",
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("StorageClass", "reclaimPolicy", "Delete"),
        ("StorageClass", "volumeBindingMode", "Immediate"),
        ("PriorityClass", "preemptionPolicy", "PreemptLowerPriority"),
        ("EndpointSlice", "ports", [{"name": "", "port": 80, "protocol": "TCP"}]),
    ],
)
def test_the_server_sets_the_defaults_of_kinds_without_a_spec(
    wire: Wire, shared_namespace: str, kind: str, field: str, value: object
) -> None:
    answer = wire("POST", GOOD[kind].path(shared_namespace), GOOD[kind].named("sample"), query=DRY_RUN)

    assert (answer.status, answer.body[field]) == (201, value)


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "StatefulSet", "Job", "CronJob", "PersistentVolume"])
def test_a_status_is_ignored_on_create(wire: Wire, shared_namespace: str, kind: str) -> None:
    manifest = GOOD[kind].named("sample", {"status": {"replicas": 7, "succeeded": 7, "phase": "Bound"}})
    new = wire("POST", GOOD[kind].path(shared_namespace), GOOD[kind].named("sample"), query=DRY_RUN).body["status"]

    answer = wire("POST", GOOD[kind].path(shared_namespace), manifest, query=DRY_RUN)

    status = answer.body["status"]
    assert {**status, "lastPhaseTransitionTime": ""} == {**new, "lastPhaseTransitionTime": ""}
    assert 7 not in status.values()
    assert status.get("phase") in {None, "Pending"}


def test_a_node_is_created_with_its_status_and_all_its_capacity_is_allocatable(
    wire: Wire, shared_namespace: str
) -> None:
    answer = wire("POST", GOOD["Node"].path(shared_namespace), GOOD["Node"].named("sample"), query=DRY_RUN)

    amounts = {"cpu": "8", "nvidia.com/gpu": "8"}
    assert (answer.body["status"]["capacity"], answer.body["status"]["allocatable"]) == (amounts, amounts)


@pytest.mark.parametrize(
    ("kind", "change", "moves"),
    [
        ("Deployment", {"metadata": {"labels": {"a": "b"}}}, 0),
        ("Deployment", {"metadata": {"annotations": {"a": "b"}}}, 1),
        ("Deployment", {"spec": {"minReadySeconds": 5}}, 1),
        ("ReplicaSet", {"metadata": {"annotations": {"a": "b"}}}, 0),
        ("ReplicaSet", {"spec": {"minReadySeconds": 5}}, 1),
        ("StatefulSet", {"spec": {"minReadySeconds": 5}}, 1),
        ("Job", {"spec": {"backoffLimit": 2}}, 1),
        ("CronJob", {"spec": {"concurrencyPolicy": "Forbid"}}, 1),
        ("EndpointSlice", {"metadata": {"annotations": {"a": "b"}}}, 0),
        ("EndpointSlice", {"metadata": {"labels": {"a": "b"}}}, 1),
        ("EndpointSlice", {"endpoints": [{"addresses": ["10.9.9.9"]}]}, 1),
        ("PriorityClass", {"description": "for all"}, 0),
    ],
)
def test_the_generation_counts_changes_of_the_spec(
    wire: Wire, make_kind: Callable[..., Json], kind: str, change: Json, moves: int
) -> None:
    made = make_kind(kind)

    answer = wire("PATCH", place(made), change, content_type=MERGE_PATCH, query=DRY_RUN)

    assert (made["metadata"]["generation"], answer.body["metadata"]["generation"]) == (1, 1 + moves)


@pytest.mark.parametrize("kind", ["Node", "PersistentVolume", "StorageClass"])
def test_these_kinds_have_no_generation(make_kind: Callable[..., Json], kind: str) -> None:
    assert "generation" not in make_kind(kind)["metadata"]


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "StatefulSet", "Job", "CronJob", "Node"])
def test_a_write_to_the_status_does_not_change_the_spec(wire: Wire, make_kind: Callable[..., Json], kind: str) -> None:
    made = make_kind(kind)
    body = {"metadata": {"labels": {"by": "status"}}, "spec": {"replicas": 5, "suspend": False, "unschedulable": True}}

    answer = wire("PATCH", f"{place(made)}/status", body, content_type=MERGE_PATCH, query=DRY_RUN)

    kept = {key: value for key, value in answer.body["spec"].items() if key != "taints"}
    assert kept == {key: value for key, value in made["spec"].items() if key != "taints"}
    # of these kinds only a Deployment keeps its labels too
    assert answer.body["metadata"].get("labels", {}).get("by") == (None if kind == "Deployment" else "status")


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "Job", "CronJob"])
def test_a_name_that_is_not_a_valid_hostname_is_a_warning(wire: Wire, shared_namespace: str, kind: str) -> None:
    answer = wire("POST", GOOD[kind].path(shared_namespace), GOOD[kind].named("web.two"), query=DRY_RUN)

    assert (answer.status, answer.headers["Warning"]) == (
        201,
        (
            '299 - "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; '
            'a DNS label is recommended: [must not contain dots]"'
        ),
    )


def test_an_empty_list_of_endpoints_is_null(wire: Wire, make_kind: Callable[..., Json]) -> None:
    made = make_kind("EndpointSlice")

    answer = wire("PATCH", place(made), {"endpoints": []}, content_type=MERGE_PATCH, query=DRY_RUN)

    assert (answer.status, answer.body["endpoints"]) == (200, None)


@pytest.mark.parametrize(
    ("kind", "field", "matches", "does_not"),
    [("Node", "spec.unschedulable", "false", "true"), ("Job", "status.successful", "0", "1")],
)
def test_objects_are_selected_by_the_fields_of_their_kind(  # noqa: PLR0913, PLR0917 (a row of the table)
    wire: Wire, make_kind: Callable[..., Json], kind: str, field: str, matches: str, does_not: str
) -> None:
    made = make_kind(kind)

    for value, expected in ((matches, True), (does_not, False)):
        found = wire("GET", place(made).rpartition("/")[0], query={"fieldSelector": f"{field}={value}"}).body["items"]
        assert (made["metadata"]["name"] in [item["metadata"]["name"] for item in found]) == expected


@pytest.mark.parametrize("kind", GOOD)
def test_kubectl_applies_shows_describes_and_deletes_it(
    engine: Engine, wire: Wire, make_kind: Callable[..., Json], kind: str
) -> None:
    login, made = engine.login("admin"), make_kind(kind)
    name, namespace = made["metadata"]["name"], made["metadata"].get("namespace", "default")
    manifest = GOOD[kind].named(name, QUIET.get(kind, {}) | {"metadata/labels": {"by": "kubectl"}})
    where = ["--context", str(login.context), "-n", namespace]
    what = f"{GOOD[kind].plural}.{GOOD[kind].api_version.partition('/')[0]}" if "/" in made["apiVersion"] else kind

    applied = kubectl(login.kubeconfig, *where, "apply", "-f", "-", stdin=json.dumps(manifest))
    shown = kubectl(login.kubeconfig, *where, "get", what, name)
    described = kubectl(login.kubeconfig, *where, "describe", what, name)
    deleted = kubectl(login.kubeconfig, *where, "delete", what, name)

    assert applied.endswith(f"/{name} configured\n")
    assert shown.splitlines()[1].split()[0] == name
    assert any(line.split() == ["Name:", name] for line in described.splitlines())
    assert f'"{name}" deleted' in deleted
    assert wire("GET", place(made)).status == 404


@pytest.mark.parametrize("kind", GOOD)
def test_server_side_apply_creates_it_and_then_changes_nothing(wire: Wire, shared_namespace: str, kind: str) -> None:
    good, name = GOOD[kind], fresh_name()
    path, query = f"{good.path(shared_namespace)}/{name}", {"fieldManager": "tests"}
    manifest = good.named(name, QUIET.get(kind))
    try:
        first = wire("PATCH", path, manifest, content_type=APPLY, query=query)
        again = wire("PATCH", path, manifest, content_type=APPLY, query=query)

        assert (first.status, again.status) == (201, 200), (first.body, again.body)
        assert again.body["metadata"]["uid"] == first.body["metadata"]["uid"]
        [mine] = [entry for entry in again.body["metadata"]["managedFields"] if entry["manager"] == "tests"]
        [before] = [entry for entry in first.body["metadata"]["managedFields"] if entry["manager"] == "tests"]
        assert mine == before
    finally:
        wire("DELETE", path)


def test_lists_in_a_template_are_merged_by_their_keys(wire: Wire, make_kind: Callable[..., Json]) -> None:
    made = make_kind("Deployment")
    more = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "busybox"}]}}}}

    merged = wire("PATCH", place(made), more, content_type=STRATEGIC_PATCH, query=DRY_RUN)
    replaced = wire("PATCH", place(made), more, content_type=MERGE_PATCH, query=DRY_RUN)

    names = [
        [item["name"] for item in answer.body["spec"]["template"]["spec"]["containers"]]
        for answer in (merged, replaced)
    ]
    assert names == [["side", "main"], ["side"]]
