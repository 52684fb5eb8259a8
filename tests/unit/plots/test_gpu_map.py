"""The map of accelerators: who is on which, told in words and marks as well as in colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest

from tenantkit.display.pictures import Theme
from tenantkit.exceptions import InvalidSpecError
from tenantkit.frames.kit.namespace_owners import Whose
from tenantkit.frames.nodes import Reserved, nodes_frame, reserved_by
from tenantkit.frames.pods import pods_frame
from tenantkit.plots.gpu_map import gpus

if TYPE_CHECKING:
    import pandas as pd

    from tenantkit.display.pictures import Picture
    from tenantkit.rules.manifest import Manifest

GPU = "nvidia.com/gpu"


def node(name: str, gpus: int, *, cordoned: bool = False) -> Manifest:
    return {
        "metadata": {"name": name},
        "spec": {"unschedulable": cordoned},
        "status": {"allocatable": {GPU: str(gpus)}, "conditions": [{"type": "Ready", "status": "True"}]},
    }


def pod(name: str, namespace: str, on: str, gpus: int, *, phase: str = "Running") -> Manifest:
    resources = {"limits": {GPU: str(gpus)}, "requests": {GPU: str(gpus)}}
    spec = {"nodeName": on, "containers": [{"name": "main", "resources": resources}]}
    return {"metadata": {"name": name, "namespace": namespace}, "spec": spec, "status": {"phase": phase}}


PODS = [
    pod("train", "vision", "gpu-1", 2),
    pod("serve", "nlp", "gpu-1", 1),
    pod("done", "nlp", "gpu-1", 1, phase="Succeeded"),
    pod("old", "vision", "gpu-2", 1),
]
OWNED = {"vision": Whose("vision", "cv"), "nlp": Whose("nlp", "lang")}
NODES = [node("gpu-1", 4), node("gpu-2", 4, cordoned=True), node("cpu-1", 0)]


def frames(pods: list[Manifest] = PODS) -> tuple[pd.DataFrame, pd.DataFrame]:
    return nodes_frame(NODES, reserved=reserved_by(PODS)), pods_frame(pods, owned=OWNED)


def marks(picture: Picture) -> list[str]:
    [axes] = picture.figure.axes
    return [text.get_text() for text in axes.texts if len(text.get_text()) <= 1]


def test_each_node_is_told_with_who_holds_how_many_and_what_is_free() -> None:
    assert gpus(*frames()).alt == (
        "Accelerators of 2 nodes. gpu-1: 1 of 4 free; nlp/serve, vision/train x 2. "
        "gpu-2 (cordoned): 0 of 4 free; 3 unused, but not to be had; vision/old."
    )


def test_tenants_are_told_apart_by_letters_too() -> None:
    assert marks(gpus(*frames())).count("B") == 4  # three pieces and the legend
    assert marks(gpus(*frames())).count("A") == 2


def test_what_pods_hold_that_may_not_be_read_is_unknown_and_not_free() -> None:
    alt = gpus(*frames(pods=[PODS[0]])).alt

    assert "gpu-1: 1 of 4 free; 1 not known; vision/train x 2." in alt


def test_without_any_pods_readable_nothing_is_called_free() -> None:
    assert "gpu-1: 0 of 4 free; 4 not known." in gpus(nodes_frame(NODES), pods_frame([])).alt


def test_more_held_than_there_are_is_said() -> None:
    crowded = [*PODS, pod("more", "vision", "gpu-1", 3)]
    nodes = nodes_frame(NODES, reserved={"gpu-1": Reserved(), **reserved_by(crowded)})

    assert "gpu-1 (more requested than there are)" in gpus(nodes, pods_frame(crowded, owned=OWNED)).alt


@pytest.mark.parametrize("theme", get_args(Theme))
def test_it_is_drawn_in_both_themes_and_with_more_tenants_than_letters(theme: Theme) -> None:
    many = [pod("p", f"t-{place:02}", "gpu-1", 1) for place in range(30)]

    assert gpus(nodes_frame(NODES), pods_frame(many), theme=theme).png().startswith(b"\x89PNG")


def test_nodes_without_accelerators_make_a_picture_that_says_so() -> None:
    assert gpus(nodes_frame([]), pods_frame([])).alt == "No accelerators to show."


def test_another_frame_is_refused() -> None:
    with pytest.raises(InvalidSpecError, match="give a frame of pods: tenant"):
        gpus(nodes_frame(NODES), nodes_frame(NODES))


def test_hostile_names_are_text() -> None:
    evil: dict[str, Any] = pod("$x^2$\x1b[31m", "<script>", "gpu-1", 1)

    picture = gpus(nodes_frame(NODES), pods_frame([evil]))

    assert "<script>" not in picture._repr_html_()
    assert "\x1b" not in picture.alt
