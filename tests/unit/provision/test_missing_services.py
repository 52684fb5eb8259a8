"""Routes to a Service or a port that does not exist: a plan and its report say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.provision.team.routes import plan_add_route
from tenantkit.rules.manifest import ref_of
from tenantkit.spec.route import Route
from tests.unit.provision.memory import PLATFORM, ROUTE, Memory, run, tenant

if TYPE_CHECKING:
    from tenantkit.provision.plan import Plan
    from tenantkit.rules.kinds import Kind
    from tenantkit.rules.manifest import Manifest

URL = "http://vision.example.ai/x"


class Listed(Memory):
    """A cluster that keeps which Services were listed: the namespaces."""

    listed: tuple[str | None, ...] = ()

    def list(self, kind: str | Kind, *, namespace: str | None = None, **options: Any) -> list[Manifest]:
        if kind == "Service":
            self.listed = (*self.listed, namespace)
        return super().list(kind, namespace=namespace, **options)


def cluster_with(**ports: int) -> Listed:
    """A tenant's cluster with a Service `transcribe` that has these ports."""
    memory = Listed()
    run(memory, tenant(routes=[]))
    listed = [{"name": name, "port": port} for name, port in ports.items()]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "transcribe", "namespace": "vision"},
        "spec": {"ports": listed},
    }
    memory.objects[ref_of(service)] = service
    return memory


def told(made: Plan) -> list[tuple[str, str | None, str]]:
    return [(notice.code, notice.tenant, notice.words()) for notice in made.notices]


def test_a_route_to_a_service_that_does_not_exist_is_said_with_a_similar_one() -> None:
    memory = cluster_with(http=80)
    route = Route(service="transcribee", port=80, path="/x")
    text = (
        f"Service 'transcribee' does not exist (did you mean 'transcribe'?); namespace vision has transcribe: {URL} "
        f"will not answer"
    )
    notice = ("service-missing", "vision", text)

    whole, added = plan(memory, tenant(routes=[route])), plan_add_route(memory, "vision", route)

    assert (told(whole), told(added)) == ([notice], [notice])
    assert memory.listed == ("vision", "vision")
    assert f"\nnote: vision: {text}" in str(whole)
    assert [warning.words() for warning in apply(memory, whole, progress=False).warnings] == [text]


def test_a_route_to_a_service_like_no_other_is_said() -> None:
    made = plan_add_route(cluster_with(http=80), "vision", Route(service="q", port=80, path="/x"))

    text = f"Service 'q' does not exist; namespace vision has transcribe: {URL} will not answer"
    assert [text for _, _, text in told(made)] == [text]


@pytest.mark.parametrize(
    ("names", "has"),
    [
        ([], "has none"),
        (["b", "a"], "has a, b"),
        (
            [f"s-{place:02}" for place in range(12)],
            "has " + ", ".join(f"s-{it:02}" for it in range(10)) + " and 2 more",
        ),
    ],
)
def test_the_services_that_exist_are_listed(names: list[str], has: str) -> None:
    memory = Memory()
    run(memory, tenant(routes=[]))
    for name in names:
        memory.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "vision"}})

    made = plan_add_route(memory, "vision", Route(service="query", port=80, path="/x"))

    text = f"Service 'query' does not exist; namespace vision {has}: {URL} will not answer"
    assert [text for _, _, text in told(made)] == [text]


def test_a_port_that_a_service_does_not_have_is_said_with_those_that_it_has() -> None:
    memory, has = cluster_with(http=80, grpc=9000), "it has 80 (http) and 9000 (grpc)"

    made = [
        plan_add_route(memory, "vision", Route(service="transcribe", port=port, path="/x"))
        for port in (81, "web", 80, "grpc")
    ]

    assert [told(one) for one in made] == [
        [("port-missing", "vision", f"Service 'transcribe' has no port {port}; {has}: {URL} will not answer")]
        for port in (81, "web")
    ] + [[], []]


def test_nothing_is_said_where_services_may_not_be_read() -> None:
    memory = cluster_with(http=80)
    memory.refused = ("Service",)

    assert not plan_add_route(memory, "vision", Route(service="q", port=80)).notices


def test_services_are_listed_only_if_routes_are_written() -> None:
    memory = cluster_with(http=80)
    run(memory, tenant(routes=[Route(service="transcribe", port=80)]))
    memory.listed = ()

    plan(memory, tenant(routes=[Route(service="transcribe", port=80)], size="medium"))

    assert memory.listed == ()


def test_nothing_is_said_of_a_new_tenant_that_cannot_have_services_yet() -> None:
    memory = Listed()

    made = plan(memory, tenant(routes=[ROUTE]), platform=PLATFORM)

    assert (made.notices, memory.listed) == ((), ())
