"""A server without the Gateway API: its paths do not exist, and discovery and schemas do not contain it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tenantkit.sandbox.server import Sandbox
from tests.contract.api.kind_samples import GATEWAY_API
from tests.contract.engines import OwnEngine
from tests.contract.wire import Wire
from tests.controlplane.generate_facts import DISCOVERY
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.engines import Engine

GROUP = "gateway.networking.k8s.io"


@pytest.fixture(scope="module")
def bare(engine: Engine, wire: Wire, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """The engine's server; for the sandbox, one without the Gateway API."""
    if not (isinstance(engine, OwnEngine) and engine.name == "sandbox"):
        yield wire
        return
    with Sandbox(gateway_api=False) as box:
        own = Wire.of(box.kubeconfig, "sandbox-admin", tmp_path_factory.mktemp("bare"))
        yield own
        own.close()


@pytest.mark.parametrize("path", [good.path("default") for good in GATEWAY_API.values()] + [f"/apis/{GROUP}"])
def test_the_paths_of_the_gateway_api_are_not_found(bare: Wire, path: str) -> None:
    answer = bare("GET", path)

    assert (answer.status, answer.body) == (404, "404 page not found\n")


def test_no_object_of_the_gateway_api_can_be_created(bare: Wire) -> None:
    good = GATEWAY_API["HTTPRoute"]

    assert bare("POST", good.path("default"), good.named("web")).status == 404


@pytest.mark.parametrize("accept", ["application/json", DISCOVERY], ids=["older", "aggregated"])
def test_discovery_does_not_list_the_gateway_api(bare: Wire, accept: str) -> None:
    found = bare("GET", "/apis", accept=accept).body

    assert "networking.k8s.io" in json.dumps(found)
    assert GROUP not in json.dumps(found)


def test_there_are_no_schemas_of_the_gateway_api(bare: Wire) -> None:
    # if another test installed the kinds, a real server drops their schemas only after a while
    eventually(lambda: GROUP not in str(bare("GET", "/openapi/v3").body))
    assert bare("GET", f"/openapi/v3/apis/{GROUP}/v1").status == 404
