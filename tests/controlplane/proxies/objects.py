"""The objects on the server, as its administrator: single requests, of the few kinds that these tests use."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.contract.wire import APPLY, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Self

    from tests.controlplane.credentials import Credentials

_PLURALS = {
    "Namespace": "namespaces",
    "Service": "services",
    "Secret": "secrets",
    "Deployment": "deployments",
    "Gateway": "gateways",
    "HTTPRoute": "httproutes",
    "ListenerSet": "listenersets",
    "ReferenceGrant": "referencegrants",
}


class Objects:
    """Applies, reads and deletes objects."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @classmethod
    @contextmanager
    def of(cls, credentials: Credentials) -> Iterator[Self]:
        """Those of a control plane, until the block ends."""
        folder = credentials.folder / "wire"
        folder.mkdir(mode=0o700)
        wire = Wire.of(credentials.kubeconfig, None, folder)
        try:
            yield cls(wire)
        finally:
            wire.close()

    def apply(self, manifest: Mapping[str, Any]) -> None:
        """Create or change it by server-side apply."""
        query = {"fieldManager": "test", "force": "true"}
        answer = self._wire("PATCH", _path(manifest), dict(manifest), content_type=APPLY, query=query)
        if answer.status not in {200, 201}:
            raise RuntimeError(f"{_path(manifest)}: {answer.body}")

    def delete(self, manifest: Mapping[str, Any]) -> None:
        """Request that it be deleted, if it exists."""
        answer = self._wire("DELETE", _path(manifest))
        if answer.status not in {200, 202, 404}:
            raise RuntimeError(f"{_path(manifest)}: {answer.body}")

    def get(self, manifest: Mapping[str, Any]) -> dict[str, Any] | None:
        """The stored object; None if there is none."""
        answer = self._wire("GET", _path(manifest))
        if answer.status not in {200, 404}:
            raise RuntimeError(f"{_path(manifest)}: {answer.body}")
        return answer.body if answer.status == 200 else None

    def pods(self, namespace: str) -> list[dict[str, Any]]:
        """The pods of a namespace."""
        items: list[dict[str, Any]] = self._wire("GET", f"/api/v1/namespaces/{namespace}/pods").body["items"]
        return items


def _path(manifest: Mapping[str, Any]) -> str:
    version, metadata = manifest["apiVersion"], manifest["metadata"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    where = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"{root}{where}/{_PLURALS[manifest['kind']]}/{metadata['name']}"
