"""The matrix of connectivity: each cell has a word, and the alternative text says what is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest

from tenantkit.display.colours import Theme
from tenantkit.exceptions import InvalidSpecError
from tenantkit.findings.connectivity.connectivity import CONNECTIVITY, connectivity_frame
from tenantkit.frames.kit.schema import frame_of_rows
from tenantkit.plots.connectivity_matrix import connectivity
from tests.unit.findings.connectivity.test_connectivity_frame import network

if TYPE_CHECKING:
    import pandas as pd

    from tenantkit.display.pictures import Picture


def row(**about: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(CONNECTIVITY),
        "namespace": "vision",
        "direction": "Egress",
        "peer": "DNS",
        "source": "vision",
        "destination": "DNS",
        "port": "all",
        "allowed": True,
        "code": "allowed",
        **about,
    }


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    return frame_of_rows([tuple(each.values()) for each in rows], CONNECTIVITY)


def words(picture: Picture) -> list[str]:
    [axes] = picture.figure.axes
    return [text.get_text() for text in axes.texts]


def test_the_alternative_text_has_what_is_allowed_in_both_directions() -> None:
    assert connectivity(connectivity_frame(network("vision"))).alt == (
        "Connectivity of 1 group of pods. vision: to same namespace, to DNS (53), to shared endpoints (5000), "
        "to internet, from ingress controllers."
    )


def test_ports_are_in_the_cell_and_a_mixed_answer_is_some() -> None:
    ports = [row(port="53"), row(port="others", allowed=False, code="denied")]
    some = [row(peer="internet", port="all"), row(peer="internet", allowed=False)]
    unknown = [row(peer="nodes", allowed=None)]
    shown = words(connectivity(frame(*ports, *some, *unknown, row(peer="API server", allowed=False))))
    assert shown.count("53") == 1
    assert shown.count("some") == 2  # the cell and the legend
    assert shown.count("?") == 2
    assert shown.count("no") == 2


def test_that_a_node_reaches_its_own_pods_is_not_drawn() -> None:
    own = row(direction="Ingress", peer="nodes", source="own node", destination="vision", code="from-its-node")
    denied = row(direction="Ingress", peer="nodes", source="nodes", destination="vision", allowed=False)
    assert connectivity(frame(own, denied)).alt == "Connectivity of 1 group of pods. Nothing is allowed."


@pytest.mark.parametrize("theme", get_args(Theme))
def test_it_is_drawn_in_both_themes(theme: Theme) -> None:
    assert connectivity(connectivity_frame(network("vision")), theme=theme).png().startswith(b"\x89PNG")


def test_only_the_first_groups_are_drawn() -> None:
    many = [row(source=f"team-{number}") for number in range(50)]
    assert connectivity(frame(*many), limit=3).alt.startswith(
        "Connectivity of the first 3 of 50 groups of pods. team-0:"
    )


def test_an_empty_frame_says_so() -> None:
    assert connectivity(frame()).alt == "No connectivity to show."


def test_another_frame_is_refused() -> None:
    with pytest.raises(InvalidSpecError, match=r": pass the result of tk\.connectivity\(cluster\)$"):
        connectivity(frame().drop(columns="peer"))


def test_hostile_names_are_escaped() -> None:
    picture = connectivity(frame(row(source="<script>$x^2$\x1b[31m")))
    assert "<script>" not in picture._repr_html_()
    assert "\x1b" not in picture.alt
