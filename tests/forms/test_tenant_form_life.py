"""The tenant form of a tenant that is frozen, boosted or about to end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import tenantkit as tk
from tenantkit.forms.tenant.form import TenantForm
from tenantkit.rules.tenant_index import INDEX_NAMESPACE
from tests.forms.pages import text

if TYPE_CHECKING:
    from tenantkit.cluster.cluster import Cluster
    from tenantkit.spec.tenant import Tenant


def test_what_is_frozen_boosted_or_ends_is_shown_and_kept(cluster: Cluster, vision: Tenant) -> None:
    soon = (datetime.now(UTC) + timedelta(days=3, hours=1)).isoformat()
    granted = vision.with_(frozen="pods", boost=tk.Boost(size="large", until="2099-01-01T00:00:00Z"), expires=soon)
    tk.apply(cluster, tk.plan(cluster, granted), progress=False)
    form = TenantForm(cluster, vision.name)
    try:
        shown = text(form.life_note.value)
        form.fill(viewers=["eve@example.com"])
        plan = form.submit(plan_only=True)

        assert "It is frozen: what runs goes on, but no new pods start" in shown
        assert "Its quota is boosted until 2099-01-01 00:00+00:00." in shown
        assert "Its grant expires in 3 days" in shown
        assert (form.tenant.frozen, form.tenant.boost) == (granted.frozen, granted.boost)
        changed = {(it.ref.kind, it.ref.namespace) for it in plan.rows if it.action not in ("unchanged", "foreign")}
        assert changed == {("RoleBinding", vision.name), ("RoleBinding", INDEX_NAMESPACE)}
    finally:
        form.close()
