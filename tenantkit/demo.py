"""The first example: three tenants on one cluster, each with its own hostname.

It creates the six objects of the well-known example and what a platform adds to them: stored specs, quotas, limits,
accounts and bindings.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from tenantkit.display.human_amounts import amount_text
from tenantkit.manifests.served_paths import served_paths
from tenantkit.provision.apply import apply
from tenantkit.provision.install import install_platform
from tenantkit.provision.plan import plan
from tenantkit.provision.stored.platform import find_platform
from tenantkit.spec.platform import Platform
from tenantkit.spec.route import Route
from tenantkit.spec.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenantkit.cluster.cluster import Cluster

_RESOURCES = ("requests.cpu", "requests.memory", "requests.nvidia.com/gpu", "pods")


@dataclass(frozen=True, slots=True)
class DemoResult:
    """The result of the demo: the tenants' URLs by name, the example's outputs, and the quota table."""

    urls: dict[str, list[str]]
    outputs: dict[str, str]
    quota: pd.DataFrame

    def as_json(self) -> dict[str, Any]:
        """The result as plain data."""
        return {"urls": self.urls, "outputs": self.outputs, "quota": json.loads(self.quota.to_json(orient="records"))}

    def as_text(self) -> str:
        """The result for a terminal: URLs, outputs, and the main rows of the quota."""
        return "\n".join(
            [
                "URLs",
                *(f"  {name}  {url}" for name, urls in self.urls.items() for url in urls),
                "\nOutputs",
                *(f"  {name} = {value}" for name, value in self.outputs.items()),
                "\nQuota",
                self._quota_text(),
            ]
        )

    def _quota_text(self) -> str:
        rows = self.quota[self.quota["resource"].isin(_RESOURCES) & self.quota["scopes"].isna()]
        words = {
            column: [
                "-" if pd.isna(amount) else amount_text(float(amount), unit)
                for amount, unit in zip(rows[column], rows["unit"], strict=True)
            ]
            for column in ("used", "hard", "free")
        }
        return rows.assign(**words)[["tenant", "resource", *words, "state"]].to_string(index=False)


def demo_tenants() -> list[Tenant]:
    """The three tenants of the example, `tenant-0` to `tenant-2`."""
    return [
        Tenant(
            name=f"tenant-{number}",
            team=f"team-{number}",
            owners=["owner@example.com"],
            size="small",
            routes=[
                Route(
                    name=f"tenant-ingress-{number}", service=f"tenant-{number}-ai-service", port=80, path="/ai-service"
                )
            ],
        )
        for number in range(3)
    ]


def run_demo(cluster: Cluster, *, notify: Callable[[str], None]) -> DemoResult:
    """Create the example on a cluster and read it back.

    Args:
        cluster: the cluster. Its platform is used; without one, the default platform is installed.
        notify: called with each line of progress.

    Raises:
        InvalidSpecError: the platform has no size `small`.
        PartialApplyError: something failed; run it again to continue.

    RBAC: as for `install_platform` and `apply`: a cluster administrator, or a provisioner if the platform is installed.
    """
    from tenantkit.frames.quota import quota_usage

    platform = find_platform(cluster)
    if platform is None:
        platform = Platform()
        notify("installing the platform: roles and settings")
        install_platform(cluster, platform, progress=False)
    tenants = demo_tenants()
    changes = plan(cluster, tenants, platform=platform)
    notify(changes.words("shell", fields=False))  # it runs from the command line
    report = apply(cluster, changes, progress=False)
    notify(report.summary)
    return DemoResult(
        urls=report.urls,
        outputs={_output(tenant): _hostname(cluster, platform, tenant) for tenant in tenants},
        quota=quota_usage(cluster, namespaces=[platform.namespace(tenant) for tenant in tenants]),
    )


def _output(tenant: Tenant) -> str:
    return f"{tenant.name.replace('-', '_')}_ingress_hostname"


def _hostname(cluster: Cluster, platform: Platform, tenant: Tenant) -> str:
    """The host in the cluster, not in the spec."""
    kind, name = platform.routing.kinds[0], (tenant.routes or ())[0].name or ""
    return str(served_paths(cluster.get(kind, name, platform.namespace(tenant)))[0].host)
