"""What all specs share: how they are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING

import pytest

import tenantkit as tk
from tenantkit.sample.tenants import sample_platform, sample_tenants

if TYPE_CHECKING:
    from tenantkit.spec.base import Document, Spec

NOW = datetime(2026, 12, 1, tzinfo=UTC)
VISION = tk.Tenant(name="vision", team="ml-vision", owners=["dana@example.com"], size="small")
SPECS: tuple[Spec, ...] = (
    tk.Platform(),
    sample_platform(),
    *sample_tenants(),
    VISION,
    VISION.with_(routes=[tk.Route(host="a.example.ai", service="api", port=80)], editors=[], protected=True),
    VISION.with_(expires=NOW + timedelta(days=3)),
    VISION.with_(boost={"size": "large", "until": "2027-03-31T18:00:00+02:00"}),
    tk.Quota(requests_cpu=4, requests_memory="16Gi"),
    tk.Network(),
    tk.Guardrails(hosts="off"),
)


@pytest.mark.parametrize("spec", SPECS)
def test_the_repr_of_a_spec_builds_it_again(spec: Spec) -> None:
    names = {name: getattr(tk, name) for name in tk.__all__}

    assert eval(repr(spec), names) == spec  # noqa: S307 (a repr of ours)
    assert str(spec) == repr(spec)


def test_a_spec_is_shown_by_what_differs_from_the_defaults() -> None:
    assert repr(VISION) == "Tenant(name='vision', team='ml-vision', owners=('dana@example.com',), size='small')"
    assert str(tk.Platform(guardrails=tk.Guardrails(hosts="off"))) == "Platform(guardrails=Guardrails(hosts='off'))"


@pytest.mark.parametrize("spec", [VISION, tk.Platform(), VISION.with_(owners=["a&b@example.com"])])
def test_a_notebook_shows_a_document_as_yaml(spec: Document) -> None:
    assert escape(spec.to_yaml()) in spec._repr_html_()
    assert "a&b" not in spec._repr_html_()
