"""A call of each public function and form, and in one word what became of it."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

import tenantkit as tk
from tests.contract.product.personas.stage import PLATFORM
from tests.contract.tenants import fresh_name
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.contract.product.personas.stage import Stage

_EVE = "eve@example.com"
_MORE = tk.Route(name="more", service="train", port=80, path="/more")
_SPEC = tk.Tenant(name="vision", team="cv", owners=[_EVE], size="small")
_QUIET: Mapping[str, Any] = {"progress": False}


def outcome_of(call: Callable[[tk.Cluster, Stage], object], cluster: tk.Cluster, stage: Stage) -> str:
    """What a call does: `all`, `mine`, `none`, `works`, `not yours`, or the name of one of our errors."""
    try:
        return _covered(call(cluster, stage), stage)
    except tk.exceptions.TenantKitError as error:
        return type(error).__name__


def _covered(result: Any, stage: Stage) -> str:
    if isinstance(result, tk.Report):
        return "works" if result.is_complete else "not yours"
    if isinstance(result, tk.Plan):
        actions = {row.action for row in result.rows}
        return "unknown" if "unknown" in actions else "not yours" if "not yours" in actions else "works"
    if isinstance(result, pd.DataFrame):
        column = next((name for name in ("namespace", "tenant") if name in result.columns), None)
        return "works" if column is None else _names(set(result[column].dropna()), stage)
    if isinstance(result, list):
        return _names({tenant.name for tenant in result}, stage)
    if isinstance(result, set):
        return _names(result, stage)
    return "works"


def _names(found: set[str], stage: Stage) -> str:
    covered = (stage.mine in found, stage.other in found)
    return {(True, True): "all", (True, False): "mine", (False, False): "none", (False, True): "only others'"}[covered]


def _live(form: Any) -> set[str]:
    """The namespaces of the objects that a live view shows."""
    try:
        eventually(lambda: form.state != "connecting")
        if form.state == "not readable":
            raise tk.exceptions.PermissionDenied("as the view says", status=403)
        assert form.state in {"live", "live in part"}, form.state
        with form.feed.lock:
            return {namespace for rows in form.feed.model.objects.values() for namespace, _ in rows}
    finally:
        form.close()


def _form(form: Any) -> str:
    form.close()
    return "works"


@contextmanager
def _spare(stage: Stage) -> Iterator[str]:
    """Another tenant of the personas."""
    admin = stage.connect_as("admin")
    with fresh_name(admin, installs=False) as name:
        tk.apply(admin, tk.plan(admin, tk.get_tenant(admin, stage.mine).with_(name=name)), **_QUIET)
        yield name


@contextmanager
def _kept(stage: Stage) -> Iterator[tk.Tenant]:
    """The tenant, which gets back what it is afterwards."""
    admin = stage.connect_as("admin")
    tenant = tk.get_tenant(admin, stage.mine)
    yield tenant
    tk.apply(admin, tk.plan(admin, tenant), **_QUIET)


def _apply(cluster: tk.Cluster, stage: Stage) -> object:
    with _kept(stage) as tenant:
        return tk.apply(cluster, tk.plan(cluster, tenant.with_(viewers=[*(tenant.viewers or ()), _EVE])), **_QUIET)


def _freeze(cluster: tk.Cluster, stage: Stage) -> object:
    with _kept(stage):
        return tk.freeze(cluster, stage.mine, **_QUIET)


def _thaw(cluster: tk.Cluster, stage: Stage) -> object:
    with _kept(stage):
        tk.freeze(stage.connect_as("admin"), stage.mine, **_QUIET)
        return tk.thaw(cluster, stage.mine, **_QUIET)


def _boost(cluster: tk.Cluster, stage: Stage) -> object:
    with _kept(stage):
        return tk.boost(cluster, stage.mine, until=datetime.now(UTC) + timedelta(days=1), size="medium", **_QUIET)


def _release(cluster: tk.Cluster, stage: Stage) -> object:
    with _spare(stage) as name:
        return tk.release(cluster, name, **_QUIET)


def _adopt(cluster: tk.Cluster, stage: Stage) -> object:
    admin = stage.connect_as("admin")
    with _spare(stage) as name:
        tenant = tk.get_tenant(admin, name)
        tk.release(admin, name, **_QUIET)
        return tk.adopt(cluster, tenant, **_QUIET)


def _delete(cluster: tk.Cluster, stage: Stage) -> object:
    with _spare(stage) as name:
        return tk.delete_tenants(cluster, name, confirm=name, **_QUIET)


def _add_member(cluster: tk.Cluster, stage: Stage) -> object:
    with _kept(stage):
        return tk.add_member(cluster, stage.mine, _EVE, **_QUIET)


def _remove_member(cluster: tk.Cluster, stage: Stage) -> object:
    with _kept(stage):
        tk.add_member(stage.connect_as("admin"), stage.mine, _EVE, **_QUIET)
        return tk.remove_member(cluster, stage.mine, _EVE, **_QUIET)


def _add_route(cluster: tk.Cluster, stage: Stage) -> object:
    with _kept(stage):
        return tk.add_route(cluster, stage.mine, _MORE, **_QUIET)


def _remove_route(cluster: tk.Cluster, stage: Stage) -> object:
    with _kept(stage):
        tk.add_route(stage.connect_as("admin"), stage.mine, _MORE, **_QUIET)
        return tk.remove_route(cluster, stage.mine, "more", **_QUIET)


def _changed(cluster: tk.Cluster, stage: Stage) -> tk.Plan:
    """A plan that adds a viewer, and gives more."""
    return tk.plan(cluster, tk.get_tenant(cluster, stage.mine).with_(size="medium"))


def _logs(cluster: tk.Cluster, stage: Stage) -> object:
    return tk.logs(cluster, "Deployment/train", tenant=stage.mine)


def _follow(cluster: tk.Cluster, stage: Stage) -> object:
    with tk.follow_logs(cluster, "Deployment/train", tenant=stage.mine, timeout_s=1) as lines:
        return str(list(lines))


# Those that only read, or that plan.
READING: Mapping[str, Callable[[tk.Cluster, Stage], object]] = {
    "Explorer": lambda cluster, _: _live(tk.Explorer(cluster)),
    "MembersForm": lambda cluster, _: _form(tk.MembersForm(cluster)),
    "MembersForm of mine": lambda cluster, stage: _form(tk.MembersForm(cluster, tenant=stage.mine)),
    "QuotaDashboard": lambda cluster, _: _live(tk.QuotaDashboard(cluster)),
    "TenantForm": lambda cluster, _: _form(tk.TenantForm(cluster)),
    "TenantForm of mine": lambda cluster, stage: _form(tk.TenantForm(cluster, tenant=stage.mine)),
    "access": lambda cluster, _: tk.access(cluster, "owner@example.com"),
    "api_client": lambda cluster, _: type(tk.api_client(cluster)).__name__,
    "audit": lambda cluster, _: tk.audit(cluster),
    "audit of mine": lambda cluster, stage: tk.audit(cluster, tenant=stage.mine),
    "connectivity": lambda cluster, _: tk.connectivity(cluster),
    "copies": lambda cluster, _: tk.copies(cluster),
    "events": lambda cluster, _: tk.events(cluster),
    "fits": lambda cluster, stage: tk.fits(cluster, stage.mine, cpu="1", memory="1Gi"),
    "follow_logs": _follow,
    "get_platform": lambda cluster, _: tk.get_platform(cluster),
    "get_tenant": lambda cluster, stage: tk.get_tenant(cluster, stage.mine),
    "get_tenant of others": lambda cluster, stage: tk.get_tenant(cluster, stage.other),
    "get_tenants": lambda cluster, _: tk.get_tenants(cluster),
    "host_owner": lambda cluster, stage: tk.host_owner(cluster, f"{stage.mine}.example.ai"),
    "host_owner of others": lambda cluster, stage: tk.host_owner(cluster, f"{stage.other}.example.ai"),
    "logs": _logs,
    "members": lambda cluster, _: tk.members(cluster),
    "my_tenants": lambda cluster, _: tk.my_tenants(cluster),
    "nodes": lambda cluster, _: tk.nodes(cluster),
    "plan": _changed,
    "plan_add_member": lambda cluster, stage: tk.plan_add_member(cluster, stage.mine, _EVE),
    "plan_add_route": lambda cluster, stage: tk.plan_add_route(cluster, stage.mine, _MORE),
    "plan_adopt": lambda cluster, stage: tk.plan_adopt(cluster, _SPEC.with_(name=stage.mine)),
    "plan_delete_tenants": lambda cluster, stage: tk.plan_delete_tenants(cluster, stage.mine),
    "plan_platform": lambda cluster, _: tk.plan_platform(cluster),
    "plan_release": lambda cluster, stage: tk.plan_release(cluster, stage.mine),
    "plan_remove_member": lambda cluster, stage: tk.plan_remove_member(cluster, stage.mine, "viewer@example.com"),
    "plan_remove_route": lambda cluster, stage: tk.plan_remove_route(cluster, stage.mine, "ai"),
    "pods": lambda cluster, _: tk.pods(cluster),
    "pods of mine": lambda cluster, stage: tk.pods(cluster, tenant=stage.mine),
    "pods of others": lambda cluster, stage: tk.pods(cluster, tenant=stage.other),
    "quota_holders": lambda cluster, _: tk.quota_holders(cluster),
    "quota_usage": lambda cluster, _: tk.quota_usage(cluster),
    "read_plan": lambda cluster, stage: tk.read_plan(cluster, stage.plan_file),
    "request_host": lambda cluster, stage: tk.request_host(cluster, stage.mine, "demo.example.ai").plan,
    "request_quota": lambda cluster, stage: tk.request_quota(cluster, stage.mine, gpus=4).plan,
    "resources": lambda cluster, _: tk.resources(cluster, "deployments"),
    "routes": lambda cluster, _: tk.routes(cluster),
    "services": lambda cluster, _: tk.services(cluster),
    "tenants": lambda cluster, _: tk.tenants(cluster),
    "tenants with drift": lambda cluster, _: tk.tenants(cluster, drift=True),
    "volumes": lambda cluster, _: tk.volumes(cluster),
    "whoami": lambda cluster, _: {tenant.namespace for tenant in tk.whoami(cluster).tenants},
    "why": lambda cluster, _: tk.why(cluster),
    "why of mine": lambda cluster, stage: tk.why(cluster, stage.mine),
    "workloads": lambda cluster, _: tk.workloads(cluster),
}

# Those that write; each puts back what it has changed.
WRITING: Mapping[str, Callable[[tk.Cluster, Stage], object]] = {
    "add_member": _add_member,
    "add_route": _add_route,
    "adopt": _adopt,
    "apply": _apply,
    "boost": _boost,
    "delete_tenants": _delete,
    "freeze": _freeze,
    "install_platform": lambda cluster, _: tk.install_platform(cluster, PLATFORM.with_(domain="other.ai"), **_QUIET),
    "release": _release,
    "remove_member": _remove_member,
    "remove_route": _remove_route,
    "thaw": _thaw,
    "uninstall_platform": lambda cluster, _: tk.uninstall_platform(cluster, confirm="tenantkit-system", **_QUIET),
}
