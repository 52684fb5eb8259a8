"""Valid platforms, and the tenants that fit them."""

from __future__ import annotations

from typing import Any

import pytest

from tenantkit.exceptions import HostTakenError, InvalidSpecError
from tenantkit.spec.platform import Platform
from tenantkit.spec.quota import Quota
from tenantkit.spec.route import Route
from tenantkit.spec.routing import Routing
from tenantkit.spec.tenant import Tenant


def tenant(name: str = "vision", **fields: Any) -> Tenant:
    return Tenant(**{"name": name, "team": "cv", "owners": ["dana@example.com"], "size": "small"} | fields)


def problems_of(platform: Platform, *tenants: Tenant) -> list[str]:
    with pytest.raises(InvalidSpecError) as caught:
        platform.check(tenants)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"domain": "Example AI"}, "domain="),
        ({"host_template": "{domain}"}, "use only {name} (required), {team} and {domain}"),
        ({"host_template": "{name}.{zone}"}, "for example '{name}.{domain}'"),
        ({"host_template": "{name"}, "host_template="),
        ({"host_template": "{name}_{domain}"}, "which is not a valid name"),
        ({"host_template": "{name:.1}.{domain}"}, "for example '{name}.{domain}'"),
        ({"host_template": "{name!r}.{domain}"}, "for example '{name}.{domain}'"),
        ({"host_template": "{name!x}.{domain}"}, "for example '{name}.{domain}'"),
        ({"routing": {"tls_secret": "{team}-tls"}}, "use {name} alone, for example '{name}-tls'"),
        ({"routing": {"tls_secret": "Wildcard TLS"}}, "which is not a valid name"),
        ({"people": {"group_prefix": "system:"}}, "people.group_prefix='system:': Kubernetes reserves 'system:'"),
        ({"namespace_prefix": "Team "}, "namespace_prefix="),
        ({"labels": {"tenantkit.dev/tenant": "x"}}, "is set by tenantkit or Kubernetes"),
        ({"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}, "is set by tenantkit or Kubernetes"),
        ({"labels": {"a b": "x"}}, "labels['a b']='a b': as a key, use letters"),
        ({"labels": {"a b": "y z"}}, "\nlabels['a b']='y z': use letters"),
        ({"labels": {"example.com/a": "y z"}}, "labels['example.com/a']='y z': use letters"),
        ({"labels": {5: "x"}}, "labels[5]=5: as a key, use text"),
        ({"accelerators": ["gpu"]}, "accelerators[0]="),
        ({"accelerators": ["amd.com/gpu"]}, "size 'medium' grants nvidia.com/gpu"),
        ({"security": {"enforce": "strict"}}, "security.enforce='strict': use one of"),
        ({"security": {"version": "1.37"}}, "security.version='1.37': use 'latest' or a version such as 'v1.37'"),
        ({"provisioners": ["system:masters"]}, "provisioners[0]="),
        ({"sizes": {"small": {"requests_cpu": "1"}}}, "sizes.small.requests_memory=None: is required"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], part: str) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        Platform(**fields)

    assert part in str(caught.value)


def test_each_size_of_the_default_platform_holds_more_than_the_one_before() -> None:
    sizes = list(Platform().sizes.values())

    assert [int(size.requests_cpu) for size in sizes] == [4, 16, 64]
    assert [size.accelerators.get("nvidia.com/gpu", 0) for size in sizes] == [0, 2, 8]


def test_the_name_of_a_certificate_may_be_the_same_for_all_tenants() -> None:
    assert Routing(tls_secret="wildcard-tls").tls_secret == "wildcard-tls"


def test_a_tenant_has_its_own_host_and_the_granted_ones() -> None:
    platform = Platform(domain="ai.example.com", host_template="{name}-{team}.{domain}")

    assert platform.hosts(tenant(hosts=["vision.example.org"])) == ("vision-cv.ai.example.com", "vision.example.org")


def test_tenants_that_fit_are_accepted() -> None:
    Platform().check([tenant("a"), tenant("b", routes=[Route(service="web", port=80, host="b.example.ai")])])


def test_every_problem_of_every_tenant_is_reported_at_once() -> None:
    granted = Quota(requests_cpu=1, requests_memory="1Gi", accelerators={"amd.com/gpu": 1})

    assert problems_of(
        Platform(),
        tenant("a", size="huge"),
        tenant("b", size=None, quota=granted),
        tenant("c", routes=[Route(service="web", port=80, host="a.example.ai")]),
        tenant("kube-team"),
        tenant("tenantkit-system"),
        tenant("tenantkit-index"),
    ) == [
        "a.size='huge': the platform's sizes are small, medium, large",
        "b.quota.accelerators='amd.com/gpu': the platform's accelerators are nvidia.com/gpu",
        "c.routes[0].host='a.example.ai': not granted to 'c' (hosts: c.example.ai): ask the platform team for it",
        "kube-team.name='kube-team': namespace 'kube-team' is reserved: choose another name",
        "tenantkit-system.name='tenantkit-system': namespace 'tenantkit-system' is reserved: choose another name",
        "tenantkit-index.name='tenantkit-index': namespace 'tenantkit-index' is reserved: choose another name",
    ]


def test_whom_to_ask_for_a_host_is_the_hint_of_its_problem() -> None:
    with pytest.raises(InvalidSpecError) as caught:
        Platform().check([tenant("c", routes=[Route(service="web", port=80, host="a.example.ai")])])

    [problem] = caught.value.problems
    assert problem.reason == "not granted to 'c' (hosts: c.example.ai)"
    assert str(problem.hint) == "ask the platform team for it"


def test_a_prefix_that_makes_the_namespace_too_long_is_reported() -> None:
    [problem] = problems_of(Platform(namespace_prefix="team-", host_template="{name}.{domain}"), tenant("a" * 60))

    assert problem.startswith(f"{'a' * 60}.name={'a' * 60!r}: its namespace would be 'team-")


def test_two_tenants_with_the_same_name_are_refused() -> None:
    assert problems_of(Platform(), tenant(), tenant()) == [
        "name='vision': 2 tenants have this name: give each tenant its own name"
    ]


def test_two_tenants_with_the_same_host_are_refused() -> None:
    with pytest.raises(HostTakenError, match=r"host 'a.example.ai' is granted to both 'a' and 'b'"):
        Platform().check([tenant("a"), tenant("b", hosts=["a.example.ai"])])


def test_a_route_with_the_default_host_collides_with_one_that_names_it() -> None:
    routes = [Route(service="web", port=80), Route(service="other", port=80, host="vision.example.ai")]

    assert problems_of(Platform(), tenant(routes=routes)) == [
        "vision.routes[1].path='/': routes[0] also has host 'vision.example.ai' and this path: keep one of the routes"
    ]
