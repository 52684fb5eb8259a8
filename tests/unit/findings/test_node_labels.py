"""A pod that asks for labels that no node has: the advice names the labels that nodes have."""

from __future__ import annotations

from typing import Any

import pytest

from tenantkit.findings.causes.node_labels import existing_labels

NODES: list[dict[str, Any]] = [
    {"metadata": {"name": "n1", "labels": {"gpu": "A100", "disk": "ssd", "zone": "a"}}},
    {"metadata": {"name": "n2", "labels": {"gpu": "H100", "disk": "hdd"}}},
    {"metadata": {"name": "n3"}},
]


def affinity(*expressions: dict[str, Any]) -> dict[str, Any]:
    required = {"nodeSelectorTerms": [{"matchExpressions": list(expressions)}]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"nodeSelector": {"gpu": "B200"}}, "for gpu, nodes have A100, H100"),
        ({"nodeSelector": {"gpu": "B200", "disk": "ssd"}}, "for gpu, nodes have A100, H100"),
        ({"nodeSelector": {"pool": "gpu"}}, "no node has a label pool"),
        (
            {"nodeSelector": {"pool": "gpu"}} | affinity({"key": "gpu", "operator": "In", "values": ["B200", "L4"]}),
            "no node has a label pool; for gpu, nodes have A100, H100",
        ),
        (affinity({"key": "pool", "operator": "Exists"}), "no node has a label pool"),
        ({"nodeSelector": {"gpu": "H100", "disk": "ssd"}}, "no node has all of these labels together"),
        ({"nodeSelector": {"gpu": "H100"}}, ""),
        ({}, ""),
    ],
)
def test_the_values_that_nodes_have_are_named_for_what_none_has(spec: dict[str, Any], said: str) -> None:
    assert existing_labels(spec, NODES) == said


def test_of_many_values_the_first_are_named() -> None:
    nodes = [{"metadata": {"name": f"n{n}", "labels": {"host": f"n{n}"}}} for n in range(8)]

    assert (
        existing_labels({"nodeSelector": {"host": "x"}}, nodes) == "for host, nodes have n0, n1, n2, n3, n4 and 3 more"
    )


def test_nothing_is_said_where_nodes_may_not_be_read() -> None:
    assert existing_labels({"nodeSelector": {"gpu": "B200"}}, []) == ""


def test_labels_are_not_blamed_where_a_node_was_named() -> None:
    nodes = [{"metadata": {"name": "a", "labels": {"disk": "ssd", "zone": "x"}}}]
    fields = [{"key": "metadata.name", "operator": "In", "values": ["gone"]}]
    required = {"nodeSelectorTerms": [{"matchFields": fields}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}

    assert existing_labels({"nodeSelector": {"disk": "ssd", "zone": "x"}, "affinity": affinity}, nodes) == ""
