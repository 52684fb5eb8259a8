"""Namespaces for one test."""

from __future__ import annotations

import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tenantkit.exceptions import NotFound
from tenantkit.rules.manifest import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenantkit.cluster.cluster import Cluster


def fresh_name() -> str:
    """A name that no namespace has yet."""
    return f"contract-{uuid.uuid4().hex[:10]}"


@contextmanager
def own_namespace(cluster: Cluster, name: str) -> Iterator[str]:
    """Create a namespace, and delete it afterwards unless the test has done so."""
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    with suppress(NotFound):  # where the test was about that
        cluster.delete(ObjectRef("v1", "Namespace", name))
