"""Ephemeral containers: how they are added to an existing pod, and what they can't have; the same on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.api.pod_cases import bare
from tests.contract.wire import MERGE_PATCH, STRATEGIC_PATCH
from tests.eventually import eventually

if TYPE_CHECKING:
    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Answer, Wire


DEBUG = {"name": "debug", "image": "busybox"}


@pytest.fixture
def path(wire: Wire, namespace: str) -> str:
    """The path of a pod without ephemeral containers."""
    pods = f"/api/v1/namespaces/{namespace}/pods"
    eventually(lambda: wire("POST", pods, bare()).status == 201)
    return f"{pods}/trainer"


def add(wire: Wire, path: str, *containers: Manifest, **metadata: Any) -> Answer:
    body = {"metadata": metadata, "spec": {"ephemeralContainers": list(containers)}}
    return wire("PATCH", f"{path}/ephemeralcontainers", body, content_type=STRATEGIC_PATCH)


def test_an_ephemeral_container_is_added_and_nothing_else_changes(wire: Wire, path: str) -> None:
    before = wire("GET", path).body
    after = add(wire, path, DEBUG, labels={"team": "cv"}).body
    filled = DEBUG | {
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "Always",
    }
    assert after["spec"] == {**before["spec"], "ephemeralContainers": [filled]}
    assert "labels" not in after["metadata"]
    assert (before["metadata"]["generation"], after["metadata"]["generation"]) == (1, 2)
    assert wire("GET", path).body == wire("GET", f"{path}/ephemeralcontainers").body == after


def test_a_second_one_may_be_added_but_the_first_can_not_be_changed_or_removed(wire: Wire, path: str) -> None:
    assert add(wire, path, DEBUG).status == 200
    assert add(wire, path, {"name": "second", "image": "busybox"}).status == 200
    for spec, what in (([{**DEBUG, "image": "alpine"}], "changed"), ([], "removed")):
        body = {"spec": {"ephemeralContainers": spec}}
        answer = wire("PATCH", f"{path}/ephemeralcontainers", body, content_type=MERGE_PATCH)
        assert answer.status == 422
        assert f'existing ephemeral containers "debug" may not be {what}\n' in answer.body["message"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": "main"}, 'spec.ephemeralContainers[0].name: Duplicate value: "main"'),
        (
            {"ports": [{"containerPort": 80}]},
            "spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container",
        ),
        (
            {"resources": {"limits": {"cpu": "1"}}},
            "spec.ephemeralContainers[0].resources: Forbidden: cannot be set for an Ephemeral Container",
        ),
    ],
)
def test_fields_that_ephemeral_containers_can_not_have_are_refused(
    wire: Wire, path: str, wrong: Manifest, message: str
) -> None:
    answer = add(wire, path, DEBUG | wrong)
    assert (answer.status, answer.body["message"]) == (422, f'Pod "trainer" is invalid: {message}')


def test_they_are_refused_on_create_and_on_update_of_the_pod(wire: Wire, path: str) -> None:
    spec = {**bare()["spec"], "ephemeralContainers": [DEBUG]}
    answer = wire("POST", path.rpartition("/")[0], {**bare("other"), "spec": spec})
    why = "spec.ephemeralContainers: Forbidden: cannot be set on create"
    assert (answer.status, answer.body["message"]) == (422, f'Pod "other" is invalid: {why}')
    body = {"spec": {"ephemeralContainers": [DEBUG]}}
    answer = wire("PATCH", path, body, content_type=MERGE_PATCH)
    assert (answer.status, answer.body["reason"]) == (422, "Invalid")
    assert "pod updates may not change fields other than" in answer.body["message"]
