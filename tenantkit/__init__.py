"""tenantkit: create and run your team's part of a Kubernetes cluster from a notebook.

    import tenantkit as tk

    cluster = tk.connect()               # the cluster of your kubeconfig, or of the pod that runs this
    tk.whoami(cluster)                   # who you are to it, and in each tenant: owner, editor or viewer
    tk.my_tenants(cluster)               # your tenants; all functions below cover these, unless you name others

What do you want to do? Each call takes `cluster` first, and most take `tenant="vision"`.

Look, and change nothing

    see how much of a quota is used      tk.quota_usage, tk.QuotaDashboard, tk.plots
    see who holds the GPUs               tk.quota_holders(cluster, resource="gpu", by="person"), tk.plots.gpus
    find out why a pod does not start    tk.why, then tk.logs and tk.events
    know whether more pods would fit     tk.fits(cluster, "vision", pods=4, gpus=2)
    read the logs of a crash             tk.logs(cluster, "Deployment/crawl", tenant="vision", previous=True)
    look at workloads                    tk.workloads, tk.pods, tk.services, tk.volumes, tk.Explorer
    look at nodes, or at any other kind  tk.nodes, tk.resources
    see members, and who may do what     tk.members, tk.access
    see the addresses of services        tk.routes
    see who has a host                   tk.host_owner(cluster, "vision.example.ai")
    see all hosts, and who collides      tk.hosts
    see who may reach whom               tk.connectivity, tk.plots.connectivity
    see whether copies are current       tk.copies
    list tenants                         tk.tenants (a table), tk.get_tenants (specs)

Change your tenant. Each function named plan_… shows what would change first; a form does both

    add or remove a teammate             tk.add_member, tk.remove_member, tk.MembersForm; tk.plan_add_member
    add or remove a route                tk.add_route, tk.remove_route; tk.plan_add_route
    change anything else                 tk.TenantForm, or tk.get_tenant, tenant.with_, tk.plan and tk.apply
    ask for more quota (new total)       tk.request_quota(cluster, "vision", gpus=4, reason="…")
    ask for another host                 tk.request_host(cluster, "vision", "demo.example.ai", reason="…")
    ask for anything else                plan = tk.plan(cluster, …), then print(plan.request); tk.TenantForm
    hand a tenant back                   tk.plan_delete_tenants(cluster, "vision"), then print(plan.request)
    export tenants as files              tk.write_specs("tenants.yaml", tk.get_tenants(cluster))
    keep tenants in files                tk.read_specs, tk.write_specs, tenant.to_yaml
    review a plan as a file              tk.write_plan, tk.read_plan

Run the platform

    try it without a cluster             tk.Sandbox
    set up a platform, once              tk.Platform, tk.plan_platform, tk.install_platform, tk.uninstall_platform
    see its settings                     tk.get_platform
    onboard tenants                      tk.TenantForm, or tk.Tenant, tk.Quota, tk.Route, then tk.plan and tk.apply
    adopt an existing namespace          tk.plan_adopt, tk.adopt, tk.plan_release, tk.release
    stop new pods, or boost a quota      tk.freeze, tk.thaw, tk.boost
    find the walls that do not hold      tk.audit
    delete a tenant                      tk.plan_delete_tenants, tk.delete_tenants
    call any other API                   tk.api_client (the official Python client, signed in)

Tables are pandas DataFrames. A plan and a form show what would change, and change nothing until you apply it. An error
says what happened and what to do next; tk.exceptions has all of them. Where only the platform team may make a change,
the error and `tk.whoami(cluster)` say whom to ask.

`tk.plan?`, or Shift+Tab behind a name in JupyterLab, describes each. On the command line: `tenantkit --help`.
"""

