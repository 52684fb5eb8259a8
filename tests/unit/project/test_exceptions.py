"""The error tree: what its docstring draws is what is there, and no error is mute."""

from __future__ import annotations

import inspect
import re
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tenantkit import exceptions
from tenantkit.exceptions import ClusterError, InvalidSpecError, PartialApplyError, Problem, TenantKitError

CLASSES = [
    found
    for _, found in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(found, TenantKitError) and found.__module__ == exceptions.__name__
]


def drawn() -> dict[str, str]:
    """Each class of the docstring's tree with its parent there."""
    parents: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (exceptions.__doc__ or "").splitlines()[2:]:
        depth = len(line) - len(line.lstrip(" │├└─"))
        name = re.match(r"\w+", line[depth:])
        if name is None:
            continue
        while above and above[-1][0] >= depth:
            above.pop()
        parents[name[0]] = above[-1][1] if above else ""
        above.append((depth, name[0]))
    return parents


def made(kind: type[TenantKitError]) -> TenantKitError:
    if issubclass(kind, InvalidSpecError):
        return kind([Problem("name", "Vision Team", "use lower-case letters")])
    if issubclass(kind, PartialApplyError):
        return kind("1 of 2 tenants failed", report=cast("Any", SimpleNamespace()))
    return kind("what happened")


def test_the_docstring_draws_the_tree_as_it_is() -> None:
    parents = {kind.__name__: kind.__mro__[1].__name__ for kind in CLASSES if kind is not TenantKitError}

    assert drawn() == {"TenantKitError": "", **parents}


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_says_something_and_is_caught_by_the_root(kind: type[TenantKitError]) -> None:
    with pytest.raises(TenantKitError) as caught:
        raise made(kind)

    assert str(caught.value).strip()


def test_a_cluster_error_keeps_what_was_asked() -> None:
    error = ClusterError("no", status=418, operation="get", kind="Pod", name="a", namespace="b", causes=["c"])

    assert (error.status, error.operation, error.kind, error.name, error.namespace, error.causes) == (
        418,
        "get",
        "Pod",
        "a",
        "b",
        ("c",),
    )


def test_problems_are_told_all_at_once_with_file_line_and_a_cut_value() -> None:
    problems = [Problem("name", "x" * 200, "too long", line=3), Problem("size", "xl", "use 'large'")]
    error = InvalidSpecError(problems, source="tenants.yaml")

    assert str(error) == f"tenants.yaml: line 3: name='{'x' * 79}…: too long\nsize='xl': use 'large'"
    assert (error.field, error.value, error.reason) == ("name", "x" * 200, "too long")
