from __future__ import annotations

import copy
from typing import Any

import pytest

from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.apis.defaults import set_defaults
from tenantkit.sandbox.registry.strategies import prepare_create, prepare_update

Json = dict[str, Any]

RBAC = "rbac.authorization.k8s.io"


def thing(kind: str, api_version: str = "v1", **parts: Any) -> Json:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, **parts}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            thing("Namespace"),
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": "x", "labels": {"kubernetes.io/metadata.name": "x"}},
                "spec": {},
                "status": {"phase": "Active"},
            },
        ),
        (
            thing(
                "LimitRange",
                spec={"limits": [{"type": "Container", "max": {"cpu": "2000m"}, "min": {"memory": "1Gi"}}]},
            ),
            thing(
                "LimitRange",
                spec={
                    "limits": [
                        {
                            "type": "Container",
                            "max": {"cpu": "2"},
                            "min": {"memory": "1Gi"},
                            "default": {"cpu": "2"},
                            "defaultRequest": {"cpu": "2", "memory": "1Gi"},
                        }
                    ]
                },
            ),
        ),
        (
            thing(
                "RoleBinding",
                f"{RBAC}/v1",
                roleRef={"kind": "Role", "name": "r"},
                subjects=[{"kind": "User", "name": "dana"}, {"kind": "ServiceAccount", "name": "w"}],
            ),
            thing(
                "RoleBinding",
                f"{RBAC}/v1",
                roleRef={"apiGroup": RBAC, "kind": "Role", "name": "r"},
                subjects=[{"apiGroup": RBAC, "kind": "User", "name": "dana"}, {"kind": "ServiceAccount", "name": "w"}],
            ),
        ),
        (
            thing("Secret", stringData={"a": "b"}, data={"c": "ZA=="}),
            thing("Secret", type="Opaque", data={"a": "Yg==", "c": "ZA=="}),
        ),
    ],
    ids=lambda value: value["kind"],
)
def test_the_server_sets_defaults_for_missing_fields(given: Json, expected: Json) -> None:
    before = copy.deepcopy(given)
    assert set_defaults(given) == expected
    assert given == before


def test_defaults_are_set_at_all_levels_of_a_pod() -> None:
    container = {
        "name": "a",
        "image": "reg.example.ai/ai",
        "ports": [{"containerPort": 80}],
        "resources": {"limits": {"cpu": "1"}},
        "livenessProbe": {"httpGet": {"port": 80}},
    }
    assert set_defaults(thing("Pod", spec={"containers": [container]}))["spec"] == {
        "containers": [
            {
                "name": "a",
                "image": "reg.example.ai/ai",
                "imagePullPolicy": "Always",
                "ports": [{"containerPort": 80, "protocol": "TCP"}],
                "resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "1"}},
                "livenessProbe": {
                    "httpGet": {"path": "/", "port": 80, "scheme": "HTTP"},
                    "timeoutSeconds": 1,
                    "periodSeconds": 10,
                    "successThreshold": 1,
                    "failureThreshold": 3,
                },
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
            }
        ],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
        "enableServiceLinks": True,
    }


def test_a_value_of_the_wrong_type_is_a_bad_request_with_the_servers_message() -> None:
    with pytest.raises(ApiError) as caught:
        set_defaults(thing("ConfigMap", data={"x": 5}))
    reason = "json: cannot unmarshal number into Go struct field ConfigMap.data of type string"
    message = f'ConfigMap in version "v1" cannot be handled as a ConfigMap: {reason}'
    assert (caught.value.code, caught.value.message) == (400, message)


def test_a_new_namespace_gets_a_finalizer_that_updates_cannot_remove() -> None:
    created = prepare_create(set_defaults(thing("Namespace")))
    assert created["spec"] == {"finalizers": ["kubernetes"]}
    assert prepare_update({**created, "spec": {}}, created) == created
    assert prepare_update({**created, "spec": {}}, created, subresource="finalize")["spec"] == {}


def test_the_generation_changes_with_the_spec_only() -> None:
    policy = prepare_create(set_defaults(thing("NetworkPolicy", "networking.k8s.io/v1", spec={"podSelector": {}})))
    labelled = {**policy, "metadata": {**policy["metadata"], "labels": {"a": "b"}}}
    changed = {**policy, "spec": {**policy["spec"], "egress": [{}]}}
    found = [prepare_update(new, policy)["metadata"]["generation"] for new in (policy, labelled, changed)]
    assert found == [1, 1, 2]


@pytest.mark.parametrize(
    ("resources", "quality"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}, "Burstable"),
    ],
)
def test_a_pods_quality_of_service_follows_from_its_resources(resources: Json, quality: str) -> None:
    pod = thing("Pod", spec={"containers": [{"name": "a", "image": "i", "resources": resources}]})
    assert prepare_create(set_defaults(pod))["status"] == {"phase": "Pending", "qosClass": quality}


def test_a_service_keeps_its_address_in_an_update_without_one() -> None:
    created = prepare_create(set_defaults(thing("Service", spec={"ports": [{"port": 80}]})))
    sent = set_defaults(thing("Service", spec={"ports": [{"port": 81}]}))
    assert prepare_update(sent, created)["spec"] == {**created["spec"], "ports": sent["spec"]["ports"]}
