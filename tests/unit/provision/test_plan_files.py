"""Plan files: what was approved is applied exactly, and anything else is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import InvalidSpecError, PartialApplyError, SpecVersionError, StalePlanError
from tenantkit.provision.apply import apply
from tenantkit.provision.delete import plan_delete_tenants
from tenantkit.provision.install import install_platform, plan_platform
from tenantkit.provision.plan import plan
from tenantkit.provision.plan_files import is_plan, read_plan, write_plan
from tenantkit.spec.platform import Platform
from tests.unit.provision.memory import NAMESPACE, QUOTA, Killed, Memory, run, tenant, with_hard

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tenantkit.rules.manifest import ObjectRef


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def test_a_plan_is_read_back_and_applied(file: Path) -> None:
    memory = Memory()
    made = plan(memory, tenant(editors=["eve@example.com"]))
    write_plan(file, made)

    read = read_plan(memory, file)
    report = apply(memory, read, progress=False)

    assert (read.summary, read.as_json()["changes"]) == (made.summary, made.as_json()["changes"])
    assert report.is_complete
    assert not plan(memory, tenant(editors=["eve@example.com"])).has_changes


def test_a_file_can_be_applied_again_and_then_does_nothing(file: Path) -> None:
    memory = Memory()
    run(memory, tenant(editors=["eve@example.com"]))
    write_plan(file, plan(memory, tenant(editors=[], size="medium")))
    apply(memory, read_plan(memory, file), progress=False)
    memory.writes.clear()

    report = apply(memory, read_plan(memory, file), progress=False)

    assert (report.is_complete, memory.writes) == (True, [])


def test_an_interrupted_apply_of_a_file_is_continued_with_the_same_file(file: Path) -> None:
    memory = Memory()
    write_plan(file, plan(memory, tenant()))

    def kill(_verb: str, ref: ObjectRef) -> None:
        if ref.kind == "LimitRange":
            raise Killed

    memory.on_write = kill
    with pytest.raises(Killed):
        apply(memory, read_plan(memory, file), progress=False)
    memory.on_write = lambda _verb, _ref: None

    assert apply(memory, read_plan(memory, file), progress=False).is_complete


def test_a_file_is_refused_once_an_object_has_changed(file: Path) -> None:
    memory = Memory()
    run(memory, tenant())
    write_plan(file, plan(memory, tenant(size="medium")))
    memory.edit(QUOTA, with_hard(pods="7"))

    with pytest.raises(StalePlanError) as caught:
        read_plan(memory, file)

    assert str(caught.value) == (
        "ResourceQuota 'tenantkit-quota' in 'vision' changed after the plan was written, and nothing was written: "
        "plan again"
    )


def test_a_file_is_refused_if_it_would_now_do_something_that_nobody_approved(file: Path) -> None:
    memory = Memory()
    run(memory, tenant())
    write_plan(file, plan(memory, tenant()))  # nothing to do
    memory.edit(QUOTA, with_hard(pods=None))

    with pytest.raises(StalePlanError, match="ResourceQuota 'tenantkit-quota'"):
        read_plan(memory, file)


def test_a_file_of_another_cluster_or_platform_is_refused(file: Path) -> None:
    memory = Memory()
    write_plan(file, plan(memory, tenant()))

    with pytest.raises(StalePlanError, match="another cluster"):
        read_plan(Memory(server="elsewhere"), file)
    install_platform(memory, Platform(domain="example.com"), progress=False)
    with pytest.raises(StalePlanError, match="for other settings"):
        read_plan(memory, file)


def _size(data: dict[str, Any]) -> None:
    data["tenants"][0]["size"] = "large"


def _owner(data: dict[str, Any]) -> None:
    data["tenants"][0]["owners"].append("eve@example.com")


def _cluster(data: dict[str, Any]) -> None:
    data["clusterId"] = "server:elsewhere"


def _row(data: dict[str, Any]) -> None:
    data["changes"].pop()


def _checksum(data: dict[str, Any]) -> None:
    del data["checksum"]


@pytest.mark.parametrize("edit", [_size, _owner, _cluster, _row, _checksum])
def test_an_edited_file_is_refused(edit: Callable[[dict[str, Any]], None], file: Path) -> None:
    memory = Memory()
    write_plan(file, plan(memory, tenant()))
    data = json.loads(file.read_text())
    edit(data)
    file.write_text(json.dumps(data))

    with pytest.raises(InvalidSpecError, match="the file was edited after the plan was written: plan again"):
        read_plan(memory, file)
    assert memory.objects == {}


def test_a_file_of_a_newer_version_is_refused(file: Path) -> None:
    write_plan(file, plan(Memory(), tenant()))
    file.write_text(file.read_text().replace("tenantkit.dev/v1alpha1", "tenantkit.dev/v9", 1))

    with pytest.raises(SpecVersionError, match=r"tenantkit\.dev/v9"):
        read_plan(Memory(), file)


@pytest.mark.parametrize("text", ["", "{", "[]", "kind: Tenant\n", '{"kind": "Tenant"}', "[" * 100_000])
def test_a_file_that_is_not_a_plan_is_refused(text: str, file: Path) -> None:
    file.write_text(text)

    assert not is_plan(text.encode())
    with pytest.raises(InvalidSpecError, match="is not a plan: pass a file that"):
        read_plan(Memory(), file)


def test_a_tenant_that_was_blocked_stays_blocked_and_the_others_are_applied(file: Path) -> None:
    memory = Memory()
    memory.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "vision"}})
    write_plan(file, plan(memory, [tenant(), tenant(name="speech")]))
    del memory.objects[NAMESPACE]

    read = read_plan(memory, file)
    with pytest.raises(PartialApplyError) as caught:
        apply(memory, read, progress=False)

    assert {row.reason for row in read.rows if row.ref.namespace == "vision"} == {
        "it was blocked or unknown when the plan was written: plan again"
    }
    assert {outcome.tenant for outcome in caught.value.report.applied} == {"speech"}


def test_a_plan_of_the_platform_is_written_and_applied(file: Path) -> None:
    memory = Memory()
    platform = Platform(domain="example.com", provisioners=("lead@example.com",))
    write_plan(file, plan_platform(memory, platform))

    assert apply(memory, read_plan(memory, file), progress=False).is_complete
    assert not plan_platform(memory, platform).has_changes


def test_a_file_holds_no_object_and_says_what_it_does(file: Path) -> None:
    memory = Memory()
    run(memory, tenant())
    memory.edit(QUOTA, lambda live: live | {"metadata": live["metadata"] | {"annotations": {"x": "hunter2"}}})
    write_plan(file, plan(memory, tenant(size="medium")))

    data = json.loads(file.read_text())

    assert "hunter2" not in file.read_text()
    assert (data["apiVersion"], data["kind"], data["subject"]) == ("tenantkit.dev/v1alpha1", "Plan", "tenants")
    assert "quota pods 20 → 50" in [line for row in data["changes"] for line in row["change"]]


def test_a_deletion_is_not_written_and_neither_is_something_else(file: Path) -> None:
    memory = Memory()
    run(memory, tenant())

    for wrong in (plan_delete_tenants(memory, "vision"), tenant()):
        with pytest.raises(InvalidSpecError):
            write_plan(file, wrong)  # type: ignore[arg-type]
    assert not file.exists()
