"""Specs out of a cluster, and manifests out of specs: both come back unchanged; on both engines."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tenantkit.exceptions import NotFound
from tenantkit.sample.tenants import sample_platform, sample_tenants
from tenantkit.spec.files import read_specs, write_specs
from tenantkit.spec.platform import Platform
from tests.contract.product.test_cli import connection, name, run, spec, tenantkit
from tests.contract.tenants import OWNER, delete_namespace, live_objects
from tests.contract.wire import kubectl
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.spec.tenant import Tenant
    from tests.contract.engines import Engine

__all__ = ["connection", "name", "run"]  # fixtures


def sample_of(name: str) -> list[Tenant]:
    """The sample's tenants with names of their own."""
    return [
        tenant.with_(
            name=f"{name}-{tenant.name}",
            hosts=[],
            protected=False,
            routes=[route.with_(host=None) for route in tenant.routes or ()],
        )
        for tenant in sample_tenants()
    ]


@pytest.fixture
def kubectl_apply(engine: Engine) -> Callable[[Path], str]:
    """Apply a folder as a GitOps controller does."""

    def apply(folder: Path) -> str:
        login = engine.login("admin")
        context = ["--context", login.context] if login.context else []
        words = ("apply", "--server-side", "--recursive", "-f", str(folder))
        return kubectl(login.kubeconfig, *context, *words)

    return apply


@pytest.fixture
def without_tenants(cluster: Cluster) -> None:
    """Delete what ended tests have left, since a platform with tenants is not uninstalled."""

    def names() -> list[str]:
        found = cluster.list("Namespace", label_selector="tenantkit.dev/tenant")
        return [it["metadata"]["name"] for it in found if "deletionTimestamp" not in it["metadata"]]

    for left in names():
        with suppress(NotFound):
            delete_namespace(cluster, left)
    assert names() == []


@pytest.fixture
def without_platform(run: Callable[..., Any], without_tenants: None) -> Iterator[None]:  # noqa: ARG001 (before it)
    """A cluster without a platform; the default one is installed again afterwards, without a trace of others."""
    assert run("uninstall", "--confirm", "tenantkit-system").returncode == 0
    yield
    done = run("uninstall", "--confirm", "tenantkit-system")
    assert done.returncode == 0, done.stderr
    assert run("install").returncode == 0


def test_an_export_applies_again_unchanged(run: Callable[..., Any], name: str, tmp_path: Path) -> None:
    routes = [{"service": "web", "port": 80, "path": "/x"}]
    assert run("install").returncode == 0
    assert run("apply", "-", stdin=spec(name, viewers=["vera@example.com"], routes=routes)).returncode == 0

    exported = run("export", "--out", str(tmp_path / "specs"))
    written = len([*(tmp_path / "specs").rglob("*.yaml")])
    assert f"wrote {written} file" in exported.stderr
    planned = run("plan", str(tmp_path / "specs" / "tenants" / f"{name}.yaml"), "--exit-code")
    alone = run("export", name)

    assert exported.returncode == 0, exported.stderr
    assert read_specs(tmp_path / "specs" / "platform.yaml") == [Platform()]
    assert (planned.returncode, planned.stdout.endswith(" unchanged\n")) == (0, True), planned.stdout
    assert alone.stdout == (tmp_path / "specs" / "tenants" / f"{name}.yaml").read_text()
    assert yaml.safe_load(alone.stdout)["viewers"] == ["vera@example.com"]


def test_an_owner_exports_their_own_tenants(
    run: Callable[..., Any], name: str, engine: Engine, connect_as: Callable[[str], Cluster]
) -> None:
    assert run("install").returncode == 0
    assert run("apply", "-", stdin=spec(name, owners=[OWNER])).returncode == 0
    eventually(lambda: connect_as("owner").can("create", "RoleBinding", namespace=name))
    login = engine.login("owner")
    own = ["--kubeconfig", str(login.kubeconfig)] + (["--context", login.context] if login.context else [])

    exported = tenantkit("export", *own)

    documents = list(yaml.safe_load_all(exported.stdout))
    assert name in [document.get("name") for document in documents]
    assert documents[0]["kind"] == "Platform"


@pytest.mark.usefixtures("without_platform")
def test_rendered_manifests_applied_by_kubectl_give_the_same_objects(
    run: Callable[..., Any], name: str, cluster: Cluster, tmp_path: Path, kubectl_apply: Callable[[Path], str]
) -> None:
    tenants = sample_of(name)
    write_specs(tmp_path / "specs.yaml", [sample_platform(), *tenants])
    rendered = tenantkit("render", str(tmp_path / "specs.yaml"), "--out", str(tmp_path / "out"), "--split", "object")
    assert rendered.returncode == 0, rendered.stderr

    kubectl_apply(tmp_path / "out")
    platform = tmp_path / "platform.yaml"
    write_specs(platform, sample_platform())
    installed = run("plan", str(platform), "--exit-code")
    planned = run("plan", str(tmp_path / "specs.yaml"), "--exit-code")
    before = {tenant.name: live_objects(cluster, tenant.name) for tenant in tenants}
    applied = run("apply", str(tmp_path / "specs.yaml"))

    assert (installed.returncode, installed.stdout.endswith(" unchanged\n")) == (0, True), installed.stdout
    assert (planned.returncode, planned.stdout.endswith(" unchanged\n")) == (0, True), planned.stdout
    assert applied.returncode == 0, applied.stderr
    assert {tenant.name: live_objects(cluster, tenant.name) for tenant in tenants} == before


