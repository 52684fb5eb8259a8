"""The answers of `fits`: pure, on dicts. `tests/fits` compares them with a real server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tenantkit.exceptions import InvalidSpecError
from tenantkit.findings.fits.dry_run_pod import DryRunPod, known_refusal, make_pod, with_known_defaults
from tenantkit.findings.fits.fit import FITS
from tenantkit.findings.fits.fits import predict
from tenantkit.findings.snapshot import ClusterSnapshot
from tests.unit.findings.fits_objects import holding, node, quota

if TYPE_CHECKING:
    from tenantkit.findings.fits.fit import Fit

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
GPU = "nvidia.com/gpu"
NAMELESS: dict[str, Any] = {"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}


def predicted(
    *objects: dict[str, Any],
    pods: int = 1,
    incomplete: dict[str, str] | None = None,
    admitted: DryRunPod | None = None,
    tenant: str | None = None,
    **asked: Any,
) -> Fit:
    found: dict[str, list[dict[str, Any]]] = {"ResourceQuota": [], "Pod": [], "Node": [], "AnyPod": []}
    for manifest in objects:
        found[manifest["kind"]].append(manifest)
    found["AnyPod"] = found["Pod"]
    for kind in incomplete or {}:
        del found[kind]
    pod = with_known_defaults(make_pod("vision", **asked), [])
    snapshot = ClusterSnapshot(found, NOW, incomplete or {})
    return predict(snapshot, admitted or DryRunPod(pod), wanted=pods, tenant=tenant, asked=make_pod("vision", **asked))


def test_pods_with_room_in_quota_and_nodes_fit() -> None:
    fit = predicted(quota({"requests.cpu": "8"}), node("n1", {"cpu": "8"}), cpu=2, pods=4)

    assert (fit.answer, fit.pods, fit.blocks_first, str(fit.next_steps)) == ("yes", 4, None, "")
    assert fit.summary == "yes: 4 pods fit"


def test_a_quota_that_is_too_small_says_how_many_fit_and_who_holds_it() -> None:
    full = quota({f"requests.{GPU}": "4"}, {f"requests.{GPU}": "3"})
    holder = holding("notebook", "n1", {GPU: "3"})

    fit = predicted(full, holder, node("n1", {GPU: "8"}), gpus=1, pods=2)

    assert (fit.answer, fit.pods, fit.blocks_first) == ("no", 1, "ResourceQuota/team")
    assert fit.next_steps == "free 1 GPU, held by Pod/notebook (3)"
    assert (
        fit.summary
        == "no: 1 of 2 pods fit; 2 GPUs requested, 1 of 4 granted are free: free 1 GPU, held by Pod/notebook (3)"
    )


def test_pods_are_counted_node_by_node_never_as_a_sum() -> None:
    nodes = [node(f"n{number}", {GPU: "3"}) for number in range(4)]

    fit = predicted(*nodes, gpus=2, pods=5)

    assert (fit.answer, fit.pods, fit.blocks_first) == ("no", 4, "Node")


@pytest.mark.parametrize(
    ("nodes", "step"),
    [
        ([], "report to the platform team that the cluster has no node"),
        ([node("n1", {"cpu": "4"})], "request less cpu per pod"),
        ([node("n1", {"cpu": "16"}, unschedulable=True)], "report to the platform team that nodes are cordoned"),
        (
            [node("n1", {"cpu": "16"}, taints=[{"key": "gpu", "effect": "NoSchedule"}])],
            "add tolerations for the taints of nodes that are meant for such pods, or select other nodes",
        ),
    ],
)
def test_the_next_steps_say_what_helps_where_freeing_does_not(nodes: list[dict[str, Any]], step: str) -> None:
    fit = predicted(*nodes, cpu=8)

    assert (fit.blocks_first, fit.next_steps) == ("Node", step)


def test_the_next_steps_name_the_node_with_the_smallest_shortfall() -> None:
    nodes = [node("n1", {"cpu": "8"}), node("n2", {"cpu": "8"})]
    pods = [holding("big", "n1", {"cpu": "7"}), holding("small", "n2", {"cpu": "5"})]

    fit = predicted(*nodes, *pods, cpu=4)

    assert fit.next_steps == "on Node/n2 free 1 cpu (held by Pod/small in vision: 5)"
    assert fit.checks[0].reason == "2 of 2 nodes: Insufficient cpu"


def test_the_first_gate_that_a_pod_meets_blocks_first() -> None:
    fit = predicted(quota({"requests.cpu": "1"}), node("n1", {"cpu": "1"}), cpu=2)

    assert [(check.object, check.answer) for check in fit.checks] == [
        ("ResourceQuota/team", "no"),
        ("Node", "no"),
        ("API server", "yes"),
    ]


@pytest.mark.parametrize("kind", ["Node", "AnyPod", "ResourceQuota"])
def test_a_kind_that_may_not_be_read_is_a_maybe_with_its_reason(kind: str) -> None:
    fit = predicted(node("n1", {"cpu": "8"}), cpu=1, incomplete={kind: f"may not list {kind}"})

    assert (fit.answer, fit.pods) == ("maybe", None)
    shown = {"AnyPod": "pods of other tenants"}.get(kind, kind)
    question = "the quotas have room" if kind == "ResourceQuota" else "nodes hold them"
    assert fit.summary == f"maybe: not known whether {question}, since {shown} could not be read"
    assert fit.frame["reason"].dropna().tolist() == [f"may not list {kind}"]
    assert fit.frame.attrs["incomplete"] == {shown: f"may not list {kind}"}


def test_a_quota_alone_is_enough_for_a_no() -> None:
    assert predicted(quota({"pods": "0"}), incomplete={"Node": "may not list nodes"}).answer == "no"


def test_a_pod_that_the_server_did_not_check_is_a_maybe() -> None:
    pod = with_known_defaults(make_pod("vision", cpu=1), [])
    admitted = DryRunPod(pod, not_checked="you may not create pods in 'vision'")

    assert (
        predicted(node("n1", {"cpu": "8"}), admitted=admitted, cpu=1).summary
        == "maybe: you may not create pods in 'vision'"
    )


def test_a_pod_that_the_server_refuses_does_not_fit_for_that_reason() -> None:
    words = 'pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true'
    admitted = DryRunPod(make_pod("vision"), refusal=words)

    fit = predicted(node("n1", {}), admitted=admitted)

    assert (fit.answer, fit.blocks_first, fit.checks[0].reason) == ("no", "Namespace/vision", words)


def test_a_quota_that_is_not_counted_yet_is_a_maybe() -> None:
    fresh = quota({"requests.cpu": "8"})
    fresh["status"] = {}

    assert predicted(fresh, node("n1", {"cpu": "8"}), cpu=1).answer == "maybe"


def test_a_quota_of_another_scope_does_not_count() -> None:
    scoped = quota({"pods": "0"}, scopes=["Terminating"])

    assert predicted(scoped, node("n1", {"cpu": "8"}), cpu=1).answer == "yes"


def test_a_pod_of_a_priority_class_outside_the_list_is_told_to_use_another() -> None:
    scope = {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "Exists"}]}
    priority = quota({"pods": "0"}, name="tenantkit-priority", scopeSelector=scope)
    spec = {"priorityClassName": "urgent", "containers": [{"name": "main"}]}

    fit = predicted(priority, node("n1", {"cpu": "8"}), pod_spec=spec)

    assert (fit.answer, fit.blocks_first) == ("no", "ResourceQuota/tenantkit-priority")
    assert fit.next_steps == "use a priority class that the platform lists, or none"
    assert predicted(priority, node("n1", {"cpu": "8"}), cpu=1).answer == "yes"


def test_a_quota_that_requires_another_limit_blocks() -> None:
    fit = predicted(quota({"limits.memory": "8Gi"}), node("n1", {"cpu": "8"}), cpu=1)

    assert (fit.answer, fit.checks[0].reason) == ("no", "must specify limits.memory for: main")


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"schedulerName": "kueue"}, "another scheduler, kueue, places it"),
        (
            {"volumes": [{"persistentVolumeClaim": {"claimName": "x"}}]},
            "the scheduler also considers persistentVolumeClaim",
        ),
    ],
)
def test_a_pod_that_depends_on_more_than_single_nodes_is_a_maybe(spec: dict[str, Any], reason: str) -> None:
    own = {"containers": [{"name": "main"}], **spec}

    assert predicted(node("n1", {"cpu": "8"}), pod_spec=own).summary == f"maybe: {reason}"


def test_a_no_has_no_number_where_even_fewer_might_be_placed() -> None:
    bound = {"containers": [{"name": "main"}], "volumes": [{"persistentVolumeClaim": {"claimName": "x"}}]}

    fit = predicted(node("n1", {"cpu": "2"}), cpu=1, pods=3, pod_spec=bound)

    assert (fit.answer, fit.pods, fit.blocks_first) == ("no", None, "Node")


def spread(**selector: Any) -> dict[str, Any]:
    rule = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector}
    return {"containers": [{"name": "main"}], "topologySpreadConstraints": [rule]}


def test_pods_spread_over_zones_fit_on_no_node_without_a_zone() -> None:
    fit = predicted(node("n1", {"cpu": "2"}), cpu=1, pod_spec=spread())

    assert (fit.answer, fit.pods) == ("no", 0)
    assert "topology spread constraints (missing required label)" in fit.checks[0].reason


def test_spreading_is_computed_where_the_pods_do_not_count_themselves() -> None:
    zones = [node(f"n{zone}", {"cpu": "8"}) for zone in "ab"]
    for each, zone in zip(zones, "ab", strict=True):
        each["metadata"]["labels"] = {"zone": zone}
    crowd = [holding(f"web-{number}", "na", {}) for number in range(2)]
    for each in crowd:
        each["metadata"]["labels"] = {"app": "web"}

    uneven = predicted(*zones, *crowd, cpu=1, pods=16, pod_spec=spread(matchLabels={"app": "web"}))
    counted = predicted(*zones, *crowd, cpu=1, pods=2, pod_spec=spread(**NAMELESS))

    assert (uneven.answer, uneven.pods) == ("no", 8)  # in the other zone
    assert (counted.answer, counted.pods) == ("maybe", None)


def near(kind: str, **term: Any) -> dict[str, Any]:
    rule = {"labelSelector": {"matchLabels": {"app": "web"}}, "topologyKey": "zone", **term}
    affinity = {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [rule]}}
    return {"containers": [{"name": "main"}], "affinity": affinity}


@pytest.mark.parametrize(
    ("spec", "answer"),
    [
        (near("podAffinity"), "yes"),
        (near("podAffinity", namespaces=["speech"]), "no"),
        (near("podAffinity", namespaceSelector={"matchLabels": {"team": "a"}}), "maybe"),
        (near("podAntiAffinity"), "no"),
        (near("podAntiAffinity", namespaces=["speech"]), "yes"),
        (near("podAntiAffinity", labelSelector={}, namespaces=["speech"]), "yes"),
        (near("podAntiAffinity", labelSelector={}, namespaces=["vision", "speech"]), "no"),
    ],
)
def test_affinity_to_running_pods_is_computed(spec: dict[str, Any], answer: str) -> None:
    zoned = node("n1", {"cpu": "8"})
    zoned["metadata"]["labels"] = {"zone": "a"}
    web = holding("web", "n1", {})
    web["metadata"]["labels"] = {"app": "web"}

    assert predicted(zoned, web, cpu=1, pod_spec=spec).answer == answer


def zoned(name: str, zone: str, amounts: dict[str, str]) -> dict[str, Any]:
    made = node(name, amounts)
    made["metadata"]["labels"] = {"zone": zone}
    return made


def test_with_anti_affinity_each_topology_domain_takes_one() -> None:
    apart = near("podAntiAffinity", labelSelector={})
    places = [zoned("a1", "a", {"cpu": "8"}), zoned("a2", "a", {"cpu": "8"}), zoned("b1", "b", {"cpu": "8"})]
    full, nowhere = zoned("c1", "c", {"cpu": "1"}), node("d1", {"cpu": "4"})

    enough = predicted(*places, full, cpu=2, pods=2, pod_spec=apart)
    too_few = predicted(*places, full, cpu=2, pods=3, pod_spec=apart)
    beside = predicted(*places, nowhere, cpu=2, pods=4, pod_spec=apart)

    assert (enough.answer, enough.pods) == ("yes", 2)
    assert (too_few.answer, too_few.pods, too_few.blocks_first) == ("no", 2, "Node")
    assert "3 of 4 nodes: node(s) didn't match pod anti-affinity rules" in too_few.checks[0].reason
    assert (beside.answer, beside.pods) == ("yes", 4)  # without the label, two more


@pytest.mark.parametrize(("pods", "answer"), [(1, "yes"), (2, "maybe")])
def test_of_pods_that_count_each_other_only_the_first_is_certain(pods: int, answer: str) -> None:
    nodes = [zoned("a1", "a", {"cpu": "8"}), zoned("b1", "b", {"cpu": "8"})]

    fit = predicted(quota({"pods": "9"}), *nodes, cpu=1, pods=pods, pod_spec=spread(**NAMELESS))

    assert (fit.answer, fit.pods) == (answer, None)


def test_pods_that_count_each_other_do_not_fit_where_the_first_does_not() -> None:
    full = [zoned("a1", "a", {"cpu": "1"}), zoned("b1", "b", {"cpu": "1"})]
    counted = [holding("one", "a1", {}), holding("two", "a1", {})]

    fit = predicted(*full, *counted, cpu=2, pods=2, pod_spec=spread(**NAMELESS))

    assert (fit.answer, fit.pods, fit.blocks_first) == ("no", 0, "Node")


def test_a_waiting_pod_that_would_fit_may_be_placed_first() -> None:
    rival = holding("rival", "", {"cpu": "1"})
    hopeless = holding("hopeless", "", {"cpu": "64"})

    assert predicted(node("n1", {"cpu": "8"}), hopeless, cpu=1).answer == "yes"
    assert predicted(node("n1", {"cpu": "8"}), rival, cpu=1).answer == "maybe"


def test_a_pod_of_higher_priority_may_preempt() -> None:
    full = [node("n1", {"cpu": "1"}), holding("low", "n1", {"cpu": "1"})]
    urgent = {"containers": [{"name": "main"}], "priority": 1000}

    assert predicted(*full, cpu=1).answer == "no"
    assert predicted(*full, cpu=1, pod_spec=urgent).answer == "maybe"
    assert predicted(*full, cpu=1, pod_spec={**urgent, "preemptionPolicy": "Never"}).answer == "no"
    assert predicted(*full, cpu=2, pod_spec=urgent).answer == "no"  # not even an empty node would be enough


@pytest.mark.parametrize(
    ("where", "answer"),
    [
        ({}, "no"),
        ({"namespaces": ["vision"]}, "no"),
        ({"namespaces": ["speech"]}, "yes"),
        ({"namespaceSelector": {}}, "no"),
        ({"namespaceSelector": {"matchLabels": {"team": "a"}}}, "maybe"),
    ],
)
def test_a_running_pod_with_anti_affinity_rules_out_others(where: dict[str, Any], answer: str) -> None:
    rule = {"labelSelector": {}, "topologyKey": "zone", **where}
    alone = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [rule]}}
    zoned = node("n1", {"cpu": "8"})
    zoned["metadata"]["labels"] = {"zone": "a"}

    assert predicted(zoned, holding("a", "n1", {}, affinity=alone), cpu=1).answer == answer


def test_a_cluster_without_nodes_holds_nothing() -> None:
    fit = predicted(cpu=1)

    assert (fit.answer, fit.checks[0].reason) == ("no", "the cluster has no node")


def test_the_frame_has_its_columns_and_missing_values() -> None:
    frame = predicted(quota({"requests.memory": "8Gi"}), node("n1", {"memory": "8Gi"}), memory="1Gi", pods=2).frame

    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == FITS
    [row] = frame.loc[frame["object"] == "ResourceQuota/team"].to_dict("records")
    assert pd.isna(row.pop("reason"))
    assert pd.isna(row.pop("next_steps"))
    assert row == {
        "object": "ResourceQuota/team",
        "resource": "requests.memory",
        "unit": "bytes",
        "per_pod": 2.0**30,
        "requested": 2.0**31,
        "free": 2.0**33,
        "pods": 8,
        "answer": "yes",
    }


def test_all_wrong_amounts_are_reported_at_once() -> None:
    with pytest.raises(InvalidSpecError) as caught:
        make_pod("vision", cpu="two", memory=-1, gpus=1.5)  # type: ignore[arg-type]

    assert [problem.field for problem in caught.value.problems] == ["cpu", "memory", "gpus"]


def test_limit_ranges_set_defaults_and_refuse_without_the_server() -> None:
    limit = {"type": "Container", "default": {"cpu": "1"}, "defaultRequest": {"cpu": "500m"}, "max": {"cpu": "2"}}
    bounds = [{"metadata": {"name": "bounds"}, "spec": {"limits": [limit]}}]

    silent = with_known_defaults(make_pod("vision"), bounds)
    large = with_known_defaults(make_pod("vision", cpu=4), bounds)

    assert silent["spec"]["containers"][0]["resources"] == {"limits": {"cpu": "1"}, "requests": {"cpu": "500m"}}
    assert known_refusal(silent, bounds) is None
    assert "maximum cpu usage per Container is 2, but limit is 4" in str(known_refusal(large, bounds))


def test_texts_from_the_cluster_are_escaped_in_the_notebook() -> None:
    words = '<script>alert("x")</script>'

    assert "<script>" not in predicted(admitted=DryRunPod(make_pod("vision"), refusal=words))._repr_html_()


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"gpus": 1, "accelerator": None}, "accelerator=None: use a resource name such as 'nvidia.com/gpu'"),
        ({"pod_spec": {"containers": []}, "cpu": 1}, "pod_spec={'containers': []}: use a pod's spec with containers"),
        ({"pod_spec": "x"}, "pod_spec='x': use a pod's spec with containers"),
    ],
)
def test_a_wrong_accelerator_or_pod_spec_is_refused(wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        make_pod("vision", **wrong)

    assert str(caught.value).startswith(text)
