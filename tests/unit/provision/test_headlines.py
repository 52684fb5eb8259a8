"""The first lines of a plan: what is lost, what others must do, what changes, in a lead's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.manifests.labels import GRANT_ANNOTATION
from tenantkit.provision.apply import apply
from tenantkit.provision.changes import PlanChange, PlanRow
from tenantkit.provision.delete import plan_delete_tenants
from tenantkit.provision.install import install_platform, plan_platform
from tenantkit.provision.life.adopt import plan_adopt
from tenantkit.provision.plan import plan
from tenantkit.provision.plans.headlines import headline_lines, headlines
from tenantkit.provision.plans.quota_words import changed_phrases, entry_words
from tenantkit.rules.manifest import ObjectRef
from tenantkit.rules.tenant_index import INDEX_NAMESPACE
from tenantkit.spec.network import Network
from tenantkit.spec.people import platform_team
from tenantkit.spec.platform import Platform
from tenantkit.spec.route import Route
from tests.unit.provision.memory import NAMESPACE, PLATFORM, QUOTA, Memory, run, tenant, with_hard

if TYPE_CHECKING:
    from tenantkit.provision.plan import Plan

EDITORS = ["eve@x.com", "sam@x.com"]
INGRESS = ObjectRef("networking.k8s.io/v1", "Ingress", "x", "vision")


def applied(**fields: Any) -> Memory:
    memory = Memory()
    run(memory, tenant(**fields))
    return memory


def planned(memory: Memory, **fields: Any) -> Plan:
    return plan(memory, tenant(**fields), platform=PLATFORM)


def test_a_new_tenant_is_its_namespace_amounts_people_and_urls() -> None:
    made = planned(Memory(), editors=["eve@x.com", "group:cv"], hosts=["b.example.ai"])

    assert made.headlines == (
        (
            "vision: new namespace vision · size small · CPU 4 · memory 16 GiB · storage 50 GiB · pods 20 · "
            "dana@example.com becomes owner · eve@x.com and group:cv become editor · "
            "new URL http://vision.example.ai/ai-service · host b.example.ai"
        ),
    )


def test_lost_access_comes_before_what_is_granted() -> None:
    made = planned(applied(editors=EDITORS), size="medium", editors=["eve@x.com"], protected=True)

    assert made.headlines == (
        "vision: sam@x.com loses editor",
        (
            "vision: size small → medium · GPUs 0 → 2 · CPU 4 → 16 · memory 16 GiB → 64 GiB · "
            "storage 50 GiB → 500 GiB · pods 20 → 50 · 3 other quota entries · protected false → true · "
            "changes the limits of containers and volumes"
        ),
    )


@pytest.mark.parametrize(
    ("before", "after", "headline"),
    [
        ({"editors": EDITORS}, {"editors": [], "viewers": EDITORS}, "vision: eve@x.com and sam@x.com: editor → viewer"),
        ({"viewers": ["eve@x.com"]}, {"viewers": [], "editors": ["eve@x.com"]}, "vision: eve@x.com: viewer → editor"),
        ({"hosts": ["b.example.ai"]}, {}, "vision: loses host b.example.ai"),
        ({}, {"routes": []}, "vision: removes URL http://vision.example.ai/ai-service"),
        (
            {},
            {"routes": [Route(name="ai", service="web", port=80, path="/ai-service")]},
            "vision: http://vision.example.ai/ai-service leads to web:80 instead of ai-service:80",
        ),
        ({}, {"expires": "2099-01-01T00:00:00Z"}, "vision: expires 2099-01-01T00:00:00Z"),
        ({"expires": "2099-01-01T00:00:00Z"}, {}, "vision: expires 2099-01-01T00:00:00Z → none"),
        ({}, {}, None),
    ],
)
def test_each_change_has_its_words(before: dict[str, Any], after: dict[str, Any], headline: str | None) -> None:
    made = planned(applied(**before), **after)

    assert made.headlines == ((headline,) if headline else ())


def test_a_frozen_tenant_says_that_nothing_new_starts() -> None:
    made = planned(applied(), frozen="read-only")

    assert made.headlines == (
        "vision: no new pods start · dana@example.com: owner → viewer",
        "vision: frozen read-only",
    )


def test_what_a_network_no_longer_allows_is_a_loss() -> None:
    made = plan(applied(), tenant(), platform=Platform(network=Network(internet=False, routing_namespaces=["contour"])))

    assert [(sort, text.partition(" all ")[0]) for sort, text in headline_lines(headlines(made.changes), "shell")] == [
        ("loss", "vision: network no longer allows egress to"),
        ("change", "vision: network allows ingress from"),
    ]


def test_an_owner_sees_what_only_the_platform_team_may_do() -> None:
    memory = applied(editors=EDITORS)
    memory.rights = frozenset((verb, "RoleBinding") for verb in ("create", "patch", "delete"))

    made = planned(memory, size="medium", editors=["eve@x.com"])

    assert made.headlines == (
        "vision: sam@x.com loses editor",
        (
            "vision: only the platform team may do this, so ask them to plan and apply it: size small → medium · "
            "GPUs 0 → 2 · CPU 4 → 16 · memory 16 GiB → 64 GiB · storage 50 GiB → 500 GiB · pods 20 → 50 · "
            "3 other quota entries · changes the limits of containers and volumes"
        ),
    )


def test_whom_to_ask_is_named_where_the_platform_names_them() -> None:
    memory, platform = applied(), Platform(provisioners=["ops@x.com"])
    memory.install(platform)
    memory.rights = frozenset()

    made = plan(memory, tenant(size="medium"), platform=platform)
    report = apply(memory, made, progress=False)

    team = "the platform team (ops@x.com)"
    assert made.headlines[0].startswith(f"vision: only {team} may do this, so ask them to plan and apply it: ")
    assert {row.reason for row in made.rows if row.action == "not yours"} == {
        f"you may not change this: ask {team} to plan and apply this tenant"
    }
    assert repr(report) == f"<Report: nothing was changed: only {team} may: 10 unchanged, 3 pending>"
    assert str(report).endswith(f"nothing was changed: only {team} may: 10 unchanged, 3 pending")


def test_many_provisioners_are_counted_after_the_first_three() -> None:
    people = [f"{name}@x.com" for name in "abcde"]

    assert platform_team(Platform(provisioners=people)) == "the platform team (a@x.com, b@x.com, c@x.com or 2 more)"
    assert platform_team(None) == platform_team(Platform()) == "the platform team"


def test_a_conflict_names_the_field_and_how_to_overwrite_it() -> None:
    memory = applied()
    memory.edit(QUOTA, with_hard(pods="9"))

    [(sort, text)] = headline_lines(headlines(planned(memory).changes), "shell")

    assert (sort, text) == (
        "others",
        (
            "vision: conflict: ResourceQuota/tenantkit-quota:spec.hard.pods (quota pods 9 → 20): set by "
            "'kubectl-edit'; to overwrite it, "
            "add --force-conflicts KIND/NAME to `tenantkit apply` or `tenantkit install`"
        ),
    )


def test_a_blocked_tenant_says_why_once() -> None:
    made = plan(Memory(), tenant(size="galactic"), platform=PLATFORM)

    [headline] = made.headlines
    assert headline.startswith("vision: blocked: vision.size='galactic': ")


def test_what_waits_for_the_platform_is_a_line() -> None:
    made = plan(Memory(), tenant())

    [waiting, _] = headline_lines(headlines(made.changes), "shell")
    assert waiting[0] == "others"
    assert waiting[1].endswith(
        ": this RoleBinding grants nothing until the platform is installed: use `tenantkit install`"
    )


def test_tenants_with_the_same_line_share_it() -> None:
    memory = Memory()
    run(memory, tenant(), tenant(name="speech"))

    made = plan(memory, [tenant(protected=True), tenant(name="speech", protected=True)], platform=PLATFORM)

    assert made.headlines == ("vision, speech: protected false → true",)


def test_a_deletion_says_what_is_deleted_with_the_namespace() -> None:
    memory = applied()
    for kind, name in (("PersistentVolumeClaim", "data"), ("Pod", "train-0"), ("Pod", "train-1")):
        memory.create({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "vision"}})

    assert plan_delete_tenants(memory, "vision").headlines == (
        "vision: namespace vision is deleted with everything in it: 1 PersistentVolumeClaim, 2 Pods, 12 other objects",
    )


def test_an_adoption_changes_the_namespace_alone() -> None:
    memory = Memory()
    memory.install(PLATFORM)
    memory.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "vision"}})

    assert plan_adopt(memory, tenant(routes=None)).headlines == (
        "vision: namespace vision becomes this tenant's · host vision.example.ai",
    )


def test_the_platform_names_no_tenant() -> None:
    memory = Memory()
    install_platform(memory, progress=False)

    made = plan_platform(memory, Platform(domain="example.com", provisioners=("lead@example.com",)))

    assert made.headlines == ("lead@example.com becomes provisioner · domain example.ai → example.com",)


def test_an_installation_counts_what_it_creates() -> None:
    [headline] = plan_platform(Memory(), Platform()).headlines

    assert headline.startswith("new namespace tenantkit-system · ")
    assert " ClusterRoles, " in headline


def test_the_index_of_tenants_has_no_headline() -> None:
    ref = ObjectRef("rbac.authorization.k8s.io/v1", "RoleBinding", "tenant-vision", INDEX_NAMESPACE)
    change = PlanChange("delete", ref, (PlanRow("delete", ref),), "vision", live={"kind": "RoleBinding"})

    assert headlines([change]) == ()


def test_the_page_folds_the_rows_and_says_the_sort_in_words() -> None:
    html = planned(applied(editors=EDITORS), editors=[], protected=True)._repr_html_()

    assert html.startswith(
        '<ul class="mathjax_ignore"><li><b>Removes:</b> vision: eve@x.com and sam@x.com lose editor</li>'
        "<li><b>Changes:</b> vision: protected false → true</li></ul><details><summary>1 to update, 2 to delete, "
    )
    assert html.endswith("</table></details>")


def test_the_text_has_no_table_without_fields() -> None:
    made = planned(applied(), protected=True)

    assert made.words("shell", fields=False) == "vision: protected false → true\n\n1 to update, 12 unchanged"
    assert made.words("shell").startswith("vision: protected false → true\n\naction  ")


def test_the_json_has_the_headlines() -> None:
    assert planned(applied(), protected=True).as_json("shell")["headlines"] == ["vision: protected false → true"]


def test_texts_from_the_cluster_stay_on_their_line() -> None:
    memory = applied()
    memory.edit(QUOTA, with_hard(pods="9\x1b[2J\n9"))

    [headline] = planned(memory).headlines

    assert "\x1b" not in headline
    assert "\n" not in headline


@pytest.mark.parametrize("spec", [None, {"rules": "x"}, {"rules": ["x", {"host": 3, "http": {"paths": [None]}}]}])
def test_an_odd_live_object_still_has_words(spec: Any) -> None:
    live = {"kind": "Ingress", "metadata": {"name": "x", "namespace": "vision"}, "spec": spec}
    change = PlanChange("delete", INGRESS, (PlanRow("delete", INGRESS),), "vision", live=live)

    assert all(line.sort == "loss" for line in headlines([change]))


def test_a_grant_that_cannot_be_parsed_is_written_anew() -> None:
    row = PlanRow("update", NAMESPACE, ("metadata", "annotations", GRANT_ANNOTATION), "not json", '{"size":"small"}')
    manifest = {"kind": "Namespace", "metadata": {"name": "vision"}}
    after = {**manifest, "metadata": {"name": "vision", "annotations": {GRANT_ANNOTATION: '{"size":"small"}'}}}
    change = PlanChange("update", NAMESPACE, (row,), "vision", after, manifest)

    assert [line.words("shell") for line in headlines([change])] == ["the grant is written anew"]


def test_gpus_of_two_vendors_have_their_exact_names() -> None:
    entries = ["requests.nvidia.com/gpu", "requests.amd.com/gpu", "requests.nvidia.com/mig-1g.10gb", "pods"]

    assert list(entry_words(entries).values()) == ["nvidia.com/gpu", "amd.com/gpu", "nvidia.com/mig-1g.10gb", "pods"]


def test_an_entry_that_is_missing_limits_nothing() -> None:
    assert changed_phrases({"pods": None, "requests.cpu": "500m"}, {"pods": "5"}) == [
        "CPU 0.5 → unlimited",
        "pods unlimited → 5",
    ]
