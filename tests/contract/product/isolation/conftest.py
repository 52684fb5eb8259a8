"""One platform with all guardrails and three tenants, for all tests of this folder."""

from __future__ import annotations

import uuid
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import NotFound
from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform
from tenantkit.provision.plan import plan
from tenantkit.rules.manifest import ObjectRef
from tenantkit.spec.guardrails import Guardrails
from tenantkit.spec.platform import Platform
from tenantkit.spec.tenant import Tenant
from tests.contract.engines import OwnEngine
from tests.contract.product.isolation.kinds import bases, collection
from tests.contract.product.isolation.people import PEOPLE_ROWS
from tests.contract.product.isolation.place import Place
from tests.contract.product.isolation.provisioners import PROVISIONER_ROWS
from tests.contract.product.roles.rights import Served
from tests.contract.wire import MERGE_PATCH
from tests.controlplane.gateway_api import put_on, take_off
from tests.controlplane.generate_facts import modules_of_go
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.engines import Engine
    from tests.contract.product.isolation.attempt import Base
    from tests.contract.product.isolation.place import Manifest
    from tests.contract.wire import Wire

PLATFORM = Platform(
    provisioners=["provisioner@example.com"],
    guardrails=Guardrails(ingress_classes=["shared"], gateways=["gateways/shared"]),
)
_SETTLES_S = 20.0
_IN_FORCE_S = 10.0


@pytest.fixture(scope="package")
def place(engine: Engine, cluster: Cluster, wire: Wire, wire_as: Callable[[str], Wire]) -> Iterator[Place]:
    """The platform with a provisioner, the personas' tenant, another one, and a namespace of no tenant.

    The real control plane gets the Gateway API for these tests.
    """
    name = f"t-{uuid.uuid4().hex[:8]}"
    found = Place(name, f"{name}-other", f"plain-{name}", f"{name}-strict", f"reserved-{name}")
    made = [] if _is_sandbox(engine) else put_on(partial(_ask, wire), modules_of_go())
    install_platform(cluster, PLATFORM, progress=False)
    apply(cluster, plan(cluster, _tenants(found)), progress=False)
    _surroundings(cluster, wire, found)
    _wait_until_in_force(found, wire_as)
    yield found
    _remove(cluster, wire, found)
    install_platform(cluster, Platform(), progress=False)
    take_off(partial(_ask, wire), made)


def _is_sandbox(engine: Engine) -> bool:
    return isinstance(engine, OwnEngine) and engine.name == "sandbox"


def _ask(wire: Wire, method: str, path: str, body: Any) -> tuple[int, Any]:
    answer = wire(method, f"/{path}", body)
    return answer.status, answer.body


def _tenants(place: Place) -> list[Tenant]:
    people = {
        "owners": ["owner@example.com"],
        "editors": ["editor@example.com"],
        "viewers": ["viewer@example.com"],
        "size": "medium",
    }
    others = {"owners": ["somebody@example.com"], "size": "medium", "protected": True}
    return [
        Tenant(name=place.mine, team="cv", **people),
        Tenant(name=place.other, team="nlp", **others),
        Tenant(name=place.strict, team="cv", **people | {"size": "small"}),
    ]


def _surroundings(cluster: Cluster, wire: Wire, place: Place) -> None:
    """What the platform's administrators have besides tenants."""
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place.plain}})
    body = {"metadata": {"name": place.priority}, "value": 1_000_000}
    answer = wire("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", body)
    assert answer.status == 201, answer.body
    level = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    answer = wire("PATCH", f"/api/v1/namespaces/{place.strict}", level, content_type=MERGE_PATCH)
    assert answer.status == 200, answer.body


def _remove(cluster: Cluster, wire: Wire, place: Place) -> None:
    wire("DELETE", f"/apis/scheduling.k8s.io/v1/priorityclasses/{place.priority}")
    wire(
        "PATCH",
        f"/api/v1/namespaces/{place.other}",
        {"metadata": {"labels": {"tenantkit.dev/protected": None}}},
        content_type=MERGE_PATCH,
    )
    for namespace in (place.mine, place.other, place.strict, place.plain):
        with suppress(NotFound):
            cluster.delete(ObjectRef("v1", "Namespace", namespace))


def _wait_until_in_force(place: Place, wire_as: Callable[[str], Wire]) -> None:
    """Rights and guardrails hold some time after they were made; without them the tests say so, not this."""
    readers = [wire_as(user) for user in ("owner", "editor", "viewer")]
    path = collection("Pod", place.mine)
    eventually(lambda: all(reader("GET", path).status == 200 for reader in readers), timeout_s=_SETTLES_S)
    # attempts that RBAC alone would allow, and that change no existing object
    canaries = ((wire_as("owner"), PEOPLE_ROWS[0]), (wire_as("provisioner"), PROVISIONER_ROWS[0]))
    with suppress(AssertionError):
        eventually(
            lambda: all(not attempt.passed(wire, place, lambda _: {}) for wire, attempt in canaries),
            timeout_s=_IN_FORCE_S,
        )


@pytest.fixture(scope="package")
def base(place: Place, wire: Wire, wire_as: Callable[[str], Wire]) -> Base:
    """The live base object of a kind, which the owner makes once; or an object by `Kind/name`, or by its path."""
    made: set[str] = set()
    harmless = bases(place)

    def live(what: str) -> Manifest:
        if "/" in what:
            return _found(what)
        if what not in made:
            answer = wire_as("owner")("POST", collection(what, place.mine), harmless[what])
            assert answer.status == 201, answer.body
            made.add(what)
        return _read(f"{collection(what, place.mine)}/base", what)

    def _found(what: str) -> Manifest:
        kind, _, name = what.partition("/")
        if not kind:
            return _read(what, "ConfigMap")
        if kind == "Namespace":
            return _read(f"/api/v1/namespaces/{name}", kind)
        if what == "RoleBinding/owner":
            return _binding_of_owner()
        return _read(f"{collection(kind, place.mine)}/{name}", kind)

    def _binding_of_owner() -> Manifest:
        listed = wire("GET", collection("RoleBinding", place.mine)).body["items"]
        item = next(it for it in listed if it["roleRef"]["name"] == "tenantkit-owner")
        return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", **item}

    def _read(path: str, kind: str) -> Manifest:
        answer = wire("GET", path)
        assert answer.status == 200, f"{kind}: {answer.body}"
        return dict(answer.body)

    return live


@pytest.fixture(scope="package")
def served(wire: Wire) -> Served:
    """The resources that the engine serves."""
    return Served(wire)
