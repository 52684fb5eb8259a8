"""`why` on what the API server and the controllers refuse or end: each defect is named first, in their own words.

What needs a scheduler or a kubelet is in `nodes/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenantkit.exceptions import NotFound
from tests.contract.defects import BY_POLICY, REFUSED
from tests.contract.defects.naming import is_named_first
from tests.contract.defects.planting import finish, plant, uproot
from tests.contract.namespaces import fresh_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tests.contract.defects.defect import Defect

_SLOW_S = 40  # an object is called stuck only after a while


@pytest.fixture(scope="module")
def planted(cluster: Cluster) -> Iterator[dict[str, str]]:
    """The namespace of each defect, by its name: all at once, since most take a moment to show."""
    namespaces = {defect.name: fresh_name() for defect in REFUSED}
    for defect in REFUSED:
        plant(cluster, namespaces[defect.name], defect)
    for defect in REFUSED:
        finish(cluster, namespaces[defect.name], defect)
    yield namespaces
    for defect in REFUSED:
        uproot(cluster, namespaces[defect.name], defect)


@pytest.mark.parametrize("defect", REFUSED, ids=lambda defect: defect.name)
def test_a_refusal_is_named_first_with_what_refuses(
    cluster: Cluster, planted: dict[str, str], defect: Defect, eventually: Callable[..., Any]
) -> None:
    assert eventually(lambda: is_named_first(cluster, planted[defect.name], defect), _SLOW_S)


@pytest.mark.gap("sandbox", raises=NotFound, reason="has no admission policies")
def test_a_policy_s_denial_is_named_first_with_the_policy(cluster: Cluster, eventually: Callable[..., Any]) -> None:
    namespace = fresh_name()
    plant(cluster, namespace, BY_POLICY)

    assert eventually(lambda: is_named_first(cluster, namespace, BY_POLICY))
    uproot(cluster, namespace, BY_POLICY)
