"""The error tree: its docstring draws it as it is, and no error is without a text."""

from __future__ import annotations

import inspect
import re
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tenantkit import exceptions
from tenantkit.exceptions import ClusterError, InvalidSpecError, PartialApplyError, Problem, TenantKitError
from tenantkit.hints import Hint, Message

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


def make(kind: type[TenantKitError], text: str, hint: Hint | None = None) -> TenantKitError:
    if issubclass(kind, InvalidSpecError):
        return kind([Problem("name", "Vision Team", text)] if text else [], hint=hint)
    if issubclass(kind, PartialApplyError):
        return kind(text, report=cast("Any", SimpleNamespace()), hint=hint)
    return kind(text, hint=hint)


def test_the_docstring_draws_the_tree_as_it_is() -> None:
    parents = {kind.__name__: kind.__mro__[1].__name__ for kind in CLASSES if kind is not TenantKitError}

    assert drawn() == {"TenantKitError": "", **parents}


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_without_a_text_cannot_be_made(kind: type[TenantKitError]) -> None:
    with pytest.raises(ValueError, match=r"^an error needs a text that says what happened$"):
        make(kind, "")


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_shows_its_text_and_its_hint_and_is_caught_by_the_root(kind: type[TenantKitError]) -> None:
    with pytest.raises(TenantKitError) as caught:
        raise make(kind, "too short", Hint("{whoami} shows who you are"))

    assert caught.value.what.endswith("too short")
    assert re.fullmatch(r".*too short[:;] tk\.whoami\(cluster\) shows who you are", str(caught.value))
    assert "tk." not in caught.value.words("shell")


def test_an_error_whose_text_depends_on_the_surface_keeps_it_apart_from_data() -> None:
    error = TenantKitError(Message("{kubeconfig} names {file}", {"file": "{whoami} kubeconfig="}))

    assert error.args == ("kubeconfig= names {whoami} kubeconfig=",)
    assert error.words("shell") == "--kubeconfig names {whoami} kubeconfig="


def test_a_cluster_error_names_its_request() -> None:
    error = ClusterError("no", status=418, operation="get", kind="Pod", name="a", namespace="b", causes=["c"])

    assert (error.status, error.operation, error.kind, error.name, error.namespace, error.causes) == (
        418,
        "get",
        "Pod",
        "a",
        "b",
        ("c",),
    )


def test_all_problems_are_reported_at_once_with_file_line_and_a_cut_value() -> None:
    problems = [Problem("name", "x" * 200, "too long", line=3), Problem("size", "xl", "use 'large'")]
    error = InvalidSpecError(problems, source="tenants.yaml")

    assert str(error) == f"tenants.yaml: line 3: name='{'x' * 79}…: too long\nsize='xl': use 'large'"
    assert (error.field, error.value, error.reason) == ("name", "x" * 200, "too long")
