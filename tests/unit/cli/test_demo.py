"""The demo on a cluster with a platform, and what it prints."""

from __future__ import annotations

from tenantkit.cluster.connection.connect import connect
from tenantkit.demo import DemoResult, run_demo
from tenantkit.frames.quota import quota_frame
from tenantkit.provision.install import install_platform
from tenantkit.sandbox.server import Sandbox
from tenantkit.spec.platform import Platform


def test_the_demo_prints_urls_outputs_and_amounts_with_units() -> None:
    quota = {
        "metadata": {"name": "q", "namespace": "a", "labels": {"tenantkit.dev/tenant": "a", "tenantkit.dev/team": "t"}},
        "spec": {"hard": {"requests.cpu": "4", "requests.memory": "16Gi", "pods": "20", "services": "1"}},
        "status": {"hard": {"requests.cpu": "4", "pods": "20"}, "used": {"requests.cpu": "1500m", "pods": "0"}},
    }
    result = DemoResult({"a": ["http://a.example.ai/"]}, {"a_ingress_hostname": "a.example.ai"}, quota_frame([quota]))

    assert result.as_text() == (
        "URLs\n"
        "  a  http://a.example.ai/\n"
        "\n"
        "Outputs\n"
        "  a_ingress_hostname = a.example.ai\n"
        "\n"
        "Quota\n"
        "tenant        resource      used    hard      free   state\n"
        "     a            pods         0      20        20      ok\n"
        "     a    requests.cpu 1.5 cores 4 cores 2.5 cores      ok\n"
        "     a requests.memory         -  16 GiB         - pending"
    )


def test_the_demo_uses_the_platform_of_the_cluster() -> None:
    with Sandbox() as box, connect(kubeconfig=box.kubeconfig, context="sandbox-admin") as cluster:
        install_platform(cluster, Platform(domain="ai.example.com", namespace_prefix="team-"), progress=False)

        result = run_demo(cluster, notify=lambda _: None)

        assert result.urls["tenant-1"] == ["http://tenant-1.ai.example.com/ai-service"]
        assert result.outputs["tenant_1_ingress_hostname"] == "tenant-1.ai.example.com"
        assert set(result.quota["namespace"]) == {"team-tenant-0", "team-tenant-1", "team-tenant-2"}
