"""What is said of the Gateway before the settings are stored."""

from __future__ import annotations

from typing import Any

import pytest

from tenantkit.provision.routing.gateway import gateway_notices
from tenantkit.spec.routing import Gateway

WHAT = "Gateway 'edge' in namespace 'infra'"
ALL = {"namespaces": {"from": "All"}}
HTTP = {"name": "http", "protocol": "HTTP", "allowedRoutes": ALL}
HTTPS = {"name": "https", "protocol": "HTTPS", "allowedRoutes": {"namespaces": {"from": "Selector"}}}


def notices(*listeners: Any, name: str = "edge", **fields: Any) -> list[str]:
    found = {"metadata": {"name": name, "namespace": "infra"}, "spec": {"listeners": list(listeners)}}
    return [str(it) for it in gateway_notices(Gateway(name="edge", namespace="infra", **fields), [found])]


@pytest.mark.parametrize("fields", [{"section": "http"}, {"section": "https", "tls": True}, {"tls": True}, {}], ids=str)
def test_a_gateway_that_fits_needs_no_words(fields: Any) -> None:
    assert notices(HTTP, HTTPS, **fields) == []


def test_a_missing_gateway_and_a_missing_listener_are_named() -> None:
    assert notices(HTTP, name="other") == [f"{WHAT} does not exist, so no route answers until it does"]
    assert notices(HTTP, section="web") == [
        f"{WHAT} has no listener 'web', so no route answers; its listeners are 'http'"
    ]
    assert notices(section="web") == [f"{WHAT} has no listener 'web', so no route answers; its listeners are none"]


def test_a_listener_for_its_own_namespace_accepts_no_tenants_route() -> None:
    closed = {"name": "http", "protocol": "HTTP"}

    assert notices(closed) == [
        f"{WHAT} accepts only routes of its own namespace: set allowedRoutes.namespaces of its listener"
    ]
    assert notices(closed, HTTP) == []


@pytest.mark.parametrize(("listener", "tls", "served"), [(HTTP, True, "HTTP, and not HTTPS"), (HTTPS, False, "HTTPS")])
def test_a_scheme_that_the_listener_does_not_serve_is_named(listener: Any, tls: Any, served: str) -> None:
    assert notices(listener, tls=tls) == [
        f"{WHAT} serves {served}: set routing.gateway.tls to {not tls}, else the URLs of routes are wrong"
    ]


@pytest.mark.parametrize("odd", [None, "x", {}, {"protocol": 5}])
def test_an_odd_listener_is_no_crash(odd: Any) -> None:
    assert all(text.startswith(WHAT) for text in notices(odd))
