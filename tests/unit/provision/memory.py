"""A cluster in memory for the tests of plan and apply: the sandbox's own apply, without a server.

A test can end a run at any of its writes, and so try each interruption in turn.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from tenantkit.cluster.http.errors import Operation, error_of_status
from tenantkit.cluster.requests.watch import WatchEvent
from tenantkit.cluster.requests.write import FIELD_MANAGER
from tenantkit.manifests.platform import make_platform
from tenantkit.provision.apply import apply
from tenantkit.provision.cluster_api import ClusterApi
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.platform import get_platform
from tenantkit.rules.kinds import Kind
from tenantkit.rules.manifest import ObjectRef, ref_of
from tenantkit.rules.selectors.label_selectors import label_selector_of, parse_label_selector
from tenantkit.rules.tenant_index import INDEX_NAMESPACE, index_rule, marker_rule
from tenantkit.sandbox.apimachinery.errors import ApiError
from tenantkit.sandbox.endpoints.patch import patch
from tenantkit.sandbox.managedfields.apply import apply as server_side_apply
from tenantkit.sandbox.managedfields.fieldmanager import track_update
from tenantkit.spec.platform import Platform
from tenantkit.spec.route import Route
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.exceptions import ClusterError
    from tenantkit.provision.report import ApplyOutcome, Report
    from tenantkit.rules.manifest import Manifest
    from tenantkit.rules.tenant_index import IndexedTenant

NOW = "2026-11-25T12:00:00Z"
PLATFORM = Platform()
QUOTA = ObjectRef("v1", "ResourceQuota", "tenantkit-quota", "vision")
NAMESPACE = ObjectRef("v1", "Namespace", "vision")
ROUTE = Route(name="ai", service="ai-service", port=80, path="/ai-service")
OBJECTS = 13  # of a tenant with one owner and one route, as `tenant()` has them


class Killed(BaseException):
    """Ends a run as SIGKILL ends a process: no code of ours runs after it."""


@dataclass
class Memory(ClusterApi):
    """A cluster in memory, with the sandbox's own apply; `on_write` is called before each write.

    Its errors are the sandbox's, translated by the client's own code, so that they are those of a real server.
    """

    objects: dict[ObjectRef, Manifest] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    on_write: Callable[[str, ObjectRef], None] = lambda _verb, _ref: None
    version: int = 0
    conditions: list[Manifest] = field(default_factory=list)  # the reasons why a namespace is not deleted, if any
    not_served: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    unreadable_names: tuple[str, ...] = ()  # namespaces in which nothing may be read by name
    rights: frozenset[tuple[str, str]] | None = None  # verbs and kinds in any one namespace; None: everything
    own: tuple[IndexedTenant, ...] = ()  # of a user who may read no other Namespaces, as the index names them
    own_role: tuple[Manifest, ...] = ()  # the user's rules in each tenant's namespace
    server: str = "memory"
    kubeconfig: str | None = "/home/dana/.kube/config"
    context: str | None = "dana"
    username: str = "dana@example.com"
    admission: Callable[[Manifest], Manifest] = lambda manifest: manifest  # changes what is stored

    @property
    def namespace(self) -> str:
        return "default"

    @property
    def namespaces(self) -> Sequence[str]:
        return ()

    @property
    def fallback_namespaces(self) -> tuple[str, ...]:
        return (self.namespace,)

    @property
    def server_digest(self) -> str:
        return self.server

    def get(self, kind: str, name: str, namespace: str | None = None) -> Manifest:
        is_others = kind == "Namespace" and self.own and name not in {tenant.namespace for tenant in self.own}
        if namespace in self.unreadable_names or is_others:
            raise _error(403, "Forbidden", f"{kind} is forbidden", Operation("get", kind, name, namespace))
        for ref, manifest in self.objects.items():
            if (ref.kind, ref.name, ref.namespace) == (kind, name, namespace):
                return deepcopy(manifest)
        raise _error(404, "NotFound", f'{kind} "{name}" not found', Operation("get", kind, name, namespace))

    def create(self, manifest: Manifest) -> Manifest:
        ref = self._write("create", manifest)
        if ref in self.objects:
            raise _error(409, "AlreadyExists", f"{ref} already exists", _operation("create", ref))
        return self._store(track_update(None, manifest, manager=FIELD_MANAGER, time=NOW))

    def apply(self, manifest: Manifest, *, force: bool = False, dry_run: bool = False) -> Manifest:
        if dry_run:
            return deepcopy(manifest)
        ref = self._write("force" if force else "apply", manifest)
        live = self.objects.get(ref)
        version = manifest["metadata"].get("resourceVersion")
        if version and live is not None and live["metadata"]["resourceVersion"] != version:
            raise _error(409, "Conflict", f"{ref} has been modified", _operation("apply", ref))
        try:
            applied = server_side_apply(live, manifest, manager=FIELD_MANAGER, force=force, time=NOW)
            applied = self.admission(applied)
        except ApiError as error:
            raise error_of_status(error.status_body(), _operation("apply", ref)) from None
        return deepcopy(live) if applied == live and live else self._store(applied)

    def patch_json(self, ref: ObjectRef, operations: Sequence[Mapping[str, object]]) -> Manifest:
        self._write("patch", self.objects[ref])

        def change(live: Manifest) -> Manifest:
            try:
                return patch(live, list(operations), "application/json-patch+json")
            except ApiError as error:
                raise error_of_status(error.status_body(), _operation("patch", ref)) from None

        return self.edit(ref, change, manager=FIELD_MANAGER)

    def delete(self, ref: ObjectRef, *, uid: str | None = None, dry_run: bool = False) -> None:
        if dry_run:
            return
        self.writes.append(f"delete {ref}")
        self.on_write("delete", ref)
        if ref not in self.objects:
            raise _error(404, "NotFound", f"{ref} not found", _operation("delete", ref))
        if uid is not None and uid != self.objects[ref]["metadata"]["uid"]:
            raise _error(409, "Conflict", f"{ref} has another uid", _operation("delete", ref))
        if ref.kind == "Namespace" and self.conditions:
            metadata = {"deletionTimestamp": NOW, **self.objects[ref]["metadata"]}
            self.objects[ref] |= {"metadata": metadata, "status": {"conditions": self.conditions}}
            return
        self.objects = {other: manifest for other, manifest in self.objects.items() if not _is_deleted_with(other, ref)}

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
        """The existing objects and nothing more: nothing changes in memory during a watch."""
        del resource_version, timeout_s
        for manifest in self.list(kind, namespace=namespace, label_selector=label_selector):
            if name in (None, manifest["metadata"]["name"]) and not (stop and stop.is_set()):
                yield WatchEvent("ADDED", manifest)

    def can(
        self,
        verb: str,
        kind: str | Kind,
        *,
        namespace: str | None = None,
        name: str | None = None,
        subresource: str | None = None,
    ) -> bool:
        del name, subresource
        kind = kind.kind if isinstance(kind, Kind) else kind
        return self.rights is None or ((verb, kind) in self.rights and namespace is not None)

    def own_rules(self, namespace: str) -> Manifest:
        tenants = [marker_rule(), *(index_rule(tenant.name, tenant.namespace) for tenant in self.own)]
        rules = tenants if namespace == INDEX_NAMESPACE else list(self.own_role)
        return {"resourceRules": rules, "nonResourceRules": [], "incomplete": False}

    def own_username(self) -> str:
        return self.username

    def list(
        self,
        kind: str | Kind,
        *,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        managed_fields: bool = True,
    ) -> list[Manifest]:
        del managed_fields
        kind = kind.kind if isinstance(kind, Kind) else kind
        operation = Operation("list", kind, None, namespace)
        if kind in self.not_served:
            raise _error(404, "NotFound", "the server could not find the requested resource", operation)
        if kind in self.refused:
            raise _error(403, "Forbidden", f"{kind} is forbidden", operation)
        selector = parse_label_selector(label_selector or "")
        name = field_selector.removeprefix("metadata.name=") if field_selector else None
        return [
            deepcopy(manifest)
            for ref, manifest in sorted(self.objects.items(), key=lambda item: str(item[0]))
            if ref.kind == kind and namespace in (None, ref.namespace) and name in (None, ref.name)
            if selector.matches(manifest["metadata"].get("labels"))
        ]

    def edit(
        self, ref: ObjectRef, change: Callable[[Manifest], Manifest], *, manager: str = "kubectl-edit"
    ) -> Manifest:
        """Change an object as someone else."""
        live = self.objects[ref]
        return self._store(track_update(live, change(deepcopy(live)), manager=manager, time=NOW))

    def install(self, platform: Platform) -> None:
        """Store these settings as the platform's, as an installation would."""
        [settings] = [manifest for manifest in make_platform(platform) if manifest["kind"] == "ConfigMap"]
        self.objects.pop(ref_of(settings), None)
        self._store(track_update(None, settings, manager=FIELD_MANAGER, time=NOW))

    def state(self) -> dict[str, Manifest]:
        """The stored objects, without fields that differ between two runs with the same result."""
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
        if manifest["kind"] == "ResourceQuota":  # the quota controller counts at once here
            manifest["status"] = {"hard": manifest["spec"]["hard"]}
        self.objects[ref_of(manifest)] = manifest
        if manifest["kind"] == "ClusterRole":
            self._aggregate()
        return deepcopy(manifest)

    def _aggregate(self) -> None:
        """Collect the rules of aggregated roles, as a controller does."""
        roles = [manifest for ref, manifest in self.objects.items() if ref.kind == "ClusterRole"]
        for role in roles:
            for selector in (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ():
                wanted = label_selector_of(selector)
                found = [other for other in roles if wanted.matches(other["metadata"].get("labels"))]
                role["rules"] = [rule for other in found for rule in other.get("rules") or ()]


def _plain(manifest: Manifest) -> Manifest:
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in ("uid", "resourceVersion")}
    metadata["managedFields"] = [entry for entry in metadata["managedFields"] if entry["operation"] == "Apply"]
    return {**manifest, "metadata": metadata}


