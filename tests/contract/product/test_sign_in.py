"""Signing in with what kubeconfigs hold: plug-ins and impersonation, on real users."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.connection.connect import connect
from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.identity import read_user
from tenantkit.cluster.reviews import review
from tests.contract.wire import kubectl

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.contract.engines import Engine

V1 = "client.authentication.k8s.io/v1"
PLUG_IN = """
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
print("enter the code WXYZ", file=sys.stderr, flush=True)
with (folder / "runs").open("a") as runs:
    runs.write(f"{len(sys.stdin.read())}\\n")
print((folder / "credential").read_text())
"""
TENANT = "{kind: Tenant, name: signs-in, team: cv, owners: [dana@example.com], size: small}"


@pytest.fixture
def altered(engine: Engine, tmp_path: Path) -> Callable[[Callable[[dict[str, Any]], dict[str, Any]]], Path]:
    """A kubeconfig of the admin whose user was changed by a function."""
    login = engine.login("admin")
    chosen = ["--context", login.context] if login.context else []
    view = kubectl(login.kubeconfig, *chosen, "config", "view", "--raw", "--minify", "--flatten", "-o", "json")

    def alter(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Path:
        content = json.loads(view)
        content["users"][0]["user"] = change(content["users"][0]["user"])
        path = tmp_path / "altered"
        path.write_text(json.dumps(content))
        return path

    return alter


@pytest.fixture
def by_plug_in(altered: Callable[[Callable[[dict[str, Any]], dict[str, Any]]], Path], tmp_path: Path) -> Path:
    """The admin, signed in by a plug-in."""

    def change(user: dict[str, Any]) -> dict[str, Any]:
        status = {"token": user["token"]} if "token" in user else _certificate(user)
        answer = {"apiVersion": V1, "kind": "ExecCredential", "status": status}
        (tmp_path / "credential").write_text(json.dumps(answer))
        arguments = ["-c", PLUG_IN, str(tmp_path)]
        return {
            "exec": {
                "apiVersion": V1,
                "command": sys.executable,
                "args": arguments,
                "interactiveMode": "IfAvailable",
            }
        }

    return altered(change)


def _certificate(user: dict[str, Any]) -> dict[str, str]:
    return {
        "clientCertificateData": base64.b64decode(user["client-certificate-data"]).decode(),
        "clientKeyData": base64.b64decode(user["client-key-data"]).decode(),
    }


def test_a_plug_in_signs_in_once_and_is_seen(
    by_plug_in: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with connect(kubeconfig=by_plug_in) as cluster:
        for _ in range(3):
            cluster.list("Namespace")

    assert (tmp_path / "runs").read_text() == "0\n"
    assert capsys.readouterr().err == "enter the code WXYZ\n"


def test_a_plug_in_leaves_standard_input_to_the_specs(by_plug_in: Path, tmp_path: Path) -> None:
    def tenantkit(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tenantkit", *words, "--kubeconfig", str(by_plug_in)],
            input=TENANT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={"HOME": "/nonexistent", "PATH": os.environ["PATH"]},
        )

    tenantkit("install")
    done = tenantkit("plan", "-", "--output", "json")

    assert (done.returncode, done.stderr) == (0, "enter the code WXYZ\n")
    assert {change["name"] for change in json.loads(done.stdout)["changes"]} >= {"signs-in"}
    assert (tmp_path / "runs").read_text() == "0\n0\n"


def test_extras_of_impersonation_arrive_under_their_names(
    altered: Callable[[Callable[[dict[str, Any]], dict[str, Any]]], Path],
) -> None:
    extra = {"example.com/Reason": ["audit", "größe"], "50%": ["x"]}
    path = altered(lambda user: {**user, "as": "jürgen@example.com", "as-groups": ["ml"], "as-user-extra": extra})

    with connect(kubeconfig=path) as cluster:
        found = review(cluster._session, "SelfSubjectReview", {}, Operation("read the user"))["status"]["userInfo"]
        assert read_user(cluster).username == "jürgen@example.com"
    assert found["extra"] == {"example.com/reason": ["audit", "größe"], "50%": ["x"]}
