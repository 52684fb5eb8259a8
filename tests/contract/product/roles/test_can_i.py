"""`kubectl auth can-i --list` of each persona is the reviewed table in `tests/data/can-i`; on both engines.

`python -m tests.contract.product.roles.test_can_i` writes the table again, from the sandbox, for a review.
"""

from __future__ import annotations

import re
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import NotFound
from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform
from tenantkit.provision.plan import plan
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.platform import Platform
from tests.contract.tenants import tenant
from tests.contract.wire import kubectl
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine

PERSONAS = ("provisioner", "owner", "editor", "viewer", "stranger")
TABLES = Path(__file__).parents[3] / "data" / "can-i"
PLATFORM = Platform(provisioners=["provisioner@example.com"])


@pytest.fixture(scope="module")
def name(cluster: Cluster) -> Iterator[str]:
    """A tenant with one person of each role."""
    install_platform(cluster, PLATFORM, progress=False)
    yield from make(cluster)
    install_platform(cluster, progress=False)


def make(cluster: Cluster) -> Iterator[str]:
    """A tenant with one person of each role, deleted afterwards."""
    made = f"t-{uuid.uuid4().hex[:10]}"
    people = {"editors": ["editor@example.com"], "viewers": ["viewer@example.com"], "routes": []}
    apply(cluster, plan(cluster, tenant(made, **people)), progress=False)
    yield made
    with suppress(NotFound):
        cluster.delete(ObjectRef("v1", "Namespace", made))


def listed(engine: Engine, persona: str, namespace: str) -> str:
    """What kubectl prints for a persona, in a stable order and without its padding."""
    login = engine.login(persona)
    context = ["--context", login.context] if login.context else []
    printed = kubectl(login.kubeconfig, *context, "auth", "can-i", "--list", "-n", namespace)
    header, *rows = [re.sub(r" {2,}", "  ", line).strip() for line in printed.splitlines()]
    return "\n".join([header, *sorted(rows)]) + "\n"


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_persona_may_do_what_the_reviewed_table_says_and_nothing_else(
    persona: str, engine: Engine, name: str
) -> None:
    table = (TABLES / f"{persona}.txt").read_text()

    eventually(lambda: listed(engine, persona, name) == table)
    assert listed(engine, persona, name) == table


@pytest.mark.parametrize("persona", ["owner", "editor", "viewer"])
def test_the_role_of_a_tenant_gives_no_more_outside_its_namespace_than_a_stranger_has(
    persona: str, engine: Engine, name: str
) -> None:
    assert name
    assert listed(engine, persona, "kube-system") == (TABLES / "stranger.txt").read_text()


def _write() -> None:
    from tenantkit.cluster.connection.connect import connect
    from tests.contract.engines import sandbox

    TABLES.mkdir(exist_ok=True)
    with sandbox() as engine, connect(kubeconfig=engine.login("admin").kubeconfig, context="sandbox-admin") as cluster:
        install_platform(cluster, PLATFORM, progress=False)
        for name in make(cluster):
            for persona in PERSONAS:
                (TABLES / f"{persona}.txt").write_text(listed(engine, persona, name))


if __name__ == "__main__":
    _write()
