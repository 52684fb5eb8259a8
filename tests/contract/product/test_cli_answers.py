"""Answers on the command line, for an administrator and for an owner who may read one namespace; on both engines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tests.contract.product.test_cli import connection, run, tenantkit
from tests.contract.tenants import OWNER, fresh_name
from tests.contract.tenants import tenant as small_tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine

__all__ = ["connection", "run"]  # fixtures

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "crawl"},
    "spec": {"containers": [{"name": "main", "image": "busybox", "resources": {"requests": {"cpu": "100m"}}}]},
}


@pytest.fixture
def tenant(cluster: Cluster, connect_as: Callable[[str], Cluster]) -> Iterator[str]:
    """A tenant of the user `owner`, who may read nothing else."""
    with fresh_name(cluster) as name:
        apply(cluster, plan(cluster, small_tenant(name)), progress=False)
        eventually(lambda: connect_as("owner").can("create", "RoleBinding", namespace=name))
        yield name


@pytest.fixture
def run_as_owner(engine: Engine) -> Callable[..., Any]:
    """The command as the owner."""
    login = engine.login("owner")
    own = ["--kubeconfig", str(login.kubeconfig)] + (["--context", login.context] if login.context else [])
    return lambda *words: tenantkit(words[0], *own, *words[1:])


def test_whoami_says_what_an_owner_is_to_their_tenants(run_as_owner: Callable[..., Any], tenant: str) -> None:
    text, data = run_as_owner("whoami"), run_as_owner("whoami", "--output", "json")

    assert text.stdout.startswith(f"{OWNER}: ")
    assert f"owner of {tenant}" in text.stdout
    found = json.loads(data.stdout)
    assert {"tenant": tenant, "namespace": tenant, "role": "owner"} in found["tenants"]
    assert (found["username"], found["is_provisioner"]) == (OWNER, False)


def test_tenants_are_a_table_or_json_with_every_column(run: Callable[..., Any], tenant: str) -> None:
    table = run("tenants", "--tenant", tenant)
    data = json.loads(run("tenants", "--tenant", tenant, "--drift", "--output", "json").stdout)

    [row] = data["rows"]
    assert table.stdout.splitlines()[1].split()[:2] == [tenant, "cv"]
    assert (row["tenant"], row["owners"], row["drift"], row["expires"]) == (tenant, OWNER, False, None)
    assert row["created"].endswith("Z")


def test_an_owner_finds_their_own_tenants_without_naming_them(run_as_owner: Callable[..., Any], tenant: str) -> None:
    done = run_as_owner("tenants", "--output", "json")

    assert tenant in [row["tenant"] for row in json.loads(done.stdout)["rows"]], done.stderr


def test_quota_folds_what_is_far_from_a_limit(run_as_owner: Callable[..., Any], tenant: str) -> None:
    folded = run_as_owner("quota", "--tenant", tenant)
    whole = run_as_owner("quota", "--tenant", tenant, "--all")
    data = json.loads(run_as_owner("quota", "--namespaces", tenant, "--output", "json").stdout)

    assert "CPU (requests.cpu)" in folded.stdout
    assert "more rows are far from a limit" in folded.stdout
    assert ("count/configmaps" in folded.stdout, "count/configmaps" in whole.stdout) == (False, True)
    assert {row["tenant"] for row in data["rows"]} == {tenant}
    assert len(data["rows"]) == len(whole.stdout.split("\n\n")[0].splitlines()) - 1


def test_holders_are_read_by_entry(run: Callable[..., Any], tenant: str, cluster: Cluster) -> None:
    cluster.create({**POD, "metadata": {"name": "crawl", "namespace": tenant}})

    def holds() -> bool:
        rows = json.loads(run("holders", "--tenant", tenant, "--resource", "pods", "--output", "json").stdout)["rows"]
        return [row["workload"] for row in rows] == ["Pod/crawl"]

    eventually(holds)
    by_person = json.loads(run("holders", "--tenant", tenant, "--by", "person", "--output", "json").stdout)["rows"]
    assert {row["resource"] for row in by_person} >= {"pods", "requests.cpu"}


def test_why_of_a_tenant_without_pods_has_no_cause(run_as_owner: Callable[..., Any], tenant: str) -> None:
    done = run_as_owner("why", "--tenant", tenant, "--output", "json")

    assert done.returncode == 0, done.stderr
    assert [row["cause"] for row in json.loads(done.stdout)["rows"] if row["cause"] != "not readable"] == []


def test_why_of_a_workload_that_does_not_exist_is_an_error(run_as_owner: Callable[..., Any], tenant: str) -> None:
    missing = run_as_owner("why", "--tenant", tenant, "--workload", "Pod/none")

    assert (missing.returncode, "there is no workload 'Pod/none'" in missing.stderr) == (1, True)


def test_why_says_what_to_do(run_as_owner: Callable[..., Any], tenant: str, cluster: Cluster) -> None:
    container = {**POD["spec"]["containers"][0], "resources": {"requests": {"cpu": "64"}, "limits": {"cpu": "64"}}}
    labels = {"app": "train"}
    template = {"metadata": {"labels": labels}, "spec": {"restartPolicy": "Never", "containers": [container]}}
    metadata = {"name": "train", "namespace": tenant}
    cluster.create({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": template}})

    def explained() -> str:
        done = run_as_owner("why", "--tenant", tenant, "--workload", "Job/train")
        return str(done.stdout) if "next_steps" in done.stdout else ""

    shown = eventually(explained)
    assert "Job/train" in shown
    assert "tk." not in shown.partition("\n\n")[0]


def test_fits_answers_with_what_blocks_first(run_as_owner: Callable[..., Any], tenant: str) -> None:
    words = ("fits", tenant, "--pods", "1000", "--memory", "64Gi")
    text = run_as_owner(*words)
    data = json.loads(run_as_owner(*words, "--output", "json").stdout)

    facts = {name: data[name] for name in ("answer", "wanted", "blocks_first")}
    assert (text.returncode, text.stdout.startswith("no: ")) == (0, True), text.stderr
    assert facts == {"answer": "no", "wanted": 1000, "blocks_first": "ResourceQuota/tenantkit-quota"}
    assert {row["answer"] for row in data["rows"]} >= {"no"}


@pytest.mark.parametrize("words", [["why", "--tenant", "none"], ["quota", "--tenant", "none"], ["fits", "none"]])
def test_a_tenant_that_does_not_exist_is_an_error(run: Callable[..., Any], words: list[str]) -> None:
    done = run(*words)

    assert (done.returncode, done.stdout) == (1, "")
    assert "'none'" in done.stderr


def test_a_tenant_and_namespaces_exclude_each_other(run: Callable[..., Any]) -> None:
    done = run("quota", "--tenant", "a", "--namespaces", "b")

    assert (done.returncode, done.stderr.endswith("exclude each other: use one of them\n")) == (2, True)
