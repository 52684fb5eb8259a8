"""Workloads, endpoint slices, nodes, volumes and classes: what they may say, what is filled in, and what may change.

The tables of what is refused (refused_creates.yaml, refused_updates.yaml) hold the server's own words. The rules: pages
"Deployments", "ReplicaSet", "StatefulSets", "Jobs", "CronJob", "EndpointSlices", "Nodes", "Persistent Volumes",
"Storage Classes", "Pod Priority and Preemption".
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.contract.kind_samples import GOOD, QUIET, anonymous, changed
from tests.contract.namespaces import fresh_name, own_namespace
from tests.contract.wire import APPLY, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, kubectl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine
    from tests.contract.kind_samples import Good, Json
    from tests.contract.wire import Answer, Wire

DRY_RUN = {"dryRun": "All"}
JOBS_LABELS = ("batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "controller-uid", "job-name")


def table(file: str) -> list[Any]:
    """The cases in a file, each named by its kind and what is changed."""
    cases = yaml.safe_load(Path(__file__).with_name(file).read_text(encoding="utf-8"))
    return [pytest.param(case, id=f"{case['kind']}-{json.dumps(case['with'])}") for case in cases]


@pytest.fixture(scope="module")
def shared(cluster: Cluster, eventually: Callable[..., Any]) -> Iterator[str]:
    """A namespace for objects whose names do not meet."""
    with own_namespace(cluster, fresh_name()) as name:
        eventually(lambda: cluster.get("ServiceAccount", "default", name))
        yield name


@pytest.fixture
def make(wire: Wire, shared: str) -> Iterator[Callable[..., Json]]:
    """Make a good object with some changes; those without a namespace are deleted afterwards."""
    made: list[str] = []

    def create(kind: str, changes: Json | None = None) -> Json:
        path = GOOD[kind].path(shared)
        answer = wire("POST", path, GOOD[kind].named(fresh_name(), QUIET.get(kind, {}) | (changes or {})))
        assert answer.status == 201, answer.body
        if not GOOD[kind].namespaced:
            made.append(f"{path}/{answer.body['metadata']['name']}")
        return dict(answer.body)

    yield create
    for path in made:
        wire("DELETE", path)


def place(manifest: Json) -> str:
    """The path of an object."""
    good, metadata = GOOD[manifest["kind"]], manifest["metadata"]
    return f"{good.path(metadata.get('namespace', ''))}/{metadata['name']}"


def check_refusal(answer: Answer, good: Good, name: str, causes: list[str]) -> None:
    """It is a 422 that names these fields in these words; … stands for what is not compared."""
    details = answer.body.get("details", {})
    found = [anonymous(f"{cause['field']}: {cause['message']}", name) for cause in details.get("causes", ())]
    for cause, expected in zip(found, causes, strict=True):
        head, dots, tail = anonymous(expected, name).partition("…")
        assert (cause.startswith(head) and cause.endswith(tail)) if dots else cause == head
    assert (answer.status, answer.body["reason"]) == (422, "Invalid")
    group = f".{good.api_version.partition('/')[0]}" if "/" in good.api_version else ""
    shown = found[0] if len(found) == 1 else f"[{', '.join(found)}]"
    assert anonymous(answer.body["message"], name) == f'{good.kind}{group} "sample" is invalid: {shown}'


@pytest.mark.parametrize("case", table("refused_creates.yaml"))
def test_an_object_that_may_not_be_is_refused_in_these_words(wire: Wire, shared: str, case: Json) -> None:
    good = GOOD[case["kind"]]
    manifest = good.named("sample", case["with"])

    answer = wire("POST", good.path(shared), manifest, query=DRY_RUN)

    check_refusal(answer, good, manifest["metadata"]["name"], case["causes"])


@pytest.mark.parametrize("case", table("refused_updates.yaml"))
def test_what_may_not_change_is_refused_in_these_words(wire: Wire, make: Callable[..., Json], case: Json) -> None:
    made = make(case["kind"], case.get("made"))
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
def test_the_server_fills_in_what_a_spec_leaves_unsaid(wire: Wire, shared: str, kind: str) -> None:
    good = GOOD[kind]

    answer = wire("POST", good.path(shared), good.named("sample"), query=DRY_RUN)

    assert answer.status == 201, answer.body
    added = {key: value for key, value in answer.body["spec"].items() if key not in good.body["spec"]}
    assert {key: value for key, value in added.items() if key != "selector"} == FILLED_IN[kind]


@pytest.mark.parametrize(
    ("kind", "restart"),
    [("Deployment", "Always"), ("ReplicaSet", "Always"), ("StatefulSet", "Always"), ("Job", "Never")],
)
def test_a_template_is_filled_in_as_a_pod_is(wire: Wire, shared: str, kind: str, restart: str) -> None:
    spec = wire("POST", GOOD[kind].path(shared), GOOD[kind].named("sample"), query=DRY_RUN).body["spec"]

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
def test_the_server_fills_in_kinds_without_a_spec(
    wire: Wire, shared: str, kind: str, field: str, value: object
) -> None:
    answer = wire("POST", GOOD[kind].path(shared), GOOD[kind].named("sample"), query=DRY_RUN)

    assert (answer.status, answer.body[field]) == (201, value)


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "StatefulSet", "Job", "CronJob", "PersistentVolume"])
def test_nobody_brings_a_status_along(wire: Wire, shared: str, kind: str) -> None:
    manifest = GOOD[kind].named("sample", {"status": {"replicas": 7, "succeeded": 7, "phase": "Bound"}})
    new = wire("POST", GOOD[kind].path(shared), GOOD[kind].named("sample"), query=DRY_RUN).body["status"]

    answer = wire("POST", GOOD[kind].path(shared), manifest, query=DRY_RUN)

    status = answer.body["status"]
    assert {**status, "lastPhaseTransitionTime": ""} == {**new, "lastPhaseTransitionTime": ""}
    assert 7 not in status.values()
    assert status.get("phase") in {None, "Pending"}


def test_a_node_brings_its_status_and_can_give_all_that_it_has(wire: Wire, shared: str) -> None:
    answer = wire("POST", GOOD["Node"].path(shared), GOOD["Node"].named("sample"), query=DRY_RUN)

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
def test_the_generation_counts_changes_of_what_is_wanted(
    wire: Wire, make: Callable[..., Json], kind: str, change: Json, moves: int
) -> None:
    made = make(kind)

    answer = wire("PATCH", place(made), change, content_type=MERGE_PATCH, query=DRY_RUN)

    assert (made["metadata"]["generation"], answer.body["metadata"]["generation"]) == (1, 1 + moves)


@pytest.mark.parametrize("kind", ["Node", "PersistentVolume", "StorageClass"])
def test_these_kinds_count_no_changes(make: Callable[..., Json], kind: str) -> None:
    assert "generation" not in make(kind)["metadata"]


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "StatefulSet", "Job", "CronJob", "Node"])
def test_a_write_to_the_status_leaves_the_spec_alone(wire: Wire, make: Callable[..., Json], kind: str) -> None:
    made = make(kind)
    body = {"metadata": {"labels": {"by": "status"}}, "spec": {"replicas": 5, "suspend": False, "unschedulable": True}}

    answer = wire("PATCH", f"{place(made)}/status", body, content_type=MERGE_PATCH, query=DRY_RUN)

    kept = {key: value for key, value in answer.body["spec"].items() if key != "taints"}
    assert kept == {key: value for key, value in made["spec"].items() if key != "taints"}
    # of all these kinds only a Deployment keeps its labels, too
    assert answer.body["metadata"].get("labels", {}).get("by") == (None if kind == "Deployment" else "status")


def test_a_job_knows_its_pods_by_labels_that_it_makes_itself(make: Callable[..., Json]) -> None:
    job = make("Job")

    uid, name = job["metadata"]["uid"], job["metadata"]["name"]
    labels = dict(zip(JOBS_LABELS, (uid, name, uid, name), strict=True))
    assert job["spec"]["selector"] == {"matchLabels": {JOBS_LABELS[0]: uid}}
    assert job["spec"]["template"]["metadata"]["labels"] == {"app": "web", **labels}
    # a Job without labels takes those of its template over, and these with them
    assert job["metadata"]["labels"] == {"app": "web", **labels}


def test_a_job_with_labels_of_its_own_keeps_just_those(make: Callable[..., Json]) -> None:
    assert make("Job", {"metadata/labels": {"team": "ml"}})["metadata"]["labels"] == {"team": "ml"}


def test_a_job_selects_by_hand_where_that_is_wanted(make: Callable[..., Json]) -> None:
    selector = {"matchLabels": {"app": "web"}}

    job = make("Job", {"spec/manualSelector": True, "spec/selector": selector})

    assert job["spec"]["selector"] == selector
    assert job["spec"]["template"]["metadata"]["labels"] == {"app": "web"}


@pytest.mark.parametrize(
    "change",
    [
        {"spec/template/spec/nodeSelector": {"gpu": "yes"}},
        {"spec/template/spec/tolerations": [{"key": "gpu", "operator": "Exists"}]},
        {"spec/template/spec/containers/0/resources": {"requests": {"cpu": "1"}}},
        {"spec/parallelism": 3},
        {"spec/suspend": False},
    ],
    ids=json.dumps,
)
def test_a_suspended_job_may_still_be_told_where_and_how_it_runs(
    wire: Wire, make: Callable[..., Json], change: Json
) -> None:
    made = make("Job")
    wanted = changed(wire("GET", place(made)).body, {"metadata/resourceVersion": None, **change})

    assert wire("PUT", place(made), wanted, query=DRY_RUN).status == 200


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "Job", "CronJob"])
def test_a_name_that_hosts_can_not_have_is_warned_of(wire: Wire, shared: str, kind: str) -> None:
    answer = wire("POST", GOOD[kind].path(shared), GOOD[kind].named("web.two"), query=DRY_RUN)

    assert (answer.status, answer.headers["Warning"]) == (
        201,
        (
            '299 - "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; '
            'a DNS label is recommended: [must not contain dots]"'
        ),
    )


def test_deleting_a_job_without_a_word_on_its_pods_leaves_them_and_warns(wire: Wire, make: Callable[..., Json]) -> None:
    made = make("Job")

    answer = wire("DELETE", place(made), query=DRY_RUN)

    assert answer.body["metadata"]["finalizers"] == ["orphan"]
    assert answer.headers["Warning"] == (
        '299 - "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove '
        'them or set propagationPolicy=Orphan to suppress this warning"'
    )


def test_a_list_without_anything_in_it_is_no_list(wire: Wire, make: Callable[..., Json]) -> None:
    made = make("EndpointSlice")

    answer = wire("PATCH", place(made), {"endpoints": []}, content_type=MERGE_PATCH, query=DRY_RUN)

    assert (answer.status, answer.body["endpoints"]) == (200, None)


@pytest.mark.parametrize(
    ("kind", "field", "matches", "does_not"),
    [("Node", "spec.unschedulable", "false", "true"), ("Job", "status.successful", "0", "1")],
)
def test_objects_are_found_by_the_fields_of_their_kind(  # noqa: PLR0913, PLR0917 (a row of the table)
    wire: Wire, make: Callable[..., Json], kind: str, field: str, matches: str, does_not: str
) -> None:
    made = make(kind)

    for value, expected in ((matches, True), (does_not, False)):
        found = wire("GET", place(made).rpartition("/")[0], query={"fieldSelector": f"{field}={value}"}).body["items"]
        assert (made["metadata"]["name"] in [item["metadata"]["name"] for item in found]) == expected


@pytest.mark.parametrize("kind", [kind for kind in GOOD if kind != "PersistentVolume"])
def test_kubectl_applies_shows_describes_and_deletes_it(
    engine: Engine, wire: Wire, make: Callable[..., Json], kind: str
) -> None:
    login, made = engine.login("admin"), make(kind)
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
def test_server_side_apply_makes_it_and_then_changes_nothing(wire: Wire, shared: str, kind: str) -> None:
    good, name = GOOD[kind], fresh_name()
    path, query = f"{good.path(shared)}/{name}", {"fieldManager": "tests"}
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


def test_lists_in_a_template_are_merged_by_their_keys(wire: Wire, make: Callable[..., Json]) -> None:
    made = make("Deployment")
    more = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "busybox"}]}}}}

    merged = wire("PATCH", place(made), more, content_type=STRATEGIC_PATCH, query=DRY_RUN)
    replaced = wire("PATCH", place(made), more, content_type=MERGE_PATCH, query=DRY_RUN)

    names = [
        [item["name"] for item in answer.body["spec"]["template"]["spec"]["containers"]]
        for answer in (merged, replaced)
    ]
    assert names == [["side", "main"], ["side"]]


def test_a_nodes_taint_for_what_it_does_not_report_goes_when_it_is_ready(
    wire: Wire, make: Callable[..., Json], eventually: Callable[..., Any]
) -> None:
    node = make("Node")
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "ready"}
    body = {"status": {"conditions": [ready]}}

    assert wire("PATCH", f"{place(node)}/status", body, content_type=MERGE_PATCH).status == 200

    eventually(lambda: "taints" not in wire("GET", place(node)).body["spec"])


def test_a_cordoned_node_is_tainted(wire: Wire, make: Callable[..., Json], eventually: Callable[..., Any]) -> None:
    node = make("Node")
    patch = [{"op": "add", "path": "/spec/unschedulable", "value": True}]

    assert wire("PATCH", place(node), patch, content_type=JSON_PATCH).status == 200

    taint = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    eventually(lambda: _without_times(wire("GET", place(node)).body["spec"].get("taints", [])) == [taint])


def _without_times(taints: list[Json]) -> list[Json]:
    return [{key: value for key, value in taint.items() if key != "timeAdded"} for taint in taints]


def test_a_volume_that_nobody_uses_is_let_go(
    wire: Wire, make: Callable[..., Json], eventually: Callable[..., Any]
) -> None:
    volume = make("PersistentVolume")
    assert volume["metadata"]["finalizers"] == ["kubernetes.io/pv-protection"]

    answer = wire("DELETE", place(volume))

    assert (answer.status, answer.body["kind"]) == (200, "PersistentVolume")
    eventually(lambda: wire("GET", place(volume)).status == 404)


def test_a_claim_that_a_pod_on_a_node_uses_stays_until_the_pod_is_gone(
    wire: Wire, make: Callable[..., Json], shared: str, eventually: Callable[..., Any]
) -> None:
    name, node = fresh_name(), make("Node")["metadata"]["name"]
    root = f"/api/v1/namespaces/{shared}"
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": name}}
    spec = {"containers": [{"name": "main", "image": "nginx"}], "volumes": [volume], "nodeName": node}
    wire("POST", f"{root}/persistentvolumeclaims", {"metadata": {"name": name}, "spec": claim})
    assert wire("POST", f"{root}/pods", {"metadata": {"name": name}, "spec": spec}).status == 201

    marked = wire("DELETE", f"{root}/persistentvolumeclaims/{name}").body

    assert marked["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
    assert wire("GET", f"{root}/persistentvolumeclaims/{name}").body["metadata"]["deletionTimestamp"]
    wire("DELETE", f"{root}/pods/{name}", query={"gracePeriodSeconds": "0"})
    eventually(lambda: wire("GET", f"{root}/persistentvolumeclaims/{name}").status == 404)
