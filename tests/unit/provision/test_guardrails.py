"""Installing, changing and removing the guardrails, on a cluster in memory."""

from __future__ import annotations

import pytest

from tenantkit.exceptions import SpecVersionError
from tenantkit.manifests.guardrails.settings import make_settings
from tenantkit.manifests.platform import make_platform
from tenantkit.provision.install import install_platform, plan_platform, uninstall_platform
from tenantkit.rules.manifest import ref_of
from tenantkit.spec.guardrails import Guardrails
from tenantkit.spec.platform import Platform
from tests.unit.provision.memory import Memory


def test_guardrails_that_are_off_are_removed_bindings_first() -> None:
    memory = Memory()
    install_platform(memory, progress=False)
    memory.writes.clear()
    names = ("hosts", "services", "people", "walls", "pods", "outside")

    install_platform(memory, Platform(guardrails=Guardrails(pods="off")), progress=False)
    kinds = [write.split()[1] for write in memory.writes if write.startswith("delete")]
    assert kinds == sorted(kinds, reverse=True)
    assert set(kinds) == {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}

    install_platform(memory, Platform(guardrails=Guardrails(**dict.fromkeys(names, "off"))), progress=False)
    kept = [*make_platform(Platform()), make_settings(Platform())]
    assert set(memory.objects) == {ref_of(manifest) for manifest in kept}


def test_a_binding_comes_last_and_is_deleted_first() -> None:
    memory = Memory()
    install_platform(memory, progress=False)
    created = [write.split()[1] for write in memory.writes if write.split()[0] in ("apply", "create")]
    memory.writes.clear()
    uninstall_platform(memory, confirm="tenantkit-system", progress=False)
    deleted = [write.split()[1] for write in memory.writes]

    last = created.index("ValidatingAdmissionPolicyBinding")
    assert set(created[last:]) == {"ValidatingAdmissionPolicyBinding"}
    assert set(deleted[: len(created) - last]) == {"ValidatingAdmissionPolicyBinding"}


def test_on_a_cluster_without_admission_policies_the_guardrails_are_said_to_be_missing() -> None:
    memory = Memory()
    memory.not_served = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")

    notices = plan_platform(memory).notices
    report = install_platform(memory, progress=False)

    assert "guardrails-missing" in [notice.code for notice in notices]
    assert [warning.code for warning in report.warnings] == ["guardrails-missing"]
    assert "warning: this cluster has no ValidatingAdmissionPolicies" in str(report)
    assert set(memory.objects) == {ref_of(manifest) for manifest in make_platform(Platform())}
    assert uninstall_platform(memory, confirm="tenantkit-system", progress=False).is_complete


def test_guardrails_of_a_newer_version_are_not_replaced() -> None:
    memory = Memory()
    install_platform(memory, progress=False)
    policy = next(ref for ref in memory.objects if ref.kind == "ValidatingAdmissionPolicy")
    memory.objects[policy]["metadata"]["labels"]["tenantkit.dev/guardrails-version"] = "99"
    memory.writes.clear()

    with pytest.raises(SpecVersionError, match="version 99 of the guardrails"):
        install_platform(memory, progress=False)
    assert memory.writes == []


def test_a_guardrail_that_does_not_deny_is_a_notice() -> None:
    modes = Guardrails(hosts="warn", people="audit", pods="off")

    notices = plan_platform(Memory(), Platform(guardrails=modes)).notices

    assert [str(notice) for notice in notices if notice.code == "guardrail-open"] == [
        "guardrail 'hosts' only warns: what it would deny is accepted, and the answer has a warning",
        "guardrail 'people' only writes to the audit log: what it would deny is accepted",
        "guardrail 'pods' is off: nothing is denied",
    ]


def test_other_settings_change_one_config_map() -> None:
    memory = Memory()
    install_platform(memory, progress=False)
    memory.writes.clear()

    install_platform(
        memory, Platform(guardrails=Guardrails(roles=["view"], csi_drivers=["a.example.com"])), progress=False
    )

    assert memory.writes == [
        "apply ConfigMap 'platform' in 'tenantkit-system'",
        "apply ConfigMap 'guardrails' in 'tenantkit-system'",
    ]
