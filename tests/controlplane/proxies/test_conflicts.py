"""Who answers where two tenants want the same: what the Gateway API says, and what a real controller does.

The Gateway admits all tenants, so it keeps outsiders away, and not tenants from each other. The one who comes second
is tenant-0, so that its name would come first: where the times of creation are equal, the controller goes by names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.controlplane.proxies.client import NOT_FOUND, TENANTS, Answer, said
from tests.controlplane.proxies.manifests import (
    OWN_LISTENERS,
    PATH,
    WILDCARD,
    at_gateway,
    at_listener_set,
    certificate,
    listener_set,
    own_host,
    plain_listener_set,
    route,
    shared_host,
)

if TYPE_CHECKING:
    from tests.controlplane.proxies.client import Proxies

pytestmark = [pytest.mark.controlplane, pytest.mark.timeout(240)]

SECOND, FIRST, _ = TENANTS
SHARED, OWN = shared_host(FIRST), own_host(FIRST)
NAME = "second"
ACCEPTED, OVERLAP = "Accepted=True Accepted", "RouteRulesOverlap=True RouteRulesOverlap"
CONFLICT = "Conflicted=True HostnameConflict"
ROUTE_OF_FIRST = route(FIRST, [SHARED, OWN], parents=[at_gateway(), at_listener_set(OWN_LISTENERS)])
LISTENERS_OF_FIRST = listener_set(FIRST, OWN)


def test_of_two_routes_for_the_same_host_and_path_the_older_answers(proxies: Proxies) -> None:
    second = route(SECOND, [SHARED], name=NAME)
    proxies.wait_until_older(ROUTE_OF_FIRST)
    with proxies.applied(second):
        proxies.wait_for_status(second, ACCEPTED, OVERLAP)
        proxies.settle()
        assert proxies.ask_one(SHARED) == Answer(200, FIRST)


def test_a_route_that_is_created_again_is_the_younger_and_no_longer_answers(proxies: Proxies) -> None:
    second = route(SECOND, [SHARED], name=NAME)
    with proxies.applied(second), proxies.without(ROUTE_OF_FIRST):
        proxies.settle()
        assert proxies.ask_one(SHARED) == Answer(200, SECOND)
        proxies.wait_until_older(second)
        proxies.apply(ROUTE_OF_FIRST)
        proxies.wait_for_status(ROUTE_OF_FIRST, ACCEPTED)
        proxies.settle()
        assert proxies.ask_one(SHARED) == Answer(200, SECOND)
    proxies.settle()
    assert proxies.ask_one(SHARED) == Answer(200, FIRST)


def test_a_longer_path_answers_though_it_is_younger(proxies: Proxies) -> None:
    second = route(SECOND, [SHARED], name=NAME, path=f"{PATH}/v1")
    proxies.wait_until_older(ROUTE_OF_FIRST)
    with proxies.applied(second):
        proxies.wait_for_status(second, ACCEPTED)
        proxies.settle()
        assert OVERLAP not in said(proxies.get(second))
        found = {path: proxies.ask_one(SHARED, path) for path in (PATH, f"{PATH}/v1", f"{PATH}/v1/chat", f"{PATH}/v2")}
    assert found == {
        PATH: Answer(200, FIRST),
        f"{PATH}/v1": Answer(200, SECOND),
        f"{PATH}/v1/chat": Answer(200, SECOND),
        f"{PATH}/v2": Answer(200, FIRST),
    }


def test_a_route_without_hosts_answers_at_hosts_that_no_route_names(proxies: Proxies) -> None:
    free = shared_host("tenant-9")
    with proxies.applied(route(SECOND, [], name=NAME, path="/")):
        proxies.settle()
        found = [proxies.ask_one(*asked) for asked in ((free,), (free, "/"), (SHARED,), (SHARED, "/"))]
    assert found == [Answer(200, SECOND), Answer(200, SECOND), Answer(200, FIRST), NOT_FOUND]


def test_of_two_listener_sets_for_the_same_host_the_younger_is_in_conflict(proxies: Proxies) -> None:
    second = listener_set(SECOND, OWN, name=NAME, secret=NAME)
    proxies.wait_until_older(LISTENERS_OF_FIRST)
    with proxies.applied(
        certificate(SECOND, proxies.authority, OWN, name=NAME),
        second,
        route(SECOND, [OWN], name=NAME, parents=[at_listener_set(NAME)]),
    ):
        proxies.wait_for_status(second, CONFLICT)
        proxies.settle()
        assert proxies.ask_one(OWN, with_tls=True) == Answer(200, FIRST, f"{FIRST}/cert")


def test_a_listener_set_that_is_created_again_loses_its_host(proxies: Proxies) -> None:
    second = listener_set(SECOND, OWN, name=NAME, secret=NAME)
    taken = Answer(200, SECOND, f"{SECOND}/{NAME}")
    theirs = [
        certificate(SECOND, proxies.authority, OWN, name=NAME),
        second,
        route(SECOND, [OWN], name=NAME, parents=[at_listener_set(NAME)]),
    ]
    with proxies.applied(*theirs), proxies.without(LISTENERS_OF_FIRST):
        proxies.settle()
        assert proxies.ask_one(OWN, with_tls=True) == taken
        proxies.wait_until_older(second)
        proxies.apply(LISTENERS_OF_FIRST)
        proxies.wait_for_status(LISTENERS_OF_FIRST, CONFLICT)
        proxies.settle()
        assert proxies.ask_one(OWN, with_tls=True) == taken
    proxies.settle()
    assert proxies.ask_one(OWN, with_tls=True) == Answer(200, FIRST, f"{FIRST}/cert")


def test_a_plain_listener_for_exactly_one_host_takes_it_from_the_wildcard_of_the_gateway(proxies: Proxies) -> None:
    second = plain_listener_set(SECOND, SHARED, name=NAME)
    other = shared_host(TENANTS[2])
    with proxies.applied(second, route(SECOND, [SHARED], name=NAME, path="/new", parents=[at_listener_set(NAME)])):
        proxies.wait_for_status(second, ACCEPTED)
        proxies.settle()
        found = [proxies.ask_one(SHARED, "/new"), proxies.ask_one(SHARED), proxies.ask_one(other)]
    assert found == [Answer(200, SECOND), NOT_FOUND, Answer(200, TENANTS[2])]


def test_a_listener_with_the_hostname_of_the_gateways_own_is_in_conflict_with_it(proxies: Proxies) -> None:
    second = plain_listener_set(SECOND, WILDCARD, name=NAME)
    with proxies.applied(second, route(SECOND, [SHARED], name=NAME, path="/new", parents=[at_listener_set(NAME)])):
        proxies.wait_for_status(second, CONFLICT)
        proxies.settle()
        found = [proxies.ask_one(SHARED, "/new"), proxies.ask_one(SHARED)]
    assert found == [NOT_FOUND, Answer(200, FIRST)]


def test_the_tls_of_another_tenants_host_is_free_where_that_tenant_has_none(proxies: Proxies) -> None:
    second = listener_set(SECOND, SHARED, name=NAME, secret=NAME)
    with proxies.applied(
        certificate(SECOND, proxies.authority, SHARED, name=NAME),
        second,
        route(SECOND, [SHARED], name=NAME, parents=[at_listener_set(NAME)]),
    ):
        proxies.wait_for_status(second, ACCEPTED)
        proxies.settle()
        found = [proxies.ask_one(SHARED, with_tls=True), proxies.ask_one(SHARED)]
    assert found == [Answer(200, SECOND, f"{SECOND}/{NAME}"), Answer(200, FIRST)]


def test_a_wildcard_takes_the_hosts_that_no_listener_names(proxies: Proxies) -> None:
    second, free = listener_set(SECOND, "*.example.org", name=NAME, secret=NAME), own_host("tenant-9")
    with proxies.applied(
        certificate(SECOND, proxies.authority, "*.example.org", name=NAME),
        second,
        route(SECOND, [], name=NAME, path="/", parents=[at_listener_set(NAME)]),
    ):
        proxies.wait_for_status(second, ACCEPTED)
        proxies.settle()
        found = [proxies.ask_one(free, with_tls=True), proxies.ask_one(OWN, "/", with_tls=True)]
    assert found == [Answer(200, SECOND, f"{SECOND}/{NAME}"), Answer(404, None, f"{FIRST}/cert")]
