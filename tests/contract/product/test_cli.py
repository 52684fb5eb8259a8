"""The command line: what it prints, what it leaves on the server, and how it ends."""

from __future__ import annotations

import json
import os
import re
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


WRITE = re.compile(rb" (POST|PATCH) /api/v1/namespaces")
REQUEST = re.compile(r"\d\d:\d\d:\d\d (GET|POST|PATCH|PUT|DELETE) /\S+ (\d{3}|no answer) \d+ ms")


def tenantkit(*words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """The command, with no kubeconfig but the one that it is given."""
    home = {"HOME": "/nonexistent", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "tenantkit", *words]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False, env=home)


@pytest.fixture
def connection(engine: Engine) -> list[str]:
    login = engine.login("admin")
    return ["--kubeconfig", str(login.kubeconfig)] + (["--context", login.context] if login.context else [])


@pytest.fixture
def run(connection: list[str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    return lambda *words, stdin=None: tenantkit(words[0], *connection, *words[1:], stdin=stdin)


@pytest.fixture
def name(cluster: Cluster) -> Iterator[str]:
    tenant = f"cli-{uuid.uuid4().hex[:8]}"
    yield tenant
    for namespace in cluster.list("Namespace"):
        if namespace["metadata"]["name"].startswith(tenant):
            cluster.delete(ObjectRef("v1", "Namespace", namespace["metadata"]["name"]))


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

    assert (planned.returncode, "18 to create" in planned.stdout) == (3, True), planned.stdout + planned.stderr
    assert applied.returncode == 0, applied.stderr
    assert json.loads(applied.stdout)["urls"] == {name: [f"http://{name}.example.ai/"]}
    assert (again.returncode, "17 unchanged" in again.stdout) == (0, True), again.stdout + again.stderr
    assert cluster.get("ResourceQuota", "tenantkit-quota", name)["spec"]["hard"]["pods"] == "20"


def test_a_plan_is_rows_as_json(run: Callable[..., Any], name: str) -> None:
    planned = run("plan", "-", "--output", "json", stdin=spec(name))

    assert planned.returncode == 0, planned.stderr
    claim, namespace, *_ = json.loads(planned.stdout)["changes"]
    assert (claim["kind"], claim["namespace"]) == ("ConfigMap", "tenantkit-system")
    assert namespace == {
        "action": "create",
        "tenant": name,
        "kind": "Namespace",
        "namespace": None,
        "name": name,
        "field": None,
        "before": None,
        "after": None,
        "reason": None,
        "change": [f"hosts + {name}.example.ai", "grant size small"],
    }


def test_a_wrong_file_is_reported_with_its_lines_and_changes_nothing(
    run: Callable[..., Any], name: str, cluster: Cluster
) -> None:
    done = run("apply", "-", stdin=spec(name) + "tem: cv\n")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "tenantkit: -: line 7: tem='cv': no such field: did you mean 'team'?\n"
    with pytest.raises(NotFound):
        cluster.get("Namespace", name)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "kind=None: the file has no `kind: Tenant`, so there is nothing to do: add one\n"),
        (
            "kind: Platform\n",
            "kind='Platform': the file has no `kind: Tenant`; for a platform, run `tenantkit install -`\n",
        ),
    ],
)
def test_a_file_without_tenants_is_refused(run: Callable[..., Any], text: str, error: str) -> None:
    assert run("install").returncode == 0

    done = run("apply", "-", stdin=text)

    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"tenantkit: -: {error}")


def test_a_tenant_that_does_not_fit_the_platform_is_reported_with_file_and_line(
    run: Callable[..., Any], name: str
) -> None:
    done = run("plan", "-", stdin=spec(name, size="huge"))

    assert (done.returncode, done.stdout.endswith("1 blocked\n")) == (4, True)
    assert done.stderr.startswith(f"tenantkit: -: line 5: {name}.size='huge': the platform's sizes are ")


def test_a_namespace_of_another_owner_is_blocked(run: Callable[..., Any], namespace: str, cluster: Cluster) -> None:
    before = cluster.get("Namespace", namespace)

    planned = run("plan", "-", "--exit-code", stdin=spec(namespace))
    done = run("apply", "-", stdin=spec(namespace))

    assert (planned.returncode, done.returncode) == (4, 4)
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
def test_named_conflicts_are_overwritten(
    run: Callable[..., Any], name: str, cluster: Cluster, wire: Wire, named: tuple[str, ...]
) -> None:
    assert run("install").returncode == 0
    assert run("apply", "-", stdin=spec(name)).returncode == 0
    theirs = [{"op": "replace", "path": f"/spec/hard/{field}", "value": "99"} for field in ("pods", "services")]
    edit(wire, quota_ref(name), *theirs)

    left = run("apply", "-", stdin=spec(name))
    unknown = run("apply", "-", "--force-conflicts", "Quota", stdin=spec(name))
    unchanged = hard(cluster, name)
    forced = run("apply", "-", *(f"--force-conflicts={one.format(name=name)}" for one in named), stdin=spec(name))

    assert left.returncode == 1
    assert "to overwrite it, add --force-conflicts KIND/NAME to `tenantkit apply`" in left.stderr
    quota = f"{name}/ResourceQuota/tenantkit-quota"
    reason = f"is not a conflict of this plan; its conflicts: {quota}:spec.hard.pods, {quota}:spec.hard.services\n"
    assert (unknown.returncode, unknown.stderr.endswith(f"--force-conflicts='Quota': {reason}")) == (1, True)
    assert (unchanged["pods"], unchanged["services"]) == ("99", "99")
    assert forced.returncode == 0, forced.stderr
    assert (hard(cluster, name)["pods"], hard(cluster, name)["services"]) == ("20", "20")


