"""The command line: what it prints, what it leaves on the server, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tenantkit.exceptions import NotFound
from tenantkit.rules.manifest import ObjectRef
from tests.contract.tenants import edit, hard, quota_ref

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine
    from tests.contract.wire import Wire


def tenantkit(*words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """The command, with no kubeconfig but the one that it is given."""
    home = {"HOME": "/nonexistent", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "tenantkit", *words]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False, env=home)


@pytest.fixture
def run(engine: Engine) -> Callable[..., subprocess.CompletedProcess[str]]:
    login = engine.login("admin")
    connection = ["--kubeconfig", str(login.kubeconfig)] + (["--context", login.context] if login.context else [])
    return lambda *words, stdin=None: tenantkit(words[0], *connection, *words[1:], stdin=stdin)


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    tenant = f"cli-{uuid.uuid4().hex[:8]}"
    yield tenant
    for namespace in cluster.list("Namespace"):
        if namespace["metadata"]["name"] == tenant:
            cluster.delete(ObjectRef("v1", "Namespace", tenant))


def spec(name: str, **fields: Any) -> str:
    return yaml.safe_dump(
        {"kind": "Tenant", "name": name, "team": "cv", "owners": ["dana@example.com"], "size": "small"} | fields
    )


def test_plan_then_apply_then_plan_again(run: Callable[..., Any], name: str, tmp_path: Path, cluster: Cluster) -> None:
    file = tmp_path / "tenants.yaml"
    file.write_text(spec(name, routes=[{"service": "web", "port": 80}]))
    assert run("install").returncode == 0

    planned = run("plan", str(file), "--exit-code")
    applied = run("apply", str(file), "--output", "json")
    again = run("plan", str(file), "--exit-code")

    assert (planned.returncode, "8 to create" in planned.stdout) == (3, True), planned.stdout + planned.stderr
    assert applied.returncode == 0, applied.stderr
    assert json.loads(applied.stdout)["urls"] == {name: [f"http://{name}.example.ai/"]}
    assert (again.returncode, "8 unchanged" in again.stdout) == (0, True), again.stdout + again.stderr
    assert cluster.get("ResourceQuota", "tenantkit-quota", name)["spec"]["hard"]["pods"] == "20"


def test_a_plan_is_rows_as_json(run: Callable[..., Any], name: str) -> None:
    planned = run("plan", "-", "--output", "json", stdin=spec(name))

    assert planned.returncode == 0, planned.stderr
    assert json.loads(planned.stdout)["changes"][0] == {
        "action": "create",
        "kind": "Namespace",
        "namespace": None,
        "name": name,
        "field": None,
        "before": None,
        "after": None,
        "reason": None,
    }


def test_a_wrong_file_is_told_with_its_lines_and_changes_nothing(
    run: Callable[..., Any], name: str, cluster: Cluster
) -> None:
    done = run("apply", "-", stdin=spec(name) + "tem: cv\n")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "tenantkit: -: line 7: tem='cv': no such field: did you mean 'team'?\n"
    with pytest.raises(NotFound):
        cluster.get("Namespace", name)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "tenantkit: -: kind=None: holds no `kind: Tenant`, so there is nothing to do: add one\n"),
        (
            "kind: Platform\n",
            "tenantkit: -: kind='Platform': holds no `kind: Tenant`: `tenantkit install -` takes it\n",
        ),
    ],
)
def test_a_file_without_tenants_is_never_done(run: Callable[..., Any], text: str, told: str) -> None:
    assert run("install").returncode == 0

    done = run("apply", "-", stdin=text)

    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)


def test_what_does_not_fit_the_platform_is_told_with_the_files_name_and_line(
    run: Callable[..., Any], name: str
) -> None:
    done = run("plan", "-", stdin=spec(name, size="huge"))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"tenantkit: -: line 5: {name}.size='huge': the platform's sizes are ")


def test_a_namespace_of_somebody_else_is_refused_and_named(
    run: Callable[..., Any], namespace: str, cluster: Cluster
) -> None:
    before = cluster.get("Namespace", namespace)

    done = run("apply", "-", stdin=spec(namespace))

    assert done.returncode == 1
    assert f"Namespace '{namespace}': it exists and belongs to someone else" in done.stderr
    assert cluster.get("Namespace", namespace) == before


@pytest.mark.parametrize(
    "named",
    [
        ("all",),
        ("ResourceQuota/tenantkit-quota",),
        ("{name}/ResourceQuota/tenantkit-quota:spec.hard.pods", "ResourceQuota/tenantkit-quota:spec.hard.services"),
    ],
)
def test_conflicts_are_taken_back_where_they_are_named(
    run: Callable[..., Any], name: str, cluster: Cluster, wire: Wire, named: tuple[str, ...]
) -> None:
    assert run("install").returncode == 0
    assert run("apply", "-", stdin=spec(name)).returncode == 0
    theirs = [{"op": "replace", "path": f"/spec/hard/{field}", "value": "99"} for field in ("pods", "services")]
    edit(wire, quota_ref(name), *theirs)

    left = run("apply", "-", stdin=spec(name))
    unknown = run("apply", "-", "--take-back", "Quota", stdin=spec(name))
    kept = hard(cluster, name)
    taken = run("apply", "-", *(f"--take-back={one.format(name=name)}" for one in named), stdin=spec(name))

    assert (left.returncode, "apply with --take-back KIND/NAME, or" in left.stderr) == (1, True), left.stderr
    quota = f"{name}/ResourceQuota/tenantkit-quota"
    told = f"is no conflict of this plan: there is {quota}:spec.hard.pods, {quota}:spec.hard.services\n"
    assert (unknown.returncode, unknown.stderr.endswith(f"tenantkit: --take-back='Quota': {told}")) == (1, True)
    assert (kept["pods"], kept["services"]) == ("99", "99")
    assert taken.returncode == 0, taken.stderr
    assert (hard(cluster, name)["pods"], hard(cluster, name)["services"]) == ("20", "20")


def test_one_conflict_is_taken_back_and_the_other_left(
    run: Callable[..., Any], name: str, cluster: Cluster, wire: Wire
) -> None:
    assert run("install").returncode == 0
    assert run("apply", "-", stdin=spec(name)).returncode == 0
    theirs = [{"op": "replace", "path": f"/spec/hard/{field}", "value": "99"} for field in ("pods", "services")]
    edit(wire, quota_ref(name), *theirs)

    done = run("apply", "-", "--take-back", "ResourceQuota/tenantkit-quota:spec.hard.pods", stdin=spec(name))

    assert done.returncode == 1
    assert (hard(cluster, name)["pods"], hard(cluster, name)["services"]) == ("20", "99")


def test_a_wrong_context_names_those_that_there_are(engine: Engine, name: str) -> None:
    done = tenantkit(
        "plan", "--kubeconfig", str(engine.login("admin").kubeconfig), "--context", "nope", "-", stdin=spec(name)
    )

    assert done.returncode == 1
    assert "'nope'" in done.stderr


@pytest.mark.parametrize(
    "words", [(), ("plan",), ("plan", "x", "--output", "xml"), ("sandbox", "--port", "-1"), ("fly",)]
)
def test_wrong_usage_ends_with_2(words: tuple[str, ...]) -> None:
    assert tenantkit(*words).returncode == 2


def test_a_context_without_its_kubeconfig_is_no_wish_for_a_sandbox() -> None:
    done = tenantkit("demo", "--context", "production")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "tenantkit: --context is one of a kubeconfig's: give --kubeconfig FILE, too\n"


def test_no_kubeconfig_anywhere_is_told_with_what_was_looked_at() -> None:
    done = tenantkit("plan", "-", stdin=spec("vision"))

    assert (done.returncode, done.stdout) == (1, "")
    assert "KUBECONFIG" in done.stderr


def test_a_file_that_is_not_there_is_named() -> None:
    done = tenantkit("plan", "missing.yaml", "--kubeconfig", "missing.kubeconfig")

    assert done.returncode == 1
    assert "missing" in done.stderr


def test_the_sandbox_command_writes_a_private_kubeconfig_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.kubeconfig"
    command = [sys.executable, "-m", "tenantkit", "sandbox", "--kubeconfig", str(file)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        told = [process.stderr.readline() for _ in range(3)]
        mode = stat.S_IMODE(file.stat().st_mode)
        contexts = [context["name"] for context in yaml.safe_load(file.read_text())["contexts"]]
        connection = ("--kubeconfig", str(file), "--context", "sandbox-admin")
        planned = tenantkit("plan", *connection, "-", stdin=spec("vision"))
        installed = tenantkit("install", *connection)
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=20)

    assert told[-1] == "Ctrl-C ends it\n"
    assert mode == 0o600
    assert contexts == [f"sandbox-{who}" for who in ("admin", "provisioner", "owner", "editor", "viewer", "stranger")]
    assert "grants nothing until the platform is installed" in planned.stdout
    assert (installed.returncode, code) == (0, 0), installed.stderr
