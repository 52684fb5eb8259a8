"""What the controller refuses: namespaces that the Gateway does not admit, and objects of other namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.controlplane.gateway_api import GROUP
from tests.controlplane.pods import workload
from tests.controlplane.proxies.client import NO_ANSWER, NOT_FOUND, TENANTS, Answer
from tests.controlplane.proxies.manifests import (
    OWN_LISTENERS,
    SECRET,
    SERVICE,
    at_listener_set,
    certificate,
    listener_set,
    namespace,
    own_host,
    route,
    shared_host,
)

if TYPE_CHECKING:
    from tests.controlplane.proxies.client import Proxies
    from tests.controlplane.proxies.manifests import Manifest

pytestmark = [pytest.mark.controlplane, pytest.mark.timeout(240)]

ASKING, ASKED, _ = TENANTS
NAME, PATH = "theirs", "/theirs"
OUTSIDER = "outsider"


def grant(kind: str, group: str, name: str) -> Manifest:
    """By it, the asked tenant lets the asking one refer to its Service or Secret."""
    source = {"group": GROUP, "kind": kind, "namespace": ASKING}
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "ReferenceGrant",
        "metadata": {"name": NAME, "namespace": ASKED},
        "spec": {"from": [source], "to": [{"group": "", "kind": group, "name": name}]},
    }


def test_a_route_may_not_use_the_listener_set_of_another_tenant(proxies: Proxies) -> None:
    host = own_host(ASKED)
    refused = route(ASKING, [host], name=NAME, path=PATH, parents=[at_listener_set(OWN_LISTENERS, of=ASKED)])
    with proxies.applied(refused):
        proxies.wait_for_status(refused, "Accepted=False NotAllowedByListeners")
        proxies.settle()
        assert proxies.ask_one(host, PATH, with_tls=True) == Answer(404, None, f"{ASKED}/{SECRET}")


def test_a_route_may_use_the_service_of_another_tenant_with_its_grant_only(proxies: Proxies) -> None:
    host = shared_host(ASKING)
    refused = route(ASKING, [host], name=NAME, path=PATH, backend_of=ASKED)
    with proxies.applied(refused):
        proxies.wait_for_status(refused, "ResolvedRefs=False RefNotPermitted")
        proxies.settle()
        assert proxies.ask_one(host, PATH) == Answer(500)
        with proxies.applied(grant("HTTPRoute", "Service", SERVICE)):
            proxies.wait_for_status(refused, "ResolvedRefs=True ResolvedRefs")
            proxies.settle()
            assert proxies.ask_one(host, PATH) == Answer(200, ASKED)


def test_a_listener_set_may_use_the_certificate_of_another_tenant_with_its_grant_only(proxies: Proxies) -> None:
    host = own_host(ASKED).replace(ASKED, "stolen")
    refused = listener_set(ASKING, host, name=NAME, secret_of=ASKED)
    with proxies.applied(refused, route(ASKING, [host], name=NAME, parents=[at_listener_set(NAME)])):
        proxies.wait_for_status(refused, "ResolvedRefs=False RefNotPermitted")
        proxies.settle()
        assert proxies.ask_one(host, with_tls=True) == NO_ANSWER


def test_a_namespace_that_the_gateway_does_not_admit_has_neither_hosts_nor_listeners(proxies: Proxies) -> None:
    listeners = listener_set(OUTSIDER, own_host(OUTSIDER))
    at_gateway = route(OUTSIDER, [shared_host(OUTSIDER)])
    proxies.apply(namespace(OUTSIDER, is_tenant=False), *workload(OUTSIDER, SERVICE))
    with proxies.applied(
        certificate(OUTSIDER, proxies.authority, own_host(OUTSIDER)),
        listeners,
        at_gateway,
        route(OUTSIDER, [own_host(OUTSIDER)], name="own", parents=[at_listener_set(OWN_LISTENERS)]),
    ):
        proxies.serve(OUTSIDER)
        proxies.wait_for_status(at_gateway, "Accepted=False NotAllowedByListeners")
        proxies.wait_for_status(listeners, "Accepted=False NotAllowed")
        proxies.settle()
        assert proxies.ask_one(shared_host(OUTSIDER)) == NOT_FOUND
        assert proxies.ask_one(own_host(OUTSIDER), with_tls=True) == NO_ANSWER
