"""Each tenant answers at its own hosts and path, with its own certificate; all other requests get a 404, or no answer.

The hosts of a tenant are one below the wildcard of the Gateway's listener, without TLS, and one of its ListenerSet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.controlplane.proxies.client import NO_ANSWER, NOT_FOUND, TENANTS, Answer, Question
from tests.controlplane.proxies.manifests import PATH, own_host, shared_host

if TYPE_CHECKING:
    from tests.controlplane.proxies.client import Proxies

pytestmark = [pytest.mark.controlplane, pytest.mark.timeout(240)]

OWN, STRANGE = [own_host(name) for name in TENANTS], ["tenant-3.gw.example.ai", "gw.example.ai", "tenant-3.example.org"]
HOSTS = [*map(shared_host, TENANTS), *OWN, *STRANGE, f"x{OWN[0]}", f"{OWN[0]}.evil.example"]
OWN_PATHS = [PATH, f"{PATH}/", f"{PATH}/v1/chat?stream=1"]
STRANGE_PATHS = ["/", f"{PATH}x", f"{PATH}-2/v1", "/ai", PATH.upper(), f"/x{PATH}"]


def expected(question: Question) -> Answer:
    """The answer, by the objects that `manifests.tenant` makes."""
    tenant = question.host.partition(".")[0]
    if question.with_tls and question.host not in OWN:
        return NO_ANSWER  # no listener has that name, so there is no certificate to begin with
    certificate = f"{tenant}/cert" if question.with_tls else None
    is_theirs = tenant in TENANTS and question.host == (own_host if question.with_tls else shared_host)(tenant)
    if is_theirs and question.path in OWN_PATHS:
        return Answer(200, tenant, certificate)
    return Answer(404, None, certificate)


def test_each_tenant_answers_at_its_own_hosts_and_path_with_its_own_certificate(proxies: Proxies) -> None:
    questions = [
        Question(host, path, with_tls)
        for host in HOSTS
        for path in OWN_PATHS + STRANGE_PATHS
        for with_tls in (False, True)
    ]
    wanted = {question: expected(question) for question in questions}
    assert dict(zip(questions, proxies.ask(questions), strict=True)) == wanted
    assert {NO_ANSWER, NOT_FOUND} < set(wanted.values())
