"""A sandbox with a platform, and connections to it on which each request can be made to fail."""

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
from tenantkit.sandbox.server import Sandbox
from tenantkit.spec.tenant import Tenant
from tests.contract.tenants import delete_namespace
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
    """Connect to the sandbox as one of its users."""
    return lambda user: connect(kubeconfig=sandbox.kubeconfig, context=f"sandbox-{user}")


@pytest.fixture(scope="session")
def admin(connect_as: Callable[[str], Cluster]) -> Iterator[Cluster]:
    with connect_as("admin") as cluster:
        install_platform(cluster, PLATFORM, progress=False)
        yield cluster


@pytest.fixture
def cluster(admin: Cluster, connect_as: Callable[[str], Cluster]) -> Iterator[Cluster]:  # noqa: ARG001 (installs)
    """The sandbox, as a user who may create tenants."""
    with connect_as("provisioner") as cluster:
        yield cluster


@pytest.fixture
def faults(cluster: Cluster) -> FaultyTransport:
    """Makes requests of `cluster` fail."""
    return FaultyTransport.put_into(cluster)


@pytest.fixture
def names(admin: Cluster) -> Iterator[Callable[[], str]]:
    """Unused names; their namespaces are deleted after the test."""
    names: list[str] = []

    def name() -> str:
        names.append(f"t-{uuid.uuid4().hex[:10]}")
        return names[-1]

    yield name
    for each in names:
        with suppress(NotFound):
            delete_namespace(admin, each)


@pytest.fixture
def name(names: Callable[[], str]) -> str:
    return names()


@pytest.fixture
def vision(cluster: Cluster, name: str) -> Tenant:
    """An existing tenant."""
    fields = {"team": "cv", "owners": ["owner@example.com"], "size": "small", "routes": [ROUTE, EXACT]}
    tenant = Tenant(name=name, editors=[], viewers=[], **fields)
    tk.apply(cluster, tk.plan(cluster, tenant), progress=False)
    return tenant


@pytest.fixture(autouse=True)
def _no_logged_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail the test if a callback raises: ipywidgets only logs it."""
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
