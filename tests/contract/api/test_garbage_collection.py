"""Owner references: which dependents are deleted, which stay, and which block; the same on both engines."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.namespaces import fresh_name
from tests.contract.wire import JSON_PATCH
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Answer, Wire


HOLD = "example.com/hold"
ABSENT_UID = "00000000-0000-0000-0000-000000000000"
# A real collector reads from caches that lag, and retries after some seconds.
COLLECTING_TAKES_S = 40


class ConfigMaps:
    """ConfigMaps of one namespace, some of which own others."""

    def __init__(self, wire: Wire, namespace: str) -> None:
        self.wire = wire
        self.path = f"/api/v1/namespaces/{namespace}/configmaps"
        self.namespace = namespace

    def create(self, name: str, *owners: Manifest, **metadata: Any) -> Manifest:
        metadata = {"name": name, "ownerReferences": list(owners), **metadata}
        answer = self.wire("POST", self.path, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
        assert answer.status == 201, answer.body
        created: Manifest = answer.body
        return created

    def get(self, name: str) -> Manifest | None:
        answer = self.wire("GET", f"{self.path}/{name}")
        return answer.body if answer.status == 200 else None

    def metadata(self, name: str) -> Manifest:
        found = self.get(name)
        assert found is not None, f"{name} is gone"
        metadata: Manifest = found["metadata"]
        return metadata

    def owners(self, name: str) -> list[str]:
        return [owner["name"] for owner in self.metadata(name).get("ownerReferences") or []]

    def delete(self, name: str, policy: str = "", **options: Any) -> Answer:
        body = {"kind": "DeleteOptions", "apiVersion": "v1", **options}
        return self.wire("DELETE", f"{self.path}/{name}", body | ({"propagationPolicy": policy} if policy else {}))

    def let_go(self, name: str) -> None:
        """Remove an object's finalizers, if it still has any."""
        finalizers = (self.get(name) or {"metadata": {}})["metadata"].get("finalizers") or []
        if HOLD in finalizers:
            patch = [{"op": "remove", "path": f"/metadata/finalizers/{finalizers.index(HOLD)}"}]
            answer = self.wire("PATCH", f"{self.path}/{name}", patch, content_type=JSON_PATCH)
            assert answer.status in {200, 404}, answer.body


@pytest.fixture
def maps(wire: Wire, namespace: str) -> Iterator[ConfigMaps]:
    """ConfigMaps whose finalizers are removed after the test."""
    found = ConfigMaps(wire, namespace)
    yield found
    for item in wire("GET", found.path).body["items"]:
        found.let_go(item["metadata"]["name"])


def owned_by(owner: Manifest, **fields: Any) -> Manifest:
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"]}
    return reference | {"name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"], **fields}


def test_all_dependents_of_an_object_are_deleted_after_it(maps: ConfigMaps) -> None:
    grandparent = maps.create("grandparent")
    parent = maps.create("parent", owned_by(grandparent))
    maps.create("child", owned_by(parent))
    maps.create("stranger")
    answer = maps.delete("grandparent")
    details = {"name": "grandparent", "kind": "configmaps", "uid": grandparent["metadata"]["uid"]}
    assert (answer.status, answer.body["status"], answer.body["details"]) == (200, "Success", details)
    eventually(lambda: maps.get("parent") is None and maps.get("child") is None, timeout_s=COLLECTING_TAKES_S)
    assert maps.get("stranger")


def test_an_object_with_two_owners_stays_until_both_are_deleted(maps: ConfigMaps) -> None:
    first, second = maps.create("first"), maps.create("second")
    maps.create("shared", owned_by(first), owned_by(second))
    maps.delete("first")
    eventually(lambda: maps.owners("shared") == ["second"], timeout_s=COLLECTING_TAKES_S)
    managers = {entry["manager"]: entry["operation"] for entry in maps.metadata("shared")["managedFields"]}
    assert set(managers.values()) == {"Update"}
    maps.delete("second")
    eventually(lambda: maps.get("shared") is None, timeout_s=COLLECTING_TAKES_S)


