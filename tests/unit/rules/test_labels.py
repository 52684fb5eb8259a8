"""Keys and values of labels, and names of extended resources."""

from __future__ import annotations

import pytest

from tenantkit.rules.labels import check_label_key, check_label_value, check_resource_name

LABEL_KEY = "use letters, digits, '-', '_' and '.', optionally after a DNS name and '/'"
RESOURCE = "use a DNS name, '/' and a name, for example 'nvidia.com/gpu'"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", None),
        ("Vision_Team.1", None),
        (
            "Vision Team",
            "use letters, digits, '-', '_' and '.', at most 63 characters, for example 'Vision-Team'",
        ),
        (None, "use letters, digits, '-', '_' and '.', at most 63 characters, for example 'None'"),
        ("-", "use letters, digits, '-', '_' and '.', at most 63 characters, for example 'vision'"),
    ],
)
def test_an_invalid_label_value_is_refused_with_a_valid_example(value: object, reason: str | None) -> None:
    assert check_label_value(value) == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("team", None),
        ("example.com/Team_1", None),
        ("Example.com/cost centre", f"{LABEL_KEY}, for example 'example.com/cost-centre'"),
        ("a/b/c", f"{LABEL_KEY}, for example 'a-b/c'"),
        ("/team", f"{LABEL_KEY}, for example 'team'"),
        ("", f"{LABEL_KEY}, for example 'team'"),
    ],
)
def test_an_invalid_label_key_is_refused_with_a_valid_example(value: object, reason: str | None) -> None:
    assert check_label_key(value) == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("nvidia.com/gpu", None),
        ("nvidia.com/mig-1g.5gb", None),
        ("gpu", RESOURCE),
        ("a/b/c", RESOURCE),
        (None, RESOURCE),
        (
            "node.kubernetes.io/gpu",
            "use a name without 'kubernetes.io/', which Kubernetes reserves, for example 'nvidia.com/gpu'",
        ),
        (
            "requests.amd.com/gpu",
            "remove the prefix 'requests.', which is only for quotas: use, for example, 'amd.com/gpu'",
        ),
        ("requests.cpu", "remove the prefix 'requests.', which is only for quotas: use, for example, 'nvidia.com/gpu'"),
    ],
)
def test_an_invalid_resource_name_is_refused_with_a_valid_example(value: object, reason: str | None) -> None:
    assert check_resource_name(value) == reason
