"""What a user reads who may not make a change: whom to ask, for what, and with which code; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import tenantkit
from tenantkit.exceptions import InvalidSpecError
from tenantkit.hints import Code
from tenantkit.manifests.claims import claim_ref, is_claim, make_claim
from tenantkit.provision.apply import apply
from tenantkit.provision.delete import plan_delete_tenants
from tenantkit.provision.life.release import plan_release
from tenantkit.provision.life.request_host import request_host
from tenantkit.provision.life.request_quota import request_quota
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.provision.team.members import plan_add_member, plan_remove_member
from tenantkit.provision.team.routes import plan_add_route
from tenantkit.spec.route import Route
from tests.contract.tenants import fresh_name, tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster

_TEAM = "the platform team"


def test_the_plan_of_a_request_leads_with_the_amounts_asked_for(owner: Cluster, name: str) -> None:
    made = request_quota(owner, name, gpus=4, cpu=16).plan

    assert made is not None
    assert made.headlines[0].endswith("plan and apply it: size small → custom quota · GPUs 0 → 4 · CPU 4 → 16")
    assert [row["change"] for row in made.as_json()["changes"] if row["action"] == "not yours"] == [
        ["grant size small → custom quota"],
        ["quota requests.cpu 4 → 16"],
        ["quota requests.nvidia.com/gpu 0 → 4"],
    ]
    assert str(made).index("requests.nvidia.com/gpu 0 → 4") < str(made).index("requests.cpu 4 → 16")


def test_a_member_without_the_right_is_told_of_the_owners_wherever_they_look(
    name: str, connect_as: Callable[[str], Cluster]
) -> None:
    editor = connect_as("editor")
    eventually(lambda: editor.can("create", "Deployment", namespace=name))

    added = plan_add_member(editor, name, "sam@example.com")
    planned = plan(editor, get_tenant(editor, name).with_(viewers=["sam@example.com"]))

    whom = f"an owner of {name} (owner@example.com) or {_TEAM}"
    assert added.headlines == (f"{name}: only {whom} may do this, so ask them: sam@example.com becomes viewer",)
    assert planned.headlines[0].startswith(f"{name}: only {whom} may do this, so ask them to plan and apply it: ")
    for made in (added, planned):
        assert made.request.splitlines()[:2] == [f"To: {whom}", f"From: editor@example.com (editor of {name})"]
        assert set(made.frame.query("action == 'not yours'")["reason"]) == {
            f"ask an owner (owner@example.com) or {_TEAM}, who may change members and routes"
        }


def test_a_change_of_owners_names_the_code_that_asks_for_it(owner: Cluster, name: str) -> None:
    with pytest.raises(InvalidSpecError) as added:
        plan_add_member(owner, name, "sam@example.com", role="owner")  # type: ignore[arg-type]
    with pytest.raises(InvalidSpecError) as removed:
        plan_remove_member(owner, name, "owner@example.com")

    text = added.value.problems[0].words("python")
    code = text[text.index("print(") : text.index(" has the text")]
    assert code == (
        f'print(tk.plan(cluster, (it := tk.get_tenant(cluster, "{name}")).with_('
        'owners=[*it.owners, "sam@example.com"])).request)'
    )
    exec(code, {"tk": tenantkit, "cluster": owner})  # noqa: S102 (our words)
    assert str(removed.value).endswith("an owner may do all that an editor may; a tenant needs at least one owner")


def test_the_code_that_asks_for_a_host_keeps_the_tenants_other_hosts(
    owner: Cluster, cluster: Cluster, name: str
) -> None:
    apply(cluster, plan(cluster, get_tenant(cluster, name).with_(hosts=["kept.example.ai"])), progress=False)
    code = Code("request_host", {"tenant": name, "host": "more.example.ai"}).words("python")

    lines = eval(code, {"tk": tenantkit, "cluster": owner}).splitlines()  # noqa: S307 (our words)

    assert "- additional hosts: kept.example.ai → kept.example.ai, more.example.ai" in lines
    assert [line for line in lines if line.endswith(".example.ai") and line.startswith("- ")][1:] == [
        "- kept.example.ai",
        "- more.example.ai",
    ]


def test_another_host_is_one_call(owner: Cluster, name: str) -> None:
    request = request_host(owner, name, "Demo.Example.AI.", reason="the demo")

    assert request.splitlines()[:11] == [
        f"To: {_TEAM}",
        "From: owner@example.com",
        f"Subject: change tenant {name}",
        "",
        "Please make these changes:",
        "- additional hosts: none → demo.example.ai",
        "",
        "Note: demo.example.ai: not checked against tenants that the sender may not read",
        "",
        "Reason: the demo",
        "",
    ]
    assert "hosts:\n- demo.example.ai" in request
    assert request.plan is not None
    assert {row.action for row in request.plan.rows} == {"not yours", "unchanged"}
    claims = {row.ref: row.action for row in request.plan.rows if is_claim(row.ref)}
    assert claims == {claim_ref("demo.example.ai"): "not yours"}
    words = (request, *request.plan.headlines)
    assert not any("claim" in text or "ConfigMap" in text for text in words)
    assert request.plan.headlines[0].endswith("ask them to plan and apply it: host demo.example.ai")


def test_two_hosts_are_asked_for_in_one_text(owner: Cluster, name: str) -> None:
    wanted = [Route(service="a", port=80, host=f"{each}.example.ai") for each in "ab"]
    with pytest.raises(InvalidSpecError) as caught:
        plan_add_route(owner, name, wanted)

    problems, letter = str(caught.value).split("\n\n", 1)
    assert "request_host" not in problems
    assert problems.count("with the text below") == 2
    assert "hosts:\n- a.example.ai\n- b.example.ai\n" in letter
    assert letter.rstrip().endswith("if others were added since, ask for a new request instead.")


def test_a_host_that_another_tenant_has_claimed_is_not_asked_for(cluster: Cluster, name: str) -> None:
    with fresh_name(cluster) as other:
        host = f"claimed-{name}.example.ai"
        cluster.create(make_claim(other, host))
        with pytest.raises(InvalidSpecError, match="it cannot be granted: "):
            request_host(cluster, name, host)
        cluster.delete(claim_ref(host))


def test_a_host_that_needs_no_request_is_refused(owner: Cluster, cluster: Cluster, name: str) -> None:
    with pytest.raises(InvalidSpecError, match=f"tenant '{name}' has it already: tk.add_route"):
        request_host(owner, name, f"{name}.example.ai")
    with pytest.raises(InvalidSpecError, match="without scheme, port or path"):
        request_host(owner, name, "https://demo.example.ai/")
    with fresh_name(cluster) as other:
        apply(cluster, plan(cluster, tenant(other, routes=None)), progress=False)
        with pytest.raises(InvalidSpecError, match=f"it belongs to tenant '{other}': ask its owner"):
            request_host(cluster, name, f"{other}.example.ai")
    assert "You may make" in request_host(cluster, name, "demo.example.ai")


def test_a_viewer_who_asks_is_told_to_ask_the_owner_first_and_named_as_a_viewer(
    name: str, connect_as: Callable[[str], Cluster]
) -> None:
    viewer = connect_as("viewer")
    eventually(lambda: viewer.can("list", "Pod", namespace=name))
    host = f"{name}-more.example.ai"

    with pytest.raises(InvalidSpecError) as refused:
        plan_add_route(viewer, name, Route(service="web", port=80, host=host))
    texts = [
        request_quota(viewer, name, gpus=4),
        request_host(viewer, name, host),
        plan(viewer, get_tenant(viewer, name).with_(size="medium")).request,
        plan_delete_tenants(viewer, name).request,
        plan_release(viewer, name).request,
        str(refused.value).partition("\n\n")[2],
    ]

    note = f"Note: {name}: you are a viewer: ask its owner (owner@example.com) before you send the request"
    sender = f"From: viewer@example.com (viewer of {name}; its owner is owner@example.com)"
    assert [text.splitlines()[:4] for text in texts] == [[note, "", f"To: {_TEAM}", sender]] * len(texts)


@pytest.mark.parametrize(
    ("amounts", "less"),
    [({"cpu": 2, "gpus": 1}, "CPU 4 → 2"), ({"pods": 10, "memory": "8Gi"}, "memory 16 GiB → 8 GiB, pods 20 → 10")],
)
def test_a_request_for_less_than_now_starts_with_a_note(
    owner: Cluster, cluster: Cluster, name: str, amounts: dict[str, object], less: str
) -> None:
    note = f"Note: this asks for less than now: {less}; amounts are the new totals"

    mine, theirs = (request_quota(it, name, **amounts).splitlines() for it in (cluster, owner))  # type: ignore[arg-type]

    assert mine[:3] == [note, "", "You may make these changes yourself:"]
    assert theirs[:3] == [note, "", f"To: {_TEAM}"]