def _error(code: int, reason: str, message: str, operation: Operation) -> ClusterError:
    return error_of_status(ApiError(code=code, reason=reason, message=message).status_body(), operation)


def _operation(verb: str, ref: ObjectRef) -> Operation:
    return Operation(verb, ref.kind, ref.name, ref.namespace)


def _is_deleted_with(other: ObjectRef, ref: ObjectRef) -> bool:
    return other == ref or (ref.kind == "Namespace" and other.namespace == ref.name)


def tenant(**fields: Any) -> Tenant:
    base = {"name": "vision", "team": "cv", "owners": ["dana@example.com"], "size": "small", "routes": [ROUTE]}
    return Tenant(**base | fields)


def cluster_of(memory: Memory) -> Cluster:
    """The same, for functions that take a whole connection."""
    return cast("Cluster", memory)


def run(memory: Memory, *tenants: Tenant, platform: Platform = PLATFORM, **options: Any) -> Report:
    if platform != get_platform(memory):
        memory.install(platform)
    return apply(memory, plan(memory, tenants, platform=platform), progress=False, **options)


def with_hard(**hard: str | None) -> Callable[[Manifest], Manifest]:
    def change(live: Manifest) -> Manifest:
        entries = {key: value for key, value in (live["spec"]["hard"] | hard).items() if value is not None}
        return {**live, "spec": {"hard": entries}}

    return change


def shown(outcomes: tuple[ApplyOutcome, ...]) -> list[str]:
    """Outcomes as text."""
    return [str(outcome) for outcome in outcomes]