@pytest.mark.parametrize("wrong", [{"uid": ABSENT_UID}, {"name": "other"}, {"kind": "Secret"}])
def test_an_owner_that_does_not_match_its_reference_counts_as_deleted(maps: ConfigMaps, wrong: Manifest) -> None:
    maps.create("child", owned_by(maps.create("parent"), **wrong))
    eventually(lambda: maps.get("child") is None, timeout_s=COLLECTING_TAKES_S)
    assert maps.get("parent")


def test_an_owner_in_another_namespace_counts_as_deleted(maps: ConfigMaps, wire: Wire) -> None:
    elsewhere = wire("GET", "/api/v1/namespaces/kube-system/configmaps/kube-root-ca.crt").body
    maps.create("child", owned_by(elsewhere))
    eventually(lambda: maps.get("child") is None, timeout_s=COLLECTING_TAKES_S)


def test_an_owner_of_an_unserved_kind_keeps_its_dependents(maps: ConfigMaps) -> None:
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "name": "parent", "uid": ABSENT_UID}
    maps.create("child-of-a-widget", widget)
    maps.create("child-of-nobody", widget | {"apiVersion": "v1", "kind": "ConfigMap", "uid": ABSENT_UID[:-1] + "1"})
    eventually(lambda: maps.get("child-of-nobody") is None, timeout_s=COLLECTING_TAKES_S)
    assert maps.owners("child-of-a-widget") == ["parent"]


def test_a_cluster_scoped_object_may_own_a_namespaced_one_but_not_the_reverse(maps: ConfigMaps, wire: Wire) -> None:
    path, name = "/apis/rbac.authorization.k8s.io/v1/clusterroles", maps.namespace
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "rules": []}
    child = maps.create("child", owned_by(wire("POST", path, {**role, "metadata": {"name": name}}).body))
    owned = {"name": f"{name}-owned", "ownerReferences": [owned_by(child)]}
    assert wire("POST", path, {**role, "metadata": owned}).status == 201
    try:
        assert wire("DELETE", f"{path}/{name}").status == 200
        eventually(lambda: maps.get("child") is None, timeout_s=COLLECTING_TAKES_S)
        assert wire("GET", f"{path}/{name}-owned").status == 200
    finally:
        assert wire("DELETE", f"{path}/{name}-owned").status == 200


def test_a_deletion_in_the_foreground_waits_for_dependents_that_block_it(maps: ConfigMaps) -> None:
    parent = maps.create("parent")
    maps.create("child", owned_by(parent, blockOwnerDeletion=True), finalizers=[HOLD])
    answer = maps.delete("parent", "Foreground")
    assert answer.status == 200
    assert answer.body["metadata"]["finalizers"] == ["foregroundDeletion"]
    assert answer.body["metadata"]["deletionGracePeriodSeconds"] == 0
    eventually(lambda: maps.metadata("child").get("deletionTimestamp"), timeout_s=COLLECTING_TAKES_S)
    assert maps.metadata("child")["finalizers"] == [HOLD]
    assert maps.metadata("parent")["finalizers"] == ["foregroundDeletion"]
    maps.let_go("child")
    eventually(lambda: maps.get("parent") is None, timeout_s=COLLECTING_TAKES_S)
    assert maps.get("child") is None


def test_a_deletion_in_the_foreground_does_not_wait_for_others(maps: ConfigMaps) -> None:
    parent = maps.create("parent")
    maps.create("child", owned_by(parent), finalizers=[HOLD])
    maps.delete("parent", "Foreground")
    eventually(lambda: maps.get("parent") is None, timeout_s=COLLECTING_TAKES_S)
    eventually(lambda: maps.metadata("child").get("deletionTimestamp"), timeout_s=COLLECTING_TAKES_S)


