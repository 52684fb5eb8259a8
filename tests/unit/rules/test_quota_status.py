"""When the status of a quota belongs to its current limits."""

from __future__ import annotations

from typing import Any

import pytest

from tenantkit.rules.quota_status import counted_usage, is_counted


def quota(
    wanted: dict[str, str] | None, counted: dict[str, str] | None, used: dict[str, str] | None = None
) -> dict[str, Any]:
    return {"spec": {"hard": wanted}, "status": {"hard": counted, "used": used}}


def test_a_quota_is_counted_once_the_status_has_every_limit_of_the_spec() -> None:
    assert is_counted(quota({"pods": "2", "services": "5"}, {"pods": "2", "services": "5"}))
    assert not is_counted(quota({"pods": "2", "services": "5"}, {"pods": "2"}))
    assert not is_counted(quota({"pods": "2"}, {"pods": "1"}))


def test_limits_are_compared_by_value() -> None:
    assert is_counted(quota({"requests.cpu": "1000m"}, {"requests.cpu": "1"}))
    assert not is_counted(quota({"requests.memory": "1Gi"}, {"requests.memory": "1G"}))


@pytest.mark.parametrize("status", [{}, {"status": None}, {"status": {}}])
def test_a_new_quota_is_not_counted(status: dict[str, Any]) -> None:
    new = {"spec": {"hard": {"pods": "2"}}, **status}
    assert not is_counted(new)
    assert counted_usage(new) == {}


def test_a_quota_without_limits_is_counted() -> None:
    assert is_counted({"spec": {}})
    assert is_counted(quota(None, None))


def test_a_limit_that_is_removed_from_the_spec_does_not_matter() -> None:
    assert is_counted(quota({"pods": "2"}, {"pods": "2", "services": "5"}))


def test_only_the_usage_of_current_limits_is_returned() -> None:
    wanted, counted = {"pods": "2", "secrets": "9", "services": "5"}, {"pods": "1", "secrets": "9", "services": "5"}
    used = {"configmaps": "1", "pods": "1", "services": "3"}
    assert counted_usage(quota(wanted, counted, used)) == {"services": "3"}


def test_a_limit_that_is_not_a_quantity_is_compared_as_text() -> None:
    assert is_counted(quota({"pods": "many"}, {"pods": "many"}))
    assert not is_counted(quota({"pods": "many"}, {"pods": "2"}))
