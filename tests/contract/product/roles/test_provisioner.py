"""Without guardrails a provisioner is a cluster administrator in practice. Whoever names one is told so before."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tenantkit.cli.main import main
from tenantkit.provision.install import install_platform
from tenantkit.spec.guardrails import Guardrails
from tenantkit.spec.platform import Platform
from tests.contract.product.roles.bodies import RBAC
from tests.contract.wire import MERGE_PATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.wire import Wire

ROOT = Path(__file__).parents[4]
DRY_RUN = {"dryRun": "All"}


@pytest.fixture(scope="module")
def provisioner(cluster: Cluster, wire_as: Callable[[str], Wire]) -> Iterator[Wire]:
    """Plain requests of a provisioner."""
    without = Platform(provisioners=["provisioner@example.com"], guardrails=Guardrails(outside="off"))
    install_platform(cluster, without, progress=False)
    yield wire_as("provisioner")
    install_platform(cluster, Platform(), progress=False)


def test_without_the_guardrail_a_provisioner_may_become_the_owner_of_kube_system(
    provisioner: Wire, eventually: Callable[..., object]
) -> None:
    binding = {
        "metadata": {"name": "mine"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "tenantkit-owner"},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": "provisioner@example.com"}],
    }
    path = f"/apis/{RBAC}/v1/namespaces/kube-system/rolebindings"

    assert eventually(lambda: provisioner("POST", path, binding, query=DRY_RUN).status == 201)


def test_without_the_guardrail_a_provisioner_may_lower_the_pod_security_level_of_every_namespace(
    provisioner: Wire, eventually: Callable[..., object]
) -> None:
    lowered = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}

    def status() -> int:
        path = "/api/v1/namespaces/default"
        return provisioner("PATCH", path, lowered, content_type=MERGE_PATCH, query=DRY_RUN).status

    assert eventually(lambda: status() == 200)


@pytest.mark.parametrize("place", ["the README", "the docstring of Platform", "tenantkit lab --help"])
def test_whoever_names_a_provisioner_reads_that_first(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    if place == "the README":
        text = (ROOT / "README.md").read_text()
    elif place == "the docstring of Platform":
        text = inspect.getdoc(Platform) or ""
    else:
        main(["lab", "--help"])
        text = capsys.readouterr().out
    words = " ".join(text.split())

    assert "cluster administrator" in words
    assert "guardrail" in words
    assert "provisioner" in words