def test_a_render_deletes_no_file_and_names_those_that_it_did_not_write(name: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for tenant in (f"{name}-a", f"{name}-b"):
        done = tenantkit("render", "-", "--out", str(out), stdin=spec(tenant))

    assert done.stderr == (
        f"note: {out}/tenant-{name}-a.yaml is of an earlier render: if its tenant or object shall no longer exist, "
        "delete it, or render all specs with --prune\n"
    )
    assert sorted(path.name for path in out.iterdir()) == [f"tenant-{name}-a.yaml", f"tenant-{name}-b.yaml"]


def test_a_pruning_render_deletes_files_of_an_earlier_one_and_no_others(name: str, tmp_path: Path) -> None:
    out, header = tmp_path / "out", "# rendered by tenantkit; the next render overwrites it\n"
    first, second = f"{name}-a", f"{name}-b"
    tenantkit("render", "-", "--out", str(out), "--split", "object", stdin=f"{spec(first)}---\n{spec(second)}")
    others = {"mine.yaml", f"tenant-{name}-mine.yaml", "prod/tenant-x.yaml", f"tenant-{first}/deep/a.yaml"}
    for path in others:
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text("kind: List\n" if path.startswith("tenant-" + name + "-mine") else header)
    os.mkfifo(out / "tenant-queue.yaml")

    done = tenantkit("render", "-", "--out", str(out), "--prune", stdin=spec(first))

    left = {str(path.relative_to(out)) for path in out.rglob("*.yaml") if path.is_file()}
    deleted = f"tenantkit: deleted {out}/tenant-{second}/00-namespace-{second}.yaml, which these specs do not have"
    assert left == {*others, f"tenant-{first}.yaml"}
    assert deleted in done.stderr.splitlines()


def test_prune_needs_a_folder(name: str) -> None:
    done = tenantkit("render", "-", "--prune", stdin=spec(name))

    assert (done.returncode, "--prune needs --out FOLDER" in done.stderr) == (2, True), done.stderr


def test_render_needs_no_cluster_and_names_what_it_cannot_render(tmp_path: Path) -> None:
    platform = tmp_path / "platform.yaml"
    platform.write_text("kind: Platform\ncopies: [Secret/registry/pull]\n")

    done = tenantkit("render", "-", "--platform", str(platform), stdin=spec("vision"))

    kinds = [document["kind"] for document in yaml.safe_load_all(done.stdout)]
    assert (done.returncode, kinds[:2], "ClusterRole" in kinds) == (0, ["ConfigMap", "Namespace"], False)
    assert done.stderr.startswith("note: not rendered, since their content is on the cluster: copies of ")


@pytest.mark.parametrize(
    ("words", "stdin", "error"),
    [
        (["-"], "kind: Tenant\nname: x\nteam: t\nowners: [a]\nsize: huge\n", "x.size='huge': the platform's sizes are"),
        (["-", "--platform", "-"], "kind: Platform\n", "--platform='-': is also in -: keep one of them"),
    ],
)
def test_a_wrong_spec_is_not_rendered(words: list[str], stdin: str, error: str) -> None:
    done = tenantkit("render", *words, stdin=stdin)

    assert (done.returncode, done.stdout) == (1, "")
    assert error in done.stderr


def test_uninstall_needs_the_namespace_again_and_no_tenants(run: Callable[..., Any], name: str) -> None:
    assert run("install").returncode == 0
    assert run("apply", "-", stdin=spec(name)).returncode == 0

    unconfirmed = run("uninstall")
    wrong = run("uninstall", "--confirm", "yes")
    with_tenants = run("uninstall", "--confirm", "tenantkit-system", "--output", "json")

    end = "nothing was deleted; to delete the platform, add --confirm tenantkit-system\n"
    assert [(it.returncode, it.stderr.endswith(end)) for it in (unconfirmed, wrong)] == [(2, True), (2, True)]
    assert (with_tenants.returncode, "the platform still has tenants" in with_tenants.stderr) == (1, True)


@pytest.mark.usefixtures("without_tenants")
def test_uninstall_deletes_the_platform(run: Callable[..., Any], cluster: Cluster) -> None:
    assert run("install").returncode == 0

    done = run("uninstall", "--confirm", "tenantkit-system", "--output", "json")
    left = [it["metadata"]["name"] for it in cluster.list("ClusterRole") if "tenantkit" in it["metadata"]["name"]]
    assert run("install").returncode == 0

    assert done.returncode == 0, done.stderr
    assert ("Namespace", "tenantkit-system") in {(it["kind"], it["name"]) for it in json.loads(done.stdout)["objects"]}
    assert left == []
