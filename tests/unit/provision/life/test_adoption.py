"""What adoptions and releases change, in memory: refusals, conflicts, rights, and interruptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import InvalidSpecError, StalePlanError
from tenantkit.provision.apply import apply
from tenantkit.provision.delete import plan_delete_tenants
from tenantkit.provision.life.adopt import adopt, plan_adopt
from tenantkit.provision.life.release import plan_release, release
from tenantkit.provision.plan import plan
from tenantkit.provision.plan_files import write_plan
from tenantkit.rules.manifest import ObjectRef
from tenantkit.sandbox.managedfields.fieldmanager import track_update
from tenantkit.spec.network import Network
from tenantkit.spec.platform import Platform
from tests.unit.provision.memory import NAMESPACE, NOW, Memory, cluster_of, run, tenant

if TYPE_CHECKING:
    from pathlib import Path

    from tenantkit.rules.manifest import Manifest

PREFIXED = Platform(namespace_prefix="team-")


def namespace(name: str, **metadata: Any) -> Manifest:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, **metadata}}


def with_namespaces(*manifests: Manifest, platform: Platform | None = None) -> Memory:
    memory = Memory()
    for manifest in manifests or (namespace("vision"),):
        memory._store(track_update(None, manifest, manager="kubectl-create", time=NOW))
    if platform is not None:
        memory.install(platform)
    return memory


def wanted(**fields: Any) -> Any:
    return tenant(**{"routes": None} | fields)


def refusals(memory: Memory, *tenants: Any) -> list[tuple[str, str | None, str]]:
    made = plan_adopt(cluster_of(memory), tenants)
    return [(row.action, row.code, row.reason.split(":")[0]) for row in made.rows]


@pytest.mark.parametrize("name", ["kube-public", "default", "tenantkit-system", "openshift-monitoring", "edge"])
def test_a_namespace_of_the_system_is_refused(name: str) -> None:
    memory = with_namespaces(namespace(name), platform=Platform(network=Network(routing_namespaces=("edge",))))

    assert refusals(memory, wanted(name=name)) == [
        ("blocked", "not-adoptable", f"namespace {name!r} belongs to the cluster's system")
    ]


def test_a_namespace_has_the_platforms_prefix_and_the_tenants_name() -> None:
    memory = with_namespaces(namespace("team-vision"), namespace("speech"), platform=PREFIXED)

    made = plan_adopt(cluster_of(memory), [wanted(), wanted(name="speech")])

    assert [(row.ref.name, row.action) for row in made.rows if not row.path] == [("team-speech", "blocked")]
    assert "so name the tenant after its namespace" in made.rows[-1].reason


def test_a_namespace_of_another_tenant_or_of_this_one_is_refused() -> None:
    memory = with_namespaces(namespace("recsys"))
    run(memory, tenant())
    memory.edit(ObjectRef("v1", "Namespace", "recsys"), lambda live: _labelled(live, "search"))

    assert refusals(memory, wanted(size="medium"), wanted(name="recsys")) == [
        ("blocked", "not-adoptable", "it is this tenant's already"),
        ("blocked", "owned-by-other", "it exists and belongs to tenant 'search'"),
    ]


def _labelled(live: Manifest, tenant_name: str) -> Manifest:
    live["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "tenantkit", "tenantkit.dev/tenant": tenant_name}
    return live


def test_a_host_of_another_tenant_is_refused() -> None:
    memory = with_namespaces(namespace("speech"))
    run(memory, tenant(hosts=["ai.example.org"]))

    [row] = plan_adopt(cluster_of(memory), wanted(name="speech", hosts=["ai.example.org"])).rows

    assert (row.action, row.code) == ("blocked", "host-taken")


def test_a_tenant_that_does_not_fit_the_platform_is_refused() -> None:
    assert refusals(with_namespaces(), wanted(size="huge"))[0][:2] == ("blocked", "does-not-fit")


def test_who_may_not_change_the_namespace_is_told_so() -> None:
    memory = with_namespaces()
    memory.rights = frozenset()

    made = plan_adopt(cluster_of(memory), wanted())

    assert {row.action for row in made.rows} == {"not yours"}


def test_no_wall_is_written_and_the_platforms_labels_come_with_the_next_plan() -> None:
    memory = with_namespaces(platform=Platform(labels={"istio-injection": "enabled"}))

    adopt(cluster_of(memory), wanted(), progress=False)

    labels = memory.objects[NAMESPACE]["metadata"]["labels"]
    assert sorted(labels) == [
        "app.kubernetes.io/managed-by",
        "kubernetes.io/metadata.name",
        "tenantkit.dev/team",
        "tenantkit.dev/tenant",
    ]
    later = [row.field for row in plan(cluster_of(memory), wanted()).rows if row.ref.kind == "Namespace"]
    assert "metadata.labels.istio-injection" in later
    assert "metadata.labels[pod-security.kubernetes.io/enforce]" in later


def test_a_label_that_others_set_as_well_after_the_adoption_stays_unless_it_marks_the_tenant() -> None:
    memory = with_namespaces()
    adopt(cluster_of(memory), wanted(), progress=False)
    whole = memory.objects[NAMESPACE]
    memory._store(track_update(whole, _copied(whole), manager="argocd", time=NOW))

    made = plan_release(cluster_of(memory), "vision")
    report = release(cluster_of(memory), made, progress=False)

    assert report.summary == "1 applied"
    metadata = memory.objects[NAMESPACE]["metadata"]
    assert "tenantkit.dev/tenant" not in metadata.get("labels", {})
    assert "tenantkit.dev/grant" not in metadata.get("annotations", {})


def _copied(live: Manifest) -> Manifest:
    """The object with the same labels and annotations, as another manager would send them."""
    metadata = {**live["metadata"], "labels": {**live["metadata"]["labels"], "argocd": "yes"}}
    return {**live, "metadata": metadata}


def test_a_release_of_a_released_tenant_is_an_error_and_a_plan_of_another_subject_is_refused() -> None:
    memory = with_namespaces(namespace("vision"), namespace("speech"))
    adopt(cluster_of(memory), [wanted(), wanted(name="speech")], progress=False)
    adoption, leaving = plan_adopt(cluster_of(memory), wanted()), plan_release(cluster_of(memory), "vision")

    with pytest.raises(InvalidSpecError, match=r"is the plan of a release: to release the namespaces, use tk.release"):
        apply(cluster_of(memory), leaving, progress=False)
    with pytest.raises(InvalidSpecError, match=r"is the plan of an adoption: to adopt the namespaces, use tk.adopt"):
        apply(cluster_of(memory), adoption, progress=False)
    with pytest.raises(InvalidSpecError, match="is not the plan of a release"):
        release(cluster_of(memory), adoption, progress=False)
    with pytest.raises(InvalidSpecError, match="is not the plan of an adoption"):
        adopt(cluster_of(memory), plan_delete_tenants(cluster_of(memory), "vision"), progress=False)


def test_the_plan_of_an_adoption_is_not_written_into_a_file(tmp_path: Path) -> None:
    made = plan_adopt(cluster_of(with_namespaces()), wanted())

    with pytest.raises(InvalidSpecError, match="has the subject 'adoption', which is not applied from a file"):
        write_plan(tmp_path / "plan.json", made)


def test_a_plan_of_another_cluster_is_refused() -> None:
    made = plan_adopt(cluster_of(with_namespaces()), wanted())
    other = with_namespaces()
    other.server = "other"

    with pytest.raises(StalePlanError, match="another cluster"):
        adopt(cluster_of(other), made, progress=False)


def test_a_tenant_whose_grant_cannot_be_read_is_released() -> None:
    memory = with_namespaces()
    adopt(cluster_of(memory), wanted(), progress=False)

    def broken(live: Manifest) -> Manifest:
        live["metadata"]["annotations"]["tenantkit.dev/grant"] = "[]"
        return live

    memory.edit(NAMESPACE, broken)
    release(cluster_of(memory), "vision", progress=False)

    assert "tenantkit.dev/grant" not in memory.objects[NAMESPACE]["metadata"].get("annotations", {})
