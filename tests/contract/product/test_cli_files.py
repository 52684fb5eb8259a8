"""The command line with several files, folders and plan files; on both engines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import NotFound
from tenantkit.manifests.guardrails.objects import make_guardrails
from tenantkit.manifests.platform import make_platform
from tenantkit.spec.platform import Platform
from tests.contract.product.test_cli import connection, name, run, spec, tenantkit
from tests.contract.tenants import OWNER
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine

__all__ = ["connection", "name", "run"]  # fixtures


@pytest.fixture
def folder(run: Callable[..., Any], name: str, tmp_path: Path) -> Path:
    """A folder with two tenants in two files, on a cluster with the default platform."""
    assert run("install").returncode == 0
    for letter in "ab":
        file = tmp_path / "tenants" / letter / "tenant.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(spec(f"{name}-{letter}"))
    return tmp_path / "tenants"


def test_a_folder_is_planned_applied_and_deleted_at_once(
    run: Callable[..., Any], name: str, folder: Path, cluster: Cluster
) -> None:
    names = [f"{name}-a", f"{name}-b"]

    planned = run("plan", str(folder), "--output", "json")
    applied = run("apply", str(folder / "a"), str(folder / "b"))
    confirmed = [word for one in names for word in ("--confirm", one)]
    shown = run("delete", "--file", str(folder))
    deleted = run("delete", "--file", str(folder), *confirmed)

    assert {row["tenant"] for row in json.loads(planned.stdout)["changes"]} == set(names)
    assert applied.returncode == 0, applied.stderr
    assert (shown.returncode, shown.stderr.endswith(f"to delete, add {' '.join(confirmed)}\n")) == (2, True)
    assert (deleted.returncode, deleted.stdout.endswith("2 applied\n")) == (0, True), deleted.stderr
    with pytest.raises(NotFound):
        cluster.get("Namespace", names[0])


def test_a_tenant_that_is_in_no_file_is_said(run: Callable[..., Any], name: str, folder: Path) -> None:
    assert run("apply", str(folder)).returncode == 0

    planned = run("plan", str(folder / "a"), "--output", "json")

    notices = json.loads(planned.stdout)["notices"]
    assert ("tenant-in-no-file", f"{name}-b") in {(it["code"], it["tenant"]) for it in notices}
    assert f"{name}-a" not in {it["tenant"] for it in notices}


def test_one_unknown_size_blocks_its_own_tenant_only(run: Callable[..., Any], name: str, folder: Path) -> None:
    (folder / "b" / "tenant.yaml").write_text(spec(f"{name}-b", size="huge"))

    planned, applied = run("plan", str(folder)), run("apply", str(folder), "--output", "json")

    assert (planned.returncode, applied.returncode) == (4, 4)
    assert f"tenant.yaml: line 5: {name}-b.size='huge'" in planned.stderr
    results = {(it["tenant"], it["result"]) for it in json.loads(applied.stdout)["objects"]}
    assert results == {(f"{name}-a", "applied"), (f"{name}-b", "failed")}


def test_a_plan_file_is_applied_exactly_and_refused_after_an_edit(
    run: Callable[..., Any], folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "plan.json"

    written = run("plan", str(folder), "--out", str(file))
    shown = run("plan", str(file))
    applied = run("apply", str(file))
    again = run("apply", str(file))
    file.write_text(file.read_text().replace('"size": "small"', '"size": "large"'))
    edited = run("apply", str(file))

    assert (written.returncode, shown.returncode, applied.returncode) == (0, 0, 0), applied.stderr
    assert shown.stdout.splitlines()[-1] == written.stdout.splitlines()[-1]
    assert again.stdout.strip().endswith("unchanged"), again.stdout
    assert edited.returncode == 1
    assert "the file was edited after the plan was written: plan again" in edited.stderr


def test_a_platform_is_planned_with_the_tenants_that_it_concerns(
    run: Callable[..., Any], name: str, folder: Path, tmp_path: Path
) -> None:
    assert run("apply", str(folder)).returncode == 0
    file = tmp_path / "platform.yaml"
    file.write_text("kind: Platform\ndomain: later.example.com\n")

    planned = run("plan", str(file), "--exit-code", "--output", "json")
    refused = tmp_path / "prefix.yaml"
    refused.write_text("kind: Platform\nnamespace_prefix: team-\n")
    prefixed = run("install", str(refused))

    content = json.loads(planned.stdout)
    assert planned.returncode == 3, planned.stderr
    objects = (*make_platform(Platform()), *make_guardrails(Platform()))
    assert content["summary"] == f"1 to update, {len(objects) - 1} unchanged"
    assert {("host-changed", f"{name}-{letter}") for letter in "ab"} <= {
        (it["code"], it["tenant"]) for it in content["notices"]
    }
    assert (prefixed.returncode, "cannot change while tenants exist" in prefixed.stderr) == (1, True)


def test_an_owners_apply_does_their_part_and_says_what_needs_the_platform_team(
    run: Callable[..., Any], name: str, engine: Engine, connect_as: Callable[[str], Cluster]
) -> None:
    owned = {"owners": [OWNER]}
    assert run("install").returncode == 0
    assert run("apply", "-", stdin=spec(name, **owned)).returncode == 0
    eventually(lambda: connect_as("owner").can("create", "RoleBinding", namespace=name))
    login = engine.login("owner")
    connection = ["--kubeconfig", str(login.kubeconfig)] + (["--context", login.context] if login.context else [])
    wanted = spec(name, **owned, size="medium", viewers=["ada@example.com"])

    planned = tenantkit("plan", *connection, "-", stdin=wanted)
    applied = tenantkit("apply", *connection, "-", "--output", "json", stdin=wanted)

    results = {(it["kind"], it["result"]) for it in json.loads(applied.stdout)["objects"]}
    assert (planned.returncode, applied.returncode) == (5, 5), planned.stdout + applied.stderr
    assert {("ResourceQuota", "pending"), ("RoleBinding", "applied")} <= results
    assert {result for kind, result in results if kind in ("Namespace", "LimitRange")} <= {"pending", "unchanged"}
