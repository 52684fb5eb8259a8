"""Kernels get one context of a kubeconfig, as it is now, in a file that only its owner can read."""

from __future__ import annotations

import stat
import threading
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tenantkit.cluster.connection.connect import connect
from tenantkit.exceptions import ConnectionConfigError
from tenantkit.lab.kernel_kubeconfig import KernelKubeconfig
from tenantkit.sandbox.server import Sandbox
from tests.contract.wire import kubectl
from tests.eventually import eventually

if TYPE_CHECKING:
    from pathlib import Path


def _write(path: Path, user: dict[str, Any], **cluster: Any) -> Path:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lead",
        "clusters": [
            {"name": "c", "cluster": {"server": "https://10.0.0.1", **cluster}},
            {"name": "d", "cluster": {"server": "https://10.0.0.2"}},
        ],
        "users": [{"name": "u", "user": user}, {"name": "root", "user": {"token": "tok-of-root"}}],
        "contexts": [
            {"name": "lead", "context": {"cluster": "c", "user": "u", "namespace": "vision"}},
            {"name": "root", "context": {"cluster": "d", "user": "root"}},
        ],
    }
    path.write_text(yaml.safe_dump(config))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the copy."""
    folder = tmp_path / "lab"
    folder.mkdir()
    return folder


def test_kernels_get_the_chosen_context_its_cluster_and_its_user_and_nothing_else(tmp_path: Path, folder: Path) -> None:
    source = _write(tmp_path / "config", {"token": "tok-of-lead"})

    access = KernelKubeconfig(source, None, folder)

    assert yaml.safe_load(access.path.read_text()) == {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lead",
        "clusters": [{"name": "lead", "cluster": {"server": "https://10.0.0.1"}}],
        "users": [{"name": "u", "user": {"token": "tok-of-lead"}}],
        "contexts": [{"name": "lead", "context": {"cluster": "lead", "user": "u", "namespace": "vision"}}],
    }
    assert stat.S_IMODE(access.path.stat().st_mode) == 0o600
    assert [it.name for it in folder.iterdir()] == ["kubeconfig"]


def test_in_the_sandbox_no_kernel_becomes_the_administrator_by_naming_a_context(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox(kubeconfig=tmp_path / "config") as box:
        before = box.kubeconfig.read_bytes()
        access = KernelKubeconfig(box.kubeconfig, "sandbox-viewer", folder)
        monkeypatch.setenv("KUBECONFIG", str(access.path))

        with connect() as cluster:
            assert cluster.context == "sandbox-viewer"
        with pytest.raises(ConnectionConfigError, match="has no context 'sandbox-admin'"):
            connect(context="sandbox-admin")
        assert kubectl(access.path, "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}") == (
            "viewer@example.com"
        )
        assert box.kubeconfig.read_bytes() == before


def test_relative_paths_still_refer_to_the_folder_of_the_given_kubeconfig(tmp_path: Path, folder: Path) -> None:
    user = {
        "client-certificate": "pki/me.crt",
        "client-key": "/etc/me.key",
        "tokenFile": "token",
        "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "./bin/login", "args": ["a/b"]},
    }
    source = _write(tmp_path / "config", user, **{"certificate-authority": "ca.crt"})

    written = yaml.safe_load(KernelKubeconfig(source, None, folder).path.read_text())

    assert written["clusters"][0]["cluster"]["certificate-authority"] == str(tmp_path / "ca.crt")
    shown = written["users"][0]["user"]
    assert shown["client-certificate"] == str(tmp_path / "pki/me.crt")
    assert shown["client-key"] == "/etc/me.key"
    assert shown["tokenFile"] == str(tmp_path / "token")
    assert shown["exec"]["command"] == str(tmp_path / "bin/login")
    assert shown["exec"]["args"] == ["a/b"]


def test_a_plug_in_that_is_found_by_the_path_keeps_its_name(tmp_path: Path, folder: Path) -> None:
    source = _write(tmp_path / "config", {"exec": {"command": "aws-login"}})

    written = yaml.safe_load(KernelKubeconfig(source, None, folder).path.read_text())

    assert written["users"][0]["user"]["exec"]["command"] == "aws-login"


def test_a_renewed_token_reaches_the_kernels_and_another_current_context_does_not(tmp_path: Path, folder: Path) -> None:
    source = _write(tmp_path / "config", {"token": "tok-1"})
    access = KernelKubeconfig(source, None, folder)

    _write(source, {"token": "tok-2"})
    source.write_text(source.read_text().replace("current-context: lead", "current-context: root"))
    access.refresh()

    written = yaml.safe_load(access.path.read_text())
    assert written["users"][0]["user"] == {"token": "tok-2"}
    assert written["current-context"] == "lead"
    assert stat.S_IMODE(access.path.stat().st_mode) == 0o600


def test_a_thread_follows_the_kubeconfig_and_ends_with_the_lab(tmp_path: Path, folder: Path) -> None:
    source = _write(tmp_path / "config", {"token": "tok-1"})
    access = KernelKubeconfig(source, None, folder)

    with access.followed(every_s=0.01):
        _write(source, {"token": "tok-2"})
        eventually(lambda: "tok-2" in access.path.read_text())

    assert "tenantkit-kubeconfig" not in {thread.name for thread in threading.enumerate()}


def test_while_the_kubeconfig_is_half_written_the_last_copy_stays(tmp_path: Path, folder: Path) -> None:
    source = _write(tmp_path / "config", {"token": "tok-1"})
    access = KernelKubeconfig(source, None, folder)
    before = access.path.read_bytes()

    source.write_text("apiVersion: v1\nclusters: [")
    access.refresh()

    assert access.path.read_bytes() == before


def test_the_copy_is_removed_with_the_kubeconfig_and_written_again_with_it(tmp_path: Path, folder: Path) -> None:
    source = _write(tmp_path / "config", {"token": "tok-1"})
    access = KernelKubeconfig(source, None, folder)
    before = access.path.read_bytes()

    source.unlink()
    access.refresh()
    assert list(folder.iterdir()) == []

    _write(source, {"token": "tok-1"})
    access.refresh()
    assert access.path.read_bytes() == before


def test_a_missing_kubeconfig_is_named(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(ConnectionConfigError, match=r"nowhere does not exist: pass another file to --kubeconfig"):
        KernelKubeconfig(tmp_path / "nowhere", None, folder)


def test_a_missing_context_is_named(tmp_path: Path, folder: Path) -> None:
    source = _write(tmp_path / "config", {})

    with pytest.raises(ConnectionConfigError, match="has no context 'prod'"):
        KernelKubeconfig(source, "prod", folder)
