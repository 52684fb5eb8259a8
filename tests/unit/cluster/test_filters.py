"""The filters of readers: each wrong one is refused by name, with its value and a right form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.connection.connect import connect
from tenantkit.cluster.filters import Filters, check_filters
from tenantkit.cluster.visible import list_visible
from tenantkit.exceptions import InvalidSpecError
from tests.unit.cluster.seam import Script, cluster

if TYPE_CHECKING:
    from collections.abc import Callable

_SELECTOR = "use a label selector such as 'app=ai,tier in (gold,silver),!legacy'"
WRONG_NAMESPACES = [
    ([], "namespaces=[] is empty: list at least one namespace, or leave out the argument"),
    ("vision", "namespaces='vision' is not a list: use namespaces=['vision']"),
    (5, "namespaces=5 is not a list: use one, for example namespaces=['vision']"),
    ({"a": 1}, "namespaces={'a': 1} is not a list: use one, for example namespaces=['vision']"),
    ([None], "namespaces[0]=None is not a namespace's name: use one, for example 'vision'"),
    (["a", ""], "namespaces[1]='' is not a namespace's name: use one, for example 'vision'"),
    (["a", "b", "a"], "namespaces[2]='a' is listed more than once: list each namespace once"),
    (
        ["Vision"],
        (
            "namespaces[0]='Vision' is not a namespace's name: use lower-case letters, digits and '-', at most 63 "
            "characters, for example 'vision'"
        ),
    ),
]


@pytest.mark.parametrize(("namespaces", "text"), WRONG_NAMESPACES)
def test_a_wrong_list_of_namespaces_is_refused(namespaces: Any, text: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: check_filters(namespaces=namespaces),
        lambda: connect(server="https://10.0.0.1:6443", namespaces=namespaces),
    ]
    if namespaces != []:
        calls.append(lambda: list_visible(cluster(Script()), "Pod", namespaces=namespaces))
    for call in calls:
        with pytest.raises(InvalidSpecError) as caught:
            call()

        assert str(caught.value) == text


@pytest.mark.parametrize("tenant", ["", ["vision"], 5])
def test_a_tenant_is_one_name(tenant: Any) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        check_filters(tenant=tenant)

    assert str(caught.value) == f"tenant={tenant!r}: pass one tenant's name, for example 'vision'"


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ("app=ai,,", "has ',' at character 8 instead of a key or '!'"),
        ("x in (a", "has the end at character 8 instead of ',' or ')'"),
        ("app == ai x", "has 'x' at character 11 instead of ',' or the end"),
        (
            "-x=1",
            "is not valid: key '-x': use letters, digits, '-', '_' and '.', optionally after a DNS name and '/', for ",
        ),
        (5, "is not text"),
    ],
)
def test_a_label_selector_is_refused_at_its_first_wrong_character(selector: Any, text: str) -> None:
    for call in (
        lambda: check_filters(label_selector=selector),
        lambda: list_visible(cluster(Script()), "Pod", label_selector=selector),
    ):
        with pytest.raises(InvalidSpecError) as caught:
            call()

        assert str(caught.value).startswith(f"label_selector={selector!r} {text}")
    if isinstance(selector, str) and "valid" not in text:
        assert str(caught.value).endswith(f": {_SELECTOR}")


def test_all_wrong_filters_are_reported_at_once() -> None:
    with pytest.raises(InvalidSpecError) as caught:
        check_filters(tenant="vision", namespaces=["speech", "B"], label_selector="a b")

    assert [problem.field for problem in caught.value.problems] == ["namespaces[1]", "tenant", "label_selector"]
    assert "tenant='vision' cannot be combined with namespaces=: pass one of them" in str(caught.value)


def test_right_filters_are_kept_in_order() -> None:
    assert check_filters() == Filters()
    assert check_filters(namespaces=iter(["b", "a"]), label_selector="app=ai") == Filters(None, ("b", "a"), "app=ai")
    assert check_filters(tenant="vision") == Filters("vision")
