"""Laws of all checks: valid values pass, and each reason for a refusal ends with a valid example."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tenantkit.rules.labels import check_label_key, check_label_value, check_resource_name
from tenantkit.rules.names import check_dns_label, check_dns_subdomain
from tenantkit.rules.routing import check_host, check_http_path, check_port
from tests.unit.strategies import (
    any_text,
    dns_labels,
    dns_subdomains,
    hosts,
    http_paths,
    label_keys,
    label_values,
    name_like,
    ports,
)

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKS = [
    check_dns_label,
    check_dns_subdomain,
    check_host,
    check_http_path,
    check_label_key,
    check_label_value,
    check_port,
    check_resource_name,
]


@pytest.mark.parametrize("check", CHECKS)
@given(text=any_text | name_like | http_paths | label_keys)
@example(text="\ud800")
@example(text="\u0661")
@example(text="/" + "%2e%2e/" * 3)
@example(text="a" * 252 + "-b")
@example(text="1.2.3.4.")
def test_a_reason_ends_with_an_example_that_passes_the_same_check(
    check: Callable[[object], str | None], text: str
) -> None:
    reason = check(text)
    if reason is not None and ", for example " in reason:
        assert check(ast.literal_eval(reason.rsplit(", for example ", 1)[1])) is None


@pytest.mark.parametrize(
    ("check", "values"),
    [
        (check_dns_label, dns_labels),
        (check_dns_subdomain, dns_subdomains),
        (check_host, hosts),
        (check_http_path, http_paths),
        (check_label_key, label_keys),
        (check_label_value, label_values),
        (check_port, ports),
    ],
)
@given(data=st.data())
def test_a_valid_value_passes(
    check: Callable[[object], str | None], values: st.SearchStrategy[object], data: st.DataObject
) -> None:
    assert check(data.draw(values)) is None
