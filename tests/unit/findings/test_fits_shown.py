"""How an answer of `fits` shows itself."""

from __future__ import annotations

from html import escape
from typing import Any

import pytest

from tenantkit.findings.fits.dry_run_pod import DryRunPod
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


def test_a_no_is_shown_with_what_blocks_and_what_is_not_known() -> None:
    fit = predicted(quota({f"requests.{GPU}": "0"}), incomplete={"Node": "may not list Node"}, gpus=8)
    said = (
        "no: 8 GPUs requested, 0 granted: ask the platform team to grant 8 GPUs more; "
        "not known: whether nodes hold them (Node could not be read)"
    )

    assert repr(fit) == f"<Fit: {said}>"
    assert str(fit).startswith(f"{said}\n\n")
    assert str(fit).splitlines()[-1] == "1 more check does not block them: see .frame"
    assert fit._repr_html_().startswith(f"<p>{said}</p>")
    for shown in (str(fit), fit._repr_html_()):
        assert ("may not list Node" in shown, "maybe" in shown, "Incomplete" in shown) == (False, False, False)
    assert fit.frame["answer"].tolist() == ["no", "maybe", "yes"]
    assert fit.frame.attrs["incomplete"] == {"Node": "may not list Node"}


@pytest.mark.parametrize(
    ("hard", "used", "asked", "python", "shell"),
    [
        ({f"requests.{GPU}": "0"}, {}, {"gpus": 2, "pods": 4}, "gpus=8", "--gpus 8"),
        ({f"requests.{GPU}": "4"}, {f"requests.{GPU}": "3"}, {"gpus": 2}, "gpus=5", "--gpus 5"),
        (
            {"requests.amd.com/gpu": "1"},
            {},
            {"gpus": 2, "accelerator": "amd.com/gpu"},
            'gpus=2, accelerator="amd.com/gpu"',
            "--gpus 2 --accelerator amd.com/gpu",
        ),
        (
            {"requests.cpu": "4", "requests.memory": "16Gi"},
            {"requests.cpu": "1200m", "requests.memory": "8Gi"},
            {"cpu": 2, "memory": "6Gi", "pods": 2},
            'cpu=5.2, memory="20Gi"',
            "--cpu 5.2 --memory 20Gi",
        ),
        ({"pods": "20"}, {"pods": "18"}, {"pods": 4}, "pods=22", "--pods 22"),
    ],
)
def test_a_quota_that_is_too_small_comes_with_the_call_that_asks_for_enough(
    hard: dict[str, str], used: dict[str, str], asked: dict[str, Any], python: str, shell: str
) -> None:
    whole = node("n1", {GPU: "64", "amd.com/gpu": "64", "cpu": "64", "memory": "1Ti"})
    fit = predicted(quota(hard, used, name="tenantkit-quota"), whole, tenant="vision", **asked)

    call = fit.request_call

    assert call is not None
    assert call.words("python") == f'tk.request_quota(cluster, "vision", {python})'
    assert call.words("shell") == f"`tenantkit request vision {shell}`"
    line = f"{call.words('python')} writes the text to ask for more"
    assert str(fit).splitlines()[-1] == line
    assert repr(fit).endswith(f"; {line}>")
    assert escape(line) in fit._repr_html_()


@pytest.mark.parametrize(
    ("asked", "python", "shell"),
    [
        ({}, "0.1 cores and 256 MiB of memory (assumed; pass cpu= and memory=)", "pass --cpu and --memory"),
        ({"cpu": 1}, "256 MiB of memory (assumed; pass memory=)", "pass --memory"),
        ({"memory": "1Gi"}, "0.1 cores (assumed; pass cpu=)", "pass --cpu"),
    ],
)
def test_an_answer_says_which_amounts_of_a_pod_are_assumed(asked: dict[str, Any], python: str, shell: str) -> None:
    own = {"cpu": "100m", "memory": "256Mi"} | {name: str(amount) for name, amount in asked.items()}
    container = {"name": "main", "resources": {"requests": own}}
    stored = DryRunPod({"kind": "Pod", "metadata": {"namespace": "vision"}, "spec": {"containers": [container]}})

    fit = predicted(node("n1", {"cpu": "64", "memory": "1Ti"}), admitted=stored, pods=4, **asked)

    said = f"yes: 4 pods fit; each pod with {python}"
    assert fit.summary == said
    assert repr(fit) == f"<Fit: {said}>"
    assert str(fit).startswith(f"{said}\n\n")
    assert fit._repr_html_().startswith(f"<p>{said}</p>")
    assert fit.summary_in("shell").endswith(f"(assumed; {shell})")


def test_no_call_is_named_that_would_not_help() -> None:
    whole = node("n1", {"cpu": "64"})
    limits = quota({"limits.cpu": "1"}, name="tenantkit-quota")
    others = quota({"requests.cpu": "1"}, name="of-somebody")
    small = quota({"requests.cpu": "1"}, name="tenantkit-quota")

    assert [
        predicted(each, whole, cpu=8, tenant=name).request_call
        for each, name in ((limits, "vision"), (others, "vision"), (small, None))
    ] == [None, None, None]
    assert predicted(small, node("n1", {"cpu": "2"}), cpu=1, tenant="vision").request_call is None