def test_an_owner_is_deleted_once_its_dependent_stops_blocking(maps: ConfigMaps) -> None:
    parent = maps.create("parent")
    maps.create("child", owned_by(parent, blockOwnerDeletion=True), finalizers=[HOLD])
    maps.delete("parent", "Foreground")
    eventually(lambda: maps.metadata("child").get("deletionTimestamp"), timeout_s=COLLECTING_TAKES_S)
    patch = [{"op": "replace", "path": "/metadata/ownerReferences/0/blockOwnerDeletion", "value": False}]
    assert maps.wire("PATCH", f"{maps.path}/child", patch, content_type=JSON_PATCH).status == 200
    eventually(lambda: maps.get("parent") is None, timeout_s=COLLECTING_TAKES_S)
    assert maps.get("child")


def test_a_deletion_in_the_foreground_covers_all_dependents(maps: ConfigMaps) -> None:
    parent = maps.create("parent")
    child = maps.create("child", owned_by(parent, blockOwnerDeletion=True))
    maps.create("grandchild", owned_by(child, blockOwnerDeletion=True), finalizers=[HOLD])
    maps.delete("parent", "Foreground")
    eventually(lambda: maps.metadata("grandchild").get("deletionTimestamp"), timeout_s=COLLECTING_TAKES_S)
    assert maps.metadata("child")["finalizers"] == ["foregroundDeletion"]
    assert maps.get("parent")
    maps.let_go("grandchild")
    eventually(lambda: maps.get("parent") is None, timeout_s=COLLECTING_TAKES_S)
    assert (maps.get("child"), maps.get("grandchild")) == (None, None)


def test_a_dependent_with_a_remaining_owner_loses_the_reference_to_a_deleted_one(maps: ConfigMaps) -> None:
    going, staying = maps.create("going"), maps.create("staying")
    maps.create("shared", owned_by(going, blockOwnerDeletion=True), owned_by(staying, blockOwnerDeletion=True))
    maps.delete("going", "Foreground")
    eventually(lambda: maps.get("going") is None, timeout_s=COLLECTING_TAKES_S)
    assert maps.owners("shared") == ["staying"]


def test_objects_that_own_each_other_are_deleted_together_in_the_foreground(maps: ConfigMaps) -> None:
    first = maps.create("first")
    second = maps.create("second", owned_by(first, blockOwnerDeletion=True))
    patch = [{"op": "add", "path": "/metadata/ownerReferences", "value": [owned_by(second, blockOwnerDeletion=True)]}]
    assert maps.wire("PATCH", f"{maps.path}/first", patch, content_type=JSON_PATCH).status == 200
    maps.delete("first", "Foreground")
    eventually(lambda: maps.get("first") is None and maps.get("second") is None, timeout_s=COLLECTING_TAKES_S)


def test_a_second_delete_may_end_the_wait(maps: ConfigMaps) -> None:
    parent = maps.create("parent")
    maps.create("child", owned_by(parent, blockOwnerDeletion=True), finalizers=[HOLD])
    maps.delete("parent", "Foreground")
    again = maps.delete("parent")
    assert (again.status, again.body["metadata"]["finalizers"]) == (200, ["foregroundDeletion"])
    assert maps.delete("parent", "Background").body["status"] == "Success"
    assert maps.get("parent") is None
    eventually(lambda: maps.metadata("child").get("deletionTimestamp"), timeout_s=COLLECTING_TAKES_S)


@pytest.mark.parametrize("options", [{"propagationPolicy": "Orphan"}, {"orphanDependents": True}])
def test_orphans_lose_the_reference_to_their_owner_and_stay(maps: ConfigMaps, options: Manifest) -> None:
    parent, other = maps.create("parent"), maps.create("other")
    maps.create("child", owned_by(parent, controller=True))
    maps.create("shared", owned_by(parent), owned_by(other))
    answer = maps.delete("parent", **options)
    assert (answer.status, answer.body["metadata"]["finalizers"]) == (200, ["orphan"])
    eventually(lambda: maps.get("parent") is None, timeout_s=COLLECTING_TAKES_S)
    assert "ownerReferences" not in maps.metadata("child")
    assert maps.owners("shared") == ["other"]