# Every public name is imported when it is first used, so that `import tenantkit` is fast. The table below and the
# imports that editors and type checkers read are the same; a test compares them.

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from tenantkit import exceptions as exceptions
    from tenantkit import plots as plots
    from tenantkit.cluster.cluster import Cluster as Cluster
    from tenantkit.cluster.connection.connect import connect as connect
    from tenantkit.cluster.official_client import api_client as api_client
    from tenantkit.cluster.requests.unreadable import ObjectList as ObjectList
    from tenantkit.cluster.requests.unreadable import UnreadableObject as UnreadableObject
    from tenantkit.cluster.requests.watch import WatchEvent as WatchEvent
    from tenantkit.display.frame import Frame as Frame
    from tenantkit.findings.access.access import access as access
    from tenantkit.findings.audit.audit import audit as audit
    from tenantkit.findings.connectivity.connectivity import connectivity as connectivity
    from tenantkit.findings.fits.fit import Fit as Fit
    from tenantkit.findings.fits.fit import FitCheck as FitCheck
    from tenantkit.findings.fits.fits import fits as fits
    from tenantkit.findings.why import why as why
    from tenantkit.forms.kit.field import FormField as FormField
    from tenantkit.forms.live.explorer import Explorer as Explorer
    from tenantkit.forms.live.quota_dashboard import QuotaDashboard as QuotaDashboard
    from tenantkit.forms.members.form import MembersForm as MembersForm
    from tenantkit.forms.tenant.form import TenantForm as TenantForm
    from tenantkit.frames.copies import copies as copies
    from tenantkit.frames.events import events as events
    from tenantkit.frames.host_owner import host_owner as host_owner
    from tenantkit.frames.hosts import hosts as hosts
    from tenantkit.frames.log.follow import LogStream as LogStream
    from tenantkit.frames.log.follow import follow_logs as follow_logs
    from tenantkit.frames.log.lines import LogLine as LogLine
    from tenantkit.frames.log.shown import ContainerLog as ContainerLog
    from tenantkit.frames.log.shown import Logs as Logs
    from tenantkit.frames.logs import logs as logs
    from tenantkit.frames.members import members as members
    from tenantkit.frames.my_tenants import my_tenants as my_tenants
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
    from tenantkit.provision.changes import PlanChange as PlanChange
    from tenantkit.provision.changes import PlanRow as PlanRow
    from tenantkit.provision.content.members import Member as Member
    from tenantkit.provision.delete import delete_tenants as delete_tenants
    from tenantkit.provision.delete import plan_delete_tenants as plan_delete_tenants
    from tenantkit.provision.edits.edit import TeamEdit as TeamEdit
    from tenantkit.provision.install import install_platform as install_platform
    from tenantkit.provision.install import plan_platform as plan_platform
    from tenantkit.provision.install import uninstall_platform as uninstall_platform
    from tenantkit.provision.life.adopt import adopt as adopt
    from tenantkit.provision.life.adopt import plan_adopt as plan_adopt
    from tenantkit.provision.life.boost import boost as boost
    from tenantkit.provision.life.freeze import freeze as freeze
    from tenantkit.provision.life.freeze import thaw as thaw
    from tenantkit.provision.life.release import plan_release as plan_release
    from tenantkit.provision.life.release import release as release
    from tenantkit.provision.life.request_host import request_host as request_host
    from tenantkit.provision.life.request_quota import request_quota as request_quota
    from tenantkit.provision.plan import Plan as Plan
    from tenantkit.provision.plan import plan as plan
    from tenantkit.provision.plan_files import read_plan as read_plan
    from tenantkit.provision.plan_files import write_plan as write_plan
    from tenantkit.provision.plans.notice import PlanNotice as PlanNotice
    from tenantkit.provision.plans.requests.letter import Request as Request
    from tenantkit.provision.reasons import Reason as Reason
    from tenantkit.provision.report import ApplyOutcome as ApplyOutcome
    from tenantkit.provision.report import Report as Report
    from tenantkit.provision.stored.identity import Identity as Identity
    from tenantkit.provision.stored.identity import Membership as Membership
    from tenantkit.provision.stored.identity import whoami as whoami
    from tenantkit.provision.stored.platform import get_platform as get_platform
    from tenantkit.provision.stored.tenants import TenantList as TenantList
    from tenantkit.provision.stored.tenants import get_tenant as get_tenant
    from tenantkit.provision.stored.tenants import get_tenants as get_tenants
    from tenantkit.provision.team.members import add_member as add_member
    from tenantkit.provision.team.members import plan_add_member as plan_add_member
    from tenantkit.provision.team.members import plan_remove_member as plan_remove_member
    from tenantkit.provision.team.members import remove_member as remove_member
    from tenantkit.provision.team.routes import add_route as add_route
    from tenantkit.provision.team.routes import plan_add_route as plan_add_route
    from tenantkit.provision.team.routes import plan_remove_route as plan_remove_route
    from tenantkit.provision.team.routes import remove_route as remove_route
    from tenantkit.rules.manifest import ObjectRef as ObjectRef
    from tenantkit.sandbox.server import Sandbox as Sandbox
    from tenantkit.spec.boost import Boost as Boost
    from tenantkit.spec.files import read_specs as read_specs
    from tenantkit.spec.files import write_specs as write_specs
    from tenantkit.spec.guardrails import Guardrails as Guardrails
    from tenantkit.spec.network import Dns as Dns
    from tenantkit.spec.network import Network as Network
    from tenantkit.spec.network import SharedEndpoint as SharedEndpoint
    from tenantkit.spec.people import People as People
    from tenantkit.spec.platform import Platform as Platform
    from tenantkit.spec.quota import ContainerLimits as ContainerLimits
    from tenantkit.spec.quota import Quota as Quota
    from tenantkit.spec.quota import StorageClassQuota as StorageClassQuota
    from tenantkit.spec.role_rules import RoleRule as RoleRule
    from tenantkit.spec.role_rules import RoleRules as RoleRules
    from tenantkit.spec.route import Route as Route
    from tenantkit.spec.routing import Gateway as Gateway
    from tenantkit.spec.routing import Routing as Routing
    from tenantkit.spec.security import Security as Security
    from tenantkit.spec.tenant import Tenant as Tenant

