"""A sandbox with a platform, and doors to it in which each request can be made to fail."""

from __future__ import annotations

import logging
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

import tenantkit as tk
from tenantkit.cluster.connection.connect import connect
from tenantkit.exceptions import NotFound
from tenantkit.provision.install import install_platform
from tenantkit.rules.manifest import ObjectRef
from tenantkit.sandbox.server import Sandbox
from tenantkit.spec.tenant import Tenant
from tests.forms.faults import FaultyTransport
from tests.forms.samples import EXACT, PLATFORM, ROUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as server:
        yield server


@pytest.fixture(scope="session")
def connect_as(sandbox: Sandbox) -> Callable[[str], Cluster]:
    """A door of the test's own to the sandbox, as a persona."""
    return lambda persona: connect(kubeconfig=sandbox.kubeconfig, context=f"sandbox-{persona}")


@pytest.fixture(scope="session")
def admin(connect_as: Callable[[str], Cluster]) -> Iterator[Cluster]:
    with connect_as("admin") as cluster:
        install_platform(cluster, PLATFORM, progress=False)
        yield cluster


@pytest.fixture
def cluster(admin: Cluster, connect_as: Callable[[str], Cluster]) -> Iterator[Cluster]:  # noqa: ARG001 (installs)
    """The sandbox as somebody who may make tenants."""
    with connect_as("provisioner") as cluster:
        yield cluster


@pytest.fixture
def faults(cluster: Cluster) -> FaultyTransport:
    """What makes the requests of `cluster` fail."""
    return FaultyTransport.put_into(cluster)


@pytest.fixture
def names(admin: Cluster) -> Iterator[Callable[[], str]]:
    """Names that no tenant has; what they stand for is deleted afterwards."""
    given: list[str] = []

    def name() -> str:
        given.append(f"t-{uuid.uuid4().hex[:10]}")
        return given[-1]

    yield name
    for each in given:
        with suppress(NotFound):
            admin.delete(ObjectRef("v1", "Namespace", each))


@pytest.fixture
def name(names: Callable[[], str]) -> str:
    return names()


@pytest.fixture
def vision(cluster: Cluster, name: str) -> Tenant:
    """A tenant that is there."""
    tenant = Tenant(name=name, team="cv", owners=["owner@example.com"], size="small", routes=[ROUTE, EXACT])
    tk.apply(cluster, tk.plan(cluster, tenant), progress=False)
    return tenant


@pytest.fixture(autouse=True)
def _no_logged_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What a widget's callback raises is only logged: here it fails the test."""
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
