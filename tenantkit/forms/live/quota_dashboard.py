"""`QuotaDashboard`: the quota usage of every tenant, as it changes.

Usage that is not counted yet or cannot be read is shown as such, and never as zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from tenantkit.cluster.arguments import takes_cluster
from tenantkit.display.human_amounts import amount_text, used_text
from tenantkit.forms.kit.markup import element, joined
from tenantkit.forms.kit.panel import table
from tenantkit.forms.live.view import LiveView, cell_text
from tenantkit.frames.quota import STATES, quota_frame

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from tenantkit.cluster.cluster import Cluster
    from tenantkit.forms.kit.markup import Html

_ROW_LIMIT = 200
_WARNING_LIMIT = 20
_COLUMNS = ("tenant", "team", "resource", "used", "share", "state")
_WHY_NOT_COUNTED = ("not counted yet", "the cluster has no such kind")
_WORST_FIRST = ("over", "full", "near", "pending", "ok", "none", "unserved")


class QuotaDashboard(LiveView):
    """Watch the quota usage of all tenants in a notebook, the fullest first. Experimental: the layout may change.

    The view is displayed as the last line of a cell. Running the cell again replaces it. The button Stop or `stop()`
    ends the updates; `close()` also removes the view from the page. While no page shows the view, it pauses.

    Args:
        cluster: the cluster, from `tk.connect()`.
        namespaces: the namespaces to watch. Default: the connection's `namespaces`; without these, the whole cluster,
            or those of your tenants if you may not watch the whole cluster.

    Raises:
        InvalidSpecError: `cluster` is not a Cluster.
        ClusterError: the server does not know who you are, or did not answer. Later errors are shown in the view.

    RBAC: list and watch resourcequotas and namespaces (with `namespaces`, get namespaces instead). Kinds that you may
    not watch are named in the view.

    Source: page "Resource Quotas".

    Example:
        >>> dashboard = tk.QuotaDashboard(cluster)
        >>> list(dashboard.filters)
        ['tenant', 'team', 'state']
        >>> dashboard.close()
        >>> dashboard
        QuotaDashboard(stopped)
    """

    @takes_cluster
    def __init__(self, cluster: Cluster, *, namespaces: Sequence[str] | None = None) -> None:
        kinds = ("Namespace", "ResourceQuota")
        filters = ("tenant", "team", "state")
        super().__init__(cluster, title="Quotas", kinds=kinds, filters=filters, namespaces=namespaces)

    def _options(self) -> dict[str, list[str]]:
        return {"tenant": self.feed.model.tenants, "team": self.feed.model.teams, "state": list(STATES)}

    def _content(self, _options: Mapping[str, Sequence[str]]) -> Html | None:
        frame = quota_frame(self.feed.model.quotas())
        for name in self.filters:
            if selected := self.selected(name):
                frame = frame[frame[name] == selected]
        is_listed = self.feed.is_listed(("Namespace", "ResourceQuota"))
        if frame.empty and (self._is_unreadable("ResourceQuota") or not is_listed):
            return None  # quotas that cannot be read, or were not yet, must not look like an empty table
        order = frame["state"].map({state: place for place, state in enumerate(_WORST_FIRST)})
        frame = frame.assign(order=order).sort_values(["order", "used_pct"], ascending=[True, False], kind="stable")
        rows = [_row(row) for row in frame.head(_ROW_LIMIT).to_dict("records")]
        entries = f"{len(frame)} entr{'y' if len(frame) == 1 else 'ies'}" + ("" if is_listed else " so far")
        count = f"the first {_ROW_LIMIT} of {entries}" if len(frame) > _ROW_LIMIT else entries
        return joined(self._warnings(), table(_COLUMNS, rows, caption=count))

    def _warnings(self) -> Html | None:
        """What to know about the tenants that are shown: frozen, boosted, about to expire, being deleted."""
        tenant, team = self.selected("tenant"), self.selected("team")
        listed = [row for row in self.feed.model.rows(kind="Namespace", tenant=tenant, team=team) if row.tenant]
        told = [row for row in listed if row.detail]
        lines = [element("li", f"{row.tenant}: {row.detail}") for row in told[:_WARNING_LIMIT]]
        if len(told) > _WARNING_LIMIT:
            lines.append(element("li", f"and {len(told) - _WARNING_LIMIT} more tenants"))
        return element("ul", *lines, class_="tk-warnings") if lines else None


def _row(row: Mapping[Hashable, Any]) -> tuple[Html | str, ...]:
    is_counted = not pd.isna(row["used"])
    return (
        cell_text(row["namespace"] if pd.isna(row["tenant"]) else row["tenant"]),
        "" if pd.isna(row["team"]) else cell_text(row["team"]),
        cell_text(row["resource"]),
        used_text(row["used"], row["hard"], row["unit"])
        if is_counted
        else f"of {amount_text(row['hard'], row['unit'])}, {_WHY_NOT_COUNTED[row['state'] == 'unserved']}",
        _bar(row["used_pct"]),
        row["state"],
    )


def _bar(pct: float) -> Html | str:
    if pd.isna(pct):
        return ""
    return joined(
        element("progress", value=f"{min(pct, 100):.1f}", max="100", aria_label="percent used"), f" {int(pct)} %"
    )
