"""A cluster in memory for the tests of plan and apply: the server's own apply, and no server.

It can end the process at any of its writes, so that each interruption is tried in turn.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from tenantkit.exceptions import AlreadyExists, Conflict, NotFound, PermissionDenied
from tenantkit.provision.apply import apply
from tenantkit.provision.plan import plan
from tenantkit.rules.label_selectors import parse_label_selector
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.endpoints.patch import patch
from tenantkit.sandbox.managedfields.apply import apply as server_side_apply
from tenantkit.sandbox.managedfields.fieldmanager import track_update
from tenantkit.spec.platform import Platform
from tenantkit.spec.route import Route
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.provision.report import Outcome, Report
    from tenantkit.rules.manifest import Manifest

NOW = "2026-11-25T12:00:00Z"
PLATFORM = Platform()
QUOTA = ObjectRef("v1", "ResourceQuota", "tenantkit-quota", "vision")
SPEC = ObjectRef("v1", "ConfigMap", "tenantkit-tenant", "vision")
NAMESPACE = ObjectRef("v1", "Namespace", "vision")
ROUTE = Route(name="ai", service="ai-service", port=80, path="/ai-service")


class Killed(BaseException):
    """What SIGKILL is to a process: nothing of ours runs after it."""


@dataclass
class Memory:
    """A cluster in memory: enough of one for plans and applies; `on_write` sees each write before it happens."""

    objects: dict[ObjectRef, Manifest] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    on_write: Callable[[str, ObjectRef], None] = lambda _verb, _ref: None
    version: int = 0
    conditions: list[Manifest] = field(default_factory=list)  # what holds a namespace that is deleted, if anything
    not_served: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    def get(self, kind: str, name: str, namespace: str | None = None) -> Manifest:
        for ref, manifest in self.objects.items():
            if (ref.kind, ref.name, ref.namespace) == (kind, name, namespace):
                return deepcopy(manifest)
        raise NotFound(f"no {kind} {name}", status=404)

    def list(
        self, kind: str, *, namespace: str | None = None, field_selector: str | None = None, label_selector: str = ""
    ) -> list[Manifest]:
        if kind in self.not_served:
            raise NotFound(f"no kind {kind}", status=404)
        if kind in self.refused:
            raise PermissionDenied(f"may not list {kind}", status=403)
        selector = parse_label_selector(label_selector)
        name = field_selector.removeprefix("metadata.name=") if field_selector else None
        return [
            deepcopy(manifest)
            for ref, manifest in sorted(self.objects.items(), key=lambda item: str(item[0]))
            if ref.kind == kind and namespace in (None, ref.namespace) and name in (None, ref.name)
            if selector.matches(manifest["metadata"].get("labels"))
        ]

    def create(self, manifest: Manifest) -> Manifest:
        ref = self._write("create", manifest)
        if ref in self.objects:
            raise AlreadyExists(f"{ref} is there", status=409)
        return self._store(track_update(None, manifest, manager="tenantkit", time=NOW))

    def apply(self, manifest: Manifest, *, force: bool = False, dry_run: bool = False) -> Manifest:  # noqa: ARG002
        ref = self._write("force" if force else "apply", manifest)
        live = self.objects.get(ref)
        version = manifest["metadata"].get("resourceVersion")
        if version and (live is None or live["metadata"]["resourceVersion"] != version):
            raise Conflict(f"{ref} has been modified", status=409)
        try:
            made = server_side_apply(live, manifest, manager="tenantkit", force=force, time=NOW)
        except ApiError as error:
            raise Conflict(error.message, status=error.code) from None
        return deepcopy(live) if made == live and live else self._store(made)

    def patch_json(self, ref: ObjectRef, operations: Any) -> Manifest:
        self._write("patch", self.objects[ref])
        return self.edit(ref, lambda live: patch(live, operations, "application/json-patch+json"), manager="tenantkit")

    def delete(self, ref: ObjectRef, *, uid: str | None = None) -> None:
        self.writes.append(f"delete {ref}")
        self.on_write("delete", ref)
        if uid != self.objects[ref]["metadata"]["uid"]:
            raise Conflict("another uid", status=409)
        if ref.kind == "Namespace" and self.conditions:
            now = {"deletionTimestamp": NOW, **self.objects[ref]["metadata"]}
            self.objects[ref] |= {"metadata": now, "status": {"conditions": self.conditions}}
            return
        self.objects = {other: manifest for other, manifest in self.objects.items() if not _goes_with(other, ref)}

    def watch(self, kind: str, *, namespace: str | None = None, **_: Any) -> Iterator[SimpleNamespace]:
        """What is there now and nothing more: nothing changes in memory while somebody waits."""
        for manifest in self.list(kind, namespace=namespace):
            yield SimpleNamespace(type="ADDED", manifest=manifest)

    def edit(
        self, ref: ObjectRef, change: Callable[[Manifest], Manifest], *, manager: str = "kubectl-edit"
    ) -> Manifest:
        """What somebody else does to an object."""
        live = self.objects[ref]
        return self._store(track_update(live, change(deepcopy(live)), manager=manager, time=NOW))

    def state(self) -> dict[str, Manifest]:
        """What is stored, without what differs between two runs of the same end."""
        return {
            str(ref): _plain(manifest) for ref, manifest in sorted(self.objects.items(), key=lambda item: str(item[0]))
        }

    def _write(self, verb: str, manifest: Manifest) -> ObjectRef:
        ref = ref_of(manifest)
        self.writes.append(f"{verb} {ref}")
        self.on_write(verb, ref)
        return ref

    def _store(self, manifest: Manifest) -> Manifest:
        self.version += 1
        manifest["metadata"].setdefault("uid", f"uid {self.version}")
        manifest["metadata"]["resourceVersion"] = str(self.version)
        if manifest["kind"] == "ResourceQuota":  # the quota controller is quick here
            manifest["status"] = {"hard": manifest["spec"]["hard"]}
        self.objects[ref_of(manifest)] = manifest
        return deepcopy(manifest)


def _plain(manifest: Manifest) -> Manifest:
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in ("uid", "resourceVersion")}
    metadata["managedFields"] = [entry for entry in metadata["managedFields"] if entry["operation"] == "Apply"]
    return {**manifest, "metadata": metadata}


def _goes_with(other: ObjectRef, ref: ObjectRef) -> bool:
    return other == ref or (ref.kind == "Namespace" and other.namespace == ref.name)


def tenant(**fields: Any) -> Tenant:
    base = {"name": "vision", "team": "cv", "owners": ["dana@example.com"], "size": "small", "routes": [ROUTE]}
    return Tenant(**base | fields)


def cluster_of(memory: Memory) -> Cluster:
    return cast("Cluster", memory)


def run(memory: Memory, *tenants: Tenant, platform: Platform = PLATFORM, **options: Any) -> Report:
    cluster = cluster_of(memory)
    return apply(cluster, plan(cluster, tenants, platform=platform), progress=False, **options)


def with_hard(**hard: str | None) -> Callable[[Manifest], Manifest]:
    def change(live: Manifest) -> Manifest:
        entries = {key: value for key, value in (live["spec"]["hard"] | hard).items() if value is not None}
        return {**live, "spec": {"hard": entries}}

    return change


def shown(outcomes: tuple[Outcome, ...]) -> list[str]:
    """Outcomes as a reader sees them."""
    return [str(outcome) for outcome in outcomes]
