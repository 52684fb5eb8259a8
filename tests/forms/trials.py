"""What people do with a form while requests fail, and whether what the form then says is the truth.

The truth is read at another door than the form's, where nothing fails.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tenantkit as tk
from tenantkit.exceptions import ClusterError, NotFound
from tenantkit.forms.tenant import TenantForm
from tenantkit.provision.managed_fields import owners_of
from tenantkit.provision.ownership import is_ours
from tenantkit.provision.read import TENANT_KINDS
from tenantkit.rules.manifest import ref_of
from tenantkit.spec.route import Route
from tenantkit.spec.tenant import Tenant
from tests.forms import faults as ways
from tests.forms.pages import click, fill, said
from tests.forms.samples import EXACT, ROUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.rules.manifest import Manifest, ObjectRef
    from tests.forms.faults import Fault, FaultyTransport

    Versions = Mapping[ObjectRef, str]

FAULTS: dict[str, tuple[Fault, bool]] = {
    "gone": (ways.gone, False),
    "timed out": (ways.timed_out, False),
    "done but its answer lost": (ways.timed_out, True),
    "403": (ways.status(403), False),
    "409": (ways.status(409), False),
    "422": (ways.status(422), False),
    "429": (ways.status(429), False),
    "500": (ways.status(500), False),
}


@dataclass(frozen=True)
class Trial:
    """One thing to do with a form.

    Args:
        prepare: puts there what has to be there first, as somebody whose requests do not fail.
        opens: opens the form of the tenant of that name, and fills it in.
        is_sampled: whether only some of its requests fail, and only some failures are recovered from.
    """

    prepare: Callable[[Cluster, str], None]
    opens: Callable[[Cluster, str], TenantForm]
    is_sampled: bool = False

    def positions(self, requests: Sequence[str]) -> list[int]:
        """Which requests fail in turn."""
        numbers = range(len(requests))
        # what is asked side by side comes in any order: the first and the last of it stand for all, in half the time
        return [number for number in numbers if not (self.is_sampled and _is_amid_its_like(requests, number))]

    def requests(self, cluster: Cluster, admin: Cluster, faults: FaultyTransport, name: str) -> list[str]:
        """All that it takes, from the form's first request to its last, when nothing fails."""
        self.prepare(admin, name)
        first = len(faults.requests)
        form = self.opens(cluster, name)
        form.submit()
        form.close()
        return faults.requests[first:]

    def tries(self, cluster: Cluster, name: str) -> TenantForm | None:
        """What a person does: open the form, fill it in, plan, apply; None when the form did not open."""
        try:
            form = self.opens(cluster, name)
        except ClusterError:
            return None
        click(form, "plan")
        click(form, "apply")
        return form


def _is_amid_its_like(requests: Sequence[str], number: int) -> bool:
    """Whether it and both its neighbours are the same question, or lists that belong to one reading."""
    near = range(number - 1, number + 2)
    if near[0] < 0 or near[-1] >= len(requests):
        return False
    # a list that is asked again belongs to the next reading
    sorts = {
        ("list", requests[: at + 1].count(requests[at])) if "limit=" in requests[at] else requests[at] for at in near
    }
    return len(sorts) == 1


def _new(cluster: Cluster, name: str) -> TenantForm:
    form = TenantForm(cluster)
    fill(form, name)
    return form


def _is_there(cluster: Cluster, name: str) -> None:
    tenant = Tenant(
        name=name,
        team="cv",
        owners=["owner@example.com"],
        size="small",
        editors=["old@example.com"],
        routes=[ROUTE, EXACT],
    )
    tk.apply(cluster, tk.plan(cluster, tenant), progress=False)


def _changed(cluster: Cluster, name: str) -> TenantForm:
    form = TenantForm(cluster, name)
    web = Route(service="web", port=80, path="/web")
    form.fill(size="medium", editors=["new@example.com"], routes=[ROUTE, web])
    return form


TRIALS = {
    "creating": Trial(lambda _cluster, _name: None, _new),
    "changing": Trial(_is_there, _changed, is_sampled=True),
}


def versions(cluster: Cluster, name: str) -> Versions:
    """What tenantkit has written of a tenant: the same versions mean that nothing was written in between."""
    try:
        found = [cluster.get("Namespace", name)]
    except NotFound:
        return {}
    for kind in TENANT_KINDS:
        found += cluster.list(kind, namespace=name)
    return {ref_of(it): _version(it) for it in found if is_ours(it, name) or owners_of(it).ours}


def _version(manifest: Manifest) -> str:
    metadata = manifest["metadata"]
    if manifest["kind"] == "ResourceQuota":  # its controller counts in its own time, and that is a version, too
        return json.dumps([metadata["uid"], metadata["labels"], metadata.get("annotations"), manifest["spec"]])
    return str(metadata["resourceVersion"])


def expect_truth(form: TenantForm, admin: Cluster, before: Versions, *, is_sure: bool) -> None:
    """The page says done only of what is done, names what was written, and says what went wrong of everything else.

    Args:
        form: after it was tried.
        admin: reads what is there now.
        before: what was there then.
        is_sure: whether what failed was surely not written: the page then names exactly what was.
    """
    told, report = said(form), form.report
    word = told.split("\n")[0]
    now = versions(admin, form.tenant.name)
    written = {ref for ref in before.keys() | now.keys() if before.get(ref) != now.get(ref)}
    applied = {outcome.ref: outcome.action for outcome in report.applied} if report is not None else {}
    failed = {outcome.ref: outcome.action for outcome in report.failed} if report is not None else {}
    # a namespace is claimed before it is filled in, each by a request of its own
    claimed = {ref for ref, action in failed.items() if (ref.kind, action) == ("Namespace", "create")}

    assert word in {"Done", "Not done", "Not all done", "This can't be applied"}, told
    assert "Unexpected" not in told
    assert (word in {"Done", "Not all done"}) == (report is not None), told
    assert (word == "Done") == (report is not None and report.is_complete), told
    assert all(f"applied\n{action}\n{ref}\n" in f"{told}\n" for ref, action in applied.items()), told
    assert told.split("\n").count("applied") == len(applied), told
    assert all(f"failed\n{action}\n{ref}\n" in told for ref, action in failed.items()), told
    assert applied.keys() <= written, told
    assert written - applied.keys() <= (claimed if is_sure else failed.keys()), told
    if word == "Done":
        assert tk.plan(admin, form.tenant).has_changes is False
    if report is None or "nothing was " in told.lower():
        assert not written, told


def expect_recovery(form: TenantForm, admin: Cluster) -> None:
    """All is well again: pressing Apply, after Plan where the form asks for it, does what is left to do."""
    if "apply" in form.off:
        click(form, "plan")
    click(form, "apply")

    is_done = form.report is not None and form.report.is_complete
    assert is_done or said(form).startswith("Nothing to do"), said(form)
    assert tk.plan(admin, form.tenant).has_changes is False
