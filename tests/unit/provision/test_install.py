"""Installing and uninstalling the platform, on a cluster in memory."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import pytest

from tenantkit.exceptions import (
    InvalidSpecError,
    NotFound,
    OwnershipError,
    PartialApplyError,
    PermissionDenied,
)
from tenantkit.manifests.guardrails.objects import make_guardrails
from tenantkit.manifests.platform import make_platform
from tenantkit.provision.install import install_platform, plan_platform, uninstall_platform
from tenantkit.provision.stored.platform import get_platform
from tenantkit.provision.stored.tenants import get_tenant, get_tenants
from tenantkit.rules.manifest import ref_of
from tenantkit.spec.platform import Platform
from tests.unit.provision.memory import Memory, run, tenant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenantkit.rules.manifest import Manifest, ObjectRef

ALL = len(make_platform(Platform())) + len(make_guardrails(Platform()))


def test_an_installation_creates_every_object_and_its_settings_are_read_back() -> None:
    memory = Memory()
    platform = Platform(domain="ai.example.com", provisioners=["lead@example.com"])

    report = install_platform(memory, platform, progress=False)

    assert set(memory.objects) == {
        ref_of(manifest) for manifest in (*make_platform(platform), *make_guardrails(platform))
    }
    assert report.is_complete
    assert get_platform(memory) == platform


def test_a_second_installation_writes_nothing_and_other_settings_replace_the_earlier_ones() -> None:
    memory = Memory()
    install_platform(memory, progress=False)
    memory.writes.clear()

    install_platform(memory, progress=False)
    assert memory.writes == []

    install_platform(memory, Platform(domain="other.example.com"), progress=False)
    assert memory.writes == ["apply ConfigMap 'platform' in 'tenantkit-system'"]
    assert get_platform(memory).domain == "other.example.com"


def test_without_an_installation_the_defaults_apply() -> None:
    assert get_platform(Memory()) == Platform()


def test_a_role_of_another_owner_is_not_taken_over_and_nothing_is_written() -> None:
    memory = Memory()
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "tenantkit-owner", "labels": {"app.kubernetes.io/managed-by": "helm"}},
    }
    memory.create(role)
    memory.writes.clear()

    with pytest.raises(OwnershipError) as caught:
        install_platform(memory, progress=False)

    assert str(caught.value) == (
        "the platform was not installed, and nothing was written: ClusterRole 'tenantkit-owner': it exists and belongs "
        "to 'helm' (label app.kubernetes.io/managed-by): choose another name, or delete it first"
    )
    assert memory.writes == []


def test_persons_added_to_the_provisioners_by_others_are_a_conflict() -> None:
    memory = Memory()
    install_platform(memory, progress=False)
    binding = next(ref for ref in memory.objects if ref.kind == "ClusterRoleBinding")
    intruder = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "mallory@example.com"}
    memory.edit(binding, lambda live: live | {"subjects": [intruder]})

    rows = [row for row in plan_platform(memory).rows if row.action == "conflict"]
    report = install_platform(memory, force_conflicts=rows, progress=False)

    assert [(row.field, row.before, row.after) for row in rows] == [("subjects", [intruder], None)]
    assert report.is_complete
    assert "subjects" not in memory.objects[binding]


def test_an_uninstallation_deletes_every_object() -> None:
    memory = Memory()
    install_platform(memory, progress=False)

    report = uninstall_platform(memory, confirm="tenantkit-system")

    assert memory.objects == {}
    assert [outcome.ref.kind for outcome in report.applied][-1] == "Namespace"


def test_the_platform_is_not_uninstalled_while_it_has_tenants_or_by_accident() -> None:
    memory = Memory()
    install_platform(memory, progress=False)
    run(memory, tenant())
    before = dict(memory.objects)

    with pytest.raises(OwnershipError, match=r"still has tenants: 'vision'\. Delete them first"):
        uninstall_platform(memory, confirm="tenantkit-system")
    with pytest.raises(InvalidSpecError, match="pass 'tenantkit-system' to uninstall the platform"):
        uninstall_platform(memory, confirm="yes")

    assert memory.objects == before


def test_tenants_are_read_back_as_they_were_applied() -> None:
    memory = Memory()
    speech = tenant(name="speech", editors=["group:cv"], viewers=["sa:hub/ada"])
    run(memory, tenant(), speech)

    assert get_tenants(memory) == [speech, tenant(editors=[], viewers=[])]
    assert get_tenant(memory, "speech") == speech


def test_a_user_who_may_not_list_namespaces_has_the_tenants_of_the_connection_that_can_be_read() -> None:
    class Owner(Memory):
        readable: tuple[str, ...] = ("vision", "absent")

        @property
        def namespaces(self) -> Sequence[str]:
            return ("speech", "vision", "absent")

        def get(self, kind: str, name: str, namespace: str | None = None) -> Manifest:
            if kind == "Namespace" and name not in self.readable:
                raise PermissionDenied(f"may not get Namespace {name!r}", status=403)
            return super().get(kind, name, namespace)

    memory = Memory()
    run(memory, tenant(), tenant(name="speech"))
    owner = Owner(objects=memory.objects, refused=("Namespace",))

    found = get_tenants(owner)
    assert found == [tenant(editors=[], viewers=[])]
    assert found.attrs["incomplete"] == {"speech": "may not get Namespace 'speech'"}
    owner.readable = ()
    with pytest.raises(PermissionDenied, match="'speech'"):
        get_tenants(owner)


@pytest.mark.parametrize(
    ("name", "refused", "message"),
    [
        ("visoin", (), "'visoin'; did you mean 'vision'?"),
        ("unknown", (), "'unknown'; tk.tenants(cluster) shows the tenants of this cluster"),
        ("visoin", ("Namespace",), "'visoin'; check the name, or ask the platform team to create the tenant"),
        (
            "kube-public",
            (),
            "'kube-public' (namespace 'kube-public' has no annotation tenantkit.dev/grant); tk.tenants(cluster) shows",
        ),
    ],
)
def test_the_error_of_a_tenant_that_does_not_exist_suggests_a_name(
    name: str, refused: tuple[str, ...], message: str
) -> None:
    memory = Memory(refused=refused)
    run(memory, tenant())
    memory.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-public"}})

    with pytest.raises(NotFound, match=re.escape(f"there is no tenant {message}")):
        get_tenant(memory, name)


def test_a_cancelled_uninstallation_reports_the_rest() -> None:
    memory = Memory()
    install_platform(memory, progress=False)
    cancelled = threading.Event()

    with pytest.raises(PartialApplyError) as caught:
        uninstall_platform(
            memory,
            confirm="tenantkit-system",
            progress=False,
            cancelled=cancelled,
            on_progress=lambda _outcome: cancelled.set(),
        )

    report = caught.value.report
    assert (report.interrupted, len(report.applied), len(report.not_attempted)) == (True, 1, ALL - 1)
    assert len(memory.objects) == ALL - 1


def test_an_uninstallation_that_fails_after_a_deletion_reports_it() -> None:
    memory = Memory()
    install_platform(memory, progress=False)

    def refuse(_verb: str, ref: ObjectRef) -> None:
        if ref.kind == "ConfigMap":
            raise PermissionDenied("may not delete ConfigMap", status=403)

    memory.on_write = refuse

    with pytest.raises(PartialApplyError) as caught:
        uninstall_platform(memory, confirm="tenantkit-system", progress=False)

    assert [outcome.ref.kind for outcome in caught.value.report.failed] == ["ConfigMap"]
    assert caught.value.report.applied


def test_ctrl_c_in_an_uninstallation_ends_in_a_report() -> None:
    memory = Memory()
    install_platform(memory, progress=False)

    def interrupt(_verb: str, ref: ObjectRef) -> None:
        if ref.kind == "ConfigMap":
            raise KeyboardInterrupt

    memory.on_write = interrupt

    with pytest.raises(PartialApplyError) as caught:
        uninstall_platform(memory, confirm="tenantkit-system", progress=False)

    report = caught.value.report
    assert report.interrupted
    assert [(outcome.ref.kind, outcome.code) for outcome in report.failed] == [("ConfigMap", "not-awaited")]
    assert len(report.applied) + 1 + len(report.not_attempted) == ALL


def test_ctrl_c_while_the_namespace_of_the_platform_is_deleted_ends_in_a_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = Memory()
    install_platform(memory, progress=False)

    def interrupted(*_: object, **__: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("tenantkit.provision.install.wait_until_deleted", interrupted)

    with pytest.raises(PartialApplyError) as caught:
        uninstall_platform(memory, confirm="tenantkit-system", progress=False)

    assert caught.value.report.summary == f"interrupted: {ALL} applied"


ROLE_KIND = "ClusterRole"


def cluster_roles(memory: Memory) -> set[str]:
    return {ref.name for ref in memory.objects if ref.kind == ROLE_KIND}


def test_roles_that_the_settings_no_longer_want_are_deleted_and_those_of_others_stay() -> None:
    memory = Memory()
    install_platform(memory, progress=False)
    before = cluster_roles(memory)
    install_platform(memory, Platform(roles=["ray"]), progress=False)
    theirs = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": ROLE_KIND,
        "metadata": {"name": "copied", "labels": {"app.kubernetes.io/managed-by": "tenantkit"}},
    }
    memory.create(theirs)
    assert cluster_roles(memory) - before == {"tenantkit-roles-ray-viewer", "tenantkit-roles-ray-editor", "copied"}

    planned = plan_platform(memory)
    install_platform(memory, progress=False)

    assert {row.ref.name for row in planned.rows if row.action == "delete"} == {
        "tenantkit-roles-ray-viewer",
        "tenantkit-roles-ray-editor",
    }
    assert cluster_roles(memory) - before == {"copied"}


def test_an_uninstallation_deletes_the_roles_of_the_settings_too() -> None:
    memory = Memory()
    install_platform(memory, Platform(roles=["ray", "kserve"]), progress=False)

    uninstall_platform(memory, confirm="tenantkit-system", progress=False)

    assert memory.objects == {}


def test_roles_whose_rules_nobody_collects_are_reported_as_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    monkeypatch.setattr(memory, "_aggregate", lambda: None)
    monkeypatch.setattr("tenantkit.provision.install._AGGREGATED_WITHIN_S", 0.01)

    with pytest.raises(PartialApplyError) as caught:
        install_platform(memory, progress=False)

    not_ready = caught.value.report.not_ready
    assert [outcome.ref.name for outcome in not_ready] == ["tenantkit-viewer", "tenantkit-editor", "tenantkit-owner"]
    assert {outcome.code for outcome in not_ready} == {"not-aggregated"}
    assert "check that the controller manager is running" in str(caught.value)


def test_rules_that_others_add_to_a_role_by_label_change_nothing() -> None:
    memory = Memory()
    install_platform(memory, progress=False)
    added = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": ROLE_KIND,
        "metadata": {"name": "added", "labels": {"tenantkit.dev/aggregate-to-viewer": "true"}},
        "rules": [{"apiGroups": ["x.example.com"], "resources": ["things"], "verbs": ["get"]}],
    }
    memory.create(added)

    assert {row.action for row in plan_platform(memory).rows} == {"unchanged"}


@pytest.mark.parametrize("listed", [(), ("standard",)])
def test_settings_without_the_default_priority_class_are_refused(listed: tuple[str, ...]) -> None:
    memory = Memory()
    for name, value in (("everyday", 5), ("later", 9)):
        default = {"kind": "PriorityClass", "metadata": {"name": name}, "value": value, "globalDefault": True}
        memory.create({"apiVersion": "scheduling.k8s.io/v1", **default})

    with pytest.raises(InvalidSpecError) as caught:
        install_platform(memory, Platform(priority_classes=listed), progress=False)

    assert f"use {[*listed, 'everyday']!r}" in str(caught.value)
    assert not cluster_roles(memory)
    assert install_platform(memory, Platform(priority_classes=["everyday"]), progress=False).is_complete
