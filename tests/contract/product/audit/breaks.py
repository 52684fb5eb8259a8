"""What an administrator does to break one wall, as data: objects to create, patch and delete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenantkit.rules.kinds import kind_of
from tenantkit.rules.manifest import ObjectRef
from tests.contract.tenants import path_of
from tests.contract.wire import JSON_PATCH, MERGE_PATCH
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenantkit.rules.manifest import Manifest
    from tests.contract.wire import Wire


@dataclass(frozen=True, slots=True)
class Create:
    """Create an object; a namespaced one without a namespace goes into the tenant's."""

    manifest: Manifest

    def do(self, wire: Wire, tenant: str) -> None:
        kind = kind_of(self.manifest["kind"])
        metadata = dict(self.manifest["metadata"])
        if kind.namespaced:
            metadata.setdefault("namespace", tenant)
        ref = ObjectRef(kind.api_version, kind.kind, metadata["name"], metadata.get("namespace"))
        made = {"apiVersion": kind.api_version, **self.manifest, "metadata": metadata}

        def created() -> bool:  # a quota that was just raised, or a new account, is seen a moment later
            answer = wire("POST", path_of(ref).rpartition("/")[0], made)
            assert answer.status == 201, answer.body
            return True

        eventually(created, timeout_s=15)


@dataclass(frozen=True, slots=True)
class Patch:
    """Change an object in the tenant's namespace, or a cluster-scoped one."""

    kind: str
    name: str
    operations: list[dict[str, Any]] | dict[str, Any]  # a JSON patch, or a merge patch
    namespace: str | None = None

    def do(self, wire: Wire, tenant: str) -> None:
        content_type = JSON_PATCH if isinstance(self.operations, list) else MERGE_PATCH
        path = path_of(_ref(self.kind, self.name or tenant, self.namespace or tenant))
        answer = wire("PATCH", path, self.operations, content_type=content_type, query={"fieldManager": "kubectl-edit"})
        assert answer.status == 200, answer.body


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete an object in the tenant's namespace, or a cluster-scoped one."""

    kind: str
    name: str
    namespace: str | None = None

    def do(self, wire: Wire, tenant: str) -> None:
        answer = wire("DELETE", path_of(_ref(self.kind, self.name or tenant, self.namespace or tenant)))
        assert answer.status in (200, 202), answer.body


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait until a controller has deleted an object."""

    kind: str
    name: str

    def do(self, wire: Wire, tenant: str) -> None:
        path = path_of(_ref(self.kind, self.name, tenant))
        eventually(lambda: wire("GET", path).status == 404)


Operation = Create | Patch | Delete | Wait


@dataclass(frozen=True, slots=True)
class Break:
    """One wall that is removed or weakened.

    Args:
        code: the check that must fail.
        operations: what is done, from the tenant's name.
        also: other checks of the same wall, or that lose their subject with it, which fail, too.
        case: tells several breaks of one check apart.
        after: what has to be undone before the tenant can be deleted.
    """

    code: str
    operations: Callable[[str], Sequence[Operation]]
    also: frozenset[str] = frozenset()
    case: str = ""
    after: Callable[[str], Sequence[Operation]] = lambda _: ()

    @property
    def id(self) -> str:
        """The name of its test."""
        return f"{self.code}-{self.case}" if self.case else self.code


def _ref(kind: str, name: str, namespace: str) -> ObjectRef:
    found = kind_of(kind)
    return ObjectRef(found.api_version, kind, name, namespace if found.namespaced else None)


def label_path(*parts: str) -> str:
    """A JSON pointer below metadata."""
    return "/metadata/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in parts)


def replace(path: str, value: Any) -> dict[str, Any]:
    """An operation of a JSON patch."""
    return {"op": "replace", "path": path, "value": value}


def add(path: str, value: Any) -> dict[str, Any]:
    """An operation of a JSON patch."""
    return {"op": "add", "path": path, "value": value}


def remove(path: str) -> dict[str, Any]:
    """An operation of a JSON patch."""
    return {"op": "remove", "path": path}
