"""The signatures of specs, as Shift+Tab shows them."""

from __future__ import annotations

import inspect

import pytest

import tenantkit as tk
from tenantkit.spec.base import Spec

FIELD_LIMIT = 300


def subclasses(cls: type[Spec]) -> list[type[Spec]]:
    return [found for one in cls.__subclasses__() for found in (one, *subclasses(one))]


SPECS = [found for found in subclasses(Spec) if found.model_fields]


def test_the_signature_of_a_tenant_has_plain_names_types_and_defaults() -> None:
    assert str(inspect.signature(tk.Tenant)) == (
        "(*, name: str, team: str, owners: Sequence[str], size: str | None = None, quota: Quota | None = None, "
        "hosts: Sequence[str] = (), editors: Sequence[str] | None = None, viewers: Sequence[str] | None = None, "
        "routes: Sequence[Route] | None = None, protected: bool = False, expires: datetime | None = None, "
        "frozen: Literal['pods', 'read-only'] | None = None, boost: Boost | None = None)"
    )


def test_the_signature_of_a_platform_outlines_the_defaults_that_are_specs() -> None:
    parameters = inspect.signature(tk.Platform).parameters

    assert str(parameters["sizes"]) == "sizes: dict[str, Quota] = {'small': ..., 'medium': ..., 'large': ...}"
    assert str(parameters["routing"]) == "routing: Routing = Routing()"


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.__name__)
def test_every_signature_names_every_field_in_snake_case_and_can_be_read(spec: type[Spec]) -> None:
    parameters = inspect.signature(spec).parameters

    assert list(parameters) == list(spec.model_fields)
    for parameter in parameters.values():
        text = str(parameter)
        assert len(text) <= FIELD_LIMIT
        assert not any(word in text for word in ("0x", "Annotated", "tenantkit.", "typing."))
    assert all(name.islower() for name in parameters)


def test_the_specs_with_a_signature_are_those_that_users_make() -> None:
    assert {tk.Tenant, tk.Quota, tk.Platform, tk.Route, tk.ContainerLimits} <= set(SPECS)
