"""The part of a Cluster that planning and applying use.

Tests implement it in memory. Rejected alternative: mocks of `Cluster`, which mypy cannot compare with the real one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Mapping, Sequence

    from tenantkit.cluster.requests.watch import WatchEvent
    from tenantkit.rules.kinds import Kind
    from tenantkit.rules.manifest import Manifest, ObjectRef


class ClusterApi(Protocol):
    """Reads and writes objects of one API server; `Cluster` describes the methods, arguments and errors."""

    @property
    def namespace(self) -> str:
        """The namespace of the connection."""

    @property
    def namespaces(self) -> Sequence[str] | None:
        """The namespaces that the user named, if any."""

    @property
    def fallback_namespaces(self) -> tuple[str, ...]:
        """The namespaces of a user who may list none and of whom no tenant is known."""

    @property
    def server(self) -> str:
        """The API server's URL."""

    @property
    def kubeconfig(self) -> str | None:
        """The file of the connection, or several as in $KUBECONFIG."""

    @property
    def context(self) -> str | None:
        """The context in it."""

    @property
    def server_digest(self) -> str:
        """A text that differs between servers."""

    def get(self, kind: str, name: str, namespace: str | None = None) -> Manifest:
        """One object."""

    def create(self, manifest: Manifest) -> Manifest:
        """Create an object that must not exist yet."""

    def apply(self, manifest: Manifest, *, force: bool = False, dry_run: bool = False) -> Manifest:
        """Server-side apply."""

    def patch_json(self, ref: ObjectRef, operations: Sequence[Mapping[str, object]]) -> Manifest:
        """JSON patch."""

    def delete(self, ref: ObjectRef, *, uid: str | None = None, dry_run: bool = False) -> None:
        """Delete an object."""

    def watch(  # noqa: PLR0913 (as Cluster's)
        self,
        kind: str,
        *,
        namespace: str | None = None,
        name: str | None = None,
        label_selector: str | None = None,
        resource_version: str | None = None,
        timeout_s: float | None = None,
        stop: threading.Event | None = None,
    ) -> Iterator[WatchEvent]:
        """Changes as they happen."""

    def can(
        self,
        verb: str,
        kind: str | Kind,
        *,
        namespace: str | None = None,
        name: str | None = None,
        subresource: str | None = None,
    ) -> bool:
        """Whether the user may do something."""

    def own_rules(self, namespace: str) -> Manifest:
        """The rules of the user's roles in a namespace."""

    def own_username(self) -> str:
        """The user name that the server sees."""

    def list(
        self,
        kind: str | Kind,
        *,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        managed_fields: bool = True,
    ) -> list[Manifest]:
        """All objects of a kind."""
