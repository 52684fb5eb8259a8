"""Requests to the platform team: whole texts, and what becomes of them when they are carried out; on both engines."""

from __future__ import annotations

import copy
import json
import pickle
import shlex
from html import escape
from typing import TYPE_CHECKING

import pytest

from tenantkit.cli.exit_codes import ExitCode
from tenantkit.cli.main import main
from tenantkit.exceptions import InvalidSpecError
from tenantkit.frames.my_tenants import my_tenants
from tenantkit.provision.apply import apply
from tenantkit.provision.delete import plan_delete_tenants
from tenantkit.provision.life.boost import boost
from tenantkit.provision.life.release import plan_release
from tenantkit.provision.life.request_host import request_host
from tenantkit.provision.life.request_quota import request_quota
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.tenants import get_tenant
from tenantkit.provision.team.members import plan_add_member
from tenantkit.provision.team.routes import plan_add_route, plan_remove_route
from tenantkit.spec.boost import Boost
from tenantkit.spec.files import read_specs
from tenantkit.spec.route import Route
from tenantkit.spec.tenant import Tenant
from tests.contract.tenants import fresh_name, tenant
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine

_TEAM = "the platform team"
_SPEC = {"ports": [{"port": 80}]}
_KEPT = "Members and routes stay as they are."
_ALL_HOSTS = "The file lists all additional hosts: if others were added since, ask for a new request instead."
_LISTED = (
    "The file lists all editors, viewers and routes (only those fields that are in it): who or what is not in it is "
    "removed. Compare with `tenantkit plan` first."
)


def test_the_own_quota_with_more_gpus_is_one_call(owner: Cluster, name: str) -> None:
    request = request_quota(owner, name, gpus=4, reason="four models\nfor the demo")

    assert request.splitlines() == [
        f"To: {_TEAM}",
        "From: owner@example.com",
        f"Subject: change tenant {name}",
        "",
        "Please make these changes:",
        "- size: small → custom quota (GPUs 0 → 4)",
        "",
        "Reason: four models for the demo",
        "",
        "To do so, save this as tenant.yaml and run `tenantkit apply tenant.yaml`:",
        "",
        "apiVersion: tenantkit.dev/v1alpha1",
        "kind: Tenant",
        f"name: {name}",
        "team: cv",
        "owners:",
        "- owner@example.com",
        "quota:",
        "  requestsCpu: '4'",
        "  requestsMemory: 16Gi",
        "  accelerators:",
        "    nvidia.com/gpu: 4",
        "  ephemeralStorage: 20Gi",
        "  storage: 50Gi",
        "  pods: 20",
        "",
        _KEPT,
    ]
    assert request.plan is not None
    assert {row.action for row in request.plan.rows} == {"not yours", "unchanged"}
    assert repr(request) == str(request)
    assert "<pre" in request._repr_html_()
    assert [pickle.loads(pickle.dumps(request)), copy.copy(request)] == [request, request]  # noqa: S301 (its own)


def test_what_the_platform_team_applies_changes_the_quota_and_no_member_or_route(
    owner: Cluster, cluster: Cluster, name: str, tmp_path: Path
) -> None:
    before = get_tenant(cluster, name)
    request = request_quota(owner, name, gpus=2, cpu=8, memory="32Gi", storage="100Gi", pods=40)
    file = tmp_path / "tenant.yaml"
    file.write_text(request.partition("tenant.yaml`:\n")[2].removesuffix(_KEPT), encoding="utf-8")

    assert "- size: small → custom quota (GPUs 0 → 2, CPU 4 → 8, memory 16 GiB → 32 GiB, storage 50 GiB" in request
    [asked] = read_specs(file)
    assert isinstance(asked, Tenant)
    apply(cluster, plan(cluster, asked), progress=False)

    after = get_tenant(cluster, name)
    assert (after.owners, after.editors, after.viewers, after.routes) == (
        before.owners,
        before.editors,
        before.viewers,
        before.routes,
    )
    assert after.quota is not None
    assert (after.quota.requests_cpu, after.quota.pods, after.quota.accelerators) == ("8", 40, {"nvidia.com/gpu": 2})
    with pytest.raises(InvalidSpecError, match=r"has memory='32768Mi', gpus=2 already"):
        request_quota(owner, name, gpus=2, memory="32768Mi")


