"""Two tenants, a namespace of no tenant, classes and Gateways; for all tests of a module."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import NotFound
from tenantkit.rules.manifest import ref_of
from tests.contract.gateway_kinds import served
from tests.contract.product.hosts.pairs import GRANTED
from tests.contract.product.hosts.routes import Places, gateways, ingress_class, namespaces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine
    from tests.contract.wire import Wire


@pytest.fixture(scope="module")
def places(engine: Engine, wire: Wire, cluster: Cluster) -> Iterator[Places]:
    places = Places(f"h{uuid.uuid4().hex[:8]}")
    with served(engine, wire):
        made = [*namespaces(places, GRANTED), ingress_class(places), *gateways(places)]
        refs = [ref_of(cluster.create(manifest)) for manifest in made]
        yield places
        for ref in reversed(refs):
            with suppress(NotFound):
                cluster.delete(ref)
