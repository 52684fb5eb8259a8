"""Every way to write passes the policies, and what they see of it; the same on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.api.policies.bound import NEVER, Bound, active, rule, warnings
from tests.contract.namespaces import fresh_name, own_namespace
from tests.contract.wire import APPLY, JSON, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.wire import Answer, Wire

_PARTS = [
    "request.operation",
    "request.resource.resource + (has(request.subResource) ? '/' + request.subResource : '')",
    "request.kind.kind",
    "(has(request.name) ? request.name : 'unnamed')",
    "(object == null ? '-' : object.kind)",
    "(oldObject == null ? '-' : oldObject.kind)",
    "request.options.kind",
    "(request.dryRun ? 'dry' : 'stored')",
]
SEEN = " + ' ' + ".join(_PARTS)
WHO = "request.userInfo.username"
NAMESPACE_KEY = "kubernetes.io/metadata.name"


def in_namespace(name: str, *rules: Any) -> dict[str, Any]:
    selector = {"matchLabels": {NAMESPACE_KEY: name}}
    return {"matchConstraints": {"resourceRules": list(rules), "namespaceSelector": selector}}


@pytest.fixture(scope="module")
def told(wire: Wire, shared_namespace: str) -> Iterator[Callable[[Answer], list[str]]]:
    """What a policy that warns about each write in the namespace says in an answer."""
    everything = in_namespace(shared_namespace, rule("*/*", group="*", operations=("*",)))
    validations = [{"expression": "false", "messageExpression": SEEN}]
    bound = Bound({**everything, "validations": validations}, actions=("Warn",), everywhere=True)
    with active(wire, {"seen": bound}) as names:
        lead = f"Validation failed for ValidatingAdmissionPolicy '{names['seen']}' with binding '{names['seen']}': "
        yield lambda answer: [text.removeprefix(lead) for text in warnings(answer) if text.startswith(lead)]


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (MERGE_PATCH, {"data": {"a": "2"}}),
        (STRATEGIC_PATCH, {"data": {"a": "2"}}),
        (JSON_PATCH, [{"op": "add", "path": "/data", "value": {"a": "2"}}]),
        (APPLY, {"apiVersion": "v1", "kind": "ConfigMap", "data": {"b": "2"}}),
        (JSON, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "patched"}, "data": {"a": "3"}}),
    ],
)
def test_each_update_of_an_object_is_seen(
    wire: Wire, shared_namespace: str, told: Callable[[Answer], list[str]], content_type: str, body: Any
) -> None:
    path = f"/api/v1/namespaces/{shared_namespace}/configmaps"
    wire("POST", path, config_map("patched"))
    method = "PUT" if content_type == JSON else "PATCH"
    query = {"fieldManager": "tests"} if content_type == APPLY else {}

    stored = wire(method, f"{path}/patched", body, content_type=content_type, query=query)
    dry = wire(method, f"{path}/patched", body, content_type=content_type, query={**query, "dryRun": "All"})

    assert (stored.status, dry.status) == (200, 200)
    lead = "UPDATE configmaps ConfigMap patched ConfigMap ConfigMap UpdateOptions"
    assert (told(stored), told(dry)) == ([f"{lead} stored"], [f"{lead} dry"])


def test_creates_and_deletes_are_seen(wire: Wire, shared_namespace: str, told: Callable[[Answer], list[str]]) -> None:
    path, labels = f"/api/v1/namespaces/{shared_namespace}/configmaps", {"labelSelector": "many=yes"}
    new = "CREATE configmaps ConfigMap"

    assert told(wire("POST", path, config_map("new"))) == [f"{new} new ConfigMap - CreateOptions stored"]
    applied = wire(
        "PATCH", f"{path}/applied", config_map("applied"), content_type=APPLY, query={"fieldManager": "tests"}
    )
    assert told(applied) == [f"{new} applied ConfigMap - CreateOptions stored"]
    generated = wire("POST", path, {**config_map(""), "metadata": {"generateName": "some-"}})
    assert told(generated) == [f"{new} {generated.body['metadata']['name']} ConfigMap - CreateOptions stored"]
    gone = "DELETE configmaps ConfigMap"
    assert told(wire("DELETE", f"{path}/new", query={"dryRun": "All"})) == [f"{gone} new - ConfigMap DeleteOptions dry"]
    assert told(wire("DELETE", f"{path}/new")) == [f"{gone} new - ConfigMap DeleteOptions stored"]
    for name in ("many-a", "many-b"):
        wire("POST", path, {**config_map(name), "metadata": {"name": name, "labels": {"many": "yes"}}})
    many = wire("DELETE", path, query=labels)
    assert told(many) == [f"{gone} unnamed - ConfigMap DeleteOptions stored"]  # the same for both, so told once
    assert len(many.body["items"]) == 2
    assert told(wire("GET", path)) == told(wire("DELETE", f"{path}/nobody")) == []


def test_subresources_are_seen_as_themselves(
    wire: Wire,
    shared_namespace: str,
    told: Callable[[Answer], list[str]],
    make_kind: Callable[..., dict[str, Any]],
) -> None:
    name = make_kind("Deployment")["metadata"]["name"]
    path = f"/apis/apps/v1/namespaces/{shared_namespace}/deployments/{name}"

    scaled = wire("PATCH", f"{path}/scale", {"spec": {"replicas": 0}}, content_type=MERGE_PATCH)
    status = wire("PATCH", f"{path}/status", {"status": {"observedGeneration": 7}}, content_type=MERGE_PATCH)

    assert told(scaled) == [f"UPDATE deployments/scale Scale {name} Scale Scale UpdateOptions stored"]
    assert told(status) == [f"UPDATE deployments/status Deployment {name} Deployment Deployment UpdateOptions stored"]


def test_a_pod_s_binding_and_eviction_and_an_account_s_token_are_seen(
    wire: Wire, shared_namespace: str, told: Callable[[Answer], list[str]]
) -> None:
    path = f"/api/v1/namespaces/{shared_namespace}"
    spec = {
        "containers": [{"name": "main", "image": "nginx"}],
        "schedulerName": "nobody",
        "terminationGracePeriodSeconds": 0,
    }
    assert wire("POST", f"{path}/pods", {"metadata": {"name": "web"}, "spec": spec}).status == 201
    binding = {"metadata": {"name": "web"}, "target": {"kind": "Node", "name": "some-node"}}
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web"}}

    found = [
        told(wire("POST", f"{path}/pods/web/binding", binding)),
        told(wire("POST", f"{path}/pods/web/eviction", eviction)),
        told(wire("POST", f"{path}/serviceaccounts/default/token", {"spec": {}})),
    ]

    assert found == [
        ["CREATE pods/binding Binding web Binding - CreateOptions stored"],
        ["CREATE pods/eviction Eviction web Eviction - CreateOptions stored"],
        ["CREATE serviceaccounts/token TokenRequest default TokenRequest - CreateOptions stored"],
    ]


def test_a_rule_for_a_resource_does_not_match_its_subresources(
    wire: Wire, shared_namespace: str, make_kind: Callable[..., dict[str, Any]]
) -> None:
    name = make_kind("Deployment")["metadata"]["name"]
    path = f"/apis/apps/v1/namespaces/{shared_namespace}/deployments/{name}"
    match = in_namespace(shared_namespace, rule("deployments", group="apps", operations=("*",)))
    with active(wire, {"a": Bound({**match, "validations": [NEVER]}, everywhere=True)}):
        assert wire("PATCH", f"{path}/scale", {"spec": {"replicas": 0}}, content_type=MERGE_PATCH).status == 200
        assert wire("PATCH", path, {"metadata": {"labels": {"a": "b"}}}, content_type=MERGE_PATCH).status == 422


def test_a_denied_write_changes_nothing(wire: Wire, shared_namespace: str) -> None:
    path = f"/api/v1/namespaces/{shared_namespace}/configmaps"
    assert wire("POST", path, config_map("kept", a="1")).status == 201
    before = wire("GET", f"{path}/kept").body
    match = in_namespace(shared_namespace, rule("configmaps", operations=("*",)))
    with active(wire, {"a": Bound({**match, "validations": [NEVER]}, everywhere=True)}):
        many = wire("DELETE", path)
        assert many.body["message"].startswith('configmaps "Unknown" is forbidden: ValidatingAdmissionPolicy')
        found = [
            wire("PATCH", f"{path}/kept", {"data": {"a": "2"}}, content_type=MERGE_PATCH).status,
            wire(
                "PATCH", f"{path}/kept", config_map("kept", a="2"), content_type=APPLY, query={"fieldManager": "x"}
            ).status,
            wire("DELETE", f"{path}/kept").status,
            wire("POST", path, config_map("other")).status,
        ]
        assert found == [409 if status == 409 else 422 for status in found]
        assert wire("GET", f"{path}/kept").body == before
        assert wire("GET", f"{path}/other").status == 404


def test_the_namespace_controller_is_a_user_whom_policies_stop(wire: Wire, cluster: Cluster) -> None:
    name = fresh_name()
    match = in_namespace(name, rule("configmaps", operations=("DELETE",)))
    bound = Bound(
        {**match, "validations": [{"expression": "false", "messageExpression": WHO, "reason": "Forbidden"}]},
        everywhere=True,
    )
    with own_namespace(cluster, name), active(wire, {"a": bound}) as names:
        eventually(lambda: wire("POST", f"/api/v1/namespaces/{name}/configmaps", config_map("stays")).status == 201)
        assert wire("DELETE", f"/api/v1/namespaces/{name}").status == 200

        def failure() -> str:
            conditions = wire("GET", f"/api/v1/namespaces/{name}").body["status"].get("conditions") or []
            found = [item for item in conditions if item["type"] == "NamespaceDeletionContentFailure"]
            return str(found[0]["message"]) if found and found[0]["status"] == "True" else ""

        message = eventually(failure)
        why = f"ValidatingAdmissionPolicy '{names['a']}' with binding '{names['a']}' denied request"
        assert message.startswith("Failed to delete all resource types, 1 remaining: ")
        assert f"{why}: system:serviceaccount:kube-system:namespace-controller" in message
    eventually(lambda: wire("GET", f"/api/v1/namespaces/{name}").status == 404)


def test_the_garbage_collector_is_a_user_whom_policies_can_exempt(wire: Wire, shared_namespace: str) -> None:
    path = f"/api/v1/namespaces/{shared_namespace}/configmaps"
    owner = wire("POST", path, config_map("owner")).body
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    owned = config_map("owned")
    owned["metadata"]["ownerReferences"] = [reference]
    assert wire("POST", path, owned).status == 201
    collector = "request.userInfo.username == 'system:serviceaccount:kube-system:generic-garbage-collector'"
    match = in_namespace(shared_namespace, rule("configmaps", operations=("DELETE",), resourceNames=["owned"]))
    with active(wire, {"a": Bound({**match, "validations": [{"expression": collector}]}, everywhere=True)}):
        assert wire("DELETE", f"{path}/owned").status == 422
        assert wire("DELETE", f"{path}/owner").status == 200
        eventually(lambda: wire("GET", f"{path}/owned").status == 404)


def test_a_controller_passes_a_denial_of_its_pods_on(
    wire: Wire, shared_namespace: str, make_kind: Callable[..., dict[str, Any]]
) -> None:
    match = in_namespace(shared_namespace, rule("pods"))
    bound = Bound({**match, "validations": [{"expression": "false", "messageExpression": WHO}]}, everywhere=True)
    with active(wire, {"a": bound}) as names:
        replica_set = make_kind("ReplicaSet", {"spec/replicas": 1})["metadata"]["name"]
        path = f"/api/v1/namespaces/{shared_namespace}/events"

        def messages() -> list[str]:
            query = {"fieldSelector": f"involvedObject.name={replica_set},reason=FailedCreate"}
            return [item["message"] for item in wire("GET", path, query=query).body["items"]]

        message = eventually(messages)[0]
        why = f"ValidatingAdmissionPolicy '{names['a']}' with binding '{names['a']}' denied request"
        assert message.endswith(f"{why}: system:serviceaccount:kube-system:replicaset-controller")

    pods = {"fieldSelector": "status.phase=Pending", "labelSelector": "app=web"}
    eventually(lambda: wire("GET", f"/api/v1/namespaces/{shared_namespace}/pods", query=pods).body["items"])
