"""The quickstart as a reader runs it: in JupyterLab, cell by cell with Shift+Enter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import urllib3

from tenantkit.exceptions import NotFound
from tenantkit.lab.copies import copy_notebooks

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tests.browser.conftest import OpenNotebook
    from tests.browser.lab_process import Lab


def test_the_reader_is_not_asked_whether_to_fetch_news(lab: Lab) -> None:
    address = f"{lab.url}/lab/api/settings/@jupyterlab/apputils-extension:notification?token={lab.token}"

    answer = urllib3.request("GET", address).json()

    assert answer["settings"] == {}
    defaults = {name: answer["schema"]["properties"][name]["default"] for name in ("fetchNews", "checkForUpdates")}
    assert defaults == {"fetchNews": "false", "checkForUpdates": False}


def test_the_quickstart_runs_cell_by_cell_and_deletes_its_tenant(
    open_notebook: OpenNotebook, lab: Lab, cluster: Cluster
) -> None:
    before = {it["metadata"]["name"] for it in cluster.list("Namespace")}
    notebook = open_notebook("01-quickstart.ipynb")

    notebook.select(0)
    outputs = {}
    for index, (kind, source) in enumerate(notebook.cells):
        if kind == "code":
            outputs[source] = "\n".join(notebook.press_run(index).all_inner_texts())
        else:
            notebook.page.keyboard.press("Shift+Enter")

    assert [text.strip() for source, text in outputs.items() if source.startswith("report.urls")] == [
        "{'quickstart': ['http://quickstart.example.ai/ai-service']}"
    ]
    assert list(outputs.values())[-1].strip() == "quickstart no longer exists"
    assert {it["metadata"]["name"] for it in cluster.list("Namespace")} == before
    with pytest.raises(NotFound):
        cluster.get("Namespace", "quickstart")
    assert notebook.dialogs == []

    notebook.save()
    assert '"execution_count": 1' in (lab.notebooks / notebook.name).read_text()
    assert copy_notebooks(lab.notebooks).kept == ()  # nobody changed a cell


def test_the_kernel_of_a_lab_gets_the_provisioner_and_no_other_user_of_the_sandbox(
    open_notebook: OpenNotebook,
) -> None:
    notebook = open_notebook("02-see.ipynb")
    notebook.delete_cells()

    output = notebook.run(
        "import os, yaml\n"
        "file = os.environ['KUBECONFIG']\n"
        "config = yaml.safe_load(open(file))\n"
        "print(oct(os.stat(file).st_mode & 0o777), [it['name'] for it in config['contexts'] + config['users']])"
    )

    assert output.inner_text().strip() == "0o600 ['sandbox-provisioner', 'sandbox-provisioner']"
