"""A tenant with an owner, an editor and a viewer, and the connection of each; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tests.contract.tenants import fresh_name, tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    """The tenant, with one route."""
    with fresh_name(cluster) as name:
        wanted = tenant(name, editors=["editor@example.com"], viewers=["viewer@example.com"])
        apply(cluster, plan(cluster, wanted), progress=False)
        yield name


@pytest.fixture
def owner(name: str, connect_as: Callable[[str], Cluster]) -> Cluster:
    """Its owner, once the server applies the binding."""
    owner = connect_as("owner")
    eventually(lambda: owner.can("create", "RoleBinding", namespace=name))
    return owner


@pytest.fixture
def editor(name: str, connect_as: Callable[[str], Cluster]) -> Cluster:
    """Its editor, likewise."""
    editor = connect_as("editor")
    eventually(lambda: editor.can("create", "Deployment", namespace=name))
    return editor


@pytest.fixture
def viewer(name: str, connect_as: Callable[[str], Cluster]) -> Cluster:
    """Its viewer, likewise."""
    viewer = connect_as("viewer")
    eventually(lambda: viewer.can("list", "RoleBinding", namespace=name))
    return viewer
