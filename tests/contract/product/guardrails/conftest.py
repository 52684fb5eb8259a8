"""One platform with all guardrails and two tenants, shared by the tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform
from tenantkit.provision.plan import plan
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.guardrails import Guardrails
from tenantkit.spec.network import Network
from tenantkit.spec.platform import Platform
from tenantkit.spec.routing import Routing
from tests.contract.gateway_kinds import served
from tests.contract.namespaces import fresh_name
from tests.contract.tenants import tenant
from tests.contract.wire import JSON_PATCH
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine
    from tests.contract.wire import Answer, Wire

RBAC = "rbac.authorization.k8s.io"
PRIORITIES = "/apis/scheduling.k8s.io/v1/priorityclasses"
DRY_RUN = {"dryRun": "All"}
PROVISIONER = "provisioner@example.com"
ANYONE = "stranger@example.com"
EDITOR = "editor@example.com"


@dataclass(frozen=True)
class Place:
    """A guarded tenant, beside another one.

    Args:
        name: of the tenant, and of its namespace.
        other: of the other tenant.
    """

    name: str
    other: str

    @property
    def host(self) -> str:
        """The tenant's own host."""
        return f"{self.name}.example.ai"

    def fill(self, value: Any) -> Any:
        """The value with the names in place of NAME and OTHER."""
        if isinstance(value, dict):
            return {self.fill(key): self.fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        return value.replace("NAME", self.name).replace("OTHER", self.other) if isinstance(value, str) else value


def settings(**guardrails: Any) -> Platform:
    """The platform of these tests."""
    return Platform(
        provisioners=[PROVISIONER],
        routing=Routing(annotations={"example.com/timeout": "30s"}),
        network=Network(),
        guardrails=Guardrails(
            **{
                "roles": ["view"],
                "accounts": ["ci/deployer"],
                "ingress_classes": ["shared"],
                "gateways": ["infra/edge"],
                "reserved_taints": ["example.com/reserved"],
                "csi_drivers": ["secrets.example.com"],
            }
            | guardrails
        ),
    )


@pytest.fixture(scope="package")
def gateway_kinds(engine: Engine, wire: Wire) -> Iterator[None]:
    """The Gateway API's kinds; the policies are there before them."""
    with served(engine, wire):
        yield


@pytest.fixture(scope="package")
def place(
    cluster: Cluster, wire: Wire, wire_as: Callable[[str], Wire], request: pytest.FixtureRequest
) -> Iterator[Place]:
    """The tenants, once the guardrails hold: about a second after they are installed.

    In the first one, `stranger` has every right that a namespace can give, so that RBAC refuses nothing.
    """
    install_platform(cluster, settings(), force_conflicts="all", progress=False)
    request.getfixturevalue("gateway_kinds")
    names = Place(fresh_name(), fresh_name())
    tenants = [tenant(name, editors=[EDITOR], routes=[]) for name in (names.name, names.other)]
    apply(cluster, plan(cluster, tenants), progress=False)
    _give_every_right(wire, names.name)
    _without_counts_of_routes(wire, names.name)
    wire("POST", PRIORITIES, {"metadata": {"name": "contract-first"}, "value": 1000})
    anyone = wire_as("stranger")
    for path, body in _canaries(names):
        eventually(partial(_is_denied, anyone, path, body), timeout_s=15)
    yield names
    for name in (names.name, names.other):
        cluster.delete(ObjectRef("v1", "Namespace", name))
    wire("DELETE", f"/apis/{RBAC}/v1/clusterroles/contract-every-right")
    wire("DELETE", f"{PRIORITIES}/contract-first")
    install_platform(cluster, Platform(), force_conflicts="all", progress=False)


@pytest.fixture
def anyone(wire_as: Callable[[str], Wire]) -> Wire:
    """A user with every right that a namespace can give."""
    return wire_as("stranger")


def denied(answer: Answer, words: str = "") -> str:
    """The message of a denial by a guardrail."""
    assert answer.status == 403, answer.body
    assert answer.body["reason"] == "Forbidden"
    message: str = answer.body["message"]
    assert "denied request: tenantkit: " in message, message
    assert words in message, message
    return message


def _is_denied(wire: Wire, path: str, body: dict[str, Any]) -> str:
    return denied(wire("POST", path, body, query=DRY_RUN))


def _give_every_right(admin: Wire, namespace: str) -> None:
    role = {
        "metadata": {"name": "contract-every-right"},
        "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}],
    }
    admin("POST", f"/apis/{RBAC}/v1/clusterroles", role)
    binding = {
        "metadata": {"name": "every-right"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "contract-every-right"},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": ANYONE}],
    }
    answer = admin("POST", f"/apis/{RBAC}/v1/namespaces/{namespace}/rolebindings", binding)
    assert answer.status == 201, answer.body


def _without_counts_of_routes(admin: Wire, namespace: str) -> None:
    """Let routes be made at once: the real quota controller looks for new kinds every half minute only."""
    path = f"/api/v1/namespaces/{namespace}/resourcequotas/tenantkit-quota"
    remove = [{"op": "remove", "path": "/spec/hard/count~1httproutes.gateway.networking.k8s.io"}]
    assert admin("PATCH", path, remove, content_type=JSON_PATCH).status == 200
    eventually(lambda: "count/httproutes.gateway.networking.k8s.io" not in admin("GET", path).body["status"]["hard"])


def _canaries(place: Place) -> list[tuple[str, dict[str, Any]]]:
    """A request of each guardrail that everyone is denied, to wait until it holds."""
    root = f"/api/v1/namespaces/{place.name}"
    meta = {"metadata": {"name": "canary"}}
    subject = {"apiGroup": RBAC, "kind": "Group", "name": "system:authenticated"}
    role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "tenantkit-viewer"}
    return [
        (f"{root}/services", meta | {"spec": {"type": "ExternalName", "externalName": "example.com"}}),
        (f"{root}/resourcequotas", meta | {"spec": {"hard": {"pods": "9"}}}),
        (
            f"{root}/pods",
            meta | {"spec": {"nodeName": "a", "containers": [{"name": "main", "image": "nginx"}]}},
        ),
        (
            f"/apis/{RBAC}/v1/namespaces/{place.name}/rolebindings",
            meta | {"roleRef": role, "subjects": [subject]},
        ),
        (
            f"/apis/networking.k8s.io/v1/namespaces/{place.name}/ingresses",
            meta | {"spec": {"rules": [{"host": "elsewhere.example.com"}]}},
        ),
    ]
