"""How full every tenant's quota is, as it changes.

What is not counted yet or may not be read is said, and never a zero.
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

_MOST = 200
_COLUMNS = ("tenant", "team", "resource", "used", "share", "state")
_WORST = ("over", "full", "near", "pending", "ok", "none")


class QuotaDashboard(LiveView):
    """The tenants' quotas as they change, the fullest first. Experimental: its look may change.

    Shows itself as the last line of a cell; run again, the cell ends the one before. `stop()` or the button Stop ends
    it, `close()` also takes it from the page. While no page shows it, it rests, and goes on by itself when one does.

    Args:
        cluster: where.
        namespaces: only these. Default: the connection's `namespaces`; where it has none, the whole cluster, or the
            connection's own namespace where the whole cluster may not be watched.

    RBAC: list and watch namespaces (get, where only some namespaces are shown) and resourcequotas.

    Example:
        >>> QuotaDashboard(cluster)  # doctest: +SKIP
    """

    @takes_cluster
    def __init__(self, cluster: Cluster, *, namespaces: Sequence[str] | None = None) -> None:
        kinds = ("Namespace", "ResourceQuota")
        filters = ("tenant", "team", "state")
        super().__init__(cluster, title="Quotas", kinds=kinds, filters=filters, namespaces=namespaces)

    def _choices(self) -> dict[str, list[str]]:
        return {"tenant": self.feed.model.tenants, "team": self.feed.model.teams, "state": list(STATES)}

    def _content(self, _choices: Mapping[str, Sequence[str]]) -> Html | None:
        frame = quota_frame(self.feed.model.quotas())
        for name in self.filters:
            if wanted := self.chosen(name):
                frame = frame[frame[name] == wanted]
        if frame.empty and self._is_unread("ResourceQuota"):
            return None  # what may not be read is not an empty table
        order = frame["state"].map({state: place for place, state in enumerate(_WORST)})
        frame = frame.assign(order=order).sort_values(["order", "used_pct"], ascending=[True, False], kind="stable")
        rows = [_row(row) for row in frame.head(_MOST).to_dict("records")]
        few = f"the first {_MOST} of {len(frame)} entries" if len(frame) > _MOST else f"{len(frame)} entries"
        return table(_COLUMNS, rows, caption=few)


def _row(row: Mapping[Hashable, Any]) -> tuple[Html | str, ...]:
    is_counted = not pd.isna(row["used"])
    return (
        cell_text(row["namespace"] if pd.isna(row["tenant"]) else row["tenant"]),
        "" if pd.isna(row["team"]) else cell_text(row["team"]),
        cell_text(row["resource"]),
        used_text(row["used"], row["hard"], row["unit"])
        if is_counted
        else f"of {amount_text(row['hard'], row['unit'])}, not counted yet",
        _bar(row["used_pct"]),
        row["state"],
    )


def _bar(pct: float) -> Html | str:
    if pd.isna(pct):
        return ""
    return joined(
        element("progress", value=f"{min(pct, 100):.1f}", max="100", aria_label="percent used"), f" {int(pct)} %"
    )
