"""tenantkit: a corner of a Kubernetes cluster for each team, made and watched from a notebook.

Every public name is imported when it is first used, so that `import tenantkit` costs next to nothing. The table below
and the imports that editors and type checkers read say the same; a test holds them equal.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster as Cluster
    from tenantkit.cluster.connection.connect import connect as connect
    from tenantkit.cluster.identity import whoami as whoami
    from tenantkit.display.styling import styled as styled
    from tenantkit.exceptions import ClusterError as ClusterError
    from tenantkit.exceptions import InvalidSpecError as InvalidSpecError
    from tenantkit.exceptions import PartialApplyError as PartialApplyError
    from tenantkit.exceptions import TenantKitError as TenantKitError
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
    from tenantkit.frames.quota_holders import who_uses as who_uses
    from tenantkit.frames.resources import resources as resources
    from tenantkit.frames.routes import routes as routes
    from tenantkit.frames.services import services as services
    from tenantkit.frames.tenants import tenants as tenants
    from tenantkit.frames.volumes import volumes as volumes
    from tenantkit.frames.workloads import workloads as workloads
    from tenantkit.plots.gpus import plot_gpus as plot_gpus
    from tenantkit.plots.quota import plot_quota_bars as plot_quota_bars
    from tenantkit.plots.quota import plot_quota_heatmap as plot_quota_heatmap
    from tenantkit.provision.apply import apply as apply
    from tenantkit.provision.delete import delete_tenant as delete_tenant
    from tenantkit.provision.delete import plan_delete as plan_delete
    from tenantkit.provision.install import install as install
    from tenantkit.provision.install import plan_install as plan_install
    from tenantkit.provision.install import uninstall as uninstall
    from tenantkit.provision.plan import Plan as Plan
    from tenantkit.provision.plan import plan as plan
    from tenantkit.provision.report import Report as Report
    from tenantkit.provision.stored import get_platform as get_platform
    from tenantkit.provision.stored import get_tenant as get_tenant
    from tenantkit.provision.stored import list_tenants as list_tenants
    from tenantkit.sandbox.server import Sandbox as Sandbox
    from tenantkit.spec.files import format_specs as format_specs
    from tenantkit.spec.files import read_specs as read_specs
    from tenantkit.spec.platform import Platform as Platform
    from tenantkit.spec.quota import ContainerLimits as ContainerLimits
    from tenantkit.spec.quota import Quota as Quota
    from tenantkit.spec.route import Route as Route
    from tenantkit.spec.tenant import Tenant as Tenant

_HOME = {
    "Cluster": "cluster.cluster",
    "ClusterError": "exceptions",
    "ContainerLimits": "spec.quota",
    "Fit": "findings.fits.fits",
    "Explorer": "forms.live.explorer",
    "InvalidSpecError": "exceptions",
    "PartialApplyError": "exceptions",
    "Plan": "provision.plan",
    "Platform": "spec.platform",
    "Quota": "spec.quota",
    "QuotaDashboard": "forms.live.quota_dashboard",
    "Report": "provision.report",
    "Route": "spec.route",
    "Sandbox": "sandbox.server",
    "Tenant": "spec.tenant",
    "TenantForm": "forms.tenant",
    "TenantKitError": "exceptions",
    "apply": "provision.apply",
    "connect": "cluster.connection.connect",
    "delete_tenant": "provision.delete",
    "events": "frames.events",
    "fits": "findings.fits.fits",
    "format_specs": "spec.files",
    "get_platform": "provision.stored",
    "get_tenant": "provision.stored",
    "install": "provision.install",
    "list_tenants": "provision.stored",
    "nodes": "frames.nodes",
    "plan": "provision.plan",
    "plan_delete": "provision.delete",
    "plan_install": "provision.install",
    "plot_gpus": "plots.gpus",
    "plot_quota_bars": "plots.quota",
    "plot_quota_heatmap": "plots.quota",
    "pods": "frames.pods",
    "quota_usage": "frames.quota",
    "read_specs": "spec.files",
    "resources": "frames.resources",
    "routes": "frames.routes",
    "services": "frames.services",
    "styled": "display.styling",
    "tenants": "frames.tenants",
    "uninstall": "provision.install",
    "volumes": "frames.volumes",
    "who_uses": "frames.quota_holders",
    "whoami": "cluster.visible",
    "why": "findings.why",
    "workloads": "frames.workloads",
}

__all__ = [*_HOME, "__version__"]  # noqa: PLE0604 (the table's keys are strings)

if not TYPE_CHECKING:  # hidden from type checkers, so that a misspelt name stays an error

    def __getattr__(name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return globals().setdefault(name, getattr(import_module(f"{__name__}.{_HOME[name]}"), name))


def __dir__() -> list[str]:
    return sorted(__all__)
