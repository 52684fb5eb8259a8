"""The notebooks are documentation that runs: on the sandbox they print exactly the committed outputs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.cluster.connection.connect import connect
from tenantkit.sample.fill import fill_sample
from tests.contract import engines
from tests.controlplane.components import BINARIES
from tests.notebooks.engine import (
    CHANGES,
    NOTEBOOKS,
    kernel_environment,
    lab_environment,
    read_notebook,
    run_nbval,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.notebooks.engine import Run

# values that differ between machines, users or runs, or that are secret
FORBIDDEN = {
    "a port": r"(localhost|127\.0\.0\.1|\[?::1\]?):\d+",
    "a path": r"(?<![\w.])/(home|root|tmp|usr|var|work|Users|opt)/",
    "a token": r"(?i:bearer |token=)|eyJ[\w-]{10,}|(?=[\w-]*[A-Z])(?=[\w-]*[0-9])[\w-]{40,}",
    "a time": r"\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d",
    "the id of an object or widget": r"[0-9a-f]{8}-[0-9a-f]{4}-|(?<!host-)(?<![0-9a-f])[0-9a-f]{32}|0x[0-9a-f]{6,}",
}

PIXELS = r"data:image/png;base64,[\w+/=]+"

each_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def run_on_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Runs a notebook as in the lab, once for all tests."""
    runs: dict[Path, Run] = {}

    def run(notebook: Path) -> Run:
        if notebook not in runs:
            folder = tmp_path_factory.mktemp(notebook.stem)
            with lab_environment(folder, notebook) as environment:
                runs[notebook] = run_nbval(notebook, environment, folder, "--nbval", "-p", CHANGES)
        return runs[notebook]

    return run


def code_cells(notebook: Path) -> list[Any]:
    return [cell for cell in read_notebook(notebook)["cells"] if cell["cell_type"] == "code"]


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@each_notebook
def test_the_outputs_are_the_committed_ones(notebook: Path, run_on_sandbox: Any) -> None:
    run = run_on_sandbox(notebook)

    assert run.code == 0, run.printed
    assert f"{len(code_cells(notebook))} passed" in run.printed


@each_notebook
def test_a_change_of_any_number_or_word_in_an_output_is_noticed(notebook: Path, run_on_sandbox: Any) -> None:
    changes = run_on_sandbox(notebook).changes

    assert len(changes) == len(code_cells(notebook))
    assert [cell for cell, found in changes.items() if not found["tried"]] == [], "no output to compare"
    assert {cell: found["unnoticed"] for cell, found in changes.items() if found["unnoticed"]} == {}


def _other(found: re.Match[str]) -> str:
    return "7" if found[0] != "7" else "8"


@each_notebook
def test_a_notebook_with_each_output_changed_fails_in_each_cell(notebook: Path, tmp_path: Path) -> None:
    changed = read_notebook(notebook)
    for cell in changed["cells"]:
        for output in cell.get("outputs", [])[:1]:
            holder, kind = (output["data"], "text/plain") if "data" in output else (output, "text")
            holder[kind] = re.sub(r"\d|[a-z]", _other, "".join(holder[kind]), count=1)
    copy = tmp_path / notebook.name
    copy.write_text(json.dumps(changed))

    with lab_environment(tmp_path, notebook) as environment:
        run = run_nbval(copy, environment, tmp_path, "--nbval")

    assert run.code == 1, run.printed
    assert f"{len(code_cells(notebook))} failed" in run.printed


@each_notebook
def test_a_notebook_starts_with_its_readers_its_duration_and_its_changes(notebook: Path) -> None:
    first = read_notebook(notebook)["cells"][0]
    title, audience, *_ = [line for line in "".join(first["source"]).splitlines() if line]

    assert first["cell_type"] == "markdown"
    assert title.startswith(f"# {int(notebook.name[:2])}. ")
    assert re.match(r"For .+ · \d+ minutes · .*(changes|creates|reads)", audience), audience


@each_notebook
def test_each_cell_was_run_once_in_order(notebook: Path) -> None:
    counts = [cell["execution_count"] for cell in code_cells(notebook)]

    assert counts == list(range(1, len(counts) + 1))


@each_notebook
@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_output_contains(what: str, notebook: Path) -> None:
    for cell in code_cells(notebook):
        for output in cell["outputs"]:
            texts = output.get("data", {"text": output.get("text", "")})
            shown = {
                kind: re.sub(PIXELS, "", "".join(text)) for kind, text in texts.items() if not kind.startswith("image/")
            }
            assert not re.search(FORBIDDEN[what], str(shown)), f"{what} in the output of {''.join(cell['source'])!r}"


@each_notebook
def test_each_picture_of_a_notebook_exists(notebook: Path) -> None:
    cells = [cell for cell in read_notebook(notebook)["cells"] if cell["cell_type"] == "markdown"]
    named = [name for cell in cells for name in re.findall(r"\]\((images/[^)]+)\)", "".join(cell["source"]))]

    assert [name for name in named if not (notebook.parent / name).is_file()] == []


@pytest.mark.controlplane
@each_notebook
def test_the_same_cells_run_on_a_real_control_plane(notebook: Path, tmp_path: Path) -> None:
    if not BINARIES.is_dir():
        pytest.fail("the control plane is not built: run `make controlplane`")
    with engines.controlplane(nodes=True) as engine:
        admin, provisioner = engine.login("admin"), engine.login("provisioner")
        with connect(kubeconfig=admin.kubeconfig, context=admin.context) as cluster:
            fill_sample(cluster)
            before = {namespace["metadata"]["name"] for namespace in cluster.list("Namespace")}
            environment = kernel_environment(provisioner.kubeconfig, provisioner.context, tmp_path)
            # those for platform engineers start a sandbox of their own without it
            environment |= {"TENANTKIT_ADMIN_KUBECONFIG": str(admin.kubeconfig)}
            run = run_nbval(notebook, environment, tmp_path, "--nbval-lax")
            after = {namespace["metadata"]["name"] for namespace in cluster.list("Namespace")}

    assert run.code == 0, run.printed
    assert f"{len(code_cells(notebook))} passed" in run.printed
    assert after == before
