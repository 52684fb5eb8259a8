"""What the lab configures in JupyterLab: no request for news."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import webbrowser
from typing import TYPE_CHECKING

from tenantkit.lab.copies import copy_notebooks
from tenantkit.lab.jupyter import _arguments, config_path_variable, has_browser

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_users_own_folders_of_settings_are_kept(tmp_path: Path) -> None:
    variable = config_path_variable(f"a{os.pathsep}b", tmp_path)

    assert variable.split(os.pathsep) == ["a", "b", str(tmp_path)]


def test_by_default_no_news_are_fetched(tmp_path: Path) -> None:
    assert config_path_variable(None, tmp_path) == str(tmp_path)

    written = json.loads((tmp_path / "labconfig" / "default_setting_overrides.json").read_text())
    assert written == {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


def test_a_machine_without_a_browser_gets_no_warning_about_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "get", none)
    assert not has_browser()
    monkeypatch.setattr(webbrowser, "get", object)
    assert has_browser()


def test_a_kernel_is_not_said_to_be_open_to_eavesdropping(tmp_path: Path) -> None:
    copies = copy_notebooks(tmp_path / "notebooks")

    assert "--KernelManager.transport_encryption=auto" in _arguments(copies, tmp_path, port=None, browser=False)


def test_without_jupyterlab_one_line_names_the_package_to_install() -> None:
    program = (
        "import sys; sys.modules['jupyterlab'] = None; from tenantkit.cli.main import main; sys.exit(main(['lab']))"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode != 0
    assert ended.stderr.strip().splitlines() == [
        'tenantkit: the lab needs jupyterlab.labapp: pip install "tenantkit[lab]"'
    ]
