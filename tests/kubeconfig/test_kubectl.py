"""A kubeconfig means to tenantkit what it means to kubectl, or tenantkit refuses it and names the field.

Both are given the same file and call the same server, which keeps what arrives: method, path, credentials, the server's
name in TLS and the client's certificate. Where kubectl refuses a file, or asks for a user name on the terminal,
tenantkit refuses it, too.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tenantkit.cluster.connection import pod
from tenantkit.cluster.connection.connect import connect
from tenantkit.exceptions import ClusterUnavailable, ConnectionConfigError
from tests.contract.wire import kubectl_command
from tests.kubeconfig import cases_files, cases_plug_ins, cases_servers, cases_users
from tests.kubeconfig.case import AUTHORITY, Case, config
from tests.kubeconfig.stage import staged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.kubeconfig.stage import Arrived, Stage

TIMEOUT_S = 60
# The stage's certificate is not verified in some cases.
pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request", "ignore:.*not verified")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("kubeconfig")) as found:
        yield found


@pytest.fixture
def stage(shared: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The servers, in an environment without a kubeconfig, a pod or a proxy."""
    for name in list(os.environ):
        if name.upper().endswith("_PROXY") or name.startswith(("KUBE", "POD_NAMESPACE", "TENANTKIT")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(shared.folder))
    monkeypatch.setattr(pod, "FOLDER", shared.folder / "no-pod")
    return shared


def check(case: Case, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    write(case, stage)
    for name, value in case.environment.items():
        monkeypatch.setenv(name, stage.filled(value))
    by_kubectl, status = kubectl(case, stage)
    assert (status == 0) == (not case.refused or case.is_stricter), "kubectl"

    error = tenantkit(case, stage)
    arrived = stage.taken()
    if not case.refused:
        assert (error, arrived) == ("", by_kubectl)
        return
    assert stage.filled(case.refused) in error
    assert arrived == []


def write(case: Case, stage: Stage) -> None:
    (stage.folder / "token.txt").write_text("from-file\n")
    (stage.folder / "empty.txt").write_text("\n")
    (stage.folder / "ca.pem").write_bytes(stage.authority.pem)
    for name, content in {"config": case.config, **case.files}.items():
        path = stage.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(stage.filled(content).encode(case.encoding if name == "config" else "utf-8"))
        path.chmod(0o700)


def kubectl(case: Case, stage: Stage) -> tuple[list[Arrived], int]:
    """What arrives from kubectl, and its exit code."""
    program, *file = kubectl_command(stage.folder / "config")
    chosen = [f"--context={case.context}"] if case.context else []
    done = subprocess.run(
        [program, *([] if "KUBECONFIG" in case.environment else file), *chosen, "get", "--raw", "/version"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return stage.taken(), done.returncode


def tenantkit(case: Case, stage: Stage) -> str:
    """Connect; the text of the error, if it is refused."""
    file: Path | None = None if "KUBECONFIG" in case.environment else stage.folder / "config"
    try:
        connect(kubeconfig=file, context=case.context).close()
    except ConnectionConfigError as error:
        return str(error)
    return ""


def named(cases: Sequence[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


@named(cases_servers.CASES)
def test_clusters_mean_what_kubectl_takes_them_to_mean(
    case: Case, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(case, stage, monkeypatch)


@named(cases_users.CASES)
def test_users_mean_what_kubectl_takes_them_to_mean(case: Case, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    check(case, stage, monkeypatch)


@named(cases_plug_ins.CASES)
def test_plug_ins_mean_what_kubectl_takes_them_to_mean(
    case: Case, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(case, stage, monkeypatch)


@named(cases_files.CASES)
def test_files_mean_what_kubectl_takes_them_to_mean(case: Case, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    check(case, stage, monkeypatch)


@pytest.mark.parametrize(
    ("no_proxy", "is_used"),
    [
        ("", True),
        ("api.example.invalid", False),
        ("example.invalid", False),
        (".example.invalid", False),
        ("*.example.invalid", False),
        ("*.api.example.invalid", True),
        ("mple.invalid", True),
        (".example.invalid:@port@", False),
        ("*.example.invalid:@port@", False),
        ("example.invalid:443", True),
        ("EXAMPLE.Invalid", False),
        ("a.b, example.invalid ,c", False),
        ("a.b example.invalid", True),
        ("a.b,*", False),
        ("*example.invalid", True),
        (":@port@", True),
        ("10.0.0.0/8", True),
    ],
)
def test_a_proxy_is_used_where_kubectl_uses_it(
    no_proxy: str,
    is_used: bool,  # noqa: FBT001 (a parameter of the test)
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster = f"server: https://api.example.invalid:@port@\ntls-server-name: api.test\n{AUTHORITY}"
    case = Case("a proxy", config(cluster), environment={"HTTPS_PROXY": "@proxy@", "NO_PROXY": no_proxy})
    write(case, stage)
    for name, value in case.environment.items():
        monkeypatch.setenv(name, stage.filled(value))
    by_kubectl, _ = kubectl(case, stage)
    try:
        error = tenantkit(case, stage)
    except ClusterUnavailable:  # without the proxy the name does not exist
        error = ""

    assert (error, stage.taken()) == ("", by_kubectl)
    assert bool(by_kubectl) == is_used
