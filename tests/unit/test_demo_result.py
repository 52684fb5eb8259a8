"""What the demo prints, for people."""

from __future__ import annotations

from tenantkit.demo import DemoResult
from tenantkit.frames.quota import quota_frame


def test_the_demo_prints_urls_outputs_and_amounts_in_words() -> None:
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