def test_an_object_may_orphan_its_dependents_by_its_own_finalizer(maps: ConfigMaps) -> None:
    maps.create("child", owned_by(maps.create("parent", finalizers=["orphan"])))
    assert maps.delete("parent").body["metadata"]["finalizers"] == ["orphan"]
    eventually(lambda: maps.get("parent") is None, timeout_s=COLLECTING_TAKES_S)
    assert "ownerReferences" not in maps.metadata("child")


def test_a_collected_object_orphans_its_dependents_by_its_own_finalizer(maps: ConfigMaps) -> None:
    parent = maps.create("parent")
    child = maps.create("child", owned_by(parent), finalizers=["orphan"])
    maps.create("grandchild", owned_by(child))
    maps.delete("parent")
    eventually(lambda: maps.get("child") is None, timeout_s=COLLECTING_TAKES_S)
    assert "ownerReferences" not in maps.metadata("grandchild")


def test_a_collection_is_deleted_as_single_objects_are(maps: ConfigMaps, wire: Wire) -> None:
    for name in ("a", "b"):
        maps.create(f"child-of-{name}", owned_by(maps.create(name, labels={"part": "parent"})))
    query = {"labelSelector": "part=parent", "propagationPolicy": "Orphan"}
    assert wire("DELETE", maps.path, query=query).status == 200
    eventually(lambda: maps.get("a") is None and maps.get("b") is None, timeout_s=COLLECTING_TAKES_S)
    assert ["ownerReferences" in maps.metadata(f"child-of-{name}") for name in ("a", "b")] == [False, False]


def test_a_pod_is_collected_after_its_owner(maps: ConfigMaps, wire: Wire) -> None:
    path = f"/api/v1/namespaces/{maps.namespace}/pods"
    metadata = {"name": "trainer", "ownerReferences": [owned_by(maps.create("parent"))]}
    spec = {"containers": [{"name": "main", "image": "busybox"}]}
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    eventually(lambda: wire("POST", path, manifest).status == 201)
    maps.delete("parent")
    eventually(lambda: wire("GET", f"{path}/trainer").status == 404, timeout_s=COLLECTING_TAKES_S)


OPTIONS: tuple[Manifest, ...] = (
    {},
    {"propagationPolicy": "Background"},
    {"propagationPolicy": "Foreground"},
    {"propagationPolicy": "Orphan"},
    {"orphanDependents": True},
    {"orphanDependents": False},
)
# by the finalizer of an object: the finalizer that blocks its deletion after a delete with each of OPTIONS
MARKS = {
    "": ["", "", "foregroundDeletion", "orphan", "orphan", ""],
    "orphan": ["orphan", "", "foregroundDeletion", "orphan", "orphan", ""],
    "foregroundDeletion": ["foregroundDeletion", "", "foregroundDeletion", "orphan", "orphan", ""],
}


def object_of(plural: str, namespace: str, name: str, finalizer: str) -> Manifest:
    kinds = {"configmaps": "ConfigMap", "events": "Event", "pods": "Pod", "namespaces": "Namespace"}
    rest: dict[str, Manifest] = {
        "events": {"involvedObject": {"namespace": namespace, "name": "x", "kind": "Pod"}, "type": "Normal"},
        "pods": {"spec": {"containers": [{"name": "main", "image": "busybox"}]}},
    }
    metadata = {"name": name, "finalizers": [finalizer] if finalizer else []}
    return {"apiVersion": "v1", "kind": kinds[plural], "metadata": metadata, **rest.get(plural, {})}


def marks(wire: Wire, path: str, names: list[str], **common: Any) -> list[tuple[int, str, str]]:
    """For each of OPTIONS, the status, kind and finalizer in the answer to a delete of the next name."""
    found = []
    for name, options in zip(names, OPTIONS, strict=True):
        body = {"kind": "DeleteOptions", "apiVersion": "v1", **common, **options}
        answer = wire("DELETE", f"{path}/{name}", body)
        mark = "".join(answer.body["metadata"].get("finalizers") or [])
        found.append((answer.status, answer.body["kind"], mark))
    return found


