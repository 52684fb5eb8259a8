"""What a type checker sees of the public names: read by mypy in `make lint`, never run.

Names are lazy, so a checker could take them all for Any and no longer find a misspelt one. An ignore that is not needed
is an error to mypy (`warn_unused_ignores`): each here says that a mistake must be found.
"""

from __future__ import annotations

from typing import Any, assert_type

import pandas as pd

import tenantkit as tk
from tenantkit.display.pictures import Picture
from tenantkit.provision.changes import PlanAction
from tenantkit.provision.reasons import ReasonCode


def what_comes_out_is_known(cluster: tk.Cluster, vision: tk.Tenant) -> None:
    assert_type(tk.connect(context="lab", token=lambda: "fresh"), tk.Cluster)
    assert_type(tk.whoami(cluster), tk.Identity)
    assert_type(tk.install_platform(cluster), tk.Report)
    assert_type(tk.plan(cluster, [vision]), tk.Plan)
    assert_type(tk.plan(cluster, vision), tk.Plan)
    assert_type(tk.plan(cluster, (vision,)), tk.Plan)  # any sequence will do
    assert_type(tk.apply(cluster, tk.plan(cluster, [vision])), tk.Report)
    assert_type(tk.plan(cluster, vision, dry_run="server"), tk.Plan)
    assert_type(tk.plan_delete_tenants(cluster, ["vision", "speech"]), tk.Plan)
    assert_type(tk.delete_tenants(cluster, "vision", confirm="vision"), tk.Report)
    assert_type(tk.plan_adopt(cluster, vision), tk.Plan)
    assert_type(tk.adopt(cluster, [vision]), tk.Report)
    assert_type(tk.plan_release(cluster, "vision"), tk.Plan)
    assert_type(tk.release(cluster, ["vision"]), tk.Report)
    assert_type(tk.freeze(cluster, "vision", read_only=True), tk.Report)
    assert_type(tk.thaw(cluster, "vision"), tk.Report)
    assert_type(tk.boost(cluster, "vision", size="large", until="2027-03-31T18:00:00Z"), tk.Report)
    assert_type(tk.read_specs("tenants.yaml"), list[tk.Tenant | tk.Platform])
    assert_type(vision.with_(size="large"), tk.Tenant)
    assert_type(vision.to_yaml(), str)
    assert_type(tk.plan_platform(cluster), tk.Plan)
    assert_type(tk.uninstall_platform(cluster, confirm="tenantkit-system"), tk.Report)
    assert_type(tk.get_platform(cluster), tk.Platform)
    assert_type(tk.get_tenant(cluster, "vision"), tk.Tenant)
    assert_type(tk.get_tenants(cluster), tk.TenantList)
    assert_type(tk.quota_usage(cluster), pd.DataFrame)
    assert_type(tk.pods(cluster, namespaces=["vision"]), pd.DataFrame)
    assert_type(tk.nodes(cluster), pd.DataFrame)
    assert_type(tk.workloads(cluster), pd.DataFrame)
    assert_type(tk.services(cluster), pd.DataFrame)
    assert_type(tk.events(cluster), pd.DataFrame)
    assert_type(tk.volumes(cluster), pd.DataFrame)
    assert_type(tk.copies(cluster, tenant="vision"), pd.DataFrame)
    assert_type(tk.resources(cluster, "rayclusters.ray.io"), pd.DataFrame)
    assert_type(tk.quota_holders(cluster, "vision"), pd.DataFrame)
    assert_type(tk.quota_usage(cluster, by="team", metrics=True), pd.DataFrame)
    assert_type(tk.why(cluster, "vision", workload="Job/train"), pd.DataFrame)
    assert_type(tk.plots.gpus(tk.nodes(cluster), tk.pods(cluster)), Picture)
    assert_type(tk.QuotaDashboard(cluster), tk.QuotaDashboard)
    assert_type(tk.Explorer(cluster, namespaces=["vision"]), tk.Explorer)
    assert_type(cluster.get("Namespace", "vision"), dict[str, Any])
    assert_type(cluster.list("Ingress", namespace="vision"), tk.ObjectList[dict[str, Any]])
    assert_type(cluster.can("create", "Ingress"), bool)


def rows_and_their_actions_are_known(plan: tk.Plan) -> None:
    assert_type(plan.rows, tuple[tk.PlanRow, ...])
    assert_type(plan.rows[0].action, PlanAction)
    assert_type(plan.rows[0].code, ReasonCode | None)
    assert_type(plan.rows[0].reason, str)
    assert_type(plan.has_changes, bool)


def what_went_wrong_is_known(cluster: tk.Cluster, plan: tk.Plan) -> None:
    try:
        tk.apply(cluster, plan)
    except tk.exceptions.PartialApplyError as error:
        assert_type(error.report, tk.Report)
    except tk.exceptions.ClusterError as error:
        assert_type(error.status, int | None)


def mistakes_are_found(cluster: tk.Cluster, vision: tk.Tenant, plan: tk.Plan) -> None:
    tk.Tenat  # type: ignore[attr-defined]  # noqa: B018 (the name is the test)
    tk.plan(cluster, ["vision"])  # type: ignore[list-item]
    tk.plan(cluster, [vision], server_side=True)  # type: ignore[call-arg]
    tk.plan(cluster, [vision], dry_run="client")  # type: ignore[arg-type]
    tk.apply(cluster, plan, force_conflicts="some")  # type: ignore[arg-type]
    tk.write_specs("tenants.yaml", "vision")  # type: ignore[arg-type]
    tk.delete_tenants(cluster, "vision")  # type: ignore[call-arg]
    cluster.apply(vision)  # type: ignore[arg-type]
    cluster.create({}, True)  # type: ignore[call-arg]  # noqa: FBT003 (an option must be named)
    if plan.rows[0].action == "creates":  # type: ignore[comparison-overlap]
        return
    vision.size = "large"  # type: ignore[misc]
