"""Each public function, class and method has an example, which `test_examples` runs."""

from __future__ import annotations

import inspect

import pytest

import tenantkit as tk
from tests.examples.collect import PROMPT

_METHODS_OF = ("Cluster", "Plan", "Report")


def public_names() -> dict[str, object]:
    """By name as users write it: `tk.plan`, `tk.plots.gpus`, `tk.Cluster.list`."""
    found = {f"tk.{name}": getattr(tk, name) for name in tk.__all__}
    found |= {f"tk.plots.{name}": getattr(tk.plots, name) for name in tk.plots.__all__}
    for name in _METHODS_OF:
        members = inspect.getmembers(getattr(tk, name), inspect.isroutine)
        found |= {f"tk.{name}.{member}": value for member, value in members if not member.startswith("_")}
    return {name: value for name, value in found.items() if inspect.isroutine(value) or inspect.isclass(value)}


@pytest.mark.parametrize("name", public_names())
def test_a_public_name_has_an_example(name: str) -> None:
    assert PROMPT.search(inspect.getdoc(public_names()[name]) or "")