def is_created(wire: Wire, path: str, manifest: Manifest) -> bool:
    return wire("POST", path, manifest).status == 201


@pytest.mark.parametrize("finalizer", MARKS)
@pytest.mark.parametrize("plural", ["configmaps", "events", "pods"])
def test_a_delete_sets_the_requested_finalizer_or_else_the_objects_own(
    wire: Wire, namespace: str, plural: str, finalizer: str
) -> None:
    path, names = f"/api/v1/namespaces/{namespace}/{plural}", [f"parent-{index}" for index, _ in enumerate(OPTIONS)]
    for name in names:
        manifest = object_of(plural, namespace, name, finalizer)
        eventually(partial(is_created, wire, path, manifest))
    expected = {
        "configmaps": [(200, "ConfigMap" if mark else "Status", mark) for mark in MARKS[finalizer]],
        "events": [(200, "Status", "")] * len(OPTIONS),
        "pods": [(200, "Pod", mark) for mark in MARKS[finalizer]],
    }
    assert marks(wire, path, names) == expected[plural]


@pytest.mark.parametrize("finalizer", MARKS)
def test_a_namespace_with_the_foreground_finalizer_is_deleted_in_the_foreground(wire: Wire, finalizer: str) -> None:
    path, name = "/api/v1/namespaces", fresh_name()
    assert wire("POST", path, object_of("namespaces", "", name, finalizer)).status == 201
    found = marks(wire, path, [name] * len(OPTIONS), dryRun=["All"])
    *as_others, _ = MARKS[finalizer]
    assert found == [*((200, "Namespace", mark) for mark in as_others), (202, "Namespace", "foregroundDeletion")]
    assert wire("DELETE", f"{path}/{name}").status == 200


def test_a_namespace_can_be_deleted_in_the_foreground(maps: ConfigMaps, wire: Wire) -> None:
    maps.create("child", owned_by(maps.create("parent"), blockOwnerDeletion=True))
    path = f"/api/v1/namespaces/{maps.namespace}"
    answer = wire("DELETE", path, query={"propagationPolicy": "Foreground"})
    assert (answer.status, answer.body["metadata"]["finalizers"]) == (200, ["foregroundDeletion"])
    eventually(lambda: wire("GET", path).status == 404, timeout_s=COLLECTING_TAKES_S)


@pytest.mark.parametrize(
    ("query", "finalizers"),
    [
        ({"propagationPolicy": "Foreground"}, ["foregroundDeletion"]),
        ({"orphanDependents": "true"}, ["orphan"]),
        ({"orphanDependents": "false"}, None),
    ],
)
def test_the_query_may_set_the_propagation_policy(
    maps: ConfigMaps, query: dict[str, str], finalizers: list[str] | None
) -> None:
    maps.create("parent")
    answer = maps.wire("DELETE", f"{maps.path}/parent", query=query)
    assert (answer.status, answer.body["metadata"].get("finalizers")) == (200, finalizers)


def test_deleting_a_held_object_in_the_foreground_is_accepted(maps: ConfigMaps) -> None:
    maps.create("parent", finalizers=[HOLD])
    answer = maps.delete("parent", orphanDependents=False)
    assert (answer.status, answer.body["metadata"]["finalizers"]) == (202, [HOLD])


def test_two_propagation_options_at_once_are_refused(maps: ConfigMaps) -> None:
    maps.create("parent")
    answer = maps.delete("parent", "Orphan", orphanDependents=True)
    why = 'Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set'
    assert (answer.status, answer.body["message"]) == (
        422,
        f'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: {why}',
    )


def test_an_object_can_not_have_both_finalizers(maps: ConfigMaps) -> None:
    metadata = {"name": "torn", "finalizers": ["orphan", "foregroundDeletion"]}
    answer = maps.wire("POST", maps.path, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    why = "finalizer orphan and foregroundDeletion cannot be both set"
    assert (answer.status, answer.body["message"]) == (
        422,
        f'ConfigMap "torn" is invalid: metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: {why}',
    )
