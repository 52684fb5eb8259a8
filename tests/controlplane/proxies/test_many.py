"""A hundred tenants at one Gateway: each of two hundred routes leads to its own tenant's pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.controlplane.pods import workload
from tests.controlplane.proxies.client import Question
from tests.controlplane.proxies.manifests import SERVICE, namespace, route, shared_host
from tests.eventually import eventually

if TYPE_CHECKING:
    from tests.controlplane.proxies.client import Proxies

pytestmark = [pytest.mark.controlplane, pytest.mark.timeout(240)]

NAMES = [f"many-{number}" for number in range(100)]
PATHS = ("/chat", "/models")
WITHIN_S = 60.0


def test_a_hundred_tenants_with_two_routes_each_answer_at_their_own(proxies: Proxies) -> None:
    for name in NAMES:
        proxies.apply(namespace(name), *workload(name, SERVICE))
    proxies.serve(*NAMES)
    owners = {Question(shared_host(name), path): name for name in NAMES for path in PATHS}
    routes = [route(name, [host], name=path.strip("/"), path=path) for (host, path, _), name in owners.items()]
    with proxies.applied(*routes):
        eventually(lambda: each_is_answered_by_its_owner(proxies, owners), timeout_s=WITHIN_S, poll_s=1)


def each_is_answered_by_its_owner(proxies: Proxies, owners: dict[Question, str]) -> bool:
    answers = proxies.ask([*owners])
    assert {question: answer.tenant for question, answer in zip(owners, answers, strict=True)} == owners
    return True
