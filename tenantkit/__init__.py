"""tenantkit: a corner of a Kubernetes cluster for each team, made and watched from a notebook.

Every public name is imported when it is first used, so that `import tenantkit` costs next to nothing. The table below
and the imports that editors and type checkers read say the same; a test holds them equal.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from tenantkit import exceptions as exceptions
    from tenantkit import plots as plots
    from tenantkit.cluster.cluster import Cluster as Cluster
    from tenantkit.cluster.connection.connect import connect as connect
    from tenantkit.cluster.identity import whoami as whoami
    from tenantkit.display.styling import InteractiveTable as InteractiveTable
    from tenantkit.display.styling import styled as styled
    from tenantkit.findings.fits.fits import Check as Check
    from tenantkit.findings.fits.fits import Fit as Fit
    from tenantkit.findings.fits.fits import fits as fits
    from tenantkit.findings.why import why as why
    from tenantkit.forms.live.explorer import Explorer as Explorer
    from tenantkit.forms.live.quota_dashboard import QuotaDashboard as QuotaDashboard
    from tenantkit.forms.tenant import TenantForm as TenantForm
    from tenantkit.frames.events import events as events
    from tenantkit.frames.nodes import nodes as nodes
    from tenantkit.frames.pods import pods as pods
    from tenantkit.frames.quota import quota_usage as quota_usage
    from tenantkit.frames.quota_holders import quota_holders as quota_holders
    from tenantkit.frames.resources import resources as resources
    from tenantkit.frames.routes import routes as routes
    from tenantkit.frames.services import services as services
    from tenantkit.frames.tenants import tenants as tenants
    from tenantkit.frames.volumes import volumes as volumes
    from tenantkit.frames.workloads import workloads as workloads
    from tenantkit.provision.apply import apply as apply
    from tenantkit.provision.delete import delete_tenant as delete_tenant
    from tenantkit.provision.delete import plan_delete as plan_delete
    from tenantkit.provision.install import install_platform as install_platform
    from tenantkit.provision.install import plan_platform as plan_platform
    from tenantkit.provision.install import uninstall_platform as uninstall_platform
    from tenantkit.provision.plan import Plan as Plan
    from tenantkit.provision.plan import plan as plan
    from tenantkit.provision.report import Report as Report
    from tenantkit.provision.stored import get_platform as get_platform
    from tenantkit.provision.stored import get_tenant as get_tenant
    from tenantkit.provision.stored import get_tenants as get_tenants
    from tenantkit.sandbox.server import Sandbox as Sandbox
    from tenantkit.spec.files import format_specs as format_specs
    from tenantkit.spec.files import read_specs as read_specs
    from tenantkit.spec.platform import Platform as Platform
    from tenantkit.spec.quota import ContainerLimits as ContainerLimits
    from tenantkit.spec.quota import Quota as Quota
    from tenantkit.spec.route import Route as Route
    from tenantkit.spec.tenant import Tenant as Tenant

_HOME = {
    "Check": "findings.fits.fits",
    "Cluster": "cluster.cluster",
    "ContainerLimits": "spec.quota",
    "Fit": "findings.fits.fits",
    "InteractiveTable": "display.styling",
    "Explorer": "forms.live.explorer",
    "Plan": "provision.plan",
    "Platform": "spec.platform",
    "Quota": "spec.quota",
    "QuotaDashboard": "forms.live.quota_dashboard",
    "Report": "provision.report",
    "Route": "spec.route",
    "Sandbox": "sandbox.server",
    "Tenant": "spec.tenant",
    "TenantForm": "forms.tenant",
    "apply": "provision.apply",
    "connect": "cluster.connection.connect",
    "delete_tenant": "provision.delete",
    "events": "frames.events",
    "fits": "findings.fits.fits",
    "format_specs": "spec.files",
    "get_platform": "provision.stored",
    "get_tenant": "provision.stored",
    "install_platform": "provision.install",
    "get_tenants": "provision.stored",
    "nodes": "frames.nodes",
    "plan": "provision.plan",
    "plan_delete": "provision.delete",
    "plan_platform": "provision.install",
    "pods": "frames.pods",
    "quota_usage": "frames.quota",
    "read_specs": "spec.files",
    "resources": "frames.resources",
    "routes": "frames.routes",
    "services": "frames.services",
    "styled": "display.styling",
    "tenants": "frames.tenants",
    "uninstall_platform": "provision.install",
    "volumes": "frames.volumes",
    "quota_holders": "frames.quota_holders",
    "whoami": "cluster.identity",
    "why": "findings.why",
    "workloads": "frames.workloads",
}

_MODULES = ("exceptions", "plots")

__all__ = [*_HOME, *_MODULES, "__version__"]  # noqa: PLE0604 (the table's keys are strings)

if not TYPE_CHECKING:  # hidden from type checkers, so that a misspelt name stays an error

    def __getattr__(name: str) -> Any:
        if name in _MODULES:
            return import_module(f"{__name__}.{name}")
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return globals().setdefault(name, getattr(import_module(f"{__name__}.{_HOME[name]}"), name))


def __dir__() -> list[str]:
    return sorted(__all__)
