"""The sandbox's facts are those of the real control plane today: `make facts` would not change a file.

A file that was edited by hand, a generator whose files were not regenerated, a new Kubernetes version: each fails here,
with the file and the first difference.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.generate_facts import DATA, Connection, generate, modules_of_go, write

if TYPE_CHECKING:
    from pathlib import Path

_SHOWN = 120


def first_difference(committed: Any, generated: Any, place: str = "") -> str:
    """The first place where two JSON values differ, and how; empty if they are equal."""
    left, right = _parts(committed), _parts(generated)
    if not left or not right:
        same = committed == generated
        return "" if same else f"{place}: committed {_shown(committed)}, generated {_shown(generated)}"
    for key in left | right:
        if key not in right:
            return f"{place}{key}: committed {_shown(left[key])}, not generated"
        if key not in left:
            return f"{place}{key}: generated {_shown(right[key])}, not committed"
        if found := first_difference(left[key], right[key], place + key):
            return found
    return ""


def differences(committed: Path, generated: Path) -> list[str]:
    """A line for each file that differs between two folders."""
    names = {path.relative_to(folder) for folder in (committed, generated) for path in folder.rglob("*.json")}
    found = []
    for name in sorted(names):
        texts = [path.read_text() if path.is_file() else None for path in (committed / name, generated / name)]
        if texts[0] == texts[1]:
            continue
        if None in texts:
            found.append(f"{name}: not {'committed' if texts[0] is None else 'generated'}")
        else:
            what = first_difference(*(json.loads(text or "") for text in texts))
            found.append(f"{name}: {what or 'the same content, written otherwise'}")
    return found


def _parts(value: Any) -> dict[str, Any]:
    """The values in a JSON object or list by their keys or indexes; none in a scalar."""
    if isinstance(value, dict):
        return {f".{key}": item for key, item in value.items()}
    return {f"[{number}]": item for number, item in enumerate(value)} if isinstance(value, list) else {}


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


@pytest.mark.controlplane
def test_the_committed_facts_are_those_of_the_control_plane(tmp_path: Path) -> None:
    with ControlPlane() as plane:
        write(generate(Connection(plane.kubeconfig), modules_of_go()), tmp_path)

    found = differences(DATA, tmp_path)

    assert not found, "\n".join(["`make facts` would change:", *found])


def test_a_change_is_reported_with_its_file_and_place(tmp_path: Path) -> None:
    committed, generated = {"a": [1, {"b": "x"}], "same": 1}, {"a": [1, {"b": "y"}], "same": 1}
    write(
        {"changed.json": committed, "old.json": {}, "less.json": {"j": 0, "k": 1}, "same.json": {}},
        tmp_path / "committed",
    )
    write({"changed.json": generated, "new.json": {}, "less.json": {"j": 0}, "same.json": {}}, tmp_path / "generated")
    (tmp_path / "generated" / "same.json").write_text("{ }")

    assert differences(tmp_path / "committed", tmp_path / "generated") == [
        'changed.json: .a[1].b: committed "x", generated "y"',
        "less.json: .k: committed 1, not generated",
        "new.json: not committed",
        "old.json: not generated",
        "same.json: the same content, written otherwise",
    ]


def test_each_file_names_one_kubernetes_version() -> None:
    versions = {path.name: json.loads(path.read_text()).get("kubernetes") for path in DATA.rglob("*.json")}

    assert set(versions.values()) == {versions["types.json"]}, versions
    assert str(versions["types.json"]).startswith("v1.")
