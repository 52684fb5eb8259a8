"""With the guardrails, Kubernetes' own controllers go on writing the addresses of a tenant's Services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.product.nodes.test_every_frame import empty, full
from tests.eventually import eventually

if TYPE_CHECKING:
    from tests.contract.product.nodes.test_every_frame import Place
    from tests.contract.wire import Wire

__all__ = ["empty", "full"]  # fixtures


def test_the_endpoint_slices_of_a_service_have_the_address_of_its_pod(full: Place, wire: Wire) -> None:
    path = f"/apis/discovery.k8s.io/v1/namespaces/{full.name}/endpointslices"

    def addresses() -> list[Any]:
        return [it["addresses"] for found in wire("GET", path).body["items"] for it in found.get("endpoints") or ()]

    assert len(eventually(addresses)) == 1


@pytest.mark.gap("sandbox", raises=AssertionError, reason="has no Endpoints")
def test_the_endpoints_of_a_service_have_the_address_of_its_pod(full: Place, wire: Wire) -> None:
    path = f"/api/v1/namespaces/{full.name}/endpoints/web"
    assert wire("GET", "/api/v1/endpoints").status == 200

    def addresses() -> list[Any]:
        return [it for found in wire("GET", path).body.get("subsets") or () for it in found.get("addresses") or ()]

    assert len(eventually(addresses)) == 1
