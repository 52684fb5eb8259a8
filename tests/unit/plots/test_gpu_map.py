"""The map of accelerators: which tenants use which, as text and letters as well as colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest

from tenantkit.display.colours import Theme
from tenantkit.exceptions import InvalidSpecError
from tenantkit.frames.kit.namespace_owners import NamespaceOwner
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
OWNED = {"vision": NamespaceOwner("vision", "cv"), "nlp": NamespaceOwner("nlp", "lang")}
NODES = [node("gpu-1", 4), node("gpu-2", 4, cordoned=True), node("cpu-1", 0)]


def frames(pods: list[Manifest] = PODS) -> tuple[pd.DataFrame, pd.DataFrame]:
    return nodes_frame(NODES, reserved=reserved_by(PODS)), pods_frame(pods, owned=OWNED)


def marks(picture: Picture) -> list[str]:
    [axes] = picture.figure.axes
    return [text.get_text() for text in axes.texts if len(text.get_text()) <= 1]


def test_the_alternative_text_has_users_and_free_devices_of_each_node() -> None:
    assert gpus(*frames()).alt == (
        "Accelerators of 2 nodes. gpu-1: 1 of 4 free; nlp/serve, vision/train x 2. "
        "gpu-2 (cordoned): 0 of 4 free; 3 unused, but cordoned or not ready; vision/old."
    )


def test_a_pod_is_named_with_its_creator() -> None:
    of_dana = pod("train", "vision", "gpu-1", 2)
    of_dana["metadata"]["labels"] = {"hub.jupyter.org/username": "dana"}
    assert "gpu-1: 1 of 4 free; 1 unknown; vision/train of dana x 2." in gpus(*frames([of_dana])).alt


def test_tenants_have_letters_too() -> None:
    assert marks(gpus(*frames())).count("B") == 4  # three pieces and the legend
    assert marks(gpus(*frames())).count("A") == 2


def test_devices_of_pods_that_may_not_be_read_are_unknown_not_free() -> None:
    alt = gpus(*frames(pods=[PODS[0]])).alt

    assert "gpu-1: 1 of 4 free; 1 unknown; vision/train x 2." in alt


def test_no_device_is_called_free_or_used_where_no_pod_may_be_read() -> None:
    assert "gpu-1: unknown how many of 4 are free; 4 unknown." in gpus(nodes_frame(NODES), pods_frame([])).alt


def test_a_node_with_more_requests_than_devices_says_so() -> None:
    crowded = [*PODS, pod("more", "vision", "gpu-1", 3)]
    nodes = nodes_frame(NODES, reserved={"gpu-1": Reserved(), **reserved_by(crowded)})

    assert "gpu-1 (more requested than allocatable)" in gpus(nodes, pods_frame(crowded, owned=OWNED)).alt


@pytest.mark.parametrize("theme", get_args(Theme))
def test_it_is_drawn_in_both_themes_and_with_more_tenants_than_letters(theme: Theme) -> None:
    many = [pod("p", f"t-{place:02}", "gpu-1", 1) for place in range(30)]

    assert gpus(nodes_frame(NODES), pods_frame(many), theme=theme).png().startswith(b"\x89PNG")


def test_without_accelerators_the_picture_says_so() -> None:
    assert gpus(nodes_frame([]), pods_frame([])).alt == "No accelerators to show."


def test_another_frame_is_refused() -> None:
    with pytest.raises(
        InvalidSpecError, match=r"does not have the columns tenant, .*: pass the result of tk\.pods\(cluster\)$"
    ):
        gpus(nodes_frame(NODES), nodes_frame(NODES))


def test_hostile_names_are_escaped() -> None:
    evil: dict[str, Any] = pod("$x^2$\x1b[31m", "<script>", "gpu-1", 1)

    picture = gpus(nodes_frame(NODES), pods_frame([evil]))

    assert "<script>" not in picture._repr_html_()
    assert "\x1b" not in picture.alt


def test_a_node_with_more_devices_than_can_be_drawn_is_named_with_their_number() -> None:
    picture = gpus(nodes_frame([node("odd", 10**12), node("gpu-1", 4)], reserved={}), pods_frame([]))

    assert "odd (1,000,000,000,000 devices, not drawn)." in picture.alt
    assert "gpu-1: 4 of 4 free" in picture.alt
    assert gpus(nodes_frame([node("odd", 10**12)], reserved={}), pods_frame([])).figure is not None
