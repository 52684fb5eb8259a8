"""Use a form while requests fail, and check that the form reports the truth.

The truth is read on another connection, on which nothing fails.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tenantkit as tk
from tenantkit.exceptions import ClusterError, NotFound
from tenantkit.forms.tenant.form import TenantForm
from tenantkit.provision.hosts.claims import claims_of
from tenantkit.provision.managed_fields import owners_of
from tenantkit.provision.ownership import is_ours
from tenantkit.provision.read import TENANT_KINDS, read_claims
from tenantkit.rules.manifest import ref_of
from tenantkit.rules.tenant_index import INDEX_NAMESPACE, owners_role_name, role_name
from tenantkit.spec.route import Route
from tenantkit.spec.tenant import Tenant
from tests.forms import faults
from tests.forms.pages import click, fill, panel_text
from tests.forms.samples import EXACT, ROUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest, ObjectRef
    from tests.forms.faults import Fault, FaultyTransport

    Versions = Mapping[ObjectRef, str]

FAULTS: dict[str, tuple[Fault, bool]] = {
    "connection refused": (faults.connection_refused, False),
    "timed out": (faults.timed_out, False),
    "done, but the answer is lost": (faults.timed_out, True),
    "403": (faults.status(403), False),
    "409": (faults.status(409), False),
    "422": (faults.status(422), False),
    "429": (faults.status(429), False),
    "500": (faults.status(500), False),
}


@dataclass(frozen=True)
class Trial:
    """One task that is done with a form.

    Args:
        prepare: creates what has to exist first, on a connection that does not fail.
        opens: opens the form of a tenant and fills it in.
        is_sampled: whether only some failures are recovered from.
    """

    prepare: Callable[[Cluster, str], None]
    opens: Callable[[Cluster, str], TenantForm]
    is_sampled: bool = False

    def positions(self, requests: Sequence[str]) -> list[int]:
        """The numbers of the requests that fail, one after the other.

        Parallel requests arrive in any order, so of several equal ones only the first and the last are tried.
        """
        return [number for number in range(len(requests)) if not _is_between_equal_requests(requests, number)]

    def requests(self, cluster: Cluster, admin: Cluster, transport: FaultyTransport, name: str) -> list[str]:
        """All requests of the form, from the first to the last, when nothing fails."""
        self.prepare(admin, name)
        first = len(transport.requests)
        form = self.opens(cluster, name)
        form.submit()
        form.close()
        return transport.requests[first:]

    def tries(self, cluster: Cluster, name: str) -> TenantForm | None:
        """Open the form, fill it in, plan and apply; None if the form did not open."""
        try:
            form = self.opens(cluster, name)
        except ClusterError:
            return None
        click(form, "plan")
        click(form, "apply")
        return form


def _is_between_equal_requests(requests: Sequence[str], number: int) -> bool:
    """Whether a request and both its neighbours are the same, or lists of one reading of the cluster."""
    near = range(number - 1, number + 2)
    if near[0] < 0 or near[-1] >= len(requests):
        return False
    # a list that is repeated belongs to the next reading
    kinds = {
        ("list", requests[: at + 1].count(requests[at])) if "limit=" in requests[at] else requests[at] for at in near
    }
    return len(kinds) == 1


def _open_new(cluster: Cluster, name: str) -> TenantForm:
    form = TenantForm(cluster)
    fill(form, name)
    return form


def _create(cluster: Cluster, name: str) -> None:
    tenant = Tenant(
        name=name,
        team="cv",
        owners=["owner@example.com"],
        size="small",
        editors=["old@example.com"],
        routes=[ROUTE, EXACT],
    )
    tk.apply(cluster, tk.plan(cluster, tenant), progress=False)


def _open_changed(cluster: Cluster, name: str) -> TenantForm:
    form = TenantForm(cluster, name)
    web = Route(service="web", port=80, path="/web")
    form.fill(size="medium", editors=["new@example.com"], routes=[ROUTE, web])
    return form


TRIALS = {
    "creating": Trial(lambda _cluster, _name: None, _open_new),
    "changing": Trial(_create, _open_changed, is_sampled=True),
}


def versions(cluster: Cluster, name: str) -> Versions:
    """The versions of a tenant's objects: if they are equal, nothing was written in between."""
    claims = {ref_of(it): _version(it) for it in claims_of(read_claims(cluster) or {}, name)}
    try:
        manifests = [cluster.get("Namespace", name)]
    except NotFound:
        return claims
    for kind in TENANT_KINDS:
        manifests += cluster.list(kind, namespace=name)
    found = [it for it in manifests if is_ours(it, name) or owners_of(it).ours]
    indexed = [it for kind in ("Role", "RoleBinding") for it in cluster.list(kind, namespace=INDEX_NAMESPACE)]
    found += [it for it in indexed if it["metadata"]["name"] in (role_name(name), owners_role_name(name))]
    return claims | {ref_of(it): _version(it) for it in found}


def _version(manifest: Manifest) -> str:
    metadata = manifest["metadata"]
    if manifest["kind"] == "ResourceQuota":  # its controller writes the status at any time, which changes the version
        return json.dumps([metadata["uid"], metadata["labels"], metadata.get("annotations"), manifest["spec"]])
    return str(metadata["resourceVersion"])


def expect_truth(form: TenantForm, admin: Cluster, before: Versions, *, is_sure: bool) -> None:
    """The page reports success only if it succeeded, lists what was written, and says what failed.

    Args:
        form: after the trial.
        admin: reads the current objects.
        before: the versions before the trial.
        is_sure: whether failed requests were certainly not executed: the page then lists exactly what was written.
    """
    shown, report = panel_text(form), form.report
    word = shown.split("\n")[0]
    now = versions(admin, form.tenant.name)
    written = {ref for ref in before.keys() | now.keys() if before.get(ref) != now.get(ref)}
    applied = {outcome.ref: outcome.action for outcome in report.applied} if report is not None else {}
    failed = {outcome.ref: outcome.action for outcome in report.failed} if report is not None else {}
    # a namespace is created first and filled in by a second request
    created = {ref for ref, action in failed.items() if (ref.kind, action) == ("Namespace", "create")}

    assert word in {"Done", "Failed", "Partly done", "This plan cannot be applied"}, shown
    assert "Unexpected" not in shown
    assert (word == "Partly done") == (report is not None and not report.is_complete and bool(applied)), shown
    assert (word == "Done") == (report is not None and report.is_complete), shown
    assert all(f"applied\n{action}\n{ref}\n" in f"{shown}\n" for ref, action in applied.items()), shown
    assert shown.split("\n").count("applied") == len(applied), shown
    assert all(f"failed\n{action}\n{ref}\n" in shown for ref, action in failed.items()), shown
    assert applied.keys() <= written, shown
    assert written - applied.keys() <= (created if is_sure else failed.keys()), shown
    if word == "Done":
        assert tk.plan(admin, form.tenant).has_changes is False
    if report is None or "nothing was " in shown.lower():
        assert not written, shown


def expect_recovery(form: TenantForm, admin: Cluster) -> None:
    """Without further failures, Apply (after Plan, if the form asks for it) completes the change."""
    if "apply" in form.disabled:
        click(form, "plan")
    click(form, "apply")

    is_complete = form.report is not None and form.report.is_complete
    assert is_complete or panel_text(form).startswith("No changes"), panel_text(form)
    assert tk.plan(admin, form.tenant).has_changes is False
