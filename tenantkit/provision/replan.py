"""The plan of the platform's own objects, and any plan made again from the current live state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenantkit.provision.changes import changes
from tenantkit.provision.content.unwanted import Unwanted
from tenantkit.provision.plan import Plan, read_and_plan
from tenantkit.provision.plans.origin import cluster_id
from tenantkit.provision.reasons import NO_LONGER_WANTED
from tenantkit.provision.stored.installed import read_installed
from tenantkit.provision.stored.versions import check_platform_version

if TYPE_CHECKING:
    from tenantkit.provision.cluster_api import ClusterApi
    from tenantkit.provision.stored.installed import Installed
    from tenantkit.spec.platform import Platform


def make_install_plan(platform: Platform, installed: Installed) -> Plan:
    """The plan of the platform's own objects against those that are installed: pure.

    Raises:
        SpecVersionError: a newer tenantkit wrote the stored settings, or installed the guardrails.
    """
    wanted = installed.wanted(platform)
    check_platform_version(wanted, installed.live)
    rest = [Unwanted(manifest, NO_LONGER_WANTED, is_deleted=True) for manifest in installed.others(wanted)]
    return Plan(platform, (), tuple(changes(wanted, installed.live, unwanted=rest)), "platform")


def replan(cluster: ClusterApi, earlier: Plan) -> Plan:
    """The same plan, made again from the current live state."""
    if earlier.subject == "platform":
        made = make_install_plan(earlier.platform, read_installed(cluster, earlier.platform))
        return replace(made, cluster_id=cluster_id(cluster))
    return read_and_plan(cluster, earlier.tenants, earlier.platform)