def test_one_conflict_is_overwritten_and_the_other_is_left(
    run: Callable[..., Any], name: str, cluster: Cluster, wire: Wire
) -> None:
    assert run("install").returncode == 0
    assert run("apply", "-", stdin=spec(name)).returncode == 0
    theirs = [{"op": "replace", "path": f"/spec/hard/{field}", "value": "99"} for field in ("pods", "services")]
    edit(wire, quota_ref(name), *theirs)

    done = run("apply", "-", "--force-conflicts", "ResourceQuota/tenantkit-quota:spec.hard.pods", stdin=spec(name))

    assert done.returncode == 1
    assert (hard(cluster, name)["pods"], hard(cluster, name)["services"]) == ("20", "99")


def test_a_user_who_may_not_delete_a_tenant_is_not_asked_to_confirm(
    run: Callable[..., Any],
    engine: Engine,
    name: str,
    connect_as: Callable[[str], Cluster],
    eventually: Callable[..., object],
) -> None:
    assert run("install").returncode == 0
    assert run("apply", "-", stdin=spec(name, viewers=["viewer@example.com"])).returncode == 0
    eventually(lambda: connect_as("viewer").can("list", "Pod", namespace=name))
    login = engine.login("viewer")
    user = ["--kubeconfig", str(login.kubeconfig)] + (["--context", login.context] if login.context else [])

    shown = tenantkit("delete", name, *user)

    assert shown.returncode == 5
    assert "Please delete this tenant:" in shown.stderr  # the text to send, and no question
    assert f"{name}: only the platform team may delete a tenant" in shown.stdout


def test_a_tenant_is_deleted_only_when_its_name_is_confirmed(
    run: Callable[..., Any], name: str, cluster: Cluster
) -> None:
    assert run("install").returncode == 0
    assert run("apply", "-", stdin=spec(name)).returncode == 0

    shown = run("delete", name, "--output", "json")
    wrong = run("delete", name, "--confirm", "another")
    before = cluster.get("Namespace", name)["metadata"]
    deleted = run("delete", name, "--confirm", name)

    rows = json.loads(shown.stdout)["changes"]
    assert ("delete", "ResourceQuota", "tenantkit-quota") in [(it["action"], it["kind"], it["name"]) for it in rows]
    error = f"Error: nothing was deleted; to delete, add --confirm {name}\n"
    assert [(it.returncode, it.stderr.endswith(error)) for it in (shown, wrong)] == [(2, True), (2, True)]
    assert "deletionTimestamp" not in before
    assert (deleted.returncode, deleted.stdout.endswith("1 applied\n")) == (0, True), deleted.stdout + deleted.stderr
    with pytest.raises(NotFound):
        cluster.get("Namespace", name)


def test_deleting_a_missing_tenant_fails(run: Callable[..., Any], name: str) -> None:
    assert run("install").returncode == 0

    done = run("delete", name, "--confirm", name)

    assert (done.returncode, done.stdout) == (1, "")
    assert name in done.stderr


def test_the_platforms_conflicts_are_overwritten_by_name(run: Callable[..., Any], wire: Wire) -> None:
    assert run("install").returncode == 0
    role = ObjectRef("rbac.authorization.k8s.io/v1", "ClusterRole", "tenantkit-viewer-base")
    edit(wire, role, {"op": "replace", "path": "/rules/0/verbs", "value": ["get"]})

    left = run("install")
    forced = run("install", "--force-conflicts", "ClusterRole/tenantkit-viewer-base")

    assert left.returncode == 1
    assert "to overwrite it, add --force-conflicts KIND/NAME to `tenantkit apply`" in left.stderr
    assert forced.returncode == 0, forced.stderr


def test_data_from_the_cluster_is_printed_as_it_is(run: Callable[..., Any], name: str, wire: Wire) -> None:
    assert run("install").returncode == 0
    assert run("apply", "-", stdin=spec(name)).returncode == 0
    pods = [{"op": "replace", "path": "/spec/hard/pods", "value": "99"}]
    edit(wire, quota_ref(name), *pods, manager="kubeconfig= names tk.Sandbox()")

    planned = run("plan", "-", "--output", "json", stdin=spec(name))

    reasons = [row["reason"] for row in json.loads(planned.stdout)["changes"] if row["action"] == "conflict"]
    assert ["kubeconfig= names tk.Sandbox()" in reason for reason in reasons] == [True]


