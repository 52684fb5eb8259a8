"""How an answer of `fits` shows itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.findings.fits_objects import node, quota
from tests.unit.findings.test_fits import GPU, predicted

ASK = "ask the platform team"


@pytest.mark.parametrize(
    ("hard", "used", "asked", "said"),
    [
        ({GPU: "0"}, {}, {"gpus": 8}, "8 GPUs requested, 0 granted: ask the platform team to grant 8 GPUs more"),
        (
            {GPU: "4"},
            {GPU: "3"},
            {"gpus": 8},
            "8 GPUs requested, 1 of 4 granted are free: ask the platform team to grant 7 GPUs more, or run fewer pods",
        ),
        (
            {"cpu": "4"},
            {},
            {"cpu": 64},
            f"64 cores requested, 4 of 4 cores granted are free: {ASK} to grant 60 cores more, or run fewer pods",
        ),
        (
            {GPU: "4"},
            {GPU: "3"},
            {"gpus": 2},
            f"2 GPUs requested, 1 of 4 granted are free: free 1 GPU, or {ASK} for a larger quota",
        ),
    ],
)
def test_a_no_says_what_lacks_and_whom_to_ask(
    hard: dict[str, str], used: dict[str, str], asked: dict[str, Any], said: str
) -> None:
    amounts = [{f"requests.{name}": amount for name, amount in each.items()} for each in (hard, used)]
    fit = predicted(quota(*amounts), node("n1", {GPU: "8", "cpu": "64"}), **asked)

    assert repr(fit) == f"<Fit: no: {said}>"


def test_a_no_of_the_nodes_says_what_helps() -> None:
    fit = predicted(node("n1", {"cpu": "4"}), cpu=8)

    assert repr(fit) == "<Fit: no: Node: request less cpu per pod>"


def test_a_no_is_shown_without_what_cannot_change_it() -> None:
    fit = predicted(quota({f"requests.{GPU}": "0"}), incomplete={"Node": "may not list Node"}, gpus=8)

    assert str(fit).startswith("no: 8 GPUs requested, 0 granted: ask the platform team to grant 8 GPUs more\n\n")
    assert str(fit).splitlines()[-2:] == [
        "1 more check does not block; 1 is unknown and may block: see .frame",
        "tk.request_quota(cluster, tenant, gpus=…) writes the text to ask for more",
    ]
    for shown in (str(fit), fit._repr_html_()):
        assert ("may not list Node" in shown, "maybe" in shown, "Incomplete" in shown) == (False, False, False)
    assert fit.frame["answer"].tolist() == ["no", "maybe", "yes"]
    assert fit.frame.attrs["incomplete"] == {"Node": "may not list Node"}
