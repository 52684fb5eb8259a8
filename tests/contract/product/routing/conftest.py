"""A platform that routes by Ingresses, by a Gateway, or by both, and a tenant on it; on both engines."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.connection.connect import connect
from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform
from tenantkit.provision.plan import plan
from tenantkit.sandbox.server import Sandbox
from tenantkit.spec.platform import Platform
from tenantkit.spec.routing import Gateway, Routing
from tests.contract import namespaces
from tests.contract.engines import OwnEngine
from tests.contract.gateway_kinds import served
from tests.contract.tenants import fresh_name, tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine
    from tests.contract.wire import Wire

EDGE = Gateway(name="edge", namespace="infra", section="https", tls=True)
_COUNTED = "count/httproutes.gateway.networking.k8s.io"


@pytest.fixture(scope="package")
def gateway_kinds(engine: Engine, wire: Wire, cluster: Cluster) -> Iterator[None]:
    """The Gateway API's kinds, once quotas count them: the real controller looks for new kinds every half minute."""
    with served(engine, wire), namespaces.own_namespace(cluster, namespaces.fresh_name()) as place:
        limits = itertools.count(1)

        def is_counted() -> bool:
            hard = {_COUNTED: "1", "pods": str(next(limits))}  # another limit, since it counts again only then
            quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "all", "namespace": place}}
            status = cluster.apply({**quota, "spec": {"hard": hard}}).get("status") or {}
            return _COUNTED in (status.get("used") or {})

        eventually(is_counted, timeout_s=120, poll_s=1)
        yield


@pytest.fixture
def route_by(cluster: Cluster, gateway_kinds: None) -> Iterator[Callable[..., None]]:  # noqa: ARG001 (they must be there)
    """Changes the platform's routing; afterwards it is by Ingresses again."""

    def installed(by: Any, **routing: Any) -> None:
        gateway = None if by == "ingress" else EDGE
        platform = Platform(routing=Routing(by=by, gateway=gateway, **routing))
        install_platform(cluster, platform, force_conflicts="all", progress=False)

    yield installed
    installed("ingress")


@pytest.fixture
def name(cluster: Cluster, route_by: Callable[..., None]) -> Iterator[str]:
    """A tenant with one route, by an Ingress."""
    route_by("ingress")
    with fresh_name(cluster) as name:
        apply(cluster, plan(cluster, tenant(name)), progress=False)
        yield name


@pytest.fixture
def owner(name: str, connect_as: Callable[[str], Cluster]) -> Cluster:
    """Its owner, once the server applies the binding."""
    owner = connect_as("owner")
    eventually(lambda: owner.can("create", "HTTPRoute", namespace=name))
    return owner


@pytest.fixture
def bare(engine: Engine) -> Iterator[Cluster]:
    """A server without the Gateway API, with the platform; a sandbox of its own, since the engine's server has it."""
    if not (isinstance(engine, OwnEngine) and engine.name == "sandbox"):
        pytest.skip("the engine's server has the Gateway API")
    with Sandbox(gateway_api=False) as box:
        cluster = connect(kubeconfig=box.kubeconfig, context="sandbox-admin")
        install_platform(cluster, progress=False)
        yield cluster
        cluster.close()
