"""`Cluster`: the client for one API server. Objects go in and come out as the server writes them.

Methods are thin: each names a request, and `requests` holds the code. Objects are plain dicts. Rejected alternative:
the typed models of the official client, which cost 6 to 25 times as much and lose the fields that they don't know.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.parsing import parse_stored
from tenantkit.cluster.http.session import Call
from tenantkit.cluster.requests import watch, write
from tenantkit.cluster.requests.list import Selection, list_all
from tenantkit.cluster.requests.paths import object_path
from tenantkit.cluster.reviews import AccessReviews
from tenantkit.rules.kinds import Kind, kind_of

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Never, Self

    from tenantkit.cluster.http.session import Session
    from tenantkit.cluster.requests.unreadable import ObjectList
    from tenantkit.cluster.requests.watch import WatchEvent
    from tenantkit.cluster.requests.write import Propagation
    from tenantkit.exceptions import ClusterError
    from tenantkit.rules.manifest import Manifest, ObjectRef

SANDBOX_MARK = "+tenantkit-sandbox"


class Cluster(AccessReviews):
    """A connection to one API server as one user, made by `connect`. Thread-safe, and a context manager.

    A forked process may use its copy, which opens connections of its own; a spawned one has to call `connect`.

    Attributes:
        context: of the kubeconfig; `in-cluster` for a pod's service account, None where the server was passed.
        kubeconfig: the file by which kubectl connects alike, or several as in $KUBECONFIG; None if there is none.
        server: the API server's URL.
        user: as the kubeconfig names it, and after `whoami` as the server does; None if neither does.
        namespace: the connection's namespace.
        namespaces: those that functions read by default; empty: all that the user may list, else their own.
        server_version: from `/version`, such as `v1.37.2`; empty if it may not be read.
        server_digest: a text that differs between servers, made from the URL and the CA.

    Raises:
        TypeError: it is created directly.

    Example:
        >>> import tenantkit as tk
        >>> tk.connect().is_sandbox
        True
    """

    context: str | None
    kubeconfig: str | None
    server: str
    user: str | None
    namespace: str
    namespaces: tuple[str, ...]
    server_version: str
    server_digest: str
    _session: Session
    _fallback_namespaces: tuple[str, ...]

    def __init__(self, *_: object, **__: object) -> None:
        raise TypeError("a Cluster cannot be created directly: use tk.connect()")

    @classmethod
    def _of(  # noqa: PLR0913 (what `connect` knows)
        cls,
        session: Session,
        *,
        context: str | None = None,
        kubeconfig: str | None = None,
        user: str | None = None,
        namespace: str = "default",
        namespaces: Sequence[str] = (),
        fallback_namespaces: Sequence[str] = (),
        server_version: str = "",
        server_digest: str = "",
    ) -> Self:
        """The connection of a session."""
        cluster = cls.__new__(cls)
        cluster._session = session  # noqa: SLF001 (its own)
        cluster.context = context
        cluster.kubeconfig = kubeconfig
        cluster.server = session.server
        cluster.user = user
        cluster.namespace = namespace
        cluster.namespaces = tuple(namespaces)
        cluster._fallback_namespaces = tuple(fallback_namespaces)  # noqa: SLF001
        cluster.server_version = server_version
        cluster.server_digest = server_digest
        return cluster

    def __reduce__(self) -> Never:
        raise TypeError("a Cluster holds connections and credentials: call tk.connect() in each process")

    def __repr__(self) -> str:
        shown = {"context": self.context, "server": self.server, "user": self.user, "namespace": self.namespace}
        text = ", ".join(f"{key}={value!r}" for key, value in shown.items() if value)
        return f"Cluster({text}{', sandbox' if self.is_sandbox else ''})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_sandbox(self) -> bool:
        """Whether it is tenantkit's sandbox, not a real cluster."""
        return self.server_version.endswith(SANDBOX_MARK)

    @property
    def fallback_namespaces(self) -> tuple[str, ...]:
        """Those that functions read if the user may list none, and no tenant of theirs is known."""
        return self._fallback_namespaces or (self.namespace,)

    @property
    def request_count(self) -> int:
        """How many requests were sent so far, retries among them."""
        return self._session.request_count

    @property
    def server_time(self) -> datetime:
        """The time of the server: the Date of its last answer; before the first answer, the time of this machine."""
        return self._session.server_time or datetime.now(UTC)

    def get(self, kind: str, name: str, namespace: str | None = None) -> Manifest:
        """Read one object.

        Args:
            kind: a key of `tenantkit.rules.kinds.KINDS`, such as `Ingress`.
            name: its name.
            namespace: its namespace; None for kinds that are not namespaced.

        Returns:
            The object, with managed fields and status.

        Raises:
            NotFound: it does not exist, or the server does not serve that kind.
            PermissionDenied: it may not be read.
            Unreadable: it cannot be parsed.
            InvalidSpecError: the kind is unknown, or the name or namespace is not valid.
            ClusterUnavailable: the server gave no answer.

        RBAC: get that kind.

        Example:
            >>> cluster.get("Namespace", "speech")["status"]["phase"]
            'Active'
        """
        path, operation = object_path(kind_of(kind), name, namespace), Operation("get", kind, name, namespace)
        return self._session.ask(Call("GET", path, operation, is_repeatable=True, parse=parse_stored))

    def list(
        self,
        kind: str | Kind,
        *,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        managed_fields: bool = True,
    ) -> ObjectList[Manifest]:
        """List all objects of a kind, in pages of 500.

        Args:
            kind: a key of `KINDS`, or a Kind that is not in it.
            namespace: only this one. Default: the whole cluster.
            label_selector: in the API server's syntax: `app=ai,tier!=test`.
            field_selector: likewise: `metadata.name=default`.
            managed_fields: if not needed, they are empty where they alone cannot be parsed. Default: needed.

        Returns:
            The objects by namespace and name, each with its apiVersion and kind. `unreadable`: those not parsed.

        Raises:
            PermissionDenied: they may not be listed there.
            NotFound: the server does not serve that kind.
            ClusterUnavailable: the server gave no answer.

        RBAC: list that kind, in that scope. Source: pages "Labels and Selectors", "Field Selectors".

        Example:
            >>> len(cluster.list("Namespace", field_selector="metadata.name=speech"))
            1
        """
        place = kind if isinstance(kind, Kind) else kind_of(kind)
        selection = Selection(place, namespace, label_selector, field_selector, managed_fields=managed_fields)
        return list_all(self._session, selection).items

    def create(self, manifest: Manifest, *, dry_run: bool = False) -> Manifest:
        """Create an object that must not exist yet.

        Args:
            manifest: with apiVersion, kind, metadata.name and, if the kind is namespaced, metadata.namespace.
            dry_run: let the server check and admit it without storing it.

        Returns:
            The object as the server stored it.

        Raises:
            AlreadyExists: an object with that name exists.
            PermissionDenied: RBAC, a quota or a policy denies it.
            BadRequest: it has a field that the server does not know.
            Rejected: the object is not valid.
            ClusterUnavailable: the server gave no answer; the object may have been created anyway.

        RBAC: create that kind. Source: page "Kubernetes API Concepts" (dry-run, field validation).

        Example:
            >>> cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}})["status"]["phase"]
            'Active'
        """
        return write.create(self._session, manifest, dry_run=dry_run)

    def apply(self, manifest: Manifest, *, force: bool = False, dry_run: bool = False) -> Manifest:
        """Create or change an object by server-side apply, as field manager `tenantkit`.

        Args:
            manifest: exactly the fields that tenantkit shall own; a field that it owned and that is left out is
                removed. With `metadata.resourceVersion`, it is refused if the object has changed since that version.
            force: take over fields of other managers. Default: no; they are listed in `causes`.
            dry_run: let the server check and admit it without storing it.

        Returns:
            The object as the server stored it, with the fields of other managers.

        Raises:
            Conflict: another manager owns a field, or the object has another version; `causes` names the fields.
            PermissionDenied: RBAC, a quota or a policy denies it.
            Rejected: the object is not valid.
            ClusterUnavailable: the server gave no answer; without a resource version, it is safe to apply again.

        RBAC: patch that kind, and create it if it does not exist. Source: page "Server-Side Apply".

        Example:
            >>> metadata = {"name": "settings", "namespace": "default"}
            >>> settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "1"}}
            >>> cluster.apply(settings)["data"]
            {'a': '1'}
        """
        return write.apply(self._session, manifest, force=force, dry_run=dry_run)

    def patch_json(
        self,
        ref: ObjectRef,
        operations: Sequence[Mapping[str, object]],
        *,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Manifest:
        """Change single fields of an object by JSON patch: all operations or none.

        Args:
            ref: which object.
            operations: of RFC 6902; start with a `test` of the value that is expected there.
            subresource: such as `status`. Default: the object itself.
            dry_run: let the server check and admit it without storing it.

        Returns:
            The object as the server stored it.

        Raises:
            Rejected: a `test` failed, a path does not exist, or the result is not valid.
            PermissionDenied: RBAC, a quota or a policy denies it.
            NotFound: the object does not exist.
            ClusterUnavailable: the server gave no answer; the change may have been made anyway.

        RBAC: patch that kind, or its subresource. Source: page "Update API Objects in Place Using kubectl patch".

        Example:
            >>> from tenantkit.rules.manifest import ObjectRef
            >>> ref = ObjectRef("v1", "Namespace", "speech")
            >>> operations = [{"op": "add", "path": "/metadata/annotations/note", "value": "hello"}]
            >>> cluster.patch_json(ref, operations)["metadata"]["annotations"]["note"]
            'hello'
        """
        return write.patch_json(self._session, ref, operations, subresource=subresource, dry_run=dry_run)

    def delete(
        self, ref: ObjectRef, *, uid: str | None = None, dry_run: bool = False, propagation: Propagation | None = None
    ) -> None:
        """Delete an object; finalizers may delay it.

        Args:
            ref: which object.
            uid: only the object with that uid, not a newer one with the same name.
            dry_run: let the server check it without deleting anything.
            propagation: how the objects that it owns are deleted. Default: the kind's own policy.

        Raises:
            NotFound: it does not exist.
            Conflict: it has another uid.
            PermissionDenied: RBAC or a policy denies it.
            ClusterUnavailable: the server gave no answer; the change may have been made anyway.

        RBAC: delete that kind. Source: pages "Garbage Collection", "Finalizers".

        Example:
            >>> from tenantkit.rules.manifest import ref_of
            >>> pod = cluster.list("Pod")[0]
            >>> cluster.delete(ref_of(pod), uid=pod["metadata"]["uid"])
        """
        write.delete(self._session, ref, uid=uid, dry_run=dry_run, propagation=propagation)

    def watch(  # noqa: PLR0913 (where to look and when to end; all but the kind are optional)
        self,
        kind: str,
        *,
        namespace: str | None = None,
        name: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        resource_version: str | None = None,
        timeout_s: float | None = None,
        stop: threading.Event | None = None,
        on_connection_change: Callable[[ClusterError | None], None] | None = None,
    ) -> Iterator[WatchEvent]:
        """Watch changes as they happen. The watch resumes after a disconnect, and lists again after 410 Gone.

        Args:
            kind: a key of `KINDS`.
            namespace: only this one. Default: the whole cluster.
            name: only that object.
            label_selector: in the API server's syntax.
            field_selector: likewise.
            resource_version: only changes after that version of an object or a list. Default: the existing objects
                come first, as ADDED.
            timeout_s: seconds until the watch ends. Default: it does not end.
            stop: set it, from any thread, to end the watch now.
            on_connection_change: called with the error within 8 s after the connection is lost, None once it is back.

        Returns:
            An iterator of events. After a 410, the missed changes are reported as if they had been seen, so that an
            object may be ADDED that the caller knew before. Of an object that was deleted meanwhile, only its metadata
            is known, and nothing of one that this watch has never reported.

        Raises:
            PermissionDenied: they may not be watched there.
            ClusterUnavailable: the server gave no answer at the start, or for half a minute later on.

        RBAC: watch that kind, and list it. Source: page "Kubernetes API Concepts", watches and bookmarks.

        Example:
            >>> for event in cluster.watch("Namespace", name="speech", timeout_s=0.5):
            ...     print(event.type, event.manifest["metadata"]["name"])
            ADDED speech
        """
        selection = Selection(kind_of(kind), namespace, label_selector, field_selector)
        return watch.watch(
            self._session,
            selection,
            name=name,
            resource_version=resource_version,
            timeout_s=timeout_s,
            stop=stop,
            on_connection_change=on_connection_change,
        )

    def close(self) -> None:
        """End all connections; may be called twice.

        Example:
            >>> tk.connect().close()
        """
        self._session.close()
