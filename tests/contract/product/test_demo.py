"""The well-known example, created by the command line and read back from the server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.rules.manifest import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine

EXAMPLE = json.loads((Path(__file__).parents[2] / "data" / "three-tenants.json").read_text())
TENANTS = ("tenant-0", "tenant-1", "tenant-2")


@pytest.fixture
def demo(engine: Engine, cluster: Cluster, eventually: Callable[..., Any]) -> Iterator[Callable[..., dict[str, Any]]]:
    """`tenantkit demo` on this engine; its tenants are deleted afterwards."""
    login = engine.login("admin")
    context = ["--context", login.context] if login.context else []

    def run() -> dict[str, Any]:
        command = [sys.executable, "-m", "tenantkit", "demo", "--kubeconfig", str(login.kubeconfig), *context]
        done = subprocess.run([*command, "--output", "json"], capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, done.stderr
        printed: dict[str, Any] = json.loads(done.stdout)
        return printed

    yield run
    for name in TENANTS:
        cluster.delete(ObjectRef("v1", "Namespace", name))
    eventually(lambda: not {it["metadata"]["name"] for it in cluster.list("Namespace")} & set(TENANTS), timeout_s=30)


def holds(live: Any, wanted: Any) -> bool:
    """Whether `live` has every field of `wanted` with the same value."""
    if isinstance(wanted, dict):
        return isinstance(live, dict) and all(key in live and holds(live[key], wanted[key]) for key in wanted)
    return bool(live == wanted)


def test_each_field_of_the_six_objects_is_on_the_server(demo: Callable[..., dict[str, Any]], cluster: Cluster) -> None:
    demo()

    for wanted in EXAMPLE["objects"]:
        metadata = wanted["metadata"]
        live = cluster.get(wanted["kind"], metadata["name"], metadata.get("namespace"))
        assert holds(live, wanted), live
        if wanted["kind"] == "Ingress":
            assert not {"tls", "ingressClassName"} & set(live["spec"])


def test_the_outputs_urls_and_quotas_are_printed(demo: Callable[..., dict[str, Any]]) -> None:
    printed = demo()

    assert printed["outputs"] == EXAMPLE["outputs"]
    assert printed["urls"] == {name: [f"http://{name}.example.ai/ai-service"] for name in TENANTS}
    assert {row["tenant"] for row in printed["quota"]} == set(TENANTS)
    assert {row["state"] for row in printed["quota"]} <= {"ok", "none", "near", "full"}


def test_running_the_demo_again_gives_the_same_outputs(demo: Callable[..., dict[str, Any]]) -> None:
    assert demo()["outputs"] == demo()["outputs"]
