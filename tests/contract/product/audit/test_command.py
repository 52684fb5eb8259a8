"""The command `tenantkit audit`: failures as a table or JSON, and an exit code for scripts; on both engines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tenantkit.cli.main import main
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.files import write_specs
from tests.contract.tenants import fresh_name, tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine

    Run = Callable[..., tuple[int, str]]


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    with fresh_name(cluster) as name:
        apply(cluster, plan(cluster, tenant(name)), progress=False)
        yield name


@pytest.fixture
def run(engine: Engine, capsys: pytest.CaptureFixture[str]) -> Run:
    def ran(*words: str, user: str = "admin") -> tuple[int, str]:
        login = engine.login(user)
        context = ["--context", login.context] if login.context else []
        code = main(["audit", "--kubeconfig", str(login.kubeconfig), *context, *words])
        return code, capsys.readouterr().out

    return ran


def test_a_wall_that_does_not_hold_is_a_row_and_the_exit_code_6(run: Run, name: str, cluster: Cluster) -> None:
    cluster.delete(ObjectRef("v1", "LimitRange", "tenantkit-limits", name))

    code, shown = run("--tenant", name)

    assert code == 6
    [line] = [line for line in shown.splitlines() if "limit-range" in line]
    assert line.split()[:5] == [name, "high", "fail", "limits", "limit-range"]
    assert line.endswith("run `tenantkit plan`, review the rows, and apply the plan")


def test_json_has_the_rows_and_all_of_them_if_asked(run: Run, name: str) -> None:
    shown = json.loads(run("--tenant", name, "--all", "--output", "json")[1])

    [row] = [it for it in shown["checks"] if it["check"] == "quota-compute"]
    assert (row["tenant"], row["state"], row["evidence"], row["what_to_do"]) == (name, "pass", None, None)
    assert shown["summary"].endswith(" passed")


def test_an_owner_ends_with_5_since_some_checks_are_unknown(
    run: Run, name: str, connect_as: Callable[[str], Cluster]
) -> None:
    eventually(lambda: connect_as("owner").can("list", "RoleBinding", namespace=name))

    code, shown = run("--tenant", name, user="owner")

    assert code == 5
    assert "ask for permission to list clusterroles.rbac.authorization.k8s.io in the whole cluster" in shown


def test_tenants_of_files_that_are_not_there_fail(run: Run, name: str, tmp_path: Path) -> None:
    write_specs(tmp_path / "tenants.yaml", [tenant(name, routes=None), tenant(f"{name}-x", routes=None)])

    code, shown = run("--selector", f"tenantkit.dev/tenant={name}", str(tmp_path / "tenants.yaml"))

    assert code == 6
    [line] = [line for line in shown.splitlines() if line.startswith(f"{name}-x")]
    assert f"Namespace/{name}-x: does not exist" in line
    assert "grant-as-specified" not in shown
