"""What the lab configures in JupyterLab and its kernels: the cluster, and no request for news."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from kubernetes.config.kube_config import KubeConfigMerger

from tenantkit.cluster.connection.connect import connect
from tenantkit.exceptions import ConnectionConfigError
from tenantkit.lab.jupyter import config_path_variable, kubeconfig_variable
from tenantkit.sandbox.server import Sandbox

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_context_the_kubeconfig_is_used_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("{}")

    assert kubeconfig_variable(tmp_path / "config", None, tmp_path) == str(tmp_path / "config")


def test_a_context_becomes_the_current_one_for_every_client_and_the_kubeconfig_is_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox(kubeconfig=tmp_path / "config") as box:
        before = box.kubeconfig.read_bytes()

        variable = kubeconfig_variable(box.kubeconfig, "sandbox-viewer", tmp_path)

        monkeypatch.setenv("KUBECONFIG", variable)
        with connect() as cluster:
            assert cluster.context == "sandbox-viewer"
        merged = KubeConfigMerger(variable)  # type: ignore[no-untyped-call]
        assert merged.config["current-context"] == "sandbox-viewer"
        assert box.kubeconfig.read_bytes() == before


def test_a_missing_kubeconfig_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConnectionConfigError, match=r"nowhere does not exist: pass another file to --kubeconfig"):
        kubeconfig_variable(tmp_path / "nowhere", None, tmp_path)


def test_the_users_own_folders_of_settings_are_kept(tmp_path: Path) -> None:
    variable = config_path_variable(f"a{os.pathsep}b", tmp_path)

    assert variable.split(os.pathsep) == ["a", "b", str(tmp_path)]


def test_by_default_no_news_are_fetched(tmp_path: Path) -> None:
    assert config_path_variable(None, tmp_path) == str(tmp_path)

    written = json.loads((tmp_path / "labconfig" / "default_setting_overrides.json").read_text())
    assert written == {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


def test_without_jupyterlab_one_line_names_the_package_to_install() -> None:
    program = (
        "import sys; sys.modules['jupyterlab'] = None; from tenantkit.cli.main import main; sys.exit(main(['lab']))"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode != 0
    assert ended.stderr.strip().splitlines() == [
        'tenantkit: the lab needs jupyterlab.labapp: pip install "tenantkit[lab]"'
    ]
