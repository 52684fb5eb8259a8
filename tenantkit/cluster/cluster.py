"""`Cluster`: what everybody else holds of an API server. Objects go in and come out as the server writes them.

Methods are thin: each names a request, and the free functions beside it do the work. Objects are plain dicts, as the
typed models of the official client cost 6 to 25 times as much and lose the fields that they don't know.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import orjson

from tenantkit.cluster import reviews
from tenantkit.cluster.http.errors import Operation
from tenantkit.cluster.http.session import Call
from tenantkit.cluster.requests import watch as watching
from tenantkit.cluster.requests.list import Selection, list_all
from tenantkit.cluster.requests.paths import creation_path, object_path, with_query
from tenantkit.exceptions import InvalidSpecError, Problem
from tenantkit.rules.kinds import kind_of
from tenantkit.rules.manifest import ref_of

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from tenantkit.cluster.http.session import Session
    from tenantkit.cluster.requests.watch import WatchEvent
    from tenantkit.exceptions import ClusterError
    from tenantkit.rules.manifest import Manifest, ObjectRef

FIELD_MANAGER = "tenantkit"
APPLY = "application/apply-patch+yaml"  # JSON is YAML
JSON_PATCH = "application/json-patch+json"
SANDBOX_MARK = "+tenantkit-sandbox"

Propagation = Literal["Background", "Foreground", "Orphan"]


class Cluster:
    """A connection to one API server as one user; made by `connect`. Thread-safe, and a context manager.

    Attributes:
        context: of the kubeconfig; `in-cluster` for a pod's own account, None where the server was given by hand.
        server: the API server's URL.
        user: as the kubeconfig names it, and after `whoami` as the server does; None where nobody has said.
        namespace: the connection's own, for those who may not look further.
        namespaces: those that functions work on unless told otherwise; empty: all that the user may list.
        server_version: as the server says at `/version`, such as `v1.37.2`; empty where that may not be read.
        session: what sends the requests.
    """

    def __init__(  # noqa: PLR0913 (`connect` is what people call)
        self,
        session: Session,
        *,
        context: str | None = None,
        user: str | None = None,
        namespace: str = "default",
        namespaces: Sequence[str] = (),
        server_version: str = "",
    ) -> None:
        self.session = session
        self.context = context
        self.server = session.server
        self.user = user
        self.namespace = namespace
        self.namespaces = tuple(namespaces)
        self.server_version = server_version

    def __repr__(self) -> str:
        said = {"context": self.context, "server": self.server, "user": self.user, "namespace": self.namespace}
        shown = ", ".join(f"{key}={value!r}" for key, value in said.items() if value)
        return f"Cluster({shown}{', sandbox' if self.is_sandbox else ''})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_sandbox(self) -> bool:
        """Whether it is tenantkit's own small API server rather than a real one."""
        return self.server_version.endswith(SANDBOX_MARK)

    @property
    def request_count(self) -> int:
        """How many requests were sent so far, retries among them."""
        return self.session.request_count

    @property
    def server_time(self) -> datetime:
        """Now, by the server's clock: the Date of its last answer; this machine's before the first one."""
        return self.session.server_time or datetime.now(UTC)

    def get(self, kind: str, name: str, namespace: str | None = None) -> Manifest:
        """One object as it is live.

        Args:
            kind: a key of `tenantkit.rules.kinds.KINDS`, such as `Ingress`.
            name: its name.
            namespace: where it lives; None for kinds that live in none.

        Returns:
            The object, managed fields and status included.

        Raises:
            NotFound: it is not there, or the server does not have that kind.
            PermissionDenied: it may not be read.
            InvalidSpecError: an unknown kind, or a name or namespace that can't be one.
            ClusterUnavailable: the server gave no answer.

        RBAC: get that kind.

        Example:
            >>> cluster.get("Namespace", "vision")["status"]["phase"]  # doctest: +SKIP
            'Active'
        """
        path = object_path(kind_of(kind), name, namespace)
        return self.session.ask(Call("GET", path, Operation("get", kind, name, namespace), is_repeatable=True))

    def list(
        self,
        kind: str,
        *,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
    ) -> list[Manifest]:
        """All objects of a kind, read in pages of 500.

        Args:
            kind: a key of `KINDS`.
            namespace: only there. Default: the whole cluster.
            label_selector: as the API server writes it: `app=ai,tier!=test`.
            field_selector: likewise: `metadata.name=default`.

        Returns:
            The objects by namespace and name, each with its apiVersion and kind.

        Raises:
            PermissionDenied: they may not be listed there.
            NotFound: the server does not have that kind.
            ClusterUnavailable: the server gave no answer.

        RBAC: list that kind, for the whole cluster or in that namespace.
        Source: pages "Labels and Selectors", "Field Selectors".

        Example:
            >>> [item["metadata"]["name"] for item in cluster.list("Namespace")]  # doctest: +SKIP
        """
        return list_all(self.session, Selection(kind_of(kind), namespace, label_selector, field_selector)).items

    def create(self, manifest: Manifest, *, dry_run: bool = False) -> Manifest:
        """Make an object that must not be there yet.

        Args:
            manifest: with apiVersion, kind, metadata.name and, where the kind has one, metadata.namespace.
            dry_run: let the server check and admit it, and store nothing.

        Returns:
            The object as the server stored it.

        Raises:
            AlreadyExists: an object of that name is there.
            PermissionDenied: RBAC, a quota or a policy says no.
            BadRequest: it has a field that the server does not know.
            Rejected: the server finds it invalid.
            ClusterUnavailable: the server gave no answer; it may have been made all the same.

        RBAC: create that kind. Source: page "Kubernetes API Concepts" (dry-run, field validation).

        Example:
            >>> cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}})  # doctest: +SKIP
        """
        ref = _ref(manifest)
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict", "dryRun": "All" if dry_run else None}
        path = with_query(creation_path(kind_of(ref.kind), ref.namespace), query)
        return self.session.ask(Call("POST", path, _doing("create", ref), _json(manifest, ref)))

    def apply(self, manifest: Manifest, *, force: bool = False, dry_run: bool = False) -> Manifest:
        """Make an object be as said, by server-side apply as field manager `tenantkit`.

        Args:
            manifest: all fields that tenantkit shall own, and no others: what it owned and is left out goes. With
                `metadata.resourceVersion`, it is refused if the object has changed since that version.
            force: take over fields that others own. Default: no; they are told in `causes`.
            dry_run: let the server check and admit it, and store nothing.

        Returns:
            The object as the server stored it, fields of others included.

        Raises:
            Conflict: somebody else owns a field, or the object is not at that version; `causes` names the fields.
            PermissionDenied: RBAC, a quota or a policy says no.
            Rejected: the server finds it invalid.
            ClusterUnavailable: the server gave no answer; with no resource version given, applying again is safe.

        RBAC: patch that kind, and create where it is not there yet. Source: page "Server-Side Apply".

        Example:
            >>> cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}})  # doctest: +SKIP
        """
        ref = _ref(manifest)
        query = {
            "fieldManager": FIELD_MANAGER,
            "force": "true" if force else "false",
            "fieldValidation": "Strict",
            "dryRun": "All" if dry_run else None,
        }
        path = with_query(object_path(kind_of(ref.kind), ref.name, ref.namespace), query)
        # With a version, the second time would find the first one's and call it somebody else's.
        is_repeatable = not (manifest.get("metadata") or {}).get("resourceVersion")
        return self.session.ask(
            Call("PATCH", path, _doing("apply", ref), _json(manifest, ref), APPLY, is_repeatable=is_repeatable)
        )

    def patch_json(
        self,
        ref: ObjectRef,
        operations: Sequence[Mapping[str, object]],
        *,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Manifest:
        """Change single places of an object, by JSON patch; all operations or none.

        Args:
            ref: which object.
            operations: of RFC 6902; begin with a `test` of what was seen there.
            subresource: a part of the object with a path of its own, such as `status`. Default: the object itself.
            dry_run: let the server check and admit it, and store nothing.

        Returns:
            The object as the server stored it.

        Raises:
            Rejected: a `test` failed or a path is not there, or the server finds the result invalid.
            PermissionDenied: RBAC, a quota or a policy says no.
            NotFound: the object is not there.
            ClusterUnavailable: the server gave no answer; it may have been done all the same.

        RBAC: patch that kind, or that part of it. Source: page "Update API Objects in Place Using kubectl patch".

        Example:
            >>> cluster.patch_json(ref, [{"op": "remove", "path": "/spec/hard/pods"}])  # doctest: +SKIP
        """
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict", "dryRun": "All" if dry_run else None}
        place = object_path(kind_of(ref.kind), ref.name, ref.namespace)
        path = with_query(f"{place}/{subresource}" if subresource else place, query)
        return self.session.ask(Call("PATCH", path, _doing("patch", ref), _json(list(operations), ref), JSON_PATCH))

    def delete(
        self, ref: ObjectRef, *, uid: str | None = None, dry_run: bool = False, propagation: Propagation | None = None
    ) -> None:
        """Ask the server to delete an object; finalizers may keep it for a while.

        Args:
            ref: which object.
            uid: only the one with that uid, not another that has taken its name since.
            dry_run: let the server check it, and delete nothing.
            propagation: what becomes of what it owns. Default: the kind's own way.

        Raises:
            NotFound: it is not there.
            Conflict: it has another uid.
            PermissionDenied: RBAC or a policy says no.
            ClusterUnavailable: the server gave no answer; it may have been done all the same.

        RBAC: delete that kind. Source: pages "Garbage Collection", "Finalizers".

        Example:
            >>> cluster.delete(ref_of(manifest), uid=manifest["metadata"]["uid"])  # doctest: +SKIP
        """
        options: dict[str, object] = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        if propagation is not None:
            options["propagationPolicy"] = propagation
        if dry_run:
            options["dryRun"] = ["All"]
        path = object_path(kind_of(ref.kind), ref.name, ref.namespace)
        self.session.ask(Call("DELETE", path, _doing("delete", ref), _json(options, ref)))

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
        tell: Callable[[ClusterError | None], None] | None = None,
    ) -> Iterator[WatchEvent]:
        """Changes as they happen; goes on through cut connections and versions that are too old.

        Args:
            kind: a key of `KINDS`.
            namespace: only there. Default: the whole cluster.
            name: only that object.
            label_selector: as the API server writes it.
            field_selector: likewise.
            resource_version: what comes after that version of an object or a list. Default: what is there is told
                first, as ADDED.
            timeout_s: seconds until it ends by itself. Default: it does not.
            stop: set it, from any thread, to end it now.
            tell: called with the error when the connection is lost, within eight seconds; with None once it is back.

        Returns:
            An iterator of events, which ends when the time is over or `stop` is set. After a version that was too old,
            what came, changed and went meanwhile is told as if it had been seen, so an object may be ADDED that the
            caller knew before; of those that went, only metadata is known, and a watch from a `resource_version` of
            the caller's can't tell of those that it never told.

        Raises:
            PermissionDenied: they may not be watched there.
            ClusterUnavailable: the server gave no answer at the start, or for half a minute later on.

        RBAC: watch that kind, and list it. Source: page "Kubernetes API Concepts", watches and bookmarks.

        Example:
            >>> for event in cluster.watch("Pod", namespace="vision", timeout_s=60):  # doctest: +SKIP
            ...     print(event.type, event.manifest["metadata"]["name"])
        """
        selection = Selection(kind_of(kind), namespace, label_selector, field_selector)
        return watching.watch(
            self.session,
            selection,
            name=name,
            resource_version=resource_version,
            timeout_s=timeout_s,
            stop=stop,
            tell=tell,
        )

    def can(
        self,
        verb: str,
        kind: str,
        *,
        namespace: str | None = None,
        name: str | None = None,
        subresource: str | None = None,
    ) -> bool:
        """Whether the server would let the user do that, as far as its authorisers know.

        Args:
            verb: `get`, `list`, `create`, `patch`, …
            kind: a key of `KINDS`, or `resource.group` for one that need not exist.
            namespace: there. Default: in all of them, and for kinds that live in none.
            name: only that object.
            subresource: such as `status`.

        Returns:
            False also where a quota or a policy is not in the way, but RBAC is; True is no promise against those.

        Raises:
            Unauthorized: the server does not know who asks.
            ClusterUnavailable: it gave no answer.

        RBAC: create selfsubjectaccessreviews, which any signed-in user may.
        Source: page "Authorization", section "Checking API access".

        Example:
            >>> cluster.can("create", "Ingress", namespace="vision")  # doctest: +SKIP
            True
        """
        return reviews.can(self.session, verb, kind, namespace=namespace, name=name, subresource=subresource)

    def close(self) -> None:
        """End all connections; may be called twice."""
        self.session.close()


def _ref(manifest: Manifest) -> ObjectRef:
    try:
        return ref_of(manifest)
    except ValueError as error:
        raise InvalidSpecError([Problem("manifest", None, str(error))]) from None


def _doing(operation: str, ref: ObjectRef) -> Operation:
    return Operation(operation, ref.kind, ref.name, ref.namespace)


def _json(value: object, ref: ObjectRef) -> bytes:
    """JSON, or the reason why it can't be: the value itself is not repeated, it may be a Secret's."""
    try:
        return orjson.dumps(value)
    except (orjson.JSONEncodeError, RecursionError) as error:
        reason = f"can't be written as JSON ({error}): use texts, numbers, lists and dicts"
        raise InvalidSpecError([Problem(str(ref), "…", reason)]) from None