def test_requests_are_logged_without_headers_and_bodies(run: Callable[..., Any], name: str, engine: Engine) -> None:
    assert run("install").returncode == 0
    quiet = run("apply", "-", stdin=spec(name))

    done = run("apply", "-", "--verbose", stdin=spec(name, editors=["eve@example.com"]))

    requests = [line for line in done.stderr.splitlines() if REQUEST.fullmatch(line)]
    config = yaml.safe_load(engine.login("admin").kubeconfig.read_text())
    credentials = [value for user in config["users"] for value in user["user"].values()]
    assert any(f"/namespaces/{name}/rolebindings/tenantkit-editor-eve-example-com-" in line for line in requests)
    assert [line for line in requests if "eve@example.com" in line] == []
    assert [value for value in credentials if str(value) in done.stderr] == []
    assert "Bearer" not in done.stderr
    assert [line for line in quiet.stderr.splitlines() if REQUEST.fullmatch(line)] == []
    assert done.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_apply_prints_its_report_and_can_be_continued(
    number: signal.Signals, name: str, connection: list[str], tmp_path: Path
) -> None:
    assert tenantkit("install", *connection).returncode == 0
    file = tmp_path / "tenants.yaml"
    file.write_text("---\n".join(spec(f"{name}-{index}") for index in range(30)))
    words = ["apply", str(file), *connection, "--output", "json"]
    command = [sys.executable, "-m", "tenantkit", *words, "--verbose"]
    # nobody reads on while the signal is sent, so the log of the requests fills the pipe and the apply cannot end
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pipesize=4096) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if WRITE.search(line))
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
    continued = tenantkit(*words)

    report = json.loads(output)
    assert process.returncode == 130, errors
    assert report["summary"].startswith("interrupted: ")
    assert {it["result"] for it in report["objects"]} >= {"applied", "not attempted"}
    assert b"run the same command again" in errors or b"plan and apply again" in errors
    assert continued.returncode == 0, continued.stderr


def test_a_wrong_context_is_named(engine: Engine, name: str) -> None:
    done = tenantkit(
        "plan", "--kubeconfig", str(engine.login("admin").kubeconfig), "--context", "nope", "-", stdin=spec(name)
    )

    assert done.returncode == 1
    assert "'nope'" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("plan",),
        ("plan", "x", "--output", "xml"),
        ("plan", "x", "--dry-run=client"),
        ("sandbox", "--port", "-1"),
        ("demo", "--context", "production"),
        ("fly",),
    ],
)
def test_wrong_usage_ends_with_2(words: tuple[str, ...]) -> None:
    assert tenantkit(*words).returncode == 2


def test_a_context_without_a_kubeconfig_starts_no_sandbox() -> None:
    done = tenantkit("demo", "--context", "production")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("Error: --context needs a kubeconfig: add --kubeconfig FILE\n")


def test_without_any_kubeconfig_the_places_that_were_searched_are_listed() -> None:
    done = tenantkit("plan", "-", stdin=spec("vision"))

    assert (done.returncode, done.stdout) == (1, "")
    assert "KUBECONFIG" in done.stderr


def test_a_missing_file_is_named() -> None:
    done = tenantkit("plan", "missing.yaml", "--kubeconfig", "missing.kubeconfig")

    assert done.returncode == 1
    assert "missing" in done.stderr


def test_the_sandbox_command_writes_a_private_kubeconfig_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.kubeconfig"
    command = [sys.executable, "-m", "tenantkit", "sandbox", "--kubeconfig", str(file)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = [process.stderr.readline() for _ in range(3)]
        mode = stat.S_IMODE(file.stat().st_mode)
        contexts = [context["name"] for context in yaml.safe_load(file.read_text())["contexts"]]
        connection = ("--kubeconfig", str(file), "--context", "sandbox-admin")
        planned = tenantkit("plan", *connection, "-", stdin=spec("vision"))
        installed = tenantkit("install", *connection)
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=20)

    assert lines[-1] == "press Ctrl-C to stop\n"
    assert mode == 0o600
    assert contexts == [f"sandbox-{user}" for user in ("admin", "provisioner", "owner", "editor", "viewer", "stranger")]
    assert "grants nothing until the platform is installed" in planned.stdout
    assert (installed.returncode, code) == (0, 0), installed.stderr


def test_the_sandbox_command_fills_the_sandbox_with_the_sample(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.kubeconfig"
    command = [sys.executable, "-m", "tenantkit", "sandbox", "--sample", "--kubeconfig", str(file)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = [process.stderr.readline() for _ in range(5)]
        listed = tenantkit("tenants", "--kubeconfig", str(file), "--context", "sandbox-admin", "--output", "json")
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=20)

    assert "the sandbox has a sample platform with seven tenants, one of which is being deleted\n" in lines
    assert (len(json.loads(listed.stdout)["rows"]), lines[-1], code) == (7, "press Ctrl-C to stop\n", 0)