_HOME = {
    "ApplyOutcome": "provision.report",
    "Boost": "spec.boost",
    "Cluster": "cluster.cluster",
    "ContainerLimits": "spec.quota",
    "ContainerLog": "frames.log.shown",
    "Dns": "spec.network",
    "Explorer": "forms.live.explorer",
    "Fit": "findings.fits.fit",
    "FitCheck": "findings.fits.fit",
    "FormField": "forms.kit.field",
    "Frame": "display.frame",
    "Gateway": "spec.routing",
    "Guardrails": "spec.guardrails",
    "Identity": "provision.stored.identity",
    "LogLine": "frames.log.lines",
    "LogStream": "frames.log.follow",
    "Logs": "frames.log.shown",
    "Member": "provision.content.members",
    "Membership": "provision.stored.identity",
    "MembersForm": "forms.members.form",
    "Network": "spec.network",
    "ObjectList": "cluster.requests.unreadable",
    "ObjectRef": "rules.manifest",
    "People": "spec.people",
    "Plan": "provision.plan",
    "PlanChange": "provision.changes",
    "PlanNotice": "provision.plans.notice",
    "PlanRow": "provision.changes",
    "Platform": "spec.platform",
    "Quota": "spec.quota",
    "QuotaDashboard": "forms.live.quota_dashboard",
    "Reason": "provision.reasons",
    "Report": "provision.report",
    "Request": "provision.plans.requests.letter",
    "RoleRule": "spec.role_rules",
    "RoleRules": "spec.role_rules",
    "Route": "spec.route",
    "Routing": "spec.routing",
    "Sandbox": "sandbox.server",
    "Security": "spec.security",
    "SharedEndpoint": "spec.network",
    "StorageClassQuota": "spec.quota",
    "TeamEdit": "provision.edits.edit",
    "Tenant": "spec.tenant",
    "TenantForm": "forms.tenant.form",
    "TenantList": "provision.stored.tenants",
    "UnreadableObject": "cluster.requests.unreadable",
    "WatchEvent": "cluster.requests.watch",
    "access": "findings.access.access",
    "add_member": "provision.team.members",
    "add_route": "provision.team.routes",
    "adopt": "provision.life.adopt",
    "api_client": "cluster.official_client",
    "apply": "provision.apply",
    "audit": "findings.audit.audit",
    "boost": "provision.life.boost",
    "connect": "cluster.connection.connect",
    "connectivity": "findings.connectivity.connectivity",
    "copies": "frames.copies",
    "delete_tenants": "provision.delete",
    "events": "frames.events",
    "fits": "findings.fits.fits",
    "follow_logs": "frames.log.follow",
    "freeze": "provision.life.freeze",
    "get_platform": "provision.stored.platform",
    "get_tenant": "provision.stored.tenants",
    "get_tenants": "provision.stored.tenants",
    "host_owner": "frames.host_owner",
    "hosts": "frames.hosts",
    "install_platform": "provision.install",
    "logs": "frames.logs",
    "members": "frames.members",
    "my_tenants": "frames.my_tenants",
    "nodes": "frames.nodes",
    "plan": "provision.plan",
    "plan_add_member": "provision.team.members",
    "plan_add_route": "provision.team.routes",
    "plan_adopt": "provision.life.adopt",
    "plan_delete_tenants": "provision.delete",
    "plan_platform": "provision.install",
    "plan_release": "provision.life.release",
    "plan_remove_member": "provision.team.members",
    "plan_remove_route": "provision.team.routes",
    "pods": "frames.pods",
    "quota_holders": "frames.quota_holders",
    "quota_usage": "frames.quota",
    "read_plan": "provision.plan_files",
    "read_specs": "spec.files",
    "release": "provision.life.release",
    "remove_member": "provision.team.members",
    "remove_route": "provision.team.routes",
    "request_host": "provision.life.request_host",
    "request_quota": "provision.life.request_quota",
    "resources": "frames.resources",
    "routes": "frames.routes",
    "services": "frames.services",
    "tenants": "frames.tenants",
    "thaw": "provision.life.freeze",
    "uninstall_platform": "provision.install",
    "volumes": "frames.volumes",
    "whoami": "provision.stored.identity",
    "why": "findings.why",
    "workloads": "frames.workloads",
    "write_plan": "provision.plan_files",
    "write_specs": "spec.files",
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