def test_a_size_alone_stays_a_size_and_an_amount_beside_it_makes_a_quota(owner: Cluster, name: str) -> None:
    alone = request_quota(owner, name, size="medium")
    both = request_quota(owner, name, size="medium", gpus=8)

    assert "size: medium\n" in alone
    assert "- size: small → medium (GPUs 0 → 2, CPU 4 → 16," in alone
    assert "- size: small → custom quota (GPUs 0 → 8, CPU 4 → 16," in both
    assert "nvidia.com/gpu: 8" in both


def test_who_may_change_the_quota_is_told_to_do_so(cluster: Cluster, name: str) -> None:
    request = request_quota(cluster, name, gpus=1)

    assert request.splitlines()[:5] == [
        "You may make these changes yourself:",
        "- size: small → custom quota (GPUs 0 → 1)",
        "",
        "To do so, save this as tenant.yaml and run `tenantkit apply tenant.yaml`:",
        "",
    ]
    assert request.plan is not None
    assert (request.plan.has_changes, str(request.plan.request)) == (True, "")


@pytest.mark.parametrize(
    ("amounts", "message"),
    [
        ({}, "name what to ask for: size, cpu, memory, gpus, storage or pods"),
        ({"gpus": 0}, "has gpus=0 already: amounts are totals, so name the new total, for example gpus=1$"),
        ({"cpu": 4}, "has cpu=4 already: amounts are totals, so name the new total, for example cpu=8$"),
        ({"memory": "16Gi"}, "has memory='16Gi' already: amounts are totals, so name the new total$"),
        ({"size": "small"}, "has size='small' already: name another size$"),
        ({"size": "medium", "accelerator": "amd.com/gpu"}, "accelerator='amd.com/gpu': name gpus, too"),
        ({"gpus": 1.5}, "gpus=1.5: use a whole number: accelerators are not shared"),
        ({"gpus": "two", "memory": 64}, "memory=64: a number without a unit is in bytes: add one, for example '64Gi'"),
        ({"pods": "1.5"}, "pods='1.5': use a whole number"),
        ({"cpu": -1}, "cpu=-1: use 0 or more"),
        ({"size": "huge"}, "the platform's sizes are large, medium, small"),
        ({"size": 4}, "use the name of a size"),
        ({"gpus": 1, "accelerator": "amd.com/gpu"}, "the platform's accelerators are nvidia.com/gpu"),
        ({"gpus": 1, "accelerator": "gpu"}, "use a resource name such as 'nvidia.com/gpu'"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(
    owner: Cluster, name: str, amounts: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidSpecError, match=message):
        request_quota(owner, name, **amounts)  # type: ignore[arg-type]


def test_a_plan_asks_for_all_that_only_the_platform_team_may_do(owner: Cluster, name: str) -> None:
    speech = get_tenant(owner, name)
    wanted = speech.with_(
        hosts=["free.example.ai"],
        owners=["owner@example.com", "dana@example.com"],
        frozen="pods",
        boost=Boost(size="large", until="2099-01-01T00:00:00Z"),
        protected=True,
        expires="2098-01-01T00:00:00Z",
    )

    lines = plan(owner, wanted).request.splitlines()

    assert lines[:15] == [
        f"To: {_TEAM}",
        "From: owner@example.com",
        f"Subject: change tenant {name}",
        "",
        "Please make these changes:",
        "- owners: owner@example.com → owner@example.com, dana@example.com",
        "- boost: none → large until 2099-01-01 00:00+00:00 (GPUs 8, CPU 64, memory 256 GiB, storage 2 TiB, pods 200)",
        "- frozen: no → no new pods",
        "- additional hosts: none → free.example.ai",
        "- protected from deletion: no → yes",
        "- expires: never → 2098-01-01 00:00+00:00",
        "",
        "Note: free.example.ai: not checked against tenants that the sender may not read",
        "",
        "Reason: (please say why)",
    ]
    assert lines[-1] == f"{_KEPT} {_ALL_HOSTS}"
    assert "editors:" not in lines
    assert str(plan(owner, speech).request) == ""
    assert "Reason: the demo" in plan(owner, wanted).request.because(" the\ndemo ").splitlines()


def test_a_tenant_that_one_may_not_create_is_asked_for_as_a_whole(owner: Cluster, name: str) -> None:
    made = plan(owner, tenant(f"{name}-new", viewers=["viewer@example.com"])).request

    assert made.splitlines()[1:8] == [
        "From: owner@example.com",
        f"Subject: create tenant {name}-new",
        "",
        "Please create this tenant, if no tenant of this name exists (the sender may not look):",
        "- team: cv",
        "- owners: owner@example.com",
        "- size: small (CPU 4, memory 16 GiB, storage 50 GiB, pods 20)",
    ]
    assert "viewers:\n- viewer@example.com" in made
    assert "path: /ai-service" in made
    assert _KEPT not in made
    assert _LISTED not in made
    assert (
        "To do so, save this as tenant.yaml, check with `tenantkit plan tenant.yaml` that no tenant of this name "
        "exists, and run `tenantkit apply tenant.yaml`:"
    ) in made.splitlines()


def test_a_change_of_members_and_routes_is_asked_of_the_owners(
    name: str, owner: Cluster, connect_as: Callable[[str], Cluster]
) -> None:
    editor = connect_as("editor")
    eventually(lambda: editor.can("create", "Deployment", namespace=name))
    added = plan_add_member(editor, name, ["sam@example.com", "group:ml vision"], role="editor").request
    route = plan_add_route(editor, name, Route(service="docs", port=80, path="/docs", path_type="Exact")).request
    removed = plan_remove_route(editor, name, "ai").request

    assert added.splitlines()[:3] == [
        f"To: an owner of {name} (owner@example.com) or {_TEAM}",
        f"From: editor@example.com (editor of {name})",
        f"Subject: change members of tenant {name}",
    ]
    assert added.endswith(f"members add sam@example.com 'group:ml vision' --role editor --tenant {name}")
    assert route.endswith(f"tenantkit routes add docs:80 --path /docs --path-type Exact --tenant {name}")
    assert f"- removes URL http://{name}.example.ai/ai-service" in removed.splitlines()
    assert removed.endswith(f"tenantkit routes remove ai --tenant {name}")
    report = apply(editor, plan_add_member(editor, name, "sam@example.com"), progress=False)
    assert report.team == f"an owner of {name} (owner@example.com) or {_TEAM}"
    assert str(plan_add_member(owner, name, "sam@example.com").request) == ""


def test_a_request_for_a_route_keeps_its_name_and_that_it_replaces_another(
    name: str, connect_as: Callable[[str], Cluster]
) -> None:
    editor = connect_as("editor")
    eventually(lambda: editor.can("create", "Deployment", namespace=name))
    other = Route(service="other", port=80, path="/ai-service")
    named = Route(service="docs", port="http", path="/docs", name="handbook")

    replaced = plan_add_route(editor, name, other, replace=True).request
    both = plan_add_route(editor, name, [named, other.with_(name="new")], replace=True).request

    assert replaced.endswith(f"tenantkit routes add other:80 --path /ai-service --tenant {name} --replace")
    assert both.splitlines()[-2:] == [
        f"tk.add_route(cluster, {name!r}, tk.Route(service={service}, path={path}, name={it}), replace=True)"
        for service, path, it in (
            ("'docs', port='http'", "'/docs'", "'handbook'"),
            ("'other', port=80", "'/ai-service'", "'new'"),
        )
    ]


def test_an_editor_who_plans_other_members_asks_for_these_too(
    name: str, owner: Cluster, connect_as: Callable[[str], Cluster]
) -> None:
    editor = connect_as("editor")
    eventually(lambda: editor.can("create", "Deployment", namespace=name))
    wanted = get_tenant(owner, name).with_(size="medium", viewers=["zoe@example.com"])

    request = plan(editor, wanted).request

    assert "- zoe@example.com becomes viewer" in request.splitlines()
    assert "viewers:\n- zoe@example.com" in request
    assert "routes:" not in request
    assert request.splitlines()[-1] == _LISTED


def test_who_hands_a_tenant_back_gets_what_to_do_first_and_the_text_to_send(owner: Cluster, name: str) -> None:
    owner.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": name}, "spec": _SPEC})
    deletion, ending = plan_delete_tenants(owner, name), plan_release(owner, name)

    at = f"--kubeconfig {shlex.quote(str(owner.kubeconfig))} --context {shlex.quote(str(owner.context))}"
    command = f"`kubectl delete services --all -n {name} {at}`, and its routes with"
    note = (
        "first save the data and files that are to be kept: volumes are deleted with the tenant. Then "
        f"you may delete what is in namespace {name} yourself: {command} "
        f'tk.remove_route(cluster, "{name}", ["{name}.example.ai/ai-service"]). This also deletes other members\' work.'
    )
    assert str(deletion).split("\n\n") == [
        f"{name}: only {_TEAM} may delete a tenant",
        f"note: {name}: {note}",
        "to ask for it, print and send .request",
        deletion.summary,
    ]
    head = f"<Plan: {name}: only {_TEAM} may delete a tenant"
    ask = "to ask for it, print and send .request"
    assert repr(deletion) == f"{head}; note: {name}: {note}; {ask}; {deletion.summary}>"
    assert f"<b>Note:</b> {escape(f'{name}: {note}')}" in deletion._repr_html_()
    assert deletion.request.splitlines()[:3] == [
        f"To: {_TEAM}",
        "From: owner@example.com",
        f"Subject: delete tenant {name}",
    ]
    assert [line for line in deletion.request.splitlines() if line.startswith("Note: ")] == [
        (
            f"Note: the sender may delete workloads and routes in namespace {name} first; what is still there is "
            "deleted with the tenant, also volumes and their data"
        )
    ]
    assert deletion.request.endswith(f"To do so, run `tenantkit delete {name}`, and confirm as it says.")
    assert str(ending).split("\n\n") == [
        f"{name}: only {_TEAM} may release a tenant",
        "to ask for it, print and send .request",
        ending.summary,
    ]
    assert ending.request.endswith(f"To do so, run `tenantkit release {name}`.")
    for made, verb in ((deletion, "delete"), (ending, "release")):
        reasons = made.frame.query("action == 'not yours'")["reason"]
        assert reasons.str.contains(f"only the platform team may {verb}").all()
    unlisted = ending.frame.query("name == '*'")
    assert set(unlisted["action"]) <= {"unknown"}
    assert not unlisted["reason"].str.contains("forbidden").any()
    assert not ending.frame.query("action == 'foreign'")["reason"].str.contains("kubectl").any()


def test_a_pending_report_has_the_same_text_as_its_plan(owner: Cluster, name: str) -> None:
    report = boost(owner, name, size="large", until="2099-01-01T00:00:00Z", progress=False)

    assert "- boost: none → large until 2099-01-01 00:00+00:00 (GPUs 8," in report.request
    assert "to ask for it, print and send .request" in str(report)
    assert report.as_json()["request"] == report.request


def test_a_host_of_a_tenant_that_one_sees_is_named_with_its_owners(owner: Cluster, cluster: Cluster, name: str) -> None:
    with fresh_name(cluster) as other:
        made = tenant(other, owners=["lin@example.com"], viewers=["owner@example.com"], routes=None)
        apply(cluster, plan(cluster, made), progress=False)
        eventually(lambda: other in set(my_tenants(owner)["tenant"]))
        eventually(lambda: owner.can("list", "Pod", namespace=other))
        host = f"{other}.example.ai"
        with pytest.raises(InvalidSpecError) as caught:
            plan_add_route(owner, name, Route(service="a", port=80, host=host))
        planned = plan(owner, get_tenant(owner, name).with_(hosts=[host]))

    ask = f"it belongs to tenant '{other}': ask its owner (lin@example.com), or choose another host"
    assert str(caught.value).endswith(f"(hosts: {name}.example.ai): {ask}")
    assert f"{host!r} of tenant {other!r} (owned by lin@example.com)" in planned.headlines[0]


def test_the_command_prints_the_same_text(
    engine: Engine, owner: Cluster, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    login = engine.login("owner")
    connection = ["--kubeconfig", str(login.kubeconfig)] + (["--context", login.context] if login.context else [])
    request = request_quota(owner, name, gpus=4, memory="32Gi", reason="the demo")

    words = ["request", name, "--gpus", "4", "--memory", "32Gi", "--reason", "the demo", *connection]
    assert main(words) == ExitCode.DONE
    assert capsys.readouterr().out == f"{request}\n"
    assert main([*words, "--host", "demo.example.ai"]) == ExitCode.USAGE
    assert "one after the other" in capsys.readouterr().err
    assert main(["request", name, "--host", "demo.example.ai", *connection]) == ExitCode.DONE
    assert capsys.readouterr().out == f"{request_host(owner, name, 'demo.example.ai')}\n"
    assert main([*words, "--output", "json"]) == ExitCode.DONE
    data = json.loads(capsys.readouterr().out)
    assert data["request"] == str(request)
    assert data["plan"]["summary"] == "2 not yours, 17 unchanged"
    assert main(["request", name, *connection]) == ExitCode.FAILED
    assert "name what to ask for" in capsys.readouterr().err
