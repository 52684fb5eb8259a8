"""References to objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.rules.manifest import ObjectRef, ref_of

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest

INGRESS: Manifest = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "ai", "namespace": "vision"},
}


def test_a_ref_is_shown_with_kind_name_and_namespace() -> None:
    assert str(ObjectRef("networking.k8s.io/v1", "Ingress", "ai", "vision")) == "Ingress 'ai' in 'vision'"


def test_a_ref_without_namespace_is_shown_without_one() -> None:
    assert str(ObjectRef("v1", "Namespace", "vision")) == "Namespace 'vision'"


def test_the_ref_of_a_manifest_identifies_it_on_the_server() -> None:
    assert ref_of(INGRESS) == ObjectRef("networking.k8s.io/v1", "Ingress", "ai", "vision")


def test_an_empty_namespace_is_none() -> None:
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "vision", "namespace": ""}}
    assert ref_of(manifest) == ObjectRef("v1", "Namespace", "vision", None)


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ({}, "manifest with no kind or name: add apiVersion, kind, metadata.name"),
        ({"kind": "Pod", "metadata": None}, "manifest with kind 'Pod': add apiVersion, metadata.name"),
        (
            {"metadata": {"name": "ai"}},
            "manifest with metadata.name 'ai': add apiVersion, kind",
        ),
    ],
)
def test_a_manifest_without_identity_is_refused_with_the_missing_fields(manifest: Manifest, message: str) -> None:
    with pytest.raises(ValueError, match="manifest with") as caught:
        ref_of(manifest)
    assert str(caught.value) == message
